"""Batches: made by one person, released or dissolved by another, bound to exactly what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from domain import approvals, ledger, store
from domain.actors import SYSTEM
from domain.business_numbers import NumberKind
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.money import Money, total
from domain.payouts import calc
from domain.payouts.access import require_preparer, require_releaser
from domain.payouts.errors import (
    BatchIsDecided,
    BatchNotFound,
    BatchSizeUnfit,
    FundIsShort,
    NothingToPayOut,
    RewardsLeaveByTheirDesk,
)
from domain.payouts.events import PayoutBatchReleased
from domain.payouts.models import PayoutBatch
from domain.payouts.values import UNDER_WAY, BatchChannel, BatchState
from domain.work import Work

LARGEST: Final = 2000


async def make_batch(
    work: Work, *, fund: str, channel: BatchChannel = BatchChannel.DIRECT, at_most: int = LARGEST
) -> UUID:
    """Put the payouts of a fund that wait, oldest first, into a batch, and ask a second person to release it.

    Leaves out repairs whose new account nobody has checked yet. Two batches made at once share nothing.
    """
    require_preparer(work.actor)
    assert work.actor.id is not None
    if fund == ledger.BUDGET and channel is not BatchChannel.DIRECT:
        raise RewardsLeaveByTheirDesk(path=("channel",))
    if not 0 < at_most <= LARGEST:
        raise BatchSizeUnfit(largest=LARGEST, path=("at_most",))
    waiting = await _take_waiting(fund, at_most=at_most)
    if not waiting:
        raise NothingToPayOut(path=("fund",))
    batch_id, number = new_id(), await work.new_number(NumberKind.PAYOUT_BATCH)
    whole = total(Money(row["amount"]) for row in waiting)
    digest = calc.batch_digest(
        number=number,
        fund=fund,
        channel=channel.value,
        payouts=[(row["id"], bytes(row["content_digest"])) for row in waiting],
        total=whole,
    )
    await PayoutBatch.create(
        id=batch_id,
        number=number,
        fund=fund,
        channel=channel,
        payouts=len(waiting),
        total=whole,
        content_digest=digest,
        state=BatchState.MADE,
        made_by=work.actor.id,
        made_at=work.now,
    )
    await store.rows(
        "INSERT INTO payout_batch_item (batch_id, payout_id, fund) SELECT $1, payout_id, $2 FROM unnest($3::uuid[])"
        " AS given (payout_id)",
        batch_id,
        fund,
        [row["id"] for row in waiting],
    )
    await work.audit(
        "payout.batch", kind="payout_batch", id=batch_id, fund=fund, payouts=len(waiting), amount=whole.fen
    )
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.PAYOUT_BATCH,
        subject_id=batch_id,
        statement=_statement_of(number, fund=fund, payouts=len(waiting), whole=whole),
        content_digest=digest,
        amount=whole,
    )
    return batch_id


async def decide_batch(
    work: Work,
    *,
    batch_id: UUID,
    seen_digest: bytes,
    approve: bool,
    reason: str | None,
    signed: approvals.Signed | None = None,
) -> UUID:
    """Release a batch as the second person, so that its payouts leave; or dissolve it, so that they wait again.

    `signed` is a passkey's signature, asked for from an amount on; a large batch waits for a third person then.
    Refuses when the fund's expenditure account does not hold what would leave it, beside what is under way already.
    """
    require_releaser(work.actor)
    batch = await PayoutBatch.filter(id=batch_id).select_for_update().first()
    faults: list[DomainError] = []
    if batch is None:
        raise BatchNotFound(path=("batch_id",))
    if batch.state is not BatchState.MADE:
        raise BatchIsDecided(number=batch.number, state=batch.state.value, path=("batch_id",))
    if approve:
        faults += await _faults_of_fund(batch)
    refuse(faults)
    question = await approvals.find_pending(kind=approvals.ApprovalKind.PAYOUT_BATCH, subject_id=batch_id)
    if question is None:
        raise approvals.ApprovalNotFound(path=("batch_id",))
    await approvals.decide(
        work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason, signed=signed
    )
    if await approvals.is_pending(question.id):
        return batch_id  # the rules of its day ask for another pair of eyes
    batch.state = BatchState.RELEASED if approve else BatchState.DISSOLVED
    batch.decided_by, batch.decided_at = work.actor.id, work.now
    await batch.save(update_fields=["state", "decided_by", "decided_at"])
    await work.audit("payout.decide_batch", kind="payout_batch", id=batch_id, state=batch.state.value)
    if not approve:
        await store.rows("UPDATE payout_batch_item SET dropped_at = $2 WHERE batch_id = $1", batch_id, work.now)
        return batch_id
    await store.rows(
        "UPDATE payout SET state = 'APPROVED' FROM payout_batch_item WHERE payout_id = payout.id AND batch_id = $1"
        " AND state = 'DRAFT'",
        batch_id,
    )
    await work.emit(PayoutBatchReleased(batch_id=batch_id))
    return batch_id


def _statement_of(number: str, *, fund: str, payouts: int, whole: Money) -> approvals.Statement:
    return approvals.Statement(
        title=Text(f"付款批次 {number}", f"Batch of payouts {number}"),
        facts=(
            approvals.Fact("fund", Text("基金", "Fund"), fund),
            approvals.Fact("payouts", Text("笔数", "Payouts"), str(payouts)),
            approvals.Fact("amount", Text("金额（元）", "Amount in yuan"), str(whole)),
        ),
    )


async def _take_waiting(fund: str, *, at_most: int) -> Sequence[Mapping[str, Any]]:
    """Lock payouts that wait; one that another batch is taking now is left to it."""
    return await store.rows(
        "SELECT id, amount, content_digest FROM payout WHERE fund = $1 AND state = 'DRAFT'"
        " AND NOT EXISTS (SELECT 1 FROM payout_batch_item WHERE payout_id = payout.id AND dropped_at IS NULL)"
        " AND (replaces IS NULL OR EXISTS (SELECT 1 FROM approval WHERE kind = 'PAYOUT_REPAIR'"
        "   AND subject_id = payout.id AND approval.state = 'APPROVED'))"
        " ORDER BY made_at, id LIMIT $2 FOR UPDATE OF payout SKIP LOCKED",
        fund,
        at_most,
    )


async def _faults_of_fund(batch: PayoutBatch) -> list[DomainError]:
    """Compare with the books, one release of a fund after another, so that two never promise the same money."""
    await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"payouts of {batch.fund}")
    held = await ledger.balance_of(SYSTEM, fund=batch.fund, code=ledger.EXPENDITURE_DEPOSITS)
    promised = await store.row(
        "SELECT coalesce(sum(amount), 0)::bigint AS amount FROM payout WHERE fund = $1 AND state = ANY($2::text[])",
        batch.fund,
        [state.value for state in UNDER_WAY],
    )
    assert promised is not None
    available = held - Money(promised["amount"])
    return [] if batch.total <= available else [FundIsShort(available=available, asked=batch.total, path=("batch_id",))]
