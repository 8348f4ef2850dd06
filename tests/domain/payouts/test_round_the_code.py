"""What somebody with a database client tries on payouts, and which promise of the database stops it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from domain.reconciliation import ClosingAction
from tests.payout_world import (
    batched,
    closed,
    confirmed,
    decide,
    open_differences,
    owed,
    queued,
    refused,
    reload,
    repaired,
    sending,
)

Refusal = asyncpg.IntegrityConstraintViolationError
COPY = (
    "INSERT INTO payout (id, number, subject_kind, subject_id, purpose, attempt, replaces, fund, amount, name_sealed,"
    " name_hint, account_sealed, account_index, account_hint, bank_code, remark, content_digest, state, made_at)"
    " SELECT gen_random_uuid(), number || 'x', subject_kind, {subject}, purpose, {attempt}, {replaces}, fund, {amount},"
    " name_sealed, name_hint, account_sealed, account_index, account_hint, bank_code, remark, content_digest, {state},"
    " made_at FROM payout WHERE id = $1"
)


def copied(
    *,
    subject: str = "subject_id",
    attempt: int = 1,
    replaces: str = "NULL",
    amount: str = "amount",
    state: str = "'DRAFT'",
) -> str:
    return COPY.format(subject=subject, attempt=attempt, replaces=replaces, amount=amount, state=state)


async def stopped(link: asyncpg.Connection, statement: str, *values: object) -> str | None:
    """Run a statement that must be refused and give the name of the promise that refused it."""
    with pytest.raises(Refusal) as refusal:
        async with link.transaction():
            await link.execute(statement, *values)
    return refusal.value.constraint_name


async def test_copy_for_another_subject_is_taken(link: asyncpg.Connection) -> None:
    """The control of the next tests."""
    payout = await owed()
    assert await link.execute(copied(subject="gen_random_uuid()"), payout.id) == "INSERT 0 1"


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (copied(), "payout_once_for_a_purpose"),
        (copied(subject="gen_random_uuid()", amount="0"), "payout_pays_something"),
        (copied(subject="gen_random_uuid()", state="'APPROVED'"), "payout_moves_lawfully"),
        (copied(attempt=2), "payout_repair_is_a_new_attempt"),
        (copied(attempt=2, replaces="id"), "payout_repairs_what_failed"),
        ("UPDATE payout SET amount = 1 WHERE id = $1", "payout_stays_as_made"),
        ("UPDATE payout SET number = 'Z1' WHERE id = $1", "payout_stays_as_made"),
        ("UPDATE payout SET account_index = '\\x00' WHERE id = $1", "payout_stays_as_made"),
        ("UPDATE payout SET bank_code = '999999999999' WHERE id = $1", "payout_stays_as_made"),
        ("DELETE FROM payout WHERE id = $1", "payout_stays_as_made"),
        ("UPDATE payout SET state = 'APPROVED' WHERE id = $1", "payout_needs_approval"),
        ("UPDATE payout SET state = 'QUEUED' WHERE id = $1", "payout_moves_lawfully"),
        ("UPDATE payout SET state = 'SENDING', sends = 1, sent_at = now() WHERE id = $1", "payout_moves_lawfully"),
        ("UPDATE payout SET sends = 1 WHERE id = $1", "payout_moves_lawfully"),
    ],
)
async def test_draft_is_stopped(link: asyncpg.Connection, statement: str, constraint: str) -> None:
    payout = await owed()
    assert await stopped(link, statement, payout.id) == constraint


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE payout SET state = 'SENDING', sent_at = now() WHERE id = $1", "payout_counts_its_sendings"),
        ("UPDATE payout SET state = 'CONFIRMED' WHERE id = $1", "payout_moves_lawfully"),
        ("UPDATE payout SET state = 'DRAFT' WHERE id = $1", "payout_moves_lawfully"),
    ],
)
async def test_queued_payout_is_stopped(link: asyncpg.Connection, statement: str, constraint: str) -> None:
    payout = await queued()
    assert await stopped(link, statement, payout.id) == constraint


async def test_payout_is_not_confirmed_without_its_voucher(link: asyncpg.Connection) -> None:
    payout = await sending(await queued())
    statement = "UPDATE payout SET state = 'CONFIRMED', settled_on = now(), bank_reference = 'BK' WHERE id = $1"
    assert await stopped(link, statement, payout.id) == "payout_is_booked"


async def test_payout_is_not_returned_without_the_reversal(link: asyncpg.Connection) -> None:
    payout = await confirmed(await sending(await queued()))
    statement = "UPDATE payout SET state = 'RETURNED', returned_on = now(), return_reference = 'RT' WHERE id = $1"
    assert await stopped(link, statement, payout.id) == "payout_is_booked"


async def test_two_payouts_do_not_share_a_reference_of_the_bank(link: asyncpg.Connection, funds: str) -> None:
    await confirmed(await sending(await queued()), reference="BK1")
    other = await sending(await queued())
    with pytest.raises(Exception, match="payout_bank_reference"):
        await confirmed(other, reference="BK1")


async def test_sent_payout_does_not_go_again_while_its_message_may_still_arrive(link: asyncpg.Connection) -> None:
    again = "UPDATE payout SET state = 'QUEUED', queued_at = $2 WHERE id = $1"
    unknown = "UPDATE payout SET state = 'UNKNOWN' WHERE id = $1"
    forever, for_a_while = await sending(await queued()), await queued()
    for_a_while = await sending(for_a_while, refuses_after=timedelta(minutes=5))
    for payout in (forever, for_a_while):
        await link.execute(unknown, payout.id)
    ends = for_a_while.expires_at
    assert ends is not None

    assert await stopped(link, again, forever.id, ends + timedelta(days=900)) == "payout_is_not_sent_twice"
    assert await stopped(link, again, for_a_while.id, ends - timedelta(seconds=1)) == "payout_is_not_sent_twice"
    assert await link.execute(again, for_a_while.id, ends) == "UPDATE 1"


async def test_decision_to_send_again_counts_once(link: asyncpg.Connection) -> None:
    payout = await sending(await queued())
    await link.execute("UPDATE payout SET state = 'UNKNOWN' WHERE id = $1", payout.id)
    await link.execute(
        "INSERT INTO reconciliation_difference (id, source, kind, direction, number, reference, sends, our_amount,"
        " about_id, found_at) VALUES (gen_random_uuid(), 'BANK:390', 'MISSING_THERE', 'OUT', $1, '', 1, 1, $2, now())",
        payout.number,
        payout.id,
    )
    (difference,) = await open_differences()
    await closed(difference, ClosingAction.SEND_AGAIN)
    await sending(payout)
    await link.execute("UPDATE payout SET state = 'UNKNOWN' WHERE id = $1", payout.id)
    again = "UPDATE payout SET state = 'QUEUED', queued_at = now() WHERE id = $1"
    assert (await reload(payout)).sends == 2
    assert await stopped(link, again, payout.id) == "payout_is_not_sent_twice"


async def test_repair_needs_its_own_check(link: asyncpg.Connection) -> None:
    new = await repaired(await refused(await sending(await queued())))
    await owed()
    batch = await batched()
    join = "INSERT INTO payout_batch_item (batch_id, payout_id, fund) VALUES ($1, $2, '390')"
    await link.execute(join, batch.id, new.id)
    approve = "UPDATE payout SET state = 'APPROVED' WHERE id = $1"
    assert await stopped(link, approve, new.id) == "payout_needs_approval"
    with pytest.raises(Exception, match="is not the sum of its payouts"):
        await decide(batch)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            (
                "UPDATE payout_batch SET state = 'RELEASED', decided_by = gen_random_uuid(), decided_at = now()"
                " WHERE id = $1"
            ),
            "payout_batch_needs_release",
        ),
        (
            "UPDATE payout_batch SET state = 'DISSOLVED', decided_by = made_by, decided_at = now() WHERE id = $1",
            "payout_batch_maker_is_not_releaser",
        ),
        ("UPDATE payout_batch SET total = 1 WHERE id = $1", "payout_batch_stays_as_made"),
        ("DELETE FROM payout_batch WHERE id = $1", "payout_batch_stays_as_made"),
        ("DELETE FROM payout_batch_item WHERE batch_id = $1", "payout_batch_item_stays"),
        ("UPDATE payout_batch_item SET dropped_at = now() WHERE batch_id = $1", "payout_batch_item_stays"),
    ],
)
async def test_batch_is_stopped(link: asyncpg.Connection, statement: str, constraint: str) -> None:
    await owed()
    batch = await batched()
    assert await stopped(link, statement, batch.id) == constraint


async def test_batch_that_is_not_the_sum_of_its_payouts_is_refused(link: asyncpg.Connection) -> None:
    await owed()
    await batched()
    statement = (
        "INSERT INTO payout_batch (id, number, fund, channel, payouts, total, content_digest, state, made_by, made_at)"
        " VALUES ($1, 'F1', '390', 'DIRECT', 1, 1, '\\x00', 'MADE', gen_random_uuid(), now())"
    )
    assert await stopped(link, statement, uuid4()) == "payout_batch_is_its_payouts"


async def test_payout_is_in_one_batch(link: asyncpg.Connection) -> None:
    payout = await owed()
    await batched()
    await owed()
    other = await batched()
    join = "INSERT INTO payout_batch_item (batch_id, payout_id, fund) VALUES ($1, $2, '390')"
    assert await stopped(link, join, other.id, payout.id) == "payout_in_one_batch"


async def test_released_batch_takes_nothing_more(link: asyncpg.Connection) -> None:
    await owed()
    batch = await decide(await batched())
    late = await owed()
    join = "INSERT INTO payout_batch_item (batch_id, payout_id, fund) VALUES ($1, $2, '390')"
    assert await stopped(link, join, batch.id, late.id) == "payout_batch_item_stays"


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            (
                "UPDATE reconciliation_difference SET action = 'SEND_AGAIN', outcome = 'x', content_digest = '\\x00',"
                " proposed_by = gen_random_uuid(), proposed_at = now(), closed_by = gen_random_uuid(),"
                " closed_at = now()"
            ),
            "difference_needs_two",
        ),
        ("UPDATE reconciliation_difference SET their_amount = 1", "difference_stays_as_found"),
        ("DELETE FROM reconciliation_difference", "difference_stays_as_found"),
        ("TRUNCATE reconciliation_difference", "reconciliation_difference_append_only"),
        ("TRUNCATE payout CASCADE", "payout_append_only"),
    ],
)
async def test_difference_is_stopped(link: asyncpg.Connection, statement: str, constraint: str) -> None:
    payout = await sending(await queued())
    await confirmed(payout, reference="one")
    await confirmed(payout, reference="other")
    assert len(await open_differences()) == 1
    assert await stopped(link, statement) == constraint
