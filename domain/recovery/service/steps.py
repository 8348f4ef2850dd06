"""What people do with a case: demand it, propose how it is settled, decide on that, consent to set-off."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import approvals, ledger, store
from domain.actors import ActorKind, Scope
from domain.approvals import ApprovalKind
from domain.crypto import Purpose
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.recovery import access, calc
from domain.recovery.errors import (
    InstalmentsUnfit,
    RecoveryNotFound,
    RecoveryNotInState,
    RecoveryProposalWaits,
    RecoveryReasonMissing,
)
from domain.recovery.models import RecoveryRow
from domain.recovery.service import rows
from domain.recovery.values import RecoveryEntryKind, RecoveryMeasure, RecoverySetOffGround, RecoveryState, Wish
from domain.rules import Book, RecoveryTerms
from domain.work import Work

_DEMANDED: Final = (RecoveryState.DEMANDED, RecoveryState.IN_INSTALMENTS)
_MEASURES: Final = {
    RecoveryMeasure.INSTALMENTS: Text("分期退回", "Instalments"),
    RecoveryMeasure.SET_OFF: Text("依法抵扣", "Set-off by law"),
    RecoveryMeasure.WRITE_OFF: Text("核销", "Writing off"),
}


async def demand(work: Work, *, case_id: UUID, book: Book, area: str) -> UUID:
    """Demand what is left of a case, with the article and the day that the rules of today say, and tell the person."""
    access.require_staff(work.actor, Scope.RECOVERY_HANDLE)
    row = await rows.lock(work, case_id, RecoveryState.FOUND)
    terms = book.in_force(RecoveryTerms, region=area, day=work.today)
    row.state, row.ground, row.demanded_by, row.demanded_at = (
        RecoveryState.DEMANDED,
        terms.source,
        work.actor.id,
        work.now,
    )
    row.due_on = work.today + timedelta(days=terms.due_days)
    await rows.save(row)
    await work.audit("recovery.demand", kind="recovery_case", id=row.id, left=row.left.fen, due_on=str(row.due_on))
    await rows.tell(
        work,
        row,
        kind="demanded",
        title=Text("请退回多付的待遇", "Please give back what was paid too much"),
        body=Text(
            f"业务 {row.subject_number} 多付 {row.left} 元，依据{row.ground}，请于 {row.due_on} 前退回"
            f"（追回 {row.number}）。可申请分期，或同意从以后的待遇中抵扣。",
            f"{row.left} yuan too much were paid for {row.subject_number}. By {row.ground} please give them back until"
            f" {row.due_on} (recovery {row.number}), by instalments if you ask, or set off against later benefits.",
        ),
    )
    return row.id


async def consent_to_set_off(work: Work, *, case_id: UUID) -> UUID:
    """Let what is owed be set off against later benefits, as the person or somebody who acts for them."""
    if work.actor.kind is not ActorKind.RESIDENT:
        raise RecoveryNotFound(path=("case_id",))
    row = await rows.lock(work, case_id, RecoveryState.FOUND, *_DEMANDED)
    if row.set_off is None:
        row.set_off, row.set_off_by = RecoverySetOffGround.CONSENT, work.actor.id
        await rows.save(row)
        await work.audit("recovery.consent", kind="recovery_case", id=row.id)
    return row.id


async def propose(work: Work, *, case_id: UUID, wish: Wish, book: Book, area: str) -> UUID:
    """Propose instalments, set-off by law or writing off, for all that is left of a case; a second person decides.

    Gives the case's id; raises every fault of the proposal at once.
    """
    access.require_staff(work.actor, Scope.RECOVERY_HANDLE)
    row = await rows.lock(work, case_id, *_DEMANDED)
    wish = Wish(wish.measure, wish.reason.strip(), wish.instalments)
    most = book.in_force(RecoveryTerms, region=area, day=work.today).instalments_max
    faults: list[DomainError] = []
    if not 0 < len(wish.reason) <= calc.REASON_MAX:
        faults.append(RecoveryReasonMissing(path=("reason",)))
    fits = calc.is_fit_plan(wish.instalments, left=row.left, most=most, today=work.today)
    if not calc.is_for_plan(wish) or (wish.measure is RecoveryMeasure.INSTALMENTS and not fits):
        faults.append(InstalmentsUnfit(most=most, left=row.left, path=("instalments",)))
    if await store.rows("SELECT 1 FROM recovery_proposal WHERE case_id = $1 AND state = 'PROPOSED'", row.id):
        faults.append(RecoveryProposalWaits(number=row.number, path=("case_id",)))
    refuse(faults)
    proposal_id, digest = await _keep(work, row, wish)
    await approvals.ask(
        work,
        kind=ApprovalKind.RECOVERY,
        subject_id=proposal_id,
        statement=_statement_of(row, wish),
        content_digest=digest,
        amount=row.left,
        region=row.region,
        book=book,
    )
    return row.id


async def decide(
    work: Work,
    *,
    proposal_id: UUID,
    seen_digest: bytes,
    approve: bool,
    reason: str | None,
    signed: approvals.Signed | None = None,
) -> UUID:
    """Decide on a proposal as the second person; approved, it happens in the same transaction. Gives the case's id.

    `signed` is a passkey's signature, asked for from an amount on.

    A proposal is about all that is left: when money came in meanwhile it can only be rejected, and made anew.
    """
    access.require_staff(work.actor, Scope.RECOVERY_DECIDE)
    found = await store.row("SELECT case_id FROM recovery_proposal WHERE id = $1 AND state = 'PROPOSED'", proposal_id)
    question = await approvals.find_pending(kind=ApprovalKind.RECOVERY, subject_id=proposal_id)
    if found is None or question is None:
        raise RecoveryNotFound(path=("proposal_id",))
    row = await rows.lock(work, found["case_id"])
    proposal = await store.row("SELECT measure, amount, state FROM recovery_proposal WHERE id = $1", proposal_id)
    assert proposal is not None
    moved = proposal["amount"] != row.left.fen or row.state is RecoveryState.CLOSED
    if proposal["state"] != "PROPOSED" or (approve and moved):
        raise RecoveryNotInState(number=row.number, state=row.state.value, path=("proposal_id",))
    await approvals.decide(
        work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason, signed=signed
    )
    if await approvals.is_pending(question.id):
        return row.id  # the rules of its day ask for another pair of eyes
    await store.rows(
        "UPDATE recovery_proposal SET state = $2, decided_by = $3, decided_at = $4, decision_reason = $5"
        " WHERE id = $1 RETURNING id",
        proposal_id,
        "APPROVED" if approve else "REJECTED",
        work.actor.id,
        work.now,
        (reason or "").strip() or None,
    )
    await work.audit("recovery.decide", kind="recovery_case", id=row.id, proposal_id=proposal_id, approve=approve)
    if approve:
        await _carry_out(work, row, RecoveryMeasure(proposal["measure"]), proposal_id=proposal_id)
    return row.id


async def _carry_out(work: Work, row: RecoveryRow, measure: RecoveryMeasure, *, proposal_id: UUID) -> None:
    match measure:
        case RecoveryMeasure.INSTALMENTS:
            row.state = RecoveryState.IN_INSTALMENTS
            await rows.save(row)
        case RecoveryMeasure.SET_OFF:
            row.set_off, row.set_off_by = RecoverySetOffGround.LAW, work.actor.id
            await rows.save(row)
        case RecoveryMeasure.WRITE_OFF:
            await rows.write_entry(
                work,
                row,
                kind=RecoveryEntryKind.WRITTEN_OFF,
                fen=row.left.fen,
                day=work.today,
                counter_account=ledger.OTHER_EXPENSES,
                about=ledger.About("recovery_case", row.id),
                proposal_id=proposal_id,
            )
    words = _MEASURES[measure]
    await rows.tell(
        work,
        row,
        kind="decided",
        title=Text("追回事项已有决定", "Your recovery was decided"),
        body=Text(
            f"追回 {row.number} 决定：{words.zh}，尚余 {row.left} 元。",
            f"Recovery {row.number}: {words.en.lower()}; {row.left} yuan are left.",
        ),
    )


async def _keep(work: Work, row: RecoveryRow, wish: Wish) -> tuple[UUID, bytes]:
    proposal_id = new_id()
    text = calc.write_proposal(wish, case_id=row.id, left=row.left)
    digest = work.keys.blind_index(Purpose.CLAIM, f"{proposal_id}:{text}")
    await store.rows(
        "INSERT INTO recovery_proposal (id, case_id, measure, amount, reason, instalments, content_digest, state,"
        " proposed_by, proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'PROPOSED', $8, $9) RETURNING id",
        proposal_id,
        row.id,
        wish.measure.value,
        row.left.fen,
        wish.reason,
        len(wish.instalments),
        digest,
        work.actor.id,
        work.now,
    )
    await store.rows(
        "INSERT INTO recovery_instalment (proposal_id, place, due_on, amount)"
        " SELECT $1, place, due_on, amount FROM unnest($2::date[], $3::bigint[]) WITH ORDINALITY"
        " AS plan (due_on, amount, place) RETURNING place",
        proposal_id,
        [one.due_on for one in wish.instalments],
        [one.amount.fen for one in wish.instalments],
    )
    await work.audit("recovery.propose", kind="recovery_case", id=row.id, measure=wish.measure.value)
    return proposal_id, digest


def _statement_of(row: RecoveryRow, wish: Wish) -> approvals.Statement:
    words = _MEASURES[wish.measure]
    plan = "；".join(f"{one.due_on} {one.amount}" for one in wish.instalments)
    facts = [
        approvals.Fact("measure", Text("方式", "Measure"), words.zh),
        approvals.Fact("subject", Text("多付的业务", "Paid too much for"), row.subject_number),
        approvals.Fact("left", Text("未还金额（元）", "Owed, in yuan"), str(row.left)),
        approvals.Fact("reason", Text("理由", "Reason"), wish.reason),
    ]
    if plan:
        facts.append(approvals.Fact("instalments", Text("分期", "Instalments"), plan))
    return approvals.Statement(
        title=Text(f"追回 {row.number}：{words.zh}", f"Recovery {row.number}: {words.en}"), facts=tuple(facts)
    )
