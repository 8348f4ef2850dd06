"""Orders and what money does to them."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain import collection, enrollment, ledger
from domain.actors import SYSTEM, Actor
from domain.collection import BillState, OrderState
from domain.errors import DomainError, Refused
from domain.money import Money
from domain.store import rows
from tests.builders import NOW, a_child_of, a_resident, acting, run
from tests.domain.collection.conftest import (
    BOOK,
    REGION,
    Family,
    a_cashier,
    a_family,
    a_message,
    balances,
    billed,
    confirm,
    covered_from,
    differences,
    ordered,
    paying,
    refunds,
    takes_part,
    the_bill,
    the_order,
)


async def test_one_payment_for_the_family_covers_both_and_stands_in_the_books(family: Family) -> None:
    order = await ordered(family.actor, *family.bill_ids)
    assert (order.amount, order.state) == (Money.yuan(770 + 630), OrderState.CREATED)

    await confirm(paying(order), message=a_message())

    paid = await the_order(order.id)
    assert (paid.state, paid.paid_amount) == (OrderState.PAID, order.amount)
    assert {(await the_bill(bill_id)).state for bill_id in family.bill_ids} == {BillState.PAID}
    assert (await the_bill(family.childs_bill)).settled_on == NOW.date()
    assert await covered_from(family.child) == date(2027, 1, 1)
    assert await covered_from(family.mother) == date(2027, 1, 1)
    (voucher,) = await ledger.list_vouchers_about(SYSTEM, about=ledger.About("payment_order", order.id))
    assert (voucher.lines[0].code, voucher.total) == ("1002", order.amount)
    assert {(line.code, line.amount.fen, line.about.id) for line in voucher.lines[1:] if line.about} == {
        ("4001", -77_000, family.mothers_bill),
        ("4001", -63_000, family.childs_bill),
    }
    assert await balances() == {"1002": 140_000, "4001": -140_000}


async def test_fifty_callbacks_at_once_do_it_once(family: Family) -> None:
    order = await ordered(family.actor, *family.bill_ids)
    payment = paying(order)

    answers = await asyncio.gather(*(confirm(payment, message=a_message()) for _ in range(50)))

    assert set(answers) == {order.id}
    assert await balances() == {"1002": 140_000, "4001": -140_000}
    assert await ledger.count_journal(SYSTEM, fund="390") == 1
    assert await covered_from(family.child) == date(2027, 1, 1)
    assert len(await rows("SELECT * FROM channel_message")) == 1
    assert len(await rows("SELECT * FROM audit WHERE action = 'order.pay'")) == 1
    assert await differences() == []


async def test_callback_and_inquiry_at_once_do_it_once(family: Family) -> None:
    order = await ordered(family.actor, *family.bill_ids)
    payment = paying(order)

    await asyncio.gather(*(confirm(payment, message=a_message(str(n))) for n in range(5)), confirm(payment))

    assert await balances() == {"1002": 140_000, "4001": -140_000}
    assert await differences() == []


async def test_wrong_amount_lies_in_suspense_until_people_look(family: Family) -> None:
    order = await ordered(family.actor, *family.bill_ids)

    for _ in range(2):
        await confirm(paying(order, amount=Money(139_999)))

    assert (await the_order(order.id)).state is OrderState.DISPUTED
    assert (await the_bill(family.childs_bill)).state is BillState.OPEN
    assert await covered_from(family.child) is None
    assert await balances() == {"1002": 139_999, "2001": -139_999}
    assert await differences() == [("AMOUNT", 139_999)]
    assert await refunds() == []


async def test_payment_of_a_closed_order_goes_back(family: Family) -> None:
    order = await ordered(family.actor, *family.bill_ids)
    await run(lambda work: collection.close_order(work, order_id=order.id), actor=SYSTEM)

    for _ in range(2):
        await confirm(paying(order))

    assert (await the_order(order.id)).state is OrderState.DISPUTED
    assert (await the_bill(family.childs_bill)).state is BillState.OPEN
    assert await balances() == {"1002": 140_000, "2001": -140_000}
    assert await differences() == [("LATE", 140_000)]
    (refund,) = await refunds()
    assert (refund.state, refund.amount, refund.bill_id) == (collection.RefundState.REQUESTED, Money(140_000), None)


async def test_bill_paid_at_the_counter_meanwhile_leaves_only_its_part_over(family: Family) -> None:
    order = await ordered(family.actor, *family.bill_ids)
    await pay_round_the_order(family)

    await confirm(paying(order))

    assert (await the_order(order.id)).state is OrderState.PAID
    assert (await the_bill(family.mothers_bill)).state is BillState.PAID
    assert await balances() == {"1002": 140_000 + 63_000, "4001": -140_000, "2001": -63_000}
    assert await differences() == [("DOUBLE", 63_000)]
    (refund,) = await refunds()
    assert (refund.amount, refund.bill_id) == (Money(63_000), family.childs_bill)


async def pay_round_the_order(family: Family) -> None:
    """Pay the child's bill by a second order that was made while the first was thought closed."""
    await rows(
        "WITH other AS (INSERT INTO payment_order (id, number, payer_account, channel, amount, state, created_at,"
        " expires_at) VALUES (new_id(), 'P-other', new_id(), 'WECHAT', 63000, 'CREATED', now(), now() + interval '1h')"
        " RETURNING id) INSERT INTO payment_item (order_id, bill_id, amount) SELECT id, $1, 63000 FROM other",
        family.childs_bill,
    )
    other = await collection.find_order_by_number(SYSTEM, number="P-other")
    assert other is not None
    await confirm(paying(other, reference="other"))


