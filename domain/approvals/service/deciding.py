"""Deciding on the step that waits: once for each person, on the content that they saw, signed where it must be."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.approvals import access, calc, errors, queries
from domain.approvals.service.signing import Proof, check_signature
from domain.approvals.values import ApprovalState, Draft, File, Outcome, Signed
from domain.crypto import Keyring
from domain.errors import DomainError, refuse
from domain.ids import new_id
from domain.work import Work


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
    work: Work, *, keys: Keyring, approval_id: UUID, outcome: Outcome, reason: str | None
) -> Draft:
    """Give the statement of a decision that the caller is about to make, for a passkey to sign. Changes nothing."""
    file = await queries.find_file(work.actor, keys=keys, approval_id=approval_id)
    if file is None:
        raise errors.ApprovalNotFound(path=("id",))
    _require_open(work, file)
    raise_all(list(_faults(work, file, outcome=outcome, seen_digest=file.question.content_digest)))
    text = _statement(file, work.actor, work, outcome=outcome, reason=calc.check_reason(reason, outcome=outcome))
    return Draft(text, calc.digest_of(text), stated_at=work.now, needs_signature=file.step.needs_signature)


async def lock_for_decider(work: Work, approval_id: UUID, *, convening: bool = False) -> File:
    """Lock a question of which the actor may take the waiting step, or convene the discussion that it asks for."""
    file = await _lock(work, approval_id)
    _require_open(work, file)
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
    _require_open(work, file)
    faults = list(_faults(work, file, outcome=outcome, seen_digest=seen_digest))
    try:
        reason = calc.check_reason(reason, outcome=outcome)
    except errors.RejectionNeedsReason as missing:
        faults.append(missing)
    faults += _faults_of_signature(work, file, signed)
    raise_all(faults)
    at = signed.stated_at if signed else work.now
    text = _statement(file, work.actor, work, outcome=outcome, reason=reason, signed=signed)
    proof = await check_signature(work, challenge=calc.digest_of(text), signed=signed) if signed else None
    role = _role(file, work)
    await store.rows(
        "INSERT INTO approval_decision (id, approval_id, position, collective, decider_id, as_role, outcome, reason,"
        " seen_digest, statement, statement_digest, stated_at, decided_at, factor_id, public_key, signature)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id",
        new_id(),
        approval_id,
        file.step.position,
        file.step.collective,
        work.actor.id,
        role,
        outcome.value,
        reason,
        seen_digest,
        text,
        calc.digest_of(text),
        at,
        work.now,
        *_columns_of(proof),
    )
    state = await queries.state_of(approval_id)
    await work.audit(
        "approval.decide",
        kind="approval",
        id=approval_id,
        subject_id=file.question.subject_id,
        position=file.step.position,
        outcome=outcome.value,
        state=state.value,
        statement=calc.digest_of(text).hex(),
        signed=proof is not None,
    )
    return approval_id


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


def _require_open(work: Work, file: File) -> None:
    question = file.question
    if question.state is not ApprovalState.PENDING:
        raise errors.ApprovalAlreadyDecided(state=question.state.value)
    if work.now >= question.expires_at:
        raise errors.ApprovalHasLapsed


def _faults(work: Work, file: File, *, outcome: Outcome, seen_digest: bytes) -> list[DomainError]:
    faults = list(calc.faults_of_decider(file, access.holder_of(work.actor, on=work.today), at=work.now))
    if file.question.content_digest != seen_digest:
        faults.append(errors.ContentChangedMeanwhile())
    if file.step.collective and outcome is Outcome.RETURN:
        faults.append(errors.DiscussionSendsNothingBack())
    return faults


def _faults_of_signature(work: Work, file: File, signed: Signed | None) -> list[DomainError]:
    if signed is None:
        return [errors.SignatureMissing(path=("signature",))] if file.step.needs_signature else []
    if not work.now - calc.SIGNING_TIME <= signed.stated_at <= work.now:
        minutes = int(calc.SIGNING_TIME.total_seconds()) // 60
        return [errors.SignatureIsLate(minutes_max=minutes, path=("signature",))]
    return []


def _statement(
    file: File, actor: Actor, work: Work, *, outcome: Outcome, reason: str | None, signed: Signed | None = None
) -> str:
    assert actor.id is not None
    return calc.decision_statement(
        file.question,
        outcome=outcome,
        reason=reason,
        decider_id=actor.id,
        as_role=_role(file, work),
        at=signed.stated_at if signed else work.now,
        meeting=file.meeting(),
    )


def _role(file: File, work: Work) -> str:
    """Give the role in which the actor takes the step; a member of a discussion was let in by one of its roles."""
    holder = access.holder_of(work.actor, on=work.today)
    return calc.role_for(file.step, holder, office=file.question.office) or file.step.roles[0]


def _columns_of(proof: Proof | None) -> tuple[UUID | None, bytes | None, str | None]:
    return (proof.factor_id, proof.public_key, proof.response) if proof else (None, None, None)


def raise_all(faults: Sequence[DomainError]) -> None:
    """Raise one refusal as itself and several together."""
    if len(faults) == 1:
        raise faults[0]
    refuse(faults)
