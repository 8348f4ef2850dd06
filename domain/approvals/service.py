"""Asking a second person, deciding, and letting a question expire."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from domain.approvals.errors import (
    ApprovalAlreadyDecided,
    ApprovalNotFound,
    ContentChangedMeanwhile,
    MakerMayNotDecide,
    RejectionNeedsReason,
)
from domain.approvals.models import Approval
from domain.approvals.values import ApprovalKind, ApprovalState
from domain.ids import new_id
from domain.work import Work

_REASON_MAX: Final = 500


async def ask(work: Work, *, kind: ApprovalKind, subject_id: UUID, content_digest: bytes) -> UUID:
    """Ask a second person to decide on exactly this content. The caller has locked the subject."""
    assert work.actor.id is not None, "A question has somebody who asks it."
    approval = await Approval.create(
        id=new_id(),
        kind=kind.value,
        subject_id=subject_id,
        content_digest=content_digest,
        maker_id=work.actor.id,
        asked_at=work.now,
    )
    await work.audit("approval.ask", kind="approval", id=approval.id, about=kind.value, subject_id=subject_id)
    return approval.id


async def decide(work: Work, *, approval_id: UUID, seen_digest: bytes, approve: bool, reason: str | None) -> UUID:
    """Approve or reject what was asked, once and as somebody else than who asked.

    `seen_digest` is the digest of the content that the decider read. Raises `ApprovalNotFound`, `MakerMayNotDecide`,
    `ApprovalAlreadyDecided`, `ContentChangedMeanwhile`, `RejectionNeedsReason`.
    """
    assert work.actor.id is not None, "A decision has somebody who makes it."
    approval = await Approval.filter(id=approval_id).select_for_update().first()
    if approval is None:
        raise ApprovalNotFound(path=("id",))
    if approval.state is not ApprovalState.PENDING:
        raise ApprovalAlreadyDecided(state=approval.state.value)
    if approval.maker_id == work.actor.id:
        raise MakerMayNotDecide
    if approval.content_digest != seen_digest:
        raise ContentChangedMeanwhile
    reason = (reason or "").strip()
    if (not approve and not reason) or len(reason) > _REASON_MAX:
        raise RejectionNeedsReason(path=("reason",))
    approval.state = ApprovalState.APPROVED if approve else ApprovalState.REJECTED
    approval.checker_id = work.actor.id
    approval.decided_at = work.now
    approval.reason = reason or None
    await approval.save(update_fields=["state", "checker_id", "decided_at", "reason"])
    await work.audit(
        "approval.decide", kind="approval", id=approval.id, subject_id=approval.subject_id, state=approval.state.value
    )
    return approval.id


async def expire(work: Work, *, kind: ApprovalKind, subject_id: UUID) -> UUID | None:
    """Let what waits about a thing expire because its content changed; None when nothing waits."""
    approval = (
        await Approval.filter(kind=kind.value, subject_id=subject_id, state="PENDING").select_for_update().first()
    )
    if approval is None:
        return None
    approval.state = ApprovalState.EXPIRED
    approval.decided_at = work.now
    await approval.save(update_fields=["state", "decided_at"])
    await work.audit("approval.expire", kind="approval", id=approval.id, subject_id=subject_id)
    return approval.id