async def test_two_orders_of_one_bill_paid_at_once_settle_it_once(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    await rows(
        "WITH other AS (INSERT INTO payment_order (id, number, payer_account, channel, amount, state, created_at,"
        " expires_at) VALUES (new_id(), 'P-other', new_id(), 'WECHAT', 63000, 'CREATED', now(), now() + interval '1h')"
        " RETURNING id) INSERT INTO payment_item (order_id, bill_id, amount) SELECT id, $1, 63000 FROM other",
        family.childs_bill,
    )
    other = await collection.find_order_by_number(SYSTEM, number="P-other")
    assert other is not None

    await asyncio.gather(confirm(paying(order, reference="a")), confirm(paying(other, reference="b")))

    states = {(await the_order(order.id)).state, (await the_order(other.id)).state}
    assert states == {OrderState.PAID, OrderState.DISPUTED}
    assert await balances() == {"1002": 126_000, "4001": -63_000, "2001": -63_000}
    assert await differences() == [("DOUBLE", 63_000)]
    assert len(await refunds()) == 1


async def test_who_is_covered_already_gets_the_money_back(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    child = family.child
    await run(
        lambda work: enrollment.cover(
            work,
            book=BOOK,
            region=REGION,
            person_id=child.id,
            scheme="390",
            year=2027,
            paid_on=NOW.date(),
        ),
        actor=SYSTEM,
    )

    await confirm(paying(order))

    assert (await the_order(order.id)).state is OrderState.DISPUTED
    assert (await the_bill(family.childs_bill)).state is BillState.CANCELLED
    assert await balances() == {"1002": 63_000, "2001": -63_000}
    assert await differences() == [("DOUBLE", 63_000)]
    assert len(await refunds()) == 1


async def test_money_of_a_stranger_is_written_down_and_touches_no_book(books: str) -> None:
    payment = collection.Payment(order_number="P-nobody", reference="420", amount=Money(100), paid_at=NOW)

    first = await confirm(payment, message=a_message())
    again = await confirm(payment, message=a_message("two"))

    assert first == again
    assert await differences() == [("STRANGER", 100)]
    assert await balances() == {}


async def test_second_payment_of_one_order_lies_in_suspense(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    await confirm(paying(order))

    for _ in range(3):
        await confirm(paying(order, reference="another"))

    assert await balances() == {"1002": 126_000, "4001": -63_000, "2001": -63_000}
    assert await differences() == [("DOUBLE", 63_000)]


async def test_another_sum_told_later_for_the_same_payment_is_a_difference_without_money(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    await confirm(paying(order))

    await confirm(paying(order, amount=Money(62_999)))

    assert await balances() == {"1002": 63_000, "4001": -63_000}
    assert await differences() == [("AMOUNT", 62_999)]


async def test_every_fault_of_an_order_is_named_at_once(family: Family) -> None:
    stranger = await takes_part(await a_resident(name="别家人"))
    strangers_bill = await billed(stranger)
    paid = await a_child_with_a_paid_bill(family)
    opened = await ordered(family.actor, family.childs_bill)
    asked = [family.mothers_bill, family.mothers_bill, strangers_bill, uuid4(), paid, family.childs_bill]

    with pytest.raises(Refused) as refusal:
        await run(lambda work: collection.create_order(work, bill_ids=asked), actor=family.actor)

    found = [(fault.code, fault.path) for fault in refusal.value.faults]
    assert found == [
        ("BILL_LISTED_TWICE", ("bill_ids", "1")),
        ("BILL_NOT_FOUND", ("bill_ids", "2")),
        ("BILL_NOT_FOUND", ("bill_ids", "3")),
        ("BILL_PAID", ("bill_ids", "4")),
        ("BILL_IN_OPEN_ORDER", ("bill_ids", "5")),
    ]
    offered = refusal.value.faults[-1]
    assert isinstance(offered, collection.BillInOpenOrder)
    assert (offered.order_id, offered.order_number) == (opened.id, opened.number)


async def a_child_with_a_paid_bill(family: Family) -> UUID:
    second = await takes_part(await a_child_of(family.mother, name="王二乐", born_on=date(2022, 5, 1)))
    bill_id = await billed(second)
    await confirm(paying(await ordered(family.actor, bill_id)))
    return bill_id


@pytest.mark.parametrize("count", [0, 21])
async def test_order_holds_one_to_twenty_bills(family: Family, count: int) -> None:
    with pytest.raises(Refused) as refusal:
        await run(lambda work: collection.create_order(work, bill_ids=[uuid4()] * count), actor=family.actor)
    assert [fault.code for fault in refusal.value.faults] == ["ORDER_SIZE"]


async def test_last_day_of_late_payment(books: str) -> None:
    family = await a_family()
    last_minute = datetime(2027, 12, 31, 23, 59, tzinfo=NOW.tzinfo)

    order = await ordered(family.actor, family.mothers_bill, now=last_minute)
    with pytest.raises(Refused) as refusal:
        await ordered(family.actor, family.childs_bill, now=last_minute + timedelta(minutes=1))

    assert order.expires_at == last_minute + timedelta(minutes=1)
    assert [fault.code for fault in refusal.value.faults] == ["BILL_TOO_LATE"]


async def test_twenty_orders_of_one_bill_at_once_make_one(family: Family) -> None:
    outcomes = await asyncio.gather(
        *(ordered(family.actor, family.childs_bill) for _ in range(20)), return_exceptions=True
    )

    made = [outcome for outcome in outcomes if isinstance(outcome, collection.OrderFacts)]
    assert len(made) == 1
    codes = {fault.code for outcome in outcomes if isinstance(outcome, Refused) for fault in outcome.faults}
    assert codes == {"BILL_IN_OPEN_ORDER"}


async def test_order_of_somebody_else_does_not_exist(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    stranger = acting(await a_resident(name="别家人"))

    assert await collection.find_order(stranger, order_id=order.id) is None
    assert await collection.list_orders(stranger, first=10) == []
    assert [mine.id for mine in await collection.list_orders(family.actor, first=10)] == [order.id]
    with pytest.raises(collection.OrderNotFound):
        await run(lambda work: collection.close_order(work, order_id=order.id), actor=stranger)


async def test_prepared_order_waits_and_an_unclear_answer_makes_it_unknown(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)

    await run(lambda work: collection.record_prepared(work, order_id=order.id, pay_url="https://pay"), actor=SYSTEM)
    waiting = await the_order(order.id)
    await run(lambda work: collection.mark_unknown(work, order_id=order.id), actor=SYSTEM)
    unknown = await the_order(order.id)
    await confirm(paying(order))
    await run(lambda work: collection.close_order(work, order_id=order.id), actor=SYSTEM)
    await run(lambda work: collection.mark_unknown(work, order_id=order.id), actor=SYSTEM)

    assert (waiting.state, waiting.pay_url) == (OrderState.WAITING, "https://pay")
    assert unknown.state is OrderState.UNKNOWN
    assert (await the_order(order.id)).state is OrderState.PAID, "what came meanwhile is stronger"


async def test_order_is_inquired_after_a_minute_and_then_less_and_less(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)

    async def due(minutes: int) -> bool:
        moment = NOW + timedelta(minutes=minutes)
        return bool(await collection.list_orders_to_inquire(SYSTEM, now=moment, first=10))

    assert [await due(minutes) for minutes in (0, 1, 2)] == [False, False, True]
    moment = NOW + timedelta(minutes=100)
    await run(lambda work: collection.note_inquiry(work, order_id=order.id), actor=SYSTEM, now=moment)
    assert [await due(minutes) for minutes in (105, 112)] == [False, True]


async def test_counter_takes_the_exact_sum_and_gives_cover_at_once(family: Family) -> None:
    cashier = a_cashier()

    order_id = await receive(cashier, family, Money(140_000), receipt="SJ-0001")

    order = await the_order(order_id)
    assert (order.state, order.channel_reference, order.received_by) == (OrderState.PAID, "SJ-0001", cashier.id)
    assert await covered_from(family.child) is not None
    assert await balances() == {"1002": 140_000, "4001": -140_000}


async def test_counter_names_every_fault_at_once(family: Family) -> None:
    other = await a_family()
    await receive(a_cashier(), other, Money(140_000), receipt="SJ-0001")

    with pytest.raises(Refused) as refusal:
        await receive(a_cashier(), family, Money(139_000), receipt="SJ-0001")

    assert {fault.code for fault in refusal.value.faults} == {"RECEIPT_USED", "AMOUNT_IS_NOT_THE_SUM"}


async def test_one_receipt_at_two_counters_at_once_pays_once(family: Family) -> None:
    other = await a_family()

    outcomes = await asyncio.gather(
        receive(a_cashier(), family, Money(140_000), receipt="SJ-0001"),
        receive(a_cashier(), other, Money(140_000), receipt="SJ-0001"),
        return_exceptions=True,
    )

    assert len([outcome for outcome in outcomes if isinstance(outcome, Refused)]) == 1, outcomes
    assert await balances() == {"1002": 140_000, "4001": -140_000}


async def test_only_cashiers_of_the_region_receive(family: Family) -> None:
    with pytest.raises(DomainError) as refusal:
        await receive(family.actor, family, Money(140_000), receipt="SJ-1")
    assert refusal.value.code == "COLLECTION_NOT_ALLOWED"
    with pytest.raises(Refused) as elsewhere:
        await receive(a_cashier(region="330200"), family, Money(140_000), receipt="SJ-1")
    assert {fault.code for fault in elsewhere.value.faults} == {"BILL_NOT_FOUND"}


async def receive(cashier: Actor, family: Family, received: Money, *, receipt: str) -> UUID:
    return await run(
        lambda work: collection.receive_at_counter(
            work, book=BOOK, region=REGION, bill_ids=family.bill_ids, received=received, receipt=receipt
        ),
        actor=cashier,
    )
