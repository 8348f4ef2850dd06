"""Asking for one's own notices; and, for the house itself, for those that go out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.notices.calc import is_texted
from domain.notices.values import (
    Delivery,
    DeliveryState,
    NoticeChannel,
    NoticeRecord,
    NoticeWish,
    Outgoing,
    Unreported,
)

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


async def list_waiting(*, channel: NoticeChannel, since: datetime, first: int) -> list[UUID]:
    """Give the notices that wait for another try by a channel since then, longest first, for the house itself."""
    found = await store.rows(
        "SELECT notice_id FROM notice_delivery WHERE state = 'WAITING' AND channel = $1 AND changed_at <= $2"
        " ORDER BY changed_at LIMIT $3",
        channel.value,
        since,
        first,
    )
    return [row["notice_id"] for row in found]


async def find_wish(actor: Actor) -> NoticeWish | None:
    """Find whether a resident wants texts; who never said so does."""
    if actor.kind is not ActorKind.RESIDENT or actor.person_id is None:
        return None
    return await _wish_of(actor.person_id)


async def goes_by_text(notice: Outgoing) -> bool:
    """Tell whether a notice goes out by text as things stand now, for the house itself."""
    wish = await _wish_of(notice.person_id)
    found = await store.row("SELECT state FROM notice_delivery WHERE notice_id = $1 AND channel = 'WECHAT'", notice.id)
    by_wechat = DeliveryState(found["state"]) if found else None
    return is_texted(notice.kind, wants_texts=wish.texts, by_wechat=by_wechat)


async def list_unreported(*, sent_since: datetime, asked_before: datetime, first: int) -> list[Unreported]:
    """Give the texts since then of whose arrival nothing was heard, for the house itself; never asked about first."""
    found = await store.rows(
        "SELECT notice_id, person_id, sent_at, receipt FROM notice_delivery JOIN notice ON notice.id = notice_id"
        " WHERE channel = 'SMS' AND state IN ('SENT', 'UNKNOWN') AND sent_at >= $1"
        " AND coalesce(inquired_at, notice_delivery.changed_at) <= $2"
        " ORDER BY inquired_at NULLS FIRST, sent_at LIMIT $3",
        sent_since,
        asked_before,
        first,
    )
    return [Unreported(**row) for row in found]


async def _wish_of(person_id: UUID) -> NoticeWish:
    found = await store.row("SELECT texts, changed_at FROM notice_wish WHERE person_id = $1", person_id)
    return NoticeWish(person_id, **found) if found else NoticeWish(person_id, texts=True, changed_at=None)
