"""Locking and moving single payouts, and their vouchers: what every part of the service needs."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from domain import ledger
from domain.actors import SYSTEM
from domain.payouts.errors import PayoutNotFound, PayoutNotInState
from domain.payouts.events import PayoutEnded
from domain.payouts.models import Payout
from domain.payouts.values import PayoutState
from domain.work import Work

PAYABLE: Final = ledger.SUSPENSE
"""What is decided and not yet paid: the statutory chart has no account of its own for it, so it stands in 暂收款."""
_ENDS: Final = frozenset({PayoutState.CONFIRMED, PayoutState.REJECTED, PayoutState.RETURNED})
_MOVING: Final = (
    "state",
    "queued_at",
    "sends",
    "sent_at",
    "expires_at",
    "inquired_at",
    "inquiries",
    "bank_reference",
    "settled_on",
    "refusal_code",
    "refusal_text",
    "returned_on",
    "return_reference",
)


async def lock(payout_id: UUID, *states: PayoutState) -> Payout:
    """Lock one payout; refuse one that does not exist or, when states are named, stands elsewhere."""
    payout = await Payout.filter(id=payout_id).select_for_update().first()
    if payout is None:
        raise PayoutNotFound(path=("payout_id",))
    if states and payout.state not in states:
        raise PayoutNotInState(number=payout.number, state=payout.state.value, path=("payout_id",))
    return payout


async def move(work: Work, payout: Payout, state: PayoutState, **why: object) -> UUID:
    """Move a locked payout on and write it down; the database knows which steps there are."""
    before, payout.state = payout.state, state
    await payout.save(update_fields=list(_MOVING))
    await work.audit("payout.move", kind="payout", id=payout.id, before=before.value, state=state.value, **why)
    if state in _ENDS:
        await work.emit(PayoutEnded(payout_id=payout.id))
    return payout.id


async def book_owed(work: Work, payout: Payout) -> None:
    """Book what a payout costs on the day on which it is decided, unless whoever made it has booked that already."""
    if payout.expense is None:
        return
    about = _subject(payout)
    await ledger.post(
        work,
        fund=payout.fund,
        key=f"payout:{payout.id}:owed",
        reason="PAYABLE",
        day=work.today,
        about=ledger.About("payout", payout.id),
        postings=[
            ledger.debit(payout.expense, payout.amount, about),
            ledger.credit(PAYABLE, payout.amount, about),
        ],
        summary=f"应付 {payout.number}",
    )


async def book_paid(work: Work, payout: Payout, *, on: date) -> None:
    """Book the money that left the expenditure account."""
    about = _subject(payout)
    await ledger.post(
        work,
        fund=payout.fund,
        key=f"payout:{payout.id}:paid",
        reason="PAYOUT",
        day=on,
        about=ledger.About("payout", payout.id),
        postings=[
            ledger.debit(PAYABLE, payout.amount, about),
            ledger.credit(ledger.EXPENDITURE_DEPOSITS, payout.amount, about),
        ],
        summary=f"付款 {payout.number}",
    )


async def unbook(work: Work, payout: Payout, *, reason: str, why: str, on: date) -> None:
    """Reverse the voucher of a payout that was booked for this reason."""
    about = ledger.About("payout", payout.id)
    for voucher in await ledger.list_vouchers_about(SYSTEM, about=about):
        if voucher.reason == reason and voucher.reverses is None and voucher.reversed_by is None:
            await ledger.reverse(work, entry_id=voucher.id, reason=why, day=on)


def _subject(payout: Payout) -> ledger.About:
    """Name what is paid, so that what is owed for it nets to nothing however many tries the payment takes."""
    return ledger.About(payout.subject_kind, payout.subject_id)
