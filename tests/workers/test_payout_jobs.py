"""What the worker does about payouts when the bank is silent, unclear, slow, or doubles what comes twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from domain import payouts
from domain.actors import SYSTEM as SYSTEM_ACTOR
from domain.payouts import BatchChannel, PayoutState
from domain.reconciliation import ClosingAction
from domain.store import rows
from domain.work import day_of
from tests.bank_world import BankWorld, opened, released, right_now, state_of
from tests.payout_world import (
    a_payee,
    all_payouts,
    balances,
    batched,
    closed,
    decide,
    open_differences,
    owed,
    queue,
    reload,
)
from workers.jobs import JOBS, inquire_payouts, queue_payout_batch, read_bank_files, take_bank_statements
from workers.schedule import SCHEDULE

UNCLEAR = ["fail_before", "fail_after", "cut_after", "silent_before", "silent_after", "unsigned"]
DONE = {"fail_after", "cut_after", "silent_after", "unsigned"}


async def inquire(world: BankWorld) -> None:
    """Let enough time pass and run the periodic job."""
    await rows("UPDATE payout SET inquired_at = '2026-01-01' WHERE state IN ('SENDING', 'UNKNOWN')")
    await inquire_payouts.run(world.resources)


async def test_released_batch_is_paid_once_by_many_workers(bank_world: BankWorld) -> None:
    made = [await owed(amount=100 + place) for place in range(5)]
    batch = await decide(await batched())
    await asyncio.gather(*(queue_payout_batch.run(bank_world.resources, {"batch_id": str(batch.id)}) for _ in range(3)))
    await asyncio.gather(*(bank_world.send(payout.id) for payout in made for _ in range(3)))

    assert {payout.state for payout in await all_payouts()} == {PayoutState.CONFIRMED}
    assert [await bank_world.times_paid(payout.number) for payout in made] == [1] * 5
    assert (await balances())["1004"] == 10_000_000_000 - 510


@pytest.mark.parametrize("answer", UNCLEAR)
async def test_unclear_answer_is_unknown_and_never_sent_again_to_a_bank_that_would_double_it(
    bank_world: BankWorld, answer: str
) -> None:
    await bank_world.behave(
        answer=answer, operation="pay", spoiled=1, idempotent=False, stale_seconds=0, silence_seconds=3
    )
    payout = await owed()
    await released()
    await bank_world.send(payout.id)
    unclear = await reload(payout)
    await asyncio.gather(*(bank_world.send(payout.id) for _ in range(3)))
    await inquire(bank_world)

    assert unclear.state is PayoutState.UNKNOWN
    assert await state_of(payout.id) == ("CONFIRMED" if answer in DONE else "UNKNOWN")
    assert await bank_world.times_paid(payout.number) == (1 if answer in DONE else 0)


async def test_what_the_bank_never_got_goes_again_once_it_is_too_old(
    bank_world: BankWorld, customer_file: Path, bank_address: str
) -> None:
    agreed = timedelta(minutes=1)
    async with opened(customer_file, bank_address, change=lambda _: {"refuses_after": agreed}) as world:
        await world.behave(answer="fail_before", operation="pay", spoiled=1, idempotent=False, stale_seconds=60)
        payout = await owed()
        await released()
        await world.send(payout.id)
        await inquire(world)
        early = await state_of(payout.id)
        await rows("UPDATE payout SET inquired_at = '2026-01-01'")
        world.clock.ahead = timedelta(minutes=1, seconds=6)
        await inquire_payouts.run(world.resources)
        queued = await state_of(payout.id)
        world.clock.ahead = timedelta()
        await world.send(payout.id)
        assert (early, queued, await state_of(payout.id)) == ("UNKNOWN", "QUEUED", "CONFIRMED")
        assert await world.times_paid(payout.number) == 1


async def test_message_of_a_process_that_slept_too_long_is_refused_by_its_age(bank_world: BankWorld) -> None:
    payout = await owed()
    await released()
    bank_world.clock.ahead = -timedelta(minutes=6)
    await bank_world.send(payout.id)
    assert await state_of(payout.id) == "UNKNOWN"
    assert await bank_world.times_paid(payout.number) == 0


async def test_refusal_is_final_and_says_why(bank_world: BankWorld) -> None:
    payout = await owed(payee=a_payee(account="6217001234560404"))
    await released()
    await bank_world.send(payout.id)
    refused = await reload(payout)
    assert (refused.state, refused.refusal_code, refused.refusal_text) == (PayoutState.REJECTED, "AC04", "账户已销户")


async def test_bank_that_takes_its_time_is_asked_until_it_has_done_it(bank_world: BankWorld) -> None:
    await bank_world.behave(pending_seconds=0.5)
    payout = await owed()
    await released()
    await bank_world.send(payout.id)
    working = await state_of(payout.id)
    async with asyncio.timeout(10):
        while await state_of(payout.id) != "CONFIRMED":
            await inquire(bank_world)
    assert working == "SENDING"


async def test_pauses_between_inquiries_grow(bank_world: BankWorld) -> None:
    await bank_world.behave(answer="fail_before")
    payout = await owed()
    await released()
    await bank_world.send(payout.id)
    for minutes, asked in ((0, 0), (1, 1), (1.5, 1), (2, 2), (180, 3)):
        bank_world.clock.ahead = timedelta(minutes=minutes)
        await inquire_payouts.run(bank_world.resources)
        assert (await reload(payout)).inquiries == asked, minutes


async def test_lost_job_of_a_queued_payout_is_found(bank_world: BankWorld) -> None:
    payout = await owed()
    await released()
    await rows("DELETE FROM pgqueuer")
    bank_world.clock.ahead = timedelta(minutes=6)
    await inquire_payouts.run(bank_world.resources)
    (job,) = await rows("SELECT entrypoint FROM pgqueuer WHERE entrypoint = 'PayoutQueued'")
    assert job["entrypoint"] == "PayoutQueued"
    assert await state_of(payout.id) == "QUEUED"


async def test_statement_decides_what_nobody_else_could(bank_world: BankWorld) -> None:
    """The bank did one and says nothing ever after; it never got the other."""
    await bank_world.behave(idempotent=False, statements="any_day", answer="fail_before")
    done, lost = await owed(), await owed(amount=777)
    await released()
    for payout, answer in ((done, "fail_after"), (lost, "fail_before")):
        await bank_world.behave(
            number=payout.number, idempotent=False, answer=answer, stale_seconds=0, statements="any_day"
        )
        await bank_world.send(payout.id)
    today = day_of(right_now())
    assert await bank_world.statement(today)
    after_first = [await state_of(payout.id) for payout in (done, lost)]
    nothing_yet = await open_differences()
    assert await bank_world.statement(today + timedelta(days=1))
    (difference,) = await open_differences()

    assert after_first == ["CONFIRMED", "UNKNOWN"]
    assert nothing_yet == []
    assert (difference.kind.value, difference.number) == ("MISSING_THERE", lost.number)

    await bank_world.control.delete("/sandbox/behaviour")
    await closed(difference, ClosingAction.SEND_AGAIN)
    await bank_world.send(lost.id)
    assert await state_of(lost.id) == "CONFIRMED"
    assert [await bank_world.times_paid(payout.number) for payout in (done, lost)] == [1, 1]


async def test_what_people_give_up_is_refused_and_may_be_repaired(bank_world: BankWorld) -> None:
    await bank_world.behave(answer="fail_before", statements="any_day", stale_seconds=0)
    payout = await owed()
    await released()
    await bank_world.send(payout.id)
    await bank_world.statement(day_of(right_now()) + timedelta(days=1))
    (difference,) = await open_differences()
    await closed(difference, ClosingAction.GIVE_UP)
    given_up = await reload(payout)
    assert (given_up.state, given_up.refusal_code) == (PayoutState.REJECTED, "GIVEN_UP")


async def test_money_that_comes_back_days_later_is_taken_from_the_statement(bank_world: BankWorld) -> None:
    await bank_world.behave(statements="any_day")
    payout = await owed()
    await released()
    await bank_world.send(payout.id)
    await bank_world.statement()
    await bank_world.send_back(payout.number)
    await bank_world.statement()
    assert await state_of(payout.id) == "RETURNED"
    assert (await balances())["2001"] == -payout.amount.fen
    assert await open_differences() == []


async def test_doubling_bank_is_found_by_its_statement(bank_world: BankWorld) -> None:
    """The control: were the same number sent twice, the statement would say so."""
    await bank_world.behave(idempotent=False, statements="any_day")
    payout = await owed()
    await released()
    await bank_world.send(payout.id)
    told = await payouts.open_instruction(SYSTEM_ACTOR, payout_id=payout.id, keys=bank_world.resources.keys)
    from partners.bank_desk import _transfer

    await bank_world.line.pay(_transfer(told), fund=told.fund, made_at=right_now())
    await bank_world.statement()
    (difference,) = await open_differences()
    assert (difference.kind.value, difference.number) == ("DUPLICATE", payout.number)
    assert await bank_world.times_paid(payout.number) == 2


async def test_statements_are_fetched_day_by_day_when_they_are_closed(bank_world: BankWorld) -> None:
    payout = await owed()
    await released()
    await bank_world.send(payout.id)
    await take_bank_statements.run(bank_world.resources)
    await take_bank_statements.run(bank_world.resources)
    days = [row["day"] for row in await rows("SELECT day FROM channel_statement ORDER BY day")]
    today = day_of(right_now())
    accounts = len(bank_world.line.link.accounts)
    assert days == [today - timedelta(days=back) for back in range(7, 0, -1) for _ in range(accounts)]


async def test_file_is_handed_over_once_and_its_results_are_read_back(bank_world: BankWorld) -> None:
    made = [
        await owed(payee=a_payee(name="欧阳䶮")),
        await owed(payee=a_payee(name="王小丽", account="6217001234560404")),
    ]
    batch = await decide(await batched(channel=BatchChannel.FILE))
    await queue(batch)
    hand_over = JOBS["PayoutFileQueued"]
    await asyncio.gather(*(hand_over(bank_world.resources, {"batch_id": str(batch.id)}) for _ in range(4)))
    async with asyncio.timeout(20):
        while any(payout.state is PayoutState.SENDING for payout in await all_payouts()):
            await read_bank_files.run(bank_world.resources)
            await asyncio.sleep(0.05)
    await hand_over(bank_world.resources, {"batch_id": str(batch.id)})
    await asyncio.sleep(0.5)

    assert [await state_of(payout.id) for payout in made] == ["CONFIRMED", "REJECTED"]
    assert [await bank_world.times_paid(payout.number) for payout in made] == [1, 0]
    assert [found["name"] for found in await bank_world.at_bank(made[0].number)] == ["欧阳䶮"]


async def test_file_of_a_worker_that_died_before_handing_it_over_goes_and_after_it_does_not(
    bank_world: BankWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from partners.bank import Exchange

    payout = await owed()
    batch = await decide(await batched(channel=BatchChannel.FILE))
    await queue(batch)
    hand_over = JOBS["PayoutFileQueued"]

    def die(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(Exchange, "hand_over", die)
        await hand_over(bank_world.resources, {"batch_id": str(batch.id)})
    between = await state_of(payout.id)
    for _ in range(3):
        await hand_over(bank_world.resources, {"batch_id": str(batch.id)})
        await asyncio.sleep(0.3)
    assert between == "SENDING"
    assert await bank_world.times_paid(payout.number) == 1


async def test_strange_results_become_differences(bank_world: BankWorld) -> None:
    payout = await owed()
    await released()
    inbox = bank_world.line.link.exchange
    assert inbox is not None
    (inbox / "in").mkdir(parents=True, exist_ok=True)
    lines = "H|F1|2\r\nR|Z202600000000000|OK|||BKX|20261102|5.00\r\nR|" + payout.number + "|OK|||BKY|20261102|1.00\r\n"
    (inbox / "in" / "F1.txt").write_bytes(lines.encode("gb18030"))
    await read_bank_files.run(bank_world.resources)
    kinds = sorted((one.kind.value, one.number) for one in await open_differences())
    assert kinds == sorted([("RESULT", "Z202600000000000"), ("MISSING_HERE", payout.number)])
    assert list((inbox / "in").iterdir()) == []


async def test_without_a_bank_nothing_is_asked(bank_world: BankWorld) -> None:
    from dataclasses import replace

    alone = replace(bank_world.resources, bank=None)
    await inquire_payouts.run(alone)
    await read_bank_files.run(alone)
    await take_bank_statements.run(alone)
    payout = await owed()
    with pytest.raises(RuntimeError, match="names no bank"):
        await JOBS["PayoutQueued"](alone, {"payout_id": str(payout.id)})


def test_periodic_jobs_have_their_times() -> None:
    assert SCHEDULE["inquire_payouts"] == ("* * * * * */10", inquire_payouts.run)
