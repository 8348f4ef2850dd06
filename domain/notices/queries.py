"""Asking for one's own notices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.notices.values import NoticeRecord

_COLUMNS = "id, at, kind, subject_kind, subject_id, subject_number, title, title_en, body, body_en, read_at"


async def list_notices(
    actor: Actor, *, first: int, after: tuple[datetime, UUID] | None = None, unread_only: bool = False
) -> list[NoticeRecord]:
    """List a resident's own notices, newest first; `after` is where the last page ended."""
    if actor.kind is not ActorKind.RESIDENT or actor.person_id is None:
        return []
    found = await store.rows(
        f"SELECT {_COLUMNS} FROM notice WHERE person_id = $1 AND (NOT $5 OR read_at IS NULL)"  # noqa: S608 - constants
        " AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3::uuid)) ORDER BY at DESC, id DESC LIMIT $4",
        actor.person_id,
        after and after[0],
        after and after[1],
        first,
        unread_only,
    )
    return [NoticeRecord(**row) for row in found]


async def find_notice(actor: Actor, *, notice_id: UUID) -> NoticeRecord | None:
    """Find one of one's own notices."""
    if actor.kind is not ActorKind.RESIDENT:
        return None
    sql = f"SELECT {_COLUMNS} FROM notice WHERE id = $1 AND person_id = $2"  # noqa: S608 - constants
    found = await store.row(sql, notice_id, actor.person_id)
    return NoticeRecord(**found) if found else None
