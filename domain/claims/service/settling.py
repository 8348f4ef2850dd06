"""Settling an approved claim for good, following its payment, and taking a settlement back."""

from __future__ import annotations

from uuid import UUID

from domain import onestop, payouts, settlement, store
from domain.actors import SYSTEM, ActorKind
from domain.claims.models import Claim
from domain.claims.service import common, paying
from domain.claims.service.filing import open_account
from domain.claims.values import ClaimState, Kept, PaymentState
from domain.errors import Text
from domain.payouts import PayoutFacts, PayoutState
from domain.rules import Book
from domain.work import Work

_S = ClaimState
SUBJECT = "claim"
"""As what claims are settled and paid."""


async def settle_for_good(work: Work, row: Claim, kept: Kept, done: settlement.Settlement, *, book: Book) -> None:
    """Settle every layer of a claim in the transaction that decided it; `done` is what was signed, made anew.

    Where the place recomputes later care of the year, the claims of that care follow their new statements.
    """
    assert row.proposal_id is not None
    account = open_account(work, row)
    assert account is not None
    payee = paying.payee_of(account, kept.findings)
    decided = onestop.Decided(
        subject=onestop.Subject(SUBJECT, row.id, row.number),
        proposal_id=row.proposal_id,
        person_id=row.person_id,
        region=row.region,
        done=done,
        payee=onestop.Account(payee.name, payee.account, payee.bank_code),
    )
    settled = await onestop.settle(work, decided, shelf=settlement.Shelf(book))
    row.statement_id = settled.statement_id
    row.payment = PaymentState.WAITING if settled.paid_out else PaymentState.NOTHING_DUE
    await common.move(work, row, to=_S.SETTLED, action="settle", statement_id=row.statement_id)
    async with store.beyond_the_wall("another district may have settled other care of the same year"):
        for again in settled.again:
            await _follow_recomputed(work, again, because=_settled_before(row.number))


def _settled_before(number: str) -> Text:
    return Text(
        f"更早的就诊 {number} 已结算，本申请按规则重新计算。",
        f"Earlier care was settled ({number}), and this claim was reckoned anew by the rule.",
    )


def _opened_again(number: str) -> Text:
    return Text(
        f"先结算的申请 {number} 重新审核，本申请按规则重新计算。",
        f"Claim {number}, settled before, is reviewed again, and this claim was reckoned anew by the rule.",
    )


async def _follow_recomputed(work: Work, again: onestop.Settled, *, because: Text) -> None:
    """Let a settled claim follow the statement that takes the place of its own; more money is waited for again."""
    row = await Claim.filter(id=again.subject.id).select_for_update().get()
    row.statement_id = again.statement_id
    if again.paid_out:
        row.payment, row.paid_on = PaymentState.WAITING, None
    elif row.payment is not PaymentState.PAID:
        row.payment = PaymentState.NOTHING_DUE
    await common.move(
        work,
        row,
        action="recompute",
        to=_S.SETTLED if again.paid_out else None,
        note=f"{because.zh} {because.en}",
        statement_id=again.statement_id,
    )
    await common.tell(
        work,
        row,
        kind="recomputed",
        title=Text("报销金额重新计算", "Your claim was reckoned anew"),
        body=Text(
            f"申请 {row.number}：{because.zh}多退少补，请查看新的结算单。",
            f"Claim {row.number}: {because.en} Differences are paid or owed back; please read the new statement.",
        ),
    )


async def take_settlement_back(work: Work, row: Claim, *, reason: str, book: Book) -> None:
    """Reverse the settlement of a claim that is opened again; nothing to do for one that has none.

    Where the place recomputes later care of the year, the claims of that care follow their new statements.
    """
    if row.statement_id is None:
        return
    shelf = settlement.Shelf(book)
    recomputed = await onestop.take_back(
        work, statement_id=row.statement_id, number=row.number, reason=reason, shelf=shelf
    )
    row.statement_id = row.payment = row.paid_on = None
    async with store.beyond_the_wall("another district may have settled other care of the same year"):
        for again in recomputed:
            await _follow_recomputed(work, again, because=_opened_again(row.number))


async def note_payment(work: Work, *, payout_id: UUID) -> UUID | None:
    """Let a claim follow what the bank did with its payment; None when it is another room's, or not settled now.

    Looks at how the payment stands at this moment, so that it may be called twice and in any order.
    """
    assert work.actor.kind is ActorKind.SYSTEM, "Only the bank's word moves a payment."
    payout = await payouts.find_payout(SYSTEM, payout_id=payout_id)
    if payout is None or payout.subject_kind != SUBJECT:
        return None
    row = await Claim.filter(id=payout.subject_id).select_for_update().first()
    if row is None or row.state not in {_S.SETTLED, _S.PAID}:
        return None
    tries = await payouts.find_latest_for(SYSTEM, subject_kind=SUBJECT, subject_ids=[row.id])
    owed = [one for one in tries if one.state is not PayoutState.CANCELLED]
    if owed:
        await _follow(work, row, max(owed, key=lambda one: (one.made_at, one.id)))
    return row.id


async def _follow(work: Work, row: Claim, payout: PayoutFacts) -> None:
    match payout.state:
        case PayoutState.CONFIRMED if row.state is _S.SETTLED:
            row.payment, row.paid_on = PaymentState.PAID, payout.settled_on
            await common.move(work, row, to=_S.PAID, action="pay", payout=payout.number)
            await common.tell(
                work,
                row,
                kind="paid",
                title=Text("报销款已到账", "Your claim was paid"),
                body=Text(
                    f"申请 {row.number} 的报销款已由银行支付，请查收。",
                    f"The bank has paid claim {row.number}; please look at your account.",
                ),
            )
        case PayoutState.REJECTED | PayoutState.RETURNED if row.payment is not PaymentState.SENT_BACK:
            row.payment, row.paid_on = PaymentState.SENT_BACK, None
            await common.move(work, row, to=_S.SETTLED, action="payment_sent_back", payout=payout.number)
            await common.tell(
                work,
                row,
                kind="payment_sent_back",
                title=Text("报销款未能到账", "Your payment did not arrive"),
                body=Text(
                    f"申请 {row.number} 的款项被银行退回，经办人员将与您核对账户后重新支付。",
                    f"The bank sent the money of claim {row.number} back; the agency checks the account with you.",
                ),
            )
        case _:
            pass
