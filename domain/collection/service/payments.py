"""Money that comes in: judged once, booked to the fen in the same transaction, whatever it turns out to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import ledger, rules, store
from domain.collection import calc
from domain.collection.access import require_cashier, require_system
from domain.collection.errors import AmountIsNotTheSum, ReceiptUnfit, ReceiptUsed
from domain.collection.models import PaymentOrder
from domain.collection.service.differences import note_difference, write_down
from domain.collection.service.orders import insert_order, lock_bills
from domain.collection.service.refunds import insert_refund
from domain.collection.service.settling import COVERED_ALREADY, cancel_bills, cover_people, turn_paid
from domain.collection.values import (
    BillState,
    Channel,
    DifferenceKind,
    Item,
    Judgement,
    Message,
    OrderState,
    Payment,
)
from domain.errors import refuse
from domain.money import Money, total
from domain.work import Work, day_of

_RECEIPT_MAX: Final = 64
_A_MOMENT: Final = timedelta(minutes=1)
_GOES_BACK: Final = (DifferenceKind.DOUBLE, DifferenceKind.LATE)


async def confirm_payment(
    work: Work,
    *,
    book: rules.Book,
    region: str,
    payment: Payment,
    message: Message | None = None,
    channel: Channel = Channel.WECHAT,
) -> UUID:
    """Take what a channel says about money that came in, once, and give the order's id.

    The bills of the order turn paid, their people are covered, one balanced voucher is posted: all or nothing.
    Repeating it changes nothing, at once or years later. Money that settles nothing (a wrong amount, a closed order,
    a bill paid before) goes to suspense with an open difference; what must go back is asked for by itself. Money for
    a number that is not ours becomes a difference only, for no fund is known to own it; then that difference's id is
    given.
    """
    require_system(work.actor)
    if message is not None:
        await write_down(work, channel=channel, message=message, about=payment.order_number)
    order = await PaymentOrder.filter(number=payment.order_number, channel=channel).select_for_update().first()
    if order is None:
        return await _note(work, DifferenceKind.STRANGER, payment, channel=channel, amount=payment.amount)
    if order.state in (OrderState.PAID, OrderState.DISPUTED):
        if (order.channel_reference, order.paid_amount) != (payment.reference, payment.amount):
            await _keep_second_payment(work, order, payment)
        return order.id
    await _apply(work, order, payment, book=book, region=region)
    return order.id


async def receive_at_counter(
    work: Work, *, book: rules.Book, region: str, bill_ids: Sequence[UUID], received: Money, receipt: str
) -> UUID:
    """Take money at the counter for some bills: order and payment in one transaction, named by the receipt's number.

    Refuses with every fault at once, also a sum that is not what the bills ask for and a receipt that was used.
    """
    require_cashier(work.actor)
    receipt = receipt.strip()
    await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"receipt:{receipt}")
    bills, faults = await lock_bills(work, bill_ids=bill_ids)
    asked = total(Money(bill["due_amount"]) for bill in bills)
    if not 0 < len(receipt) <= _RECEIPT_MAX:
        faults.append(ReceiptUnfit(path=("receipt",)))
    elif await PaymentOrder.filter(channel=Channel.COUNTER, channel_reference=receipt).exists():
        faults.append(ReceiptUsed(receipt=receipt, path=("receipt",)))
    if received != asked and len(bills) == len(bill_ids):
        faults.append(AmountIsNotTheSum(received=received, asked=asked, path=("received",)))
    refuse(faults)
    ends = work.now + _A_MOMENT
    order_id = await insert_order(work, bills=bills, channel=Channel.COUNTER, expires_at=ends, payer_id=None)
    order = await PaymentOrder.get(id=order_id)
    payment = Payment(order_number=order.number, reference=receipt, amount=received, paid_at=work.now)
    await _apply(work, order, payment, book=book, region=region)
    return order_id


async def _apply(work: Work, order: PaymentOrder, payment: Payment, *, book: rules.Book, region: str) -> None:
    """Judge a payment of a locked order and do everything that follows, in this transaction."""
    judgement = await _judge(work, order, payment, book=book, region=region)
    assert judgement.state in calc.ORDER_ALLOWED[order.state]
    order.state, order.channel_reference = judgement.state, payment.reference
    order.paid_at, order.paid_amount = payment.paid_at, payment.amount
    await order.save(update_fields=["state", "channel_reference", "paid_at", "paid_amount"])
    settled = [item.bill_id for item in judgement.settled]
    await _mark_settling(order.id, settled)
    await turn_paid(settled, paid_on=day_of(payment.paid_at))
    await _book_payment(work, order, payment, judgement)
    await _keep_leftovers(work, order, payment, judgement)
    await work.audit(
        "order.pay", kind="payment_order", id=order.id, state=judgement.state.value, amount=payment.amount.fen
    )


async def _judge(work: Work, order: PaymentOrder, payment: Payment, *, book: rules.Book, region: str) -> Judgement:
    """Decide what a payment settles, and cover the people of it; who is covered already leaves their money over."""
    items = await _lock_items(order.id)
    judgement = calc.judge_payment(order_state=order.state, asked=order.amount, paid=payment.amount, items=items)
    refused = await cover_people(
        work,
        book=book,
        region=region,
        bill_ids=[item.bill_id for item in judgement.settled],
        paid_on=day_of(payment.paid_at),
    )
    if not refused:
        return judgement
    await cancel_bills(work, refused, reason=COVERED_ALREADY)
    items = tuple(replace(item, covered=item.bill_id in refused) for item in items)
    return calc.judge_payment(order_state=order.state, asked=order.amount, paid=payment.amount, items=items)


async def _lock_items(order_id: UUID) -> tuple[Item, ...]:
    """Lock the bills of an order in the order of their ids, so that two orders of one bill never wait in a circle."""
    found = await store.rows(
        "SELECT bill.id, bill.state, payment_item.amount FROM bill JOIN payment_item ON payment_item.bill_id = bill.id"
        " WHERE payment_item.order_id = $1 ORDER BY bill.id FOR UPDATE OF bill",
        order_id,
    )
    return tuple(
        Item(bill_id=row["id"], amount=Money(row["amount"]), bill_state=BillState(row["state"])) for row in found
    )


async def _mark_settling(order_id: UUID, bill_ids: Sequence[UUID]) -> None:
    await store.rows(
        "UPDATE payment_item SET settles = true WHERE order_id = $1 AND bill_id = ANY($2::uuid[])",
        order_id,
        list(bill_ids),
    )


async def _book_payment(work: Work, order: PaymentOrder, payment: Payment, judgement: Judgement) -> None:
    about = ledger.About("payment_order", order.id)
    lines = [ledger.debit(ledger.INCOME_DEPOSITS, payment.amount, about)]
    lines += [
        ledger.credit(ledger.CONTRIBUTIONS, item.amount, ledger.About("bill", item.bill_id))
        for item in judgement.settled
    ]
    lines += [
        ledger.credit(ledger.SUSPENSE, part.amount, ledger.About("bill", part.bill_id) if part.bill_id else about)
        for part in judgement.leftovers
    ]
    await ledger.post(
        work,
        fund=ledger.RESIDENTS,
        key=f"payment:{order.id}",
        reason="CONTRIBUTION" if judgement.settled else "SUSPENSE",
        day=day_of(payment.paid_at),
        about=about,
        postings=lines,
        summary=f"居民医保缴费 {order.number}" if judgement.settled else f"暂收待查款项 {order.number}",
    )


async def _keep_leftovers(work: Work, order: PaymentOrder, payment: Payment, judgement: Judgement) -> None:
    """Open one difference for each reason, and ask for each refund that follows by itself."""
    for kind in dict.fromkeys(part.kind for part in judgement.leftovers):
        left = total(part.amount for part in judgement.leftovers if part.kind is kind)
        await _note(work, kind, payment, channel=order.channel, amount=left, order_id=order.id)
    for part in judgement.leftovers:
        if part.kind in _GOES_BACK:
            reason = f"{part.kind.value} {payment.reference}"
            await insert_refund(work, order_id=order.id, bill_id=part.bill_id, amount=part.amount, reason=reason)


async def _keep_second_payment(work: Work, order: PaymentOrder, payment: Payment) -> None:
    """Keep what a channel says of an order that is over: a second payment, or another sum for the one that we know."""
    about = ledger.About("payment_order", order.id)
    known = order.channel_reference == payment.reference
    kind = DifferenceKind.AMOUNT if known else DifferenceKind.DOUBLE
    await _note(work, kind, payment, channel=order.channel, amount=payment.amount, order_id=order.id)
    if known:
        return  # Nothing more came in; people ask the channel which of its words holds.
    await ledger.post(
        work,
        fund=ledger.RESIDENTS,
        key=f"payment:{order.channel.value}:{payment.reference}",
        reason="SUSPENSE",
        day=day_of(payment.paid_at),
        about=about,
        postings=[
            ledger.debit(ledger.INCOME_DEPOSITS, payment.amount, about),
            ledger.credit(ledger.SUSPENSE, payment.amount, about),
        ],
        summary=f"暂收待查款项 {order.number}",
    )


async def _note(
    work: Work,
    kind: DifferenceKind,
    payment: Payment,
    *,
    channel: Channel,
    amount: Money,
    order_id: UUID | None = None,
) -> UUID:
    return await note_difference(
        work,
        kind=kind,
        channel=channel,
        reference=payment.reference,
        number=payment.order_number,
        order_id=order_id,
        amount=amount,
    )
