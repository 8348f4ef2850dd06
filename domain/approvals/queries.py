"""Asking what waits for a second person."""

from __future__ import annotations

from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.approvals.values import ApprovalKind, Question

_COLUMNS = "id, kind, subject_id, content_digest, maker_id, asked_at"


async def pending(actor: Actor, *, kind: ApprovalKind, first: int = 100) -> list[Question]:
    """List what this member of staff may decide, longest waiting first: never what they asked themselves.

    Which of the subjects they may see is for the room of the subject to say.
    """
    if actor.kind is not ActorKind.STAFF:
        return []
    found = await store.rows(
        f"SELECT {_COLUMNS} FROM approval WHERE kind = $1 AND state = 'PENDING' AND maker_id <> $2"  # noqa: S608 - constants
        " ORDER BY asked_at, id LIMIT $3",
        kind.value,
        actor.id,
        first,
    )
    return [Question(**row) for row in found]


async def find_pending(*, kind: ApprovalKind, subject_id: UUID) -> Question | None:
    """Find what waits about one thing; there is at most one."""
    found = await store.row(
        f"SELECT {_COLUMNS} FROM approval WHERE kind = $1 AND subject_id = $2 AND state = 'PENDING'",  # noqa: S608 - constants
        kind.value,
        subject_id,
    )
    return Question(**found) if found else None
