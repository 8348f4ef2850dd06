"""Money that goes back the way it came: asked for, approved by a second person, sent with a fixed number, booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from domain import approvals, enrollment, ledger, residents, store
from domain.actors import SYSTEM, ActorKind
from domain.business_numbers import NumberKind
from domain.collection import calc
from domain.collection.access import (
    orders_visible_to,
    payable_people,
    refunds_visible_to,
    require_cashier,
    require_refunder,
    require_system,
)
from domain.collection.errors import (
    BillNotFound,
    BillNotPaid,
    RefundAlreadyAsked,
    RefundIsOver,
    RefundNotFound,
    RefundReasonMissing,
    RefundTakenUpAlready,
    RefundTooLate,
)
from domain.collection.events import RefundApproved
from domain.collection.models import PaymentOrder, Refund
from domain.collection.service.differences import note_difference, write_down
from domain.collection.values import Channel, DifferenceKind, Message, RefundState
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.money import Money
from domain.work import Work, day_of

_REASON_MAX: Final = 200
_OVER: Final = (RefundState.REJECTED, RefundState.FAILED)


async def request_refund(work: Work, *, bill_id: UUID, reason: str) -> UUID:
    """Ask for the refund of a paid bill before its year begins, and give the refund's id.

    Residents ask for themselves and those they may act for; the staff's asking is at once the first pair of eyes.
    Refuses bills that are not the caller's or not paid by a payment, a year that has begun, and a second asking.
    """
    if work.actor.kind is not ActorKind.RESIDENT:
        require_refunder(work.actor)
    named = await store.row("SELECT person_id FROM bill WHERE id = $1", bill_id)
    if named is None or not await payable_people(work.actor, person_ids=[named["person_id"]], on=work.today):
        raise BillNotFound(path=("bill_id",))
    bill = await store.row("SELECT * FROM bill WHERE id = $1 FOR UPDATE", bill_id)
    assert bill is not None, "Bills are never deleted."
    item = await store.row(
        "SELECT order_id, amount FROM payment_item WHERE bill_id = $1 AND settles AND $2 = 'PAID'",
        bill_id,
        bill["state"],
    )
    refuse(_faults_of(bill["number"], year=bill["year"], paid=item is not None, today=work.today))
    assert item is not None
    refund_id = await insert_refund(
        work,
        order_id=item["order_id"],
        bill_id=bill_id,
        amount=Money(item["amount"]),
        reason=reason,
        about=[bill["person_id"]],
    )
    if work.actor.kind is ActorKind.STAFF:
        await take_up_refund(work, refund_id=refund_id)
    return refund_id


async def request_leftover_refund(work: Work, *, order_id: UUID, reason: str) -> UUID:
    """Ask for the refund of an order's money that settled nothing (a wrong amount), and give the refund's id."""
    require_refunder(work.actor)
    seen = orders_visible_to(work.actor, after=1)
    if not await store.rows(f"SELECT 1 FROM payment_order WHERE id = $1 AND {seen.sql}", order_id, *seen.values):  # noqa: S608 - our own condition
        raise RefundNotFound(path=("order_id",))
    order = await PaymentOrder.filter(id=order_id, state="DISPUTED").select_for_update().first()
    if order is None:
        raise RefundNotFound(path=("order_id",))
    refund_id = await insert_refund(work, order_id=order_id, bill_id=None, amount=order.paid_amount, reason=reason)
    await take_up_refund(work, refund_id=refund_id)
    return refund_id


async def take_up_refund(work: Work, *, refund_id: UUID) -> UUID:
    """Vouch for a refund that a resident or the system asked for, and ask a second person to decide."""
    require_refunder(work.actor)
    refund = await _lock(work, refund_id, RefundState.REQUESTED)
    if await approvals.find_pending(kind=approvals.ApprovalKind.REFUND, subject_id=refund_id):
        raise RefundTakenUpAlready(number=refund.number)
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.REFUND,
        subject_id=refund_id,
        statement=_statement_of(refund),
        content_digest=bytes(refund.content_digest),
        amount=refund.amount,
        region=await _district_of(refund),
    )
    return refund_id


async def decide_refund(work: Work, *, refund_id: UUID, seen_digest: bytes, approve: bool, reason: str | None) -> UUID:
    """Approve or reject a refund as the second person; the room of approvals refuses the first one.

    An approved refund of a settled bill takes the bill and the coverage away at once: the money is on its way.
    """
    require_refunder(work.actor)
    refund = await _lock(work, refund_id, RefundState.REQUESTED)
    question = await approvals.find_pending(kind=approvals.ApprovalKind.REFUND, subject_id=refund_id)
    if question is None:
        raise approvals.ApprovalNotFound(path=("refund_id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return refund_id  # the rules of its day ask for another pair of eyes
    if not approve:
        return await _move(work, refund, RefundState.REJECTED)
    await _move(work, refund, RefundState.APPROVED)
    if refund.bill_id is not None:
        await _take_away(work, refund)
    await work.emit(RefundApproved(refund_id=refund_id))
    return refund_id


async def repeat_refund(work: Work, *, refund_id: UUID, reason: str) -> UUID:
    """Ask anew for a refund that the channel refused for good; the new one has a number of its own."""
    require_refunder(work.actor)
    failed = await _lock(work, refund_id, RefundState.FAILED)
    made = await insert_refund(
        work, order_id=failed.order_id, bill_id=failed.bill_id, amount=failed.amount, reason=reason
    )
    await take_up_refund(work, refund_id=made)
    return made


async def start_sending_refund(work: Work, *, refund_id: UUID) -> UUID:
    """Say, and commit, that an approved refund is about to be sent; whoever finds it so inquires before sending."""
    require_system(work.actor)
    return await _move(work, await _lock(work, refund_id, RefundState.APPROVED), RefundState.SENDING)


async def mark_refund_unknown(work: Work, *, refund_id: UUID) -> UUID:
    """Note that the channel did not answer clearly; only an inquiry moves the refund on."""
    require_system(work.actor)
    return await _move_open(work, refund_id, RefundState.UNKNOWN)


async def note_refund_underway(work: Work, *, refund_id: UUID) -> UUID:
    """Note that the channel has the refund and is working on it."""
    require_system(work.actor)
    return await _move_open(work, refund_id, RefundState.SENDING)


async def complete_refund(work: Work, *, refund_id: UUID, reference: str, done_at: datetime) -> UUID:
    """Book a refund that the channel has carried out, once; repeating it changes nothing."""
    require_system(work.actor)
    refund = await _lock(work, refund_id)
    if refund.state is RefundState.DONE:
        return refund_id
    await _complete(work, refund, reference=reference, done_at=done_at)
    return refund_id


async def pay_refund_at_counter(work: Work, *, refund_id: UUID, receipt: str) -> UUID:
    """Give back at the counter what was paid there; the receipt's number names it."""
    require_cashier(work.actor)
    refund = await _lock(work, refund_id, RefundState.APPROVED)
    order = await PaymentOrder.get(id=refund.order_id)
    if order.channel is not Channel.COUNTER:
        raise RefundIsOver(number=refund.number, state=order.channel.value, path=("refund_id",))
    await _complete(work, refund, reference=receipt, done_at=work.now)
    return refund_id


