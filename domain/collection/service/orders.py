"""Orders: made for bills, prepared at the channel, closed by the channel's word; a payment is another file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from domain import residents, store
from domain.actors import ActorKind
from domain.business_numbers import NumberKind
from domain.collection import calc
from domain.collection.access import payable_people
from domain.collection.errors import (
    BillAlreadyPaid,
    BillCancelled,
    BillInOpenOrder,
    BillListedTwice,
    BillNotFound,
    BillTooLate,
    NothingToPay,
    OrderNotFound,
)
from domain.collection.events import PaymentOrderCreated
from domain.collection.models import PaymentOrder
from domain.collection.values import OPEN_ORDERS, BillState, Channel, OrderState
from domain.errors import DomainError, refuse
from domain.ids import new_id
from domain.money import Money, total
from domain.work import AGENCY_ZONE, Work

BILLS_MAX: Final = 20
ORDER_LASTS: Final = timedelta(minutes=30)


async def create_order(
    work: Work, *, bill_ids: Sequence[UUID], channel: Channel = Channel.WECHAT, payer_ip: str | None = None
) -> UUID:
    """Make one order for the bills of oneself and of those one may act for, and give its id.

    The total and the number are fixed here, before anything is sent. Refuses with every fault at once: bills that are
    not the caller's, paid, cancelled, too late, listed twice, or part of another open order, which is then offered.
    """
    assert work.actor.kind is ActorKind.RESIDENT, "Residents order; cashiers receive."
    assert work.actor.id is not None
    bills, faults = await lock_bills(work, bill_ids=bill_ids)
    refuse(faults)
    ends = min(bill["payable_until"] for bill in bills)
    expires_at = min(work.now + ORDER_LASTS, datetime.combine(ends, time(), AGENCY_ZONE))
    order_id = await insert_order(
        work, bills=bills, channel=channel, expires_at=expires_at, payer_id=work.actor.person_id, payer_ip=payer_ip
    )
    await work.emit(PaymentOrderCreated(order_id=order_id))
    return order_id


async def record_prepared(work: Work, *, order_id: UUID, pay_url: str) -> UUID:
    """Note that the channel has taken the order and where it is paid; an order that is over stays as it is."""
    return await _move(work, order_id, OrderState.WAITING, pay_url=pay_url)


async def mark_unknown(work: Work, *, order_id: UUID) -> UUID:
    """Note that the channel did not answer clearly; only an inquiry moves the order on."""
    return await _move(work, order_id, OrderState.UNKNOWN)


async def note_inquiry(work: Work, *, order_id: UUID) -> UUID:
    """Note that the channel was asked and the order is still unpaid."""
    order = await _lock_order(work, order_id)
    order.inquired_at = work.now
    await order.save(update_fields=["inquired_at"])
    return order_id


async def close_order(work: Work, *, order_id: UUID) -> UUID:
    """Close an order after the channel has said that nobody can pay it any more; an order that is over stays so."""
    return await _move(work, order_id, OrderState.CLOSED)


async def lock_bills(work: Work, *, bill_ids: Sequence[UUID]) -> tuple[list[Mapping[str, Any]], list[DomainError]]:
    """Lock bills in the order of their ids and give them with every fault that keeps the actor from paying them."""
    if not 0 < len(bill_ids) <= BILLS_MAX:
        return [], [NothingToPay(bills_max=BILLS_MAX, path=("bill_ids",))]
    named = await store.rows("SELECT person_id FROM bill WHERE id = ANY($1::uuid[])", list(bill_ids))
    allowed = await payable_people(work.actor, person_ids={bill["person_id"] for bill in named}, on=work.today)
    # Whose bill it is never changes, so what was allowed before the lock is allowed behind it.
    found = await store.rows(
        "SELECT * FROM bill WHERE id = ANY($1::uuid[]) AND person_id = ANY($2::uuid[]) ORDER BY id FOR UPDATE",
        list(bill_ids),
        list(allowed),
    )
    mine = {bill["id"]: bill for bill in found}
    opened = await _open_orders(mine)
    faults: list[DomainError] = []
    for place, bill_id in enumerate(bill_ids):
        twice = bill_id in bill_ids[:place]
        faults += _faults_of(mine.get(bill_id), work=work, twice=twice, opened=opened, path=("bill_ids", str(place)))
    return list(mine.values()), faults


async def insert_order(
    work: Work,
    *,
    bills: Sequence[Mapping[str, Any]],
    channel: Channel,
    expires_at: datetime,
    payer_id: UUID | None,
    payer_ip: str | None = None,
) -> UUID:
    """Write an order with its items; the database holds that the sum of the items is the order."""
    assert work.actor.id is not None
    order = await PaymentOrder.create(
        id=new_id(),
        number=await work.new_number(NumberKind.ORDER),
        payer_id=payer_id,
        payer_account=work.actor.id,
        payer_ip=payer_ip,
        channel=channel,
        amount=total(Money(bill["due_amount"]) for bill in bills),
        state=OrderState.CREATED,
        created_at=work.now,
        expires_at=expires_at,
        received_by=work.actor.id if channel is Channel.COUNTER else None,
    )
    await store.rows(
        "INSERT INTO payment_item (order_id, bill_id, amount)"
        " SELECT $1, bill_id, amount FROM unnest($2::uuid[], $3::bigint[]) AS item (bill_id, amount)",
        order.id,
        [bill["id"] for bill in bills],
        [bill["due_amount"] for bill in bills],
    )
    people = [bill["person_id"] for bill in bills]
    await work.audit(
        "order.create",
        kind="payment_order",
        id=order.id,
        channel=channel.value,
        amount=order.amount.fen,
        **residents.acting_for(work.actor, person_ids=people),
    )
    return order.id


def _faults_of(
    bill: Mapping[str, Any] | None,
    *,
    work: Work,
    twice: bool,
    opened: Mapping[UUID, tuple[UUID, str]],
    path: tuple[str, ...],
) -> Iterable[DomainError]:
    if bill is None:
        yield BillNotFound(path=path)
        return
    number: str = bill["number"]
    if twice:
        yield BillListedTwice(number=number, path=path)
        return
    match BillState(bill["state"]):
        case BillState.PAID:
            yield BillAlreadyPaid(number=number, path=path)
        case BillState.CANCELLED:
            yield BillCancelled(number=number, path=path)
        case BillState.OPEN:
            if work.today >= bill["payable_until"]:
                yield BillTooLate(number=number, payable_until=bill["payable_until"], path=path)
            if earlier := opened.get(bill["id"]):
                yield BillInOpenOrder(number=number, order_id=earlier[0], order_number=earlier[1], path=path)


async def _open_orders(bill_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Find the orders by which these bills may still be paid. The lock on the bills keeps new ones away."""
    found = await store.rows(
        "SELECT payment_item.bill_id, payment_order.id, payment_order.number FROM payment_item"
        " JOIN payment_order ON payment_order.id = payment_item.order_id"
        " WHERE payment_item.bill_id = ANY($1::uuid[]) AND payment_order.state = ANY($2::text[])",
        list(bill_ids),
        [state.value for state in OPEN_ORDERS],
    )
    return {row["bill_id"]: (row["id"], row["number"]) for row in found}


async def _move(work: Work, order_id: UUID, state: OrderState, *, pay_url: str | None = None) -> UUID:
    """Move an order that is not over; what came meanwhile (a payment, a closing) is stronger and stays."""
    order = await _lock_order(work, order_id)
    if order.state not in OPEN_ORDERS:
        return order_id
    assert state in calc.ORDER_ALLOWED[order.state], f"{order.state} does not become {state}."
    order.state = state
    order.pay_url = pay_url or order.pay_url
    order.inquired_at = work.now
    await order.save(update_fields=["state", "pay_url", "inquired_at"])
    await work.audit("order.move", kind="payment_order", id=order_id, state=state.value)
    return order_id


async def _lock_order(work: Work, order_id: UUID) -> PaymentOrder:
    mine = {} if work.actor.kind is ActorKind.SYSTEM else {"payer_account": work.actor.id}
    order = await PaymentOrder.filter(id=order_id, **mine).select_for_update().first()
    if order is None:
        raise OrderNotFound(path=("order_id",))
    return order
