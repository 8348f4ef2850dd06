"""What somebody with a database client tries on bills and payments, and which promise of the database stops it."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from domain.collection import OrderFacts
from domain.money import Money
from tests.domain.collection.conftest import Family, an_accountant, confirm, differences, ordered, paying, the_bill
from tests.domain.collection.test_refund import approved, paid, requested

Refusal = asyncpg.IntegrityConstraintViolationError


async def insert_order(link: asyncpg.Connection, *items: tuple[UUID, int], amount: int, state: str = "CREATED") -> UUID:
    order_id = uuid4()
    async with link.transaction():
        await link.execute(
            "INSERT INTO payment_order (id, number, payer_account, channel, amount, state, created_at, expires_at)"
            " VALUES ($1, $2, $1, 'WECHAT', $3, $4, now(), now() + interval '1 hour')",
            order_id,
            f"P-{order_id}",
            amount,
            state,
        )
        for bill_id, part in items:
            await insert_item(link, order_id, bill_id, part)
    return order_id


async def insert_item(link: asyncpg.Connection, order_id: UUID, bill_id: UUID, amount: int) -> None:
    await link.execute(
        "INSERT INTO payment_item (order_id, bill_id, amount) VALUES ($1, $2, $3)", order_id, bill_id, amount
    )


async def refused(link: asyncpg.Connection, statement: str, *values: object) -> str | None:
    """Run a statement that must be refused and give the name of the promise that refused it."""
    with pytest.raises(Refusal) as refusal:
        await link.execute(statement, *values)
    return refusal.value.constraint_name


async def test_order_by_hand_is_taken_when_nothing_is_wrong(link: asyncpg.Connection, family: Family) -> None:
    """The control of the next tests."""
    assert await insert_order(link, (family.childs_bill, 63_000), (family.mothers_bill, 77_000), amount=140_000)


async def test_order_that_is_not_the_sum_of_its_items_is_refused(link: asyncpg.Connection, family: Family) -> None:
    for items, amount in (((), 63_000), (((family.childs_bill, 63_000),), 63_001)):
        with pytest.raises(Refusal) as refusal:
            await insert_order(link, *items, amount=amount)
        assert refusal.value.constraint_name == "order_amount_is_its_items"


async def test_item_that_is_not_its_bill_is_refused(link: asyncpg.Connection, family: Family) -> None:
    with pytest.raises(Refusal) as refusal:
        await insert_order(link, (family.childs_bill, 1), amount=1)
    assert refusal.value.constraint_name == "payment_item_is_its_bill"


async def test_item_added_to_an_order_later_is_refused(link: asyncpg.Connection, family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    with pytest.raises(Refusal) as refusal:
        await insert_item(link, order.id, family.mothers_bill, 77_000)
    assert refusal.value.constraint_name == "order_amount_is_its_items"


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE payment_item SET amount = 1", "payment_item_stays_as_made"),
        ("UPDATE payment_item SET settles = false", "payment_item_stays_as_made"),
        ("DELETE FROM payment_item", "payment_item_stays_as_made"),
        ("TRUNCATE payment_item CASCADE", "payment_item_append_only"),
        ("UPDATE payment_order SET amount = 1", "payment_order_stays_as_made"),
        ("UPDATE payment_order SET state = 'CLOSED'", "payment_order_stays_as_made"),
        ("UPDATE payment_order SET paid_amount = 1", "payment_order_stays_as_made"),
        ("UPDATE payment_order SET number = 'P-1'", "payment_order_stays_as_made"),
        ("DELETE FROM payment_order", "payment_order_stays_as_made"),
        ("UPDATE bill SET own_amount = 1", "bill_stays_as_made"),
        ("UPDATE bill SET subsidy_amount = 1", "bill_stays_as_made"),
        ("UPDATE bill SET state = 'OPEN', settled_on = NULL", "bill_stays_as_made"),
        ("UPDATE bill SET person_id = new_id()", "bill_stays_as_made"),
        ("DELETE FROM bill", "bill_stays_as_made"),
        ("TRUNCATE bill CASCADE", "bill_append_only"),
        ("UPDATE channel_message SET kind = 'x'", "channel_message_append_only"),
        ("DELETE FROM channel_message", "channel_message_append_only"),
    ],
)
async def test_paid_order_is_not_rewritten(
    link: asyncpg.Connection, family: Family, statement: str, constraint: str
) -> None:
    await paid(family)
    await link.execute(
        "INSERT INTO channel_message VALUES ('WECHAT', 'm1', 'TRANSACTION.SUCCESS', 'P', '\\x00', now())"
    )
    assert await refused(link, statement) == constraint


async def test_bill_paid_without_a_payment_is_refused(link: asyncpg.Connection, family: Family) -> None:
    turn = "UPDATE bill SET state = 'PAID', settled_on = '2026-11-02' WHERE id = $1"
    assert await refused(link, turn, family.childs_bill) == "bill_is_paid_by_a_payment"

    await ordered(family.actor, family.childs_bill)
    await link.execute("UPDATE payment_item SET settles = true")
    assert await refused(link, turn, family.childs_bill) == "bill_is_paid_by_a_payment", "the order is not paid"


async def test_bill_paid_twice_is_refused(link: asyncpg.Connection, family: Family) -> None:
    await paid(family)
    second = await insert_order(link, (family.childs_bill, 63_000), amount=63_000)
    statement = "UPDATE payment_item SET settles = true WHERE order_id = $1"
    assert await refused(link, statement, second) == "payment_item_settles_once"


async def test_second_bill_of_a_year_is_refused(link: asyncpg.Connection, family: Family) -> None:
    columns = (
        "person_id, scheme, year, standard, rules_digest, contributor_group, grade, own_amount, relief_amount,"
        " subsidy_amount, window_starts, window_ends, payable_until, made_at"
    )
    copy = f"INSERT INTO bill (id, number, {columns}) SELECT new_id(), 'B-2', {columns} FROM bill WHERE id = $1"
    assert await refused(link, copy, family.childs_bill) == "bill_once_a_year"


async def test_payment_that_is_not_in_the_books_is_refused(link: asyncpg.Connection, family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    assert await refused(link, turn_paid(order)) == "payment_is_booked"


async def test_paid_order_of_another_sum_is_refused(link: asyncpg.Connection, family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    assert await refused(link, turn_paid(order, paid=62_999)) == "payment_order_paid_in_full"


async def test_one_payment_of_the_platform_pays_one_order(link: asyncpg.Connection, family: Family) -> None:
    first = await ordered(family.actor, family.childs_bill)
    await confirm(paying(first, reference="same"))
    second = await ordered(family.actor, family.mothers_bill)
    assert await refused(link, turn_paid(second, reference="same")) == "payment_order_reference"


async def test_closed_order_does_not_open_again(link: asyncpg.Connection, family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    await link.execute("UPDATE payment_order SET state = 'CLOSED' WHERE id = $1", order.id)
    for state in ("WAITING", "UNKNOWN"):
        statement = f"UPDATE payment_order SET state = '{state}' WHERE id = $1"
        assert await refused(link, statement, order.id) == "payment_order_stays_as_made"


@pytest.mark.parametrize("state", ["APPROVED", "SENDING", "UNKNOWN"])
async def test_refund_without_a_second_person_is_refused(link: asyncpg.Connection, family: Family, state: str) -> None:
    await paid(family)
    refund = await requested(family.childs_bill, actor=an_accountant())
    statement = f"UPDATE refund SET state = '{state}' WHERE id = $1"
    assert await refused(link, statement, refund.id) == "refund_needs_approval"


async def test_approval_that_nobody_decided_is_refused(link: asyncpg.Connection, family: Family) -> None:
    await paid(family)
    refund = await requested(family.childs_bill, actor=an_accountant())
    statement = (
        "UPDATE approval SET state = 'APPROVED', checker_id = maker_id, decided_at = now() WHERE subject_id = $1"
    )
    assert await refused(link, statement, refund.id) == "approval_follows_its_decisions"


@pytest.mark.parametrize("change", ["amount = amount - 1", "order_id = new_id()", "number = 'T-1'", "reason = 'x'"])
async def test_approved_refund_is_not_rewritten(link: asyncpg.Connection, family: Family, change: str) -> None:
    await paid(family)
    refund = await approved(family.childs_bill)
    assert await refused(link, f"UPDATE refund SET {change} WHERE id = $1", refund.id) == "refund_stays_as_made"
    assert await refused(link, "DELETE FROM refund WHERE id = $1", refund.id) == "refund_append_only"


async def test_refund_that_is_not_in_the_books_is_refused(link: asyncpg.Connection, family: Family) -> None:
    await paid(family)
    refund = await approved(family.childs_bill)
    statement = "UPDATE refund SET state = 'DONE', done_at = now(), channel_reference = 'r' WHERE id = $1"
    assert await refused(link, statement, refund.id) == "refund_is_booked"


async def test_refunds_of_more_than_was_paid_are_refused(link: asyncpg.Connection, family: Family) -> None:
    order = await paid(family)
    insert = (
        "INSERT INTO refund (id, number, order_id, bill_id, amount, reason, content_digest, state, requested_at)"
        " VALUES (new_id(), 'T-' || new_id(), $1, $2, $3, 'x', '\\x00', 'REQUESTED', now())"
    )
    await link.execute(insert, order.id, family.childs_bill, 63_000)
    assert await refused(link, insert, order.id, family.childs_bill, 1) == "refund_once"
    assert await refused(link, insert, order.id, None, 77_001) == "refund_is_at_most_the_payment"
    await link.execute(insert, order.id, None, 77_000)


async def test_difference_is_opened_once_and_closed_by_somebody(link: asyncpg.Connection, family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    await confirm(paying(order, amount=Money(62_999)))
    assert await differences() == [("AMOUNT", 62_999)]
    with pytest.raises(Refusal):
        await link.execute("UPDATE payment_difference SET closed_at = now()")
    copy = (
        "INSERT INTO payment_difference (id, channel, channel_reference, order_number, order_id, kind, amount,"
        " found_at) SELECT new_id(), channel, channel_reference, order_number, order_id, kind, amount, now()"
        " FROM payment_difference"
    )
    assert await refused(link, copy) == "payment_difference_once"
    assert (await the_bill(family.childs_bill)).settled_on is None


def turn_paid(order: OrderFacts, *, paid: int | None = None, reference: str = "r") -> str:
    return (
        f"UPDATE payment_order SET state = 'PAID', paid_at = now(), paid_amount = {paid or order.amount.fen},"
        f" channel_reference = '{reference}' WHERE id = '{order.id}'"
    )