async def fail_refund(work: Work, *, refund_id: UUID) -> UUID:
    """Note that the channel refuses a refund for good, and open a difference for people; it may be asked for anew."""
    require_system(work.actor)
    refund = await _lock(work, refund_id)
    if refund.state in (RefundState.DONE, *_OVER):
        return refund_id
    await note_stuck_refund(work, refund_id=refund_id)
    return await _move(work, refund, RefundState.FAILED)


async def note_stuck_refund(work: Work, *, refund_id: UUID) -> UUID:
    """Open a difference for a refund that people must settle at the channel (a closed card); its state stays."""
    require_system(work.actor)
    refund = await _lock(work, refund_id)
    order = await PaymentOrder.get(id=refund.order_id)
    await note_difference(
        work,
        kind=DifferenceKind.REFUND,
        channel=order.channel,
        reference=refund.number,
        number=order.number,
        order_id=order.id,
        amount=refund.amount,
    )
    return refund_id


async def note_refund_message(
    work: Work, *, message: Message, number: str, reference: str, amount: Money
) -> UUID | None:
    """Write down a message about a refund; a number that is not ours opens a difference, whose id is given."""
    require_system(work.actor)
    await write_down(work, channel=Channel.WECHAT, message=message, about=number)
    if await Refund.filter(number=number).exists():
        return None
    return await note_difference(
        work,
        kind=DifferenceKind.STRANGER,
        channel=Channel.WECHAT,
        reference=reference,
        number=number,
        order_id=None,
        amount=amount,
    )


async def insert_refund(
    work: Work,
    *,
    order_id: UUID,
    bill_id: UUID | None,
    amount: Money,
    reason: str,
    about: Sequence[UUID] = (),
) -> UUID:
    """Write down what shall go back; refuse the same money twice, and no reason. The database keeps the sum right."""
    reason = reason.strip()
    if not 0 < len(reason) <= _REASON_MAX:
        raise RefundReasonMissing(path=("reason",))
    await store.rows("SELECT id FROM payment_order WHERE id = $1 FOR UPDATE", order_id)
    earlier = await store.row(
        "SELECT number FROM refund WHERE order_id = $1 AND bill_id IS NOT DISTINCT FROM $2"
        " AND state NOT IN ('REJECTED', 'FAILED')",
        order_id,
        bill_id,
    )
    if earlier is not None:
        raise RefundAlreadyAsked(number=earlier["number"])
    number = await work.new_number(NumberKind.REFUND)
    refund = await Refund.create(
        id=new_id(),
        number=number,
        order_id=order_id,
        bill_id=bill_id,
        amount=amount,
        reason=reason,
        content_digest=calc.refund_digest(
            number=number, order_id=order_id, bill_id=bill_id, amount=amount, reason=reason
        ),
        state=RefundState.REQUESTED,
        requested_by=work.actor.id,
        requested_at=work.now,
    )
    for_others = residents.acting_for(work.actor, person_ids=about)
    await work.audit("refund.request", kind="refund", id=refund.id, order_id=order_id, amount=amount.fen, **for_others)
    return refund.id


