"""Asking for one's own notices; and, for the house itself, for those that go out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.notices.values import Delivery, DeliveryState, NoticeChannel, NoticeRecord, Outgoing

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


async def get_outgoing(*, notice_id: UUID) -> Outgoing:
    """Give a notice for sending it, for the house itself."""
    found = await store.row(
        "SELECT id, person_id, at, kind, subject_number, title, body FROM notice WHERE id = $1", notice_id
    )
    assert found is not None, f"There is no notice {notice_id}."
    return Outgoing(**found)


async def list_deliveries(*, notice_id: UUID) -> list[Delivery]:
    """Give how a notice went out, for the house itself."""
    found = await store.rows(
        "SELECT notice_id, channel, state, tries, detail FROM notice_delivery WHERE notice_id = $1 ORDER BY channel",
        notice_id,
    )
    return [
        Delivery(
            notice_id=row["notice_id"],
            channel=NoticeChannel(row["channel"]),
            state=DeliveryState(row["state"]),
            tries=row["tries"],
            detail=row["detail"],
        )
        for row in found
    ]


async def list_waiting(*, channel: NoticeChannel, first: int) -> list[UUID]:
    """Give the notices that wait for another try by a channel, longest waiting first, for the house itself."""
    found = await store.rows(
        "SELECT notice_id FROM notice_delivery WHERE state = 'WAITING' AND channel = $1 ORDER BY changed_at LIMIT $2",
        channel.value,
        first,
    )
    return [row["notice_id"] for row in found]
