"""Kill everything of ours at random while money leaves, with a bank that doubles what comes twice: nothing is lost,
nothing is doubled, what nobody knows is found by the statement, and the books balance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx2
import pytest

from domain import ledger, reconciliation, store
from domain.actors import SYSTEM
from domain.money import Money
from domain.reconciliation import ClosingAction, MismatchKind
from partners import bank
from sandbox.bank import make_customer, running
from tests.bank_world import BankWorld, bank_address, bank_world, customer_file, released
from tests.faults.house import running_house
from tests.faults.storm import Storm, days_of, is_closed, right_now
from tests.payout_world import FUND, balances, open_books, owed

__all__ = ["bank_address", "bank_world", "customer_file"]
START = 10_000_000_000_00
MISCHIEF = {"idempotent": False, "mischief": 60, "silence_seconds": 1.5, "statements": "any_day", "stale_seconds": 0}


@pytest.mark.timeout(400)
async def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path, redis_url: str) -> None:
    await weather(tmp_path, redis_url, payments=300, kills=10)


@pytest.mark.long
@pytest.mark.timeout(3 * 3600)
@pytest.mark.parametrize(("payments", "kills"), [(1_000, 30), (10_000, 200)])
async def test_a_longer_storm(tmp_path: Path, redis_url: str, payments: int, kills: int) -> None:
    await weather(tmp_path, redis_url, payments=payments, kills=kills)


async def test_sender_that_repeats_without_asking_is_caught(bank_world: BankWorld) -> None:
    """The control: the same bank, asked by somebody who takes silence for failure."""
    from domain import payouts
    from partners.bank_desk import _transfer

    await bank_world.behave(**{**MISCHIEF, "mischief": 500, "silence_seconds": 0.1})
    made = [await owed() for _ in range(12)]
    await released()
    for payout in made:
        told = await payouts.open_instruction(SYSTEM, payout_id=payout.id, keys=bank_world.resources.keys)
        while not isinstance(await bank_world.line.pay(_transfer(told), fund=FUND, made_at=right_now()), bank.Executed):
            pass
    assert max([await bank_world.times_paid(payout.number) for payout in made]) > 1


async def weather(folder: Path, redis_url: str, *, payments: int, kills: int) -> Storm:
    """Let a storm of this size pass, and check that every fen is where it belongs."""
    began = right_now()
    for storm in raised(folder, redis_url, payments=payments):
        await store.migrate(storm.house.database.url)
        async with store.open_database(storm.house.database.url, pool=5):
            await open_books(yuan=START // 100)
            await storm.rage(kills=kills)
            await check_after_the_storm(storm, kills=kills)
            await check_reconciled(storm, days=days_of(began))
    return storm


def raised(folder: Path, redis_url: str, *, payments: int) -> Iterator[Storm]:
    file = folder / "bank" / "bank.json"
    make_customer(file, refuses_after_seconds=None)
    with running(file, data=folder / "bank-data") as address:
        told = file.read_text(encoding="utf-8").replace("http://127.0.0.1:8090", address)
        file.write_text(told, encoding="utf-8")
        assert httpx2.post(f"{address}/sandbox/behaviour", json=MISCHIEF, trust_env=False).status_code == 200
        with running_house(folder, redis_url=redis_url, customer_file=file) as house:
            yield Storm(house, address, file, payments, Random(payments))


async def check_after_the_storm(storm: Storm, *, kills: int) -> None:
    """What has ended is right, and what nobody knows says so."""
    counts = await storm.counts()
    closed = sum(is_closed(place) for place in range(storm.payments))
    times, _ = await storm.at_bank()
    unknown = {row["number"] for row in await store.rows("SELECT number FROM payout WHERE state = 'UNKNOWN'")}
    paid = {row["number"] for row in await store.rows("SELECT number FROM payout WHERE state = 'CONFIRMED'")}

    print(f"\n{storm.payments} payments in {storm.seconds:.0f} s: {counts}, kills {storm.house.kills}")
    assert sum(storm.house.kills.values()) == kills
    assert sum(counts.values()) == storm.payments, "Nothing is lost, and nothing is there twice."
    assert set(counts) <= {"CONFIRMED", "REJECTED", "UNKNOWN"}
    assert counts.get("REJECTED", 0) <= closed
    assert [number for number, often in times.items() if often > 1] == [], "Nothing is doubled at the bank."
    assert set(times) == paid, "What the bank paid is confirmed, and nothing else is."
    assert not unknown & set(times)


async def check_reconciled(storm: Storm, *, days: list) -> None:
    """The statement finds everything that nobody knew; two people decide; at the end everybody is paid once."""
    unknown = {row["number"] for row in await store.rows("SELECT number FROM payout WHERE state = 'UNKNOWN'")}
    await storm.reconcile(days)
    found = await reconciliation.list_differences(SYSTEM, only_open=True, first=100_000)
    assert {one.kind for one in found} <= {MismatchKind.MISSING_THERE}
    assert sorted(one.number for one in found) == sorted(unknown), "Each of them is found once, and nothing else."

    async with httpx2.AsyncClient(base_url=storm.bank_address, trust_env=False) as http:
        await http.post("/sandbox/behaviour", json=MISCHIEF | {"mischief": 0})
    await storm.close_all(ClosingAction.SEND_AGAIN)
    await storm.until_quiet()
    times, fen = await storm.at_bank()
    refused = sum(is_closed(place) for place in range(storm.payments))
    assert set(times.values()) == {1}
    assert len(times) == storm.payments - refused
    assert sum(fen.values()) == storm.whole
    assert (await storm.counts()) == {"CONFIRMED": storm.payments - refused, "REJECTED": refused}

    owed_still = sum(storm.subjects.values()) - storm.whole
    assert await balances() == {
        "1003": -START,
        "1004": START - storm.whole,
        "2001": -owed_still,
        "5001": sum(storm.subjects.values()),
    }
    assert await ledger.balance_of(SYSTEM, fund=FUND, code=ledger.EXPENDITURE_DEPOSITS) == Money(START - storm.whole)
    vouchers = await store.rows("SELECT count(*)::int AS paid FROM entry WHERE reason = 'PAYOUT'")
    assert vouchers[0]["paid"] == storm.payments - refused
