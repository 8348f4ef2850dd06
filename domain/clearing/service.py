"""Claiming from other payers, billing them by period, and booking what they pay."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from domain import approvals, ledger, store
from domain.actors import SYSTEM
from domain.business_numbers import NumberKind
from domain.clearing import calc
from domain.clearing.access import require_handler
from domain.clearing.errors import (
    ClearedAlready,
    ClearingNotFound,
    ClearingNotInState,
    ClearingReceiptUnfit,
    ClearingSumDiffers,
    DebtorFundIsShort,
    NothingToClear,
    PeriodNotOver,
    ReceivableMeansAnotherError,
)
from domain.clearing.models import ClearingBatch
from domain.clearing.values import ClearingPayer, ClearingState
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.money import Money, total
from domain.period import Period
from domain.work import Work

_RECEIPT_MAX: Final = 64


async def claim_from(
    work: Work, *, payer: ClearingPayer, fund: str, subject_kind: str, subject_id: UUID, amount: Money, day: date
) -> UUID:
    """Write down that a fund paid for another payer, who owes it from now on; once for each payer and thing.

    `fund` advanced the money, `day` decides the period in which it is cleared. The caller has booked the advance
    (`ledger.ADVANCES`) with the thing itself. Claiming again gives the same claim; with another amount it is a bug and
    raises `ReceivableMeansAnotherError`.
    """
    if amount.fen <= 0:
        raise ValueError(f"A claim asks for more than nothing, not {amount}.")
    made = await store.row(
        "INSERT INTO receivable (id, payer, fund, subject_kind, subject_id, amount, day, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (payer, subject_kind, subject_id) WHERE corrects IS NULL DO NOTHING RETURNING id",
        new_id(),
        payer.value,
        fund,
        subject_kind,
        subject_id,
        amount.fen,
        day,
        work.now,
    )
    if made is not None:
        await work.audit("receivable.make", kind="receivable", id=made["id"], payer=payer.value, amount=amount.fen)
        return made["id"]
    earlier = await store.row(
        "SELECT id, fund, amount FROM receivable WHERE (payer, subject_kind, subject_id) = ($1, $2, $3)"
        " AND corrects IS NULL",
        payer.value,
        subject_kind,
        subject_id,
    )
    assert earlier is not None, "The claim that conflicted is there."
    if (earlier["fund"], earlier["amount"]) != (fund, amount.fen):
        raise ReceivableMeansAnotherError(f"{subject_kind} {subject_id} was claimed from {payer} with another amount.")
    return earlier["id"]


async def take_claim_back(work: Work, *, receivable_id: UUID, day: date) -> UUID:
    """Take a claim back whole, once, because its ground is gone: a row of its own in the period of `day`."""
    made = await store.row(
        "INSERT INTO receivable (id, payer, fund, subject_kind, subject_id, amount, day, corrects, made_at)"
        " SELECT $2, payer, fund, subject_kind, subject_id, -amount, $3, id, $4 FROM receivable"
        " WHERE id = $1 AND corrects IS NULL ON CONFLICT (corrects) DO NOTHING RETURNING id",
        receivable_id,
        new_id(),
        day,
        work.now,
    )
    if made is None:
        earlier = await store.row("SELECT id FROM receivable WHERE corrects = $1", receivable_id)
        assert earlier is not None, f"There is no claim {receivable_id}."
        return earlier["id"]
    await work.audit("receivable.correct", kind="receivable", id=made["id"], corrects=receivable_id)
    return made["id"]


async def make_clearing(work: Work, *, payer: ClearingPayer, fund: str, day: date) -> UUID:
    """Bill a payer for the month or quarter that a day lies in, and ask a second person to send it.

    Takes every claim up to the end of the period that is in no other clearing, so that nothing late is lost.
    """
    require_handler(work.actor)
    assert work.actor.id is not None
    period = calc.period_of(payer, day=day)
    assert period.ends is not None
    await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"clearing {payer.value} {fund}")
    claims = await store.rows(
        "SELECT id, amount FROM receivable WHERE payer = $1 AND fund = $2 AND day < $3"
        " AND NOT EXISTS (SELECT 1 FROM clearing_item WHERE receivable_id = receivable.id AND dropped_at IS NULL)"
        " ORDER BY id",
        payer.value,
        fund,
        period.ends,
    )
    whole = total(Money(row["amount"]) for row in claims)
    refuse(await _faults_of_period(work, payer=payer, fund=fund, period=period, whole=whole))
    number = await work.new_number(NumberKind.CLEARING)
    clearing = await ClearingBatch.create(
        id=new_id(),
        number=number,
        payer=payer,
        fund=fund,
        starts=period.starts,
        ends=period.ends,
        receivables=len(claims),
        total=whole,
        content_digest=calc.clearing_digest(
            number=number,
            payer=payer,
            fund=fund,
            period=period,
            rows=[(row["id"], row["amount"]) for row in claims],
            total=whole,
        ),
        state=ClearingState.MADE,
        made_by=work.actor.id,
        made_at=work.now,
    )
    await store.rows(
        "INSERT INTO clearing_item (batch_id, receivable_id, payer, fund)"
        " SELECT $1, receivable_id, $2, $3 FROM unnest($4::uuid[]) AS given (receivable_id)",
        clearing.id,
        payer.value,
        fund,
        [row["id"] for row in claims],
    )
    await work.audit("clearing.make", kind="clearing_batch", id=clearing.id, payer=payer.value, amount=whole.fen)
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.CLEARING_BATCH,
        subject_id=clearing.id,
        statement=_statement_of(clearing),
        content_digest=bytes(clearing.content_digest),
        amount=whole,
    )
    return clearing.id


async def _faults_of_period(
    work: Work, *, payer: ClearingPayer, fund: str, period: Period, whole: Money
) -> list[DomainError]:
    assert period.ends is not None
    faults: list[DomainError] = []
    if work.today < period.ends:
        faults.append(PeriodNotOver(ends=period.ends, path=("day",)))
    others = ClearingBatch.filter(payer=payer, fund=fund, starts=period.starts)
    earlier = await others.exclude(state=ClearingState.DISSOLVED).first()
    if earlier is not None:
        faults.append(ClearedAlready(number=earlier.number, path=("day",)))
    elif whole.fen <= 0:
        faults.append(NothingToClear())
    return faults


async def decide_clearing(
    work: Work, *, clearing_id: UUID, seen_digest: bytes, approve: bool, reason: str | None
) -> UUID:
    """Send a clearing as the second person, or dissolve it, so that its claims wait for another one."""
    require_handler(work.actor)
    clearing = await _lock(clearing_id, ClearingState.MADE)
    question = await approvals.find_pending(kind=approvals.ApprovalKind.CLEARING_BATCH, subject_id=clearing_id)
    if question is None:
        raise approvals.ApprovalNotFound(path=("clearing_id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return clearing_id  # the rules of its day ask for another pair of eyes
    clearing.state = ClearingState.SENT if approve else ClearingState.DISSOLVED
    clearing.decided_by, clearing.decided_at = work.actor.id, work.now
    await clearing.save(update_fields=["state", "decided_by", "decided_at"])
    if not approve:
        await store.rows("UPDATE clearing_item SET dropped_at = $2 WHERE batch_id = $1", clearing_id, work.now)
    await work.audit("clearing.decide", kind="clearing_batch", id=clearing_id, state=clearing.state.value)
    return clearing_id


async def receive_clearing(work: Work, *, clearing_id: UUID, received: Money, receipt: str, on: date) -> UUID:
    """Book the money of a clearing that came in: the fund has back what it advanced."""
    require_handler(work.actor)
    clearing = await _lock(clearing_id, ClearingState.SENT)
    receipt = receipt.strip()
    faults: list[DomainError] = []
    if received != clearing.total:
        faults.append(ClearingSumDiffers(received=received, asked=clearing.total, path=("received",)))
    if not 0 < len(receipt) <= _RECEIPT_MAX or await ClearingBatch.filter(receipt=receipt).exists():
        faults.append(ClearingReceiptUnfit(path=("receipt",)))
    faults += await _faults_of_debtor(clearing)
    refuse(faults)
    about = ledger.About("clearing_batch", clearing_id)
    await ledger.post(
        work,
        fund=clearing.fund,
        key=f"clearing:{clearing_id}",
        reason="CLEARING",
        day=on,
        about=about,
        postings=[
            ledger.debit(ledger.INCOME_DEPOSITS, received, about),
            ledger.credit(ledger.ADVANCES, received, about),
        ],
        summary=f"清算到账 {clearing.number}",
    )
    if clearing.payer.fund is not None:
        await ledger.post(
            work,
            fund=clearing.payer.fund,
            key=f"clearing:{clearing_id}:paid",
            reason="CLEARING",
            day=on,
            about=about,
            postings=[
                ledger.debit(ledger.SUSPENSE, received, about),
                ledger.credit(ledger.EXPENDITURE_DEPOSITS, received, about),
            ],
            summary=f"基金间清算划出 {clearing.number}",
        )
    clearing.state, clearing.received_on, clearing.receipt = ClearingState.RECEIVED, on, receipt
    clearing.received_by = work.actor.id
    await clearing.save(update_fields=["state", "received_on", "receipt", "received_by"])
    await work.audit("clearing.receive", kind="clearing_batch", id=clearing_id, amount=received.fen)
    return clearing_id


async def _faults_of_debtor(clearing: ClearingBatch) -> list[DomainError]:
    fund = clearing.payer.fund
    if fund is None:
        return []
    await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"payouts of {fund}")
    held = await ledger.balance_of(SYSTEM, fund=fund, code=ledger.EXPENDITURE_DEPOSITS)
    return [] if clearing.total <= held else [DebtorFundIsShort(fund=fund, available=held, path=("received",))]


def _statement_of(clearing: ClearingBatch) -> approvals.Statement:
    return approvals.Statement(
        title=Text(f"清算 {clearing.number}", f"Clearing {clearing.number}"),
        facts=(
            approvals.Fact("payer", Text("付款方", "Payer"), clearing.payer.value),
            approvals.Fact("starts", Text("首日", "First day"), str(clearing.starts)),
            approvals.Fact("receivables", Text("笔数", "Rows"), str(clearing.receivables)),
            approvals.Fact("amount", Text("金额（元）", "Amount in yuan"), str(clearing.total)),
        ),
    )


async def _lock(clearing_id: UUID, state: ClearingState) -> ClearingBatch:
    clearing = await ClearingBatch.filter(id=clearing_id).select_for_update().first()
    if clearing is None:
        raise ClearingNotFound(path=("clearing_id",))
    if clearing.state is not state:
        raise ClearingNotInState(number=clearing.number, state=clearing.state.value, path=("clearing_id",))
    return clearing
