"""After the decision: the right of appeal, and opening a claim again before money is on its way."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import receipt_uses, store
from domain.actors import Scope
from domain.claims import access, errors, queries
from domain.claims.calc import filing, machine
from domain.claims.models import Claim, ClaimAppeal
from domain.claims.service import common, settling
from domain.claims.values import DECIDED_STATES, AppealOutcome, ClaimState, ClockEvent
from domain.crypto import Purpose
from domain.errors import Text
from domain.ids import new_id
from domain.receipt_uses import Holder
from domain.rules import Book
from domain.work import Work

_S = ClaimState
APPEAL_WITHIN: Final = timedelta(days=60)
"""《行政复议法》第二十条: sixty days from knowing of the decision; ours is not shorter."""
_GROUNDS_MAX: Final = 2000


async def appeal_claim(work: Work, *, claim_id: UUID, expected_version: int, grounds: str) -> UUID:
    """Appeal against a decision, once for each, within sixty days."""
    access.require_resident(work.actor)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, *DECIDED_STATES)
    assert row.decided_at is not None
    assert row.proposal_id is not None
    assert work.actor.id is not None
    text = grounds.strip()
    if not 0 < len(text) <= _GROUNDS_MAX:
        raise errors.ReasonMissing(path=("grounds",))
    if work.now - row.decided_at > APPEAL_WITHIN:
        raise errors.AppealTooLate(path=("id",))
    if await ClaimAppeal.filter(proposal_id=row.proposal_id).exists():
        raise errors.AppealExists(path=("id",))
    appeal_id = new_id()
    await ClaimAppeal.create(
        id=appeal_id,
        claim_id=row.id,
        proposal_id=row.proposal_id,
        filed_by=work.actor.id,
        filed_at=work.now,
        grounds_sealed=work.keys.seal(Purpose.CLAIM, text, place=f"claim_appeal.grounds:{appeal_id}"),
    )
    await note(work, row, action="appeal", appeal_id=appeal_id)
    await common.tell(
        work,
        row,
        kind="appeal",
        title=Text("申诉已收到", "Your appeal has arrived"),
        body=Text(
            f"对申请 {row.number} 的申诉已收到，将由未参与原决定的人员处理。",
            f"Your appeal about claim {row.number} has arrived; nobody who took part in the decision judges it.",
        ),
    )
    return row.id


async def decide_appeal(
    work: Work, *, claim_id: UUID, expected_version: int, outcome: AppealOutcome, reason: str, book: Book, area: str
) -> UUID:
    """Decide on an appeal as somebody who took no part in the decision; an upheld one opens the claim again."""
    access.require_staff(work.actor, Scope.CLAIM_DECIDE)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    appeal = await ClaimAppeal.filter(claim_id=row.id, outcome=None).select_for_update().first()
    if appeal is None:
        raise errors.AppealNotFound(path=("id",))
    if work.actor.id in await _who_decided(appeal.proposal_id):
        raise errors.SignerMayNotDecideAppeal(path=("id",))
    appeal.reason = common.reason_of(reason)
    appeal.outcome, appeal.decided_by, appeal.decided_at = outcome, work.actor.id, work.now
    await appeal.save(update_fields=["outcome", "decided_by", "decided_at", "reason"])
    if outcome is AppealOutcome.UPHELD:
        await _open_again(work, row, action="uphold_appeal", why=appeal.reason, book=book, area=area)
    else:
        await note(work, row, action="dismiss_appeal", why=appeal.reason)
    words = Text("成立，将重新审核", "upheld: it is reviewed again")
    if outcome is AppealOutcome.DISMISSED:
        words = Text("不成立，可依法申请复议或诉讼", "dismissed: you may ask for a review, or go to court")
    await common.tell(
        work,
        row,
        kind="appeal_decided",
        title=Text("申诉已有结果", "Your appeal was decided"),
        body=Text(f"对申请 {row.number} 的申诉{words.zh}。", f"Your appeal about claim {row.number} was {words.en}."),
    )
    return row.id


async def reopen_claim(
    work: Work,
    *,
    claim_id: UUID,
    expected_version: int,
    reason: str,
    recheck_id: UUID | None = None,
    book: Book,
    area: str,
) -> UUID:
    """Open a decided claim again as somebody who decides and took no part; its settlement is given exactly back.

    What was paid on it is owed back from then on; as long as the payment is under way it cannot be opened.
    `recheck_id` names the second look of internal audit whose finding is the reason, if it is one.
    """
    access.require_staff(work.actor, Scope.CLAIM_DECIDE)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, *DECIDED_STATES)
    assert row.proposal_id is not None
    if work.actor.id in await _who_decided(row.proposal_id):
        raise errors.SignerMayNotDecideAppeal(path=("id",))
    because = {"recheck_id": recheck_id} if recheck_id else {}
    await _open_again(work, row, action="reopen", why=common.reason_of(reason), book=book, area=area, **because)
    await common.tell(
        work,
        row,
        kind="reopened",
        title=Text("报销申请重新审核", "Your claim is reviewed again"),
        body=Text(f"申请 {row.number} 将重新审核。", f"Claim {row.number} is reviewed again."),
    )
    return row.id


async def note(work: Work, row: Claim, *, action: str, why: str | None = None, **detail: object) -> None:
    """Write a step of a decided claim into its history; the row itself stays as it was decided."""
    await store.rows(
        "INSERT INTO claim_history (claim_id, at, action, before, after, actor_kind, actor_id, actor_label, note)"
        " VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8) RETURNING id",
        row.id,
        work.now,
        action,
        row.state.value,
        work.actor.kind.value,
        work.actor.id,
        common.label_of(work.actor),
        why,
    )
    await work.audit(f"claim.{action}", kind="claim", id=row.id, why=why, **detail)


async def _open_again(
    work: Work, row: Claim, *, action: str, why: str, book: Book, area: str, **because: object
) -> None:
    if row.state is _S.REJECTED:
        await _take_receipts_again(work, row)
    await settling.take_settlement_back(work, row, reason=why, book=book)
    row.decided_at, row.reason, row.proposal_id = None, None, None
    await common.clock(work, row, ClockEvent.START, book=book, area=area)
    await common.move(work, row, to=_S.IN_REVIEW, action=action, note=why, **because)


async def _take_receipts_again(work: Work, row: Claim) -> None:
    """Take the receipts that a refusal freed; when another claim uses one by now, this one cannot be opened."""
    declared = queries.unseal_declared(work.keys, claim_id=row.id, sealed=row.content_sealed)
    amounts = {filing.key_of_declared(one): one.amount for one in declared.receipts or ()}
    await receipt_uses.take(work, amounts=amounts, holder=Holder("CLAIM", row.id, row.number))


async def _who_decided(proposal_id: UUID) -> set[UUID]:
    found = await store.rows(
        "SELECT made_by AS who FROM claim_proposal WHERE id = $1 UNION"
        " SELECT decider_id FROM approval_decision JOIN approval ON approval.id = approval_id"
        " WHERE kind = 'CLAIM' AND subject_id = $1",
        proposal_id,
    )
    return {row["who"] for row in found}
