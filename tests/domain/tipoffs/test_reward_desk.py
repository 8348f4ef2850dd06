"""The reward desk: it alone knows to whom a reward goes, pays once, and forgets the account."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import ledger, payouts, store, tipoffs
from domain.crypto import Purpose
from domain.identifiers import mask
from domain.informants import RecordKind
from domain.money import Money
from domain.payouts import BatchChannel, PayoutState
from domain.resealing import COLUMNS
from domain.tipoffs.calc import sealing
from domain.work import day_of
from tests.builders import KEYS
from tests.domain.tipoffs.paying import OTHER, PAYEE, Paying, paying
from tests.domain.tipoffs.people import STORE_KEY, Desk
from tests.domain.tipoffs.test_flow import refused
from tests.domain.tipoffs.test_stolen import canaries_in, everything_stolen
from tests.payout_world import a_preparer, run, the_payout

IDENTITY = (
    *(PAYEE.name, f"{PAYEE.name[0]}***", PAYEE.account, mask(PAYEE.account), PAYEE.bank_code),
    *(OTHER.account, mask(OTHER.account), OTHER.bank_code),
)


@pytest.fixture
async def at_the_desk(desk: Desk, tmp_path: Path) -> AsyncIterator[Paying]:
    async with paying(desk, tmp_path) as world:
        yield world


async def opened_with_the_applications_keys() -> bytes:
    """Open whatever the keys of the house open: each sealed column at its place, and the second store by any means."""
    opened: list[bytes] = []
    for column in COLUMNS:
        found = await store.rows(
            f"SELECT {column.key}::text AS id, {column.column} AS value FROM {column.table}"
            f" WHERE {column.column} IS NOT NULL"
        )
        opened += [
            KEYS.unseal(column.purpose, bytes(row["value"]), place=f"{column.place}{row['id']}").encode()
            for row in found
        ]
    sealed = await store.rows(
        "SELECT record.id, kind, content, wrapped FROM informants.record"
        " JOIN informants.wrapped_key ON record_id = record.id"
    )
    secrets = [STORE_KEY, KEYS.index_root, *KEYS.roots.values()]
    for row, secret in product(sealed, secrets):
        place = f"informants:{row['kind']}:{row['id']}"
        try:
            key = sealing.unwrap(bytes(row["wrapped"]), X25519PrivateKey.from_private_bytes(secret), place)
            opened.append(sealing.open_sealed(bytes(row["content"]), key, place))
        except InvalidTag:
            continue
    return b"\n".join(opened)


async def what_a_thief_reads(database_url: str, redis_url: str, desk: Desk) -> bytes:
    """Take the database, Valkey and the shelf, and open what the complete configuration of the application opens."""
    stolen = await everything_stolen(database_url, redis_url, desk)
    return stolen + b"\n" + await opened_with_the_applications_keys()


def guesses() -> tuple[bytes, ...]:
    """Give the keyed digests by which a thief with the keys could confirm whom they suspect."""
    texts = (PAYEE.name, PAYEE.account, OTHER.account)
    return tuple(KEYS.blind_index(purpose, text) for purpose, text in product(Purpose, texts))


async def test_whoever_steals_database_valkey_and_configuration_learns_of_no_rewarded_person(
    at_the_desk: Paying,
    store: str,
    redis_url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    desk = at_the_desk.people

    async def nothing_leads_to_them(stage: str) -> None:
        read = await what_a_thief_reads(store, redis_url, desk)
        assert canaries_in(read, canaries=IDENTITY) == [], stage
        assert not [guess for guess in guesses() if guess in read or guess.hex().encode() in read], stage

    with caplog.at_level(logging.DEBUG):
        _, receipt, reward = await at_the_desk.announced()
        await at_the_desk.claim(receipt)
        await nothing_leads_to_them("claimed")
        payout = await at_the_desk.released(reward)
        await nothing_leads_to_them("released")
        await at_the_desk.behave(answer="silent_after", operation="pay", silence_seconds=0.1, spoiled=1)
        await at_the_desk.reward_desk.pay()
        await nothing_leads_to_them("sent, and in doubt")
        at_the_desk.clock.ahead = timedelta(minutes=1)
        await at_the_desk.reward_desk.pay()
        assert (await the_payout(payout.id)).state is PayoutState.CONFIRMED
        await nothing_leads_to_them("paid")
        await at_the_desk.send_back(payout.number)
        await at_the_desk.behave(statements="any_day")
        at_the_desk.clock.ahead = timedelta()
        assert await at_the_desk.reward_desk.take_statement(day_of(at_the_desk.clock()))
        await at_the_desk.reward_desk.pay()
        assert (await the_payout(payout.id)).state is PayoutState.RETURNED
        await at_the_desk.claim(receipt, OTHER)
        await at_the_desk.released(reward)
        await at_the_desk.reward_desk.pay()
        await nothing_leads_to_them("sent back, and paid to another account")
    printed = "".join(capfd.readouterr()) + caplog.text
    assert canaries_in(printed.encode(), canaries=IDENTITY) == []


async def test_a_thief_would_read_a_name_that_lay_open_to_the_applications_keys(
    at_the_desk: Paying, store: str, redis_url: str
) -> None:
    """The negative control: the same thief finds the payee of an ordinary payout, whose name the house can open."""
    await run(
        lambda work: payouts.create(
            work,
            subject=payouts.Subject("claim", work.actor.id, "BENEFIT"),  # type: ignore[arg-type] # a clerk has an id
            fund=ledger.RESIDENTS,
            amount=Money.yuan(1),
            payee=PAYEE,
            remark="零星报销",
            expense=None,
        ),
        actor=a_preparer(),
    )
    read = await what_a_thief_reads(store, redis_url, at_the_desk.people)

    assert {PAYEE.name, PAYEE.account, PAYEE.bank_code} <= set(canaries_in(read, canaries=IDENTITY))
    assert [guess for guess in guesses() if guess in read]


async def test_the_database_takes_no_name_into_a_payout_of_a_reward(at_the_desk: Paying) -> None:
    _, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    payout = await at_the_desk.released(reward)

    with pytest.raises(Exception, match=r"payout_of_a_reward_names_nobody|stays as it was made"):
        await store.rows("UPDATE payout SET name_hint = '欧阳**' WHERE id = $1", payout.id)
    with pytest.raises(Exception, match="payout_of_a_reward_names_nobody"):
        await run(
            lambda work: payouts.create(
                work,
                subject=payouts.Subject("tipoff_reward", reward, "REWARD2"),
                fund=ledger.BUDGET,
                amount=payout.amount,
                payee=PAYEE,
                remark="财政补助",
                expense=None,
            ),
            actor=a_preparer(),
        )


async def test_rewards_never_go_into_a_file(at_the_desk: Paying) -> None:
    _, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    await at_the_desk.people.do(tipoffs.pay_reward, actor=at_the_desk.people.head, reward_id=reward)

    made = run(
        lambda work: payouts.make_batch(work, fund=ledger.BUDGET, channel=BatchChannel.FILE, at_most=9),
        actor=a_preparer(),
    )
    assert await refused(made) == ["PAYOUT_REWARDS_NO_FILE"]


async def test_a_paid_reward_is_booked_and_its_account_is_forgotten(at_the_desk: Paying) -> None:
    case, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    payout = await at_the_desk.released(reward)
    before = await at_the_desk.people.store.find(case, kind=RecordKind.PAYEE)
    await at_the_desk.reward_desk.pay()

    (movement,) = await at_the_desk.at_bank(payout.number)
    assert (movement["name"], movement["account"], movement["fen"]) == (PAYEE.name, PAYEE.account, 760_000)
    assert (await the_payout(payout.id)).state is PayoutState.CONFIRMED
    vouchers = await store.rows("SELECT 1 FROM entry WHERE fund = 'BUDGET' AND key LIKE 'payout:%'")
    assert len(vouchers) == 2
    after = await at_the_desk.people.store.find(case, kind=RecordKind.PAYEE)
    assert before is not None
    assert after is not None
    assert (len(after.content), after.wrapped.keys()) == (len(before.content), before.wrapped.keys())
    assert after.content != before.content
    key_id = next(iter((await tipoffs.find_desk_keys(at_the_desk.reward_desk.private)).private))
    key = sealing.unwrap(after.wrapped[key_id], at_the_desk.people.private[key_id], after.place)
    left = sealing.open_sealed(after.content, key, after.place).decode()
    assert str(reward) in left
    assert not [secret for secret in IDENTITY if secret in left], "Not even the desk can read it any more."
    assert "已经发放" in (await at_the_desk.letters(receipt))[0]
    assert await refused(at_the_desk.claim(receipt, OTHER)) == ["TIPOFF_REWARD"], "It is claimed once."


@pytest.mark.parametrize("operation", ["silent_after", "fail_after", "cut_after"])
async def test_a_doubtful_answer_is_asked_about_and_nothing_is_paid_twice(at_the_desk: Paying, operation: str) -> None:
    _, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    payout = await at_the_desk.released(reward)
    await at_the_desk.behave(answer=operation, operation="pay", silence_seconds=0.1, spoiled=1)
    await at_the_desk.reward_desk.pay()
    assert (await the_payout(payout.id)).state is PayoutState.UNKNOWN
    await at_the_desk.reward_desk.pay()
    assert len(await at_the_desk.at_bank(payout.number)) == 1

    at_the_desk.clock.ahead = timedelta(minutes=1)
    await at_the_desk.reward_desk.pay()
    assert (await the_payout(payout.id)).state is PayoutState.CONFIRMED
    assert len(await at_the_desk.at_bank(payout.number)) == 1


async def test_a_refused_account_is_forgotten_and_another_one_is_given_with_the_receipt(
    at_the_desk: Paying,
) -> None:
    _, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    payout = await at_the_desk.released(reward)
    await at_the_desk.behave(refuse="AC04", number=payout.number)
    await at_the_desk.reward_desk.pay()
    assert (await the_payout(payout.id)).state is PayoutState.REJECTED
    assert "另填一个账户" in (await at_the_desk.letters(receipt))[0]

    at_the_desk.clock.ahead = timedelta(days=50)
    assert await at_the_desk.claim(receipt, OTHER), "There is as much time again as at first."
    assert "另填一个账户" not in (await at_the_desk.letters(receipt))[0]
    at_the_desk.clock.ahead = timedelta()
    again = await at_the_desk.released(reward)
    await at_the_desk.reward_desk.pay()
    (movement,) = await at_the_desk.at_bank(again.number)
    assert movement["account"] == OTHER.account
    assert (again.replaces, (await the_payout(again.id)).state) == (payout.id, PayoutState.CONFIRMED)


async def test_a_reward_that_nobody_has_claimed_is_sent_nowhere(at_the_desk: Paying) -> None:
    _, receipt, reward = await at_the_desk.announced()
    payout = await at_the_desk.released(reward)
    await at_the_desk.reward_desk.pay()

    ended = await the_payout(payout.id)
    assert (ended.state, ended.refusal_code) == (PayoutState.REJECTED, "NO_ACCOUNT")
    assert await at_the_desk.at_bank(payout.number) == []
    await at_the_desk.claim(receipt)
    again = await at_the_desk.released(reward)
    await at_the_desk.reward_desk.pay()
    assert (await the_payout(again.id)).state is PayoutState.CONFIRMED


async def test_without_a_desk_no_account_is_taken(at_the_desk: Paying) -> None:
    _, receipt, _ = await at_the_desk.announced()
    await store.rows(
        "UPDATE investigator_key SET retired_by = holder_id, retired_on = '2026-11-02'"
        " WHERE purpose = 'REWARD_DESK' RETURNING id"
    )

    assert await refused(at_the_desk.claim(receipt)) == ["TIPOFF_NO_DESK"]
