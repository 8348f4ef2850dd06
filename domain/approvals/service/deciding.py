"""Deciding on the step that waits: once for each person, on the content that they saw, signed where it must be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.approvals import access, calc, errors, queries
from domain.approvals.service.signing import Proof, check_signature
from domain.approvals.values import ApprovalState, Decision, Draft, File, Holder, Outcome, Signed
from domain.crypto import Keyring
from domain.errors import DomainError, refuse
from domain.ids import new_id
from domain.work import Work, day_of


async def decide(
    work: Work,
    *,
    approval_id: UUID,
    seen_digest: bytes,
    approve: bool,
    reason: str | None = None,
    signed: Signed | None = None,
) -> UUID:
    """Approve or reject the step that waits, and give the question's id; in a discussion, vote for or against.

    `seen_digest` is the content's digest that the decider read. Whether all steps are approved now tells
    `is_approved`. Raises `ApprovalNotFound`, `ApprovalAlreadyDecided`, `ApprovalHasLapsed`, and together what else is
    wrong: `MakerMayNotDecide`, `DecidedBefore`, `StepIsForOthers`, `StepWasHandedOver`, `ContentChangedMeanwhile`,
    `RejectionNeedsReason`, `SignatureMissing` …
    """
    outcome = Outcome.APPROVE if approve else Outcome.REJECT
    return await _take(work, approval_id, outcome=outcome, seen_digest=seen_digest, reason=reason, signed=signed)


async def send_back(
    work: Work, *, approval_id: UUID, seen_digest: bytes, reason: str, signed: Signed | None = None
) -> UUID:
    """Return the matter to whoever handles it, with the reason; it is asked anew once it is put right."""
    return await _take(work, approval_id, outcome=Outcome.RETURN, seen_digest=seen_digest, reason=reason, signed=signed)


async def draft_decision(
    actor: Actor, *, keys: Keyring, now: datetime, approval_id: UUID, outcome: Outcome, reason: str | None
) -> Draft:
    """Give the statement of a decision that the caller is about to make, for a passkey to sign. Changes nothing.

    Raises what `decide` would.
    """
    file = await queries.find_file(actor, keys=keys, approval_id=approval_id)
    if file is None or actor.kind is not ActorKind.STAFF:
        raise errors.ApprovalNotFound(path=("id",))
    _require_open(file, now=now)
    holder = access.holder_of(actor, on=day_of(now))
    raise_all(_faults(file, holder, now=now, outcome=outcome, seen_digest=file.question.content_digest))
    text = _statement(file, holder, at=now, outcome=outcome, reason=calc.check_reason(reason, outcome=outcome))
    return Draft(text, calc.digest_of(text), stated_at=now, needs_signature=file.step.needs_signature)


async def require_may_decide(work: Work, *, approval_id: UUID) -> None:
    """Lock a question and let those pass who may take its waiting step; raises what `decide` would about the actor."""
    await lock_for_decider(work, approval_id)


async def lock_for_decider(work: Work, approval_id: UUID, *, convening: bool = False) -> File:
    """Lock a question of which the actor may take the waiting step, or convene the discussion that it asks for."""
    file = await _lock(work, approval_id)
    _require_open(file, now=work.now)
    holder = access.holder_of(work.actor, on=work.today)
    if convening and file.step.collective:
        raise_all(list(calc.faults_of_receiver(file, holder, step=file.step)))
    else:
        raise_all(list(calc.faults_of_decider(file, holder, at=work.now)))
    return file


async def _take(
    work: Work,
    approval_id: UUID,
    *,
    outcome: Outcome,
    seen_digest: bytes,
    reason: str | None,
    signed: Signed | None,
) -> UUID:
    assert work.actor.id is not None, "A decision has somebody who makes it."
    file = await _lock(work, approval_id)
    _require_open(file, now=work.now)
    holder = access.holder_of(work.actor, on=work.today)
    faults = _faults(file, holder, now=work.now, outcome=outcome, seen_digest=seen_digest)
    try:
        reason = calc.check_reason(reason, outcome=outcome)
    except errors.RejectionNeedsReason as missing:
        faults.append(missing)
    raise_all([*faults, *_faults_of_signature(work, file, signed)])
    at = signed.stated_at if signed else work.now
    text = _statement(file, holder, at=at, outcome=outcome, reason=reason)
    proof = await check_signature(work, challenge=calc.digest_of(text), signed=signed) if signed else None
    decision = Decision(
        id=new_id(),
        position=file.step.position,
        decider_id=holder.id,
        as_role=_role(file, holder),
        outcome=outcome,
        reason=reason,
        decided_at=work.now,
        statement=text,
        statement_digest=calc.digest_of(text),
    )
    await _write_down(work, file, decision, seen_digest=seen_digest, stated_at=at, proof=proof)
    return approval_id


async def _write_down(
    work: Work, file: File, decision: Decision, *, seen_digest: bytes, stated_at: datetime, proof: Proof | None
) -> None:
    await store.rows(
        "INSERT INTO approval_decision (id, approval_id, position, collective, decider_id, as_role, outcome, reason,"
        " seen_digest, statement, statement_digest, stated_at, decided_at, factor_id, public_key, rp_id, origin,"
        " signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
        " RETURNING id",
        decision.id,
        file.question.id,
        decision.position,
        file.step.collective,
        decision.decider_id,
        decision.as_role,
        decision.outcome.value,
        decision.reason,
        seen_digest,
        decision.statement,
        decision.statement_digest,
        stated_at,
        decision.decided_at,
        *(proof.columns if proof else (None,) * 5),
    )
    state = await queries.state_of(file.question.id)
    await work.audit(
        "approval.decide",
        kind="approval",
        id=file.question.id,
        subject_id=file.question.subject_id,
        position=decision.position,
        outcome=decision.outcome.value,
        state=state.value,
        statement=decision.statement_digest.hex(),
        signed=proof is not None,
    )


async def _lock(work: Work, approval_id: UUID) -> File:
    """Lock a question that the actor may see, and read it as it is now."""
    seen = access.visible_to(work.actor, after=1)
    locked = await store.row(
        f"SELECT id FROM approval WHERE id = $1 AND {seen.sql} FOR UPDATE",  # noqa: S608 - constants
        approval_id,
        *seen.values,
    )
    file = await queries.find_file(work.actor, keys=work.keys, approval_id=approval_id) if locked else None
    if file is None or work.actor.kind is not ActorKind.STAFF:
        raise errors.ApprovalNotFound(path=("id",))
    return file


def _require_open(file: File, *, now: datetime) -> None:
    question = file.question
    if question.state is not ApprovalState.PENDING:
        raise errors.ApprovalAlreadyDecided(state=question.state.value)
    if now >= question.expires_at:
        raise errors.ApprovalHasLapsed


def _faults(file: File, holder: Holder, *, now: datetime, outcome: Outcome, seen_digest: bytes) -> list[DomainError]:
    faults = list(calc.faults_of_decider(file, holder, at=now))
    if file.question.content_digest != seen_digest:
        faults.append(errors.ContentChangedMeanwhile())
    if file.step.collective and outcome is Outcome.RETURN:
        faults.append(errors.DiscussionSendsNothingBack(path=("outcome",)))
    return faults


def _faults_of_signature(work: Work, file: File, signed: Signed | None) -> list[DomainError]:
    if signed is None:
        return [errors.SignatureMissing(path=("signature",))] if file.step.needs_signature else []
    if not work.now - calc.SIGNING_TIME <= signed.stated_at <= work.now:
        minutes = int(calc.SIGNING_TIME.total_seconds()) // 60
        return [errors.SignatureIsLate(minutes_max=minutes, path=("signature",))]
    return []


def _statement(file: File, holder: Holder, *, at: datetime, outcome: Outcome, reason: str | None) -> str:
    return calc.decision_statement(
        file.question,
        outcome=outcome,
        reason=reason,
        decider_id=holder.id,
        as_role=_role(file, holder),
        at=at,
        meeting=file.meeting(),
    )


def _role(file: File, holder: Holder) -> str:
    """Give the role in which somebody takes the step; a member of a discussion was let in by one of its roles."""
    return calc.role_for(file.step, holder, office=file.question.office) or file.step.roles[0]


def raise_all(faults: Sequence[DomainError]) -> None:
    """Raise one refusal as itself and several together."""
    if len(faults) == 1:
        raise faults[0]
    refuse(faults)