async def _district_of(refund: Refund) -> str | None:
    """Give the district of those whose money goes back; None when they are of several."""
    found = await store.row(
        "SELECT min(left(community_code, 6)) AS first, max(left(community_code, 6)) AS last"
        " FROM payment_item JOIN bill ON bill.id = bill_id JOIN person ON person.id = person_id"
        " WHERE order_id = $1 AND ($2::uuid IS NULL OR bill_id = $2)",
        refund.order_id,
        refund.bill_id,
    )
    return found["first"] if found is not None and found["first"] == found["last"] else None


def _statement_of(refund: Refund) -> approvals.Statement:
    """Say what a refund is, for those who decide on it."""
    return approvals.Statement(
        title=Text(f"退费 {refund.number}", f"Refund {refund.number}"),
        facts=(
            approvals.Fact("amount", Text("金额（元）", "Amount in yuan"), str(refund.amount)),
            approvals.Fact("reason", Text("理由", "Reason"), refund.reason),
        ),
    )


def _faults_of(number: str, *, year: int, paid: bool, today: date) -> list[DomainError]:
    faults: list[DomainError] = []
    if not paid:
        faults.append(BillNotPaid(number=number, path=("bill_id",)))
    if today >= date(year, 1, 1):
        faults.append(RefundTooLate(year=year, path=("bill_id",)))
    return faults


async def _take_away(work: Work, refund: Refund) -> None:
    """Cancel a bill that this refund's payment had settled, and the coverage that came with it."""
    reason = f"退款 {refund.number}"
    cancelled = await store.row(
        "UPDATE bill SET state = 'CANCELLED', cancelled_at = $3, cancel_reason = $4 WHERE id = $1 AND state = 'PAID'"
        " AND EXISTS (SELECT 1 FROM payment_item WHERE bill_id = bill.id AND order_id = $2 AND settles)"
        " RETURNING person_id",
        refund.bill_id,
        refund.order_id,
        work.now,
        reason,
    )
    if cancelled is None:
        return
    for coverage in await enrollment.list_coverages(SYSTEM, person_ids=[cancelled["person_id"]], on=work.today):
        if coverage.bill_id == refund.bill_id:
            await enrollment.cancel_coverage(work, coverage_id=coverage.id, reason=reason)


async def _complete(work: Work, refund: Refund, *, reference: str, done_at: datetime) -> None:
    settled = refund.bill_id is not None and bool(
        await store.rows(
            "SELECT 1 FROM payment_item WHERE order_id = $1 AND bill_id = $2 AND settles",
            refund.order_id,
            refund.bill_id,
        )
    )
    order = ledger.About("payment_order", refund.order_id)
    about = ledger.About("bill", refund.bill_id) if refund.bill_id else order
    await ledger.post(
        work,
        fund=ledger.RESIDENTS,
        key=f"refund:{refund.id}",
        reason="REFUND",
        day=day_of(done_at),
        about=ledger.About("refund", refund.id),
        postings=[
            ledger.debit(ledger.CONTRIBUTIONS if settled else ledger.SUSPENSE, refund.amount, about),
            ledger.credit(ledger.INCOME_DEPOSITS, refund.amount, order),
        ],
        summary=f"退款 {refund.number}",
    )
    refund.channel_reference, refund.done_at = reference, done_at
    await _move(work, refund, RefundState.DONE)


async def _lock(work: Work, refund_id: UUID, *states: RefundState) -> Refund:
    """Lock a refund that the actor may see."""
    seen = refunds_visible_to(work.actor, after=1)
    found = await store.row(
        "SELECT refund.id FROM refund JOIN payment_order ON payment_order.id = refund.order_id"  # noqa: S608 - our own condition
        f" WHERE refund.id = $1 AND {seen.sql} FOR UPDATE OF refund",
        refund_id,
        *seen.values,
    )
    if found is None:
        raise RefundNotFound(path=("refund_id",))
    refund = await Refund.get(id=refund_id)
    if states and refund.state not in states:
        raise RefundIsOver(number=refund.number, state=refund.state.value, path=("refund_id",))
    return refund


async def _move_open(work: Work, refund_id: UUID, state: RefundState) -> UUID:
    """Move a refund that is under way; one that is over stays as it is."""
    refund = await _lock(work, refund_id)
    if refund.state not in (RefundState.SENDING, RefundState.UNKNOWN):
        return refund_id
    if refund.state is state:
        refund.inquired_at = work.now
        await refund.save(update_fields=["inquired_at"])
        return refund_id
    return await _move(work, refund, state)


async def _move(work: Work, refund: Refund, state: RefundState) -> UUID:
    assert state in calc.REFUND_ALLOWED[refund.state], f"{refund.state} does not become {state}."
    refund.state, refund.inquired_at = state, work.now
    await refund.save(update_fields=["state", "inquired_at", "channel_reference", "done_at"])
    await work.audit("refund.move", kind="refund", id=refund.id, state=state.value)
    return refund.id
