"""Telling people, noting that they read it, and how it goes out by other ways."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import store
from domain.actors import ActorKind
from domain.errors import Text
from domain.ids import new_id
from domain.notices.errors import NoticeNotFound, NoticeWishNotForYou
from domain.notices.events import NoticeGiven
from domain.notices.models import Notice
from domain.notices.values import DeliveryState, NoticeChannel, Subject
from domain.work import Work

NEWS_FOR: Final = timedelta(hours=24)
"""After that a notice goes out no more; it stands in the application."""
_LOST_AFTER: Final = timedelta(minutes=10)
_NO_PAUSE: Final = timedelta(0)


async def tell(work: Work, *, person_ids: Collection[UUID], kind: str, about: Subject, title: Text, body: Text) -> None:
    """Tell each of these people one thing, in the transaction in which it happens. For other rooms."""
    for person_id in sorted(set(person_ids)):
        notice = await Notice.create(
            id=new_id(),
            person_id=person_id,
            at=work.now,
            kind=kind,
            subject_kind=about.kind,
            subject_id=about.id,
            subject_number=about.number,
            title=title.zh,
            title_en=title.en,
            body=body.zh,
            body_en=body.en,
        )
        await work.emit(NoticeGiven(notice_id=notice.id))


async def mark_read(work: Work, *, notice_id: UUID) -> UUID:
    """Note that the person has read a notice; a second time changes nothing."""
    notice = (
        await Notice.filter(id=notice_id, person_id=work.actor.person_id).select_for_update().first()
        if work.actor.person_id
        else None
    )
    if notice is None:
        raise NoticeNotFound(path=("id",))
    if notice.read_at is None:
        notice.read_at = work.now
        await notice.save(update_fields=["read_at"])
        await work.audit("notice.read", kind="notice", id=notice.id)
    return notice.id


async def start_delivery(
    work: Work, *, notice_id: UUID, channel: NoticeChannel, pause: timedelta = _NO_PAUSE
) -> UUID | None:
    """Take a notice for sending by a channel; None when it has gone out by it, may have, or somebody else sends it.

    What never left is taken again when it has waited for the pause.
    """
    taken = await store.row(
        "INSERT INTO notice_delivery (notice_id, channel, state, tries, began_at, changed_at, sent_at)"
        " VALUES ($1, $2, 'SENDING', 1, $3, $3, $3)"
        " ON CONFLICT (notice_id, channel) DO UPDATE SET state = 'SENDING', tries = notice_delivery.tries + 1,"
        " changed_at = $3, sent_at = $3, detail = '' WHERE notice_delivery.state = 'WAITING'"
        " AND notice_delivery.changed_at <= $4 RETURNING notice_id",
        notice_id,
        channel.value,
        work.now,
        work.now - pause,
    )
    return taken["notice_id"] if taken else None


async def end_delivery(
    work: Work,
    *,
    notice_id: UUID,
    channel: NoticeChannel,
    state: DeliveryState,
    detail: str = "",
    receipt: str | None = None,
) -> UUID | None:
    """Write down what came of a try; one that is not under way any more stays as it is."""
    ended = await store.row(
        "UPDATE notice_delivery SET state = $3, detail = $4, changed_at = $5, receipt = $6"
        " WHERE notice_id = $1 AND channel = $2 AND state = 'SENDING' RETURNING notice_id",
        notice_id,
        channel.value,
        state.value,
        detail[:80],
        work.now,
        receipt and receipt[:80],
    )
    if ended is None:
        return None
    await work.audit("notice.deliver", kind="notice", id=notice_id, channel=channel.value, state=state.value)
    return notice_id


async def note_report(work: Work, *, notice_id: UUID, state: DeliveryState | None, detail: str = "") -> UUID | None:
    """Write down what became of a text as its channel reports it; with None it was asked in vain.

    A doubt is cleared by it, and nothing is sent again.
    """
    open_text = await store.row(
        "SELECT state FROM notice_delivery WHERE notice_id = $1 AND channel = 'SMS' AND state IN ('SENT', 'UNKNOWN')"
        " FOR UPDATE",
        notice_id,
    )
    if open_text is None:
        return None
    is_news = state is not None and state.value != open_text["state"]
    await store.rows(
        "UPDATE notice_delivery SET inquired_at = $2, state = coalesce($3, state),"
        " detail = CASE WHEN $5 THEN $4 ELSE detail END, changed_at = CASE WHEN $5 THEN $2 ELSE changed_at END"
        " WHERE notice_id = $1 AND channel = 'SMS' RETURNING state",
        notice_id,
        work.now,
        state and state.value,
        detail[:80],
        is_news,
    )
    if state is None or not is_news:
        return None
    await work.audit("notice.report", kind="notice", id=notice_id, channel="SMS", state=state.value)
    return notice_id


async def wish_texts(work: Work, *, texts: bool) -> UUID:
    """Switch texts on or off for oneself; those that the law or the account's safety wants go out all the same."""
    person_id = work.actor.person_id
    if work.actor.kind is not ActorKind.RESIDENT or person_id is None:
        raise NoticeWishNotForYou
    await store.row(
        "INSERT INTO notice_wish (person_id, texts, changed_at) VALUES ($1, $2, $3) ON CONFLICT (person_id)"
        " DO UPDATE SET texts = $2, changed_at = $3 WHERE notice_wish.texts <> $2 RETURNING person_id",
        person_id,
        texts,
        work.now,
    )
    await work.audit("notice.wish", kind="person", id=person_id, texts=texts)
    return person_id


async def settle_old_deliveries(work: Work) -> None:
    """Give up what waited too long; what a process left under way when it died is UNKNOWN."""
    await store.rows(
        "UPDATE notice_delivery SET state = 'UNKNOWN', detail = 'lost', changed_at = $1"
        " WHERE state = 'SENDING' AND changed_at <= $2 RETURNING notice_id",
        work.now,
        work.now - _LOST_AFTER,
    )
    await store.rows(
        "UPDATE notice_delivery SET state = 'GIVEN_UP', changed_at = $1"
        " WHERE state = 'WAITING' AND began_at <= $2 RETURNING notice_id",
        work.now,
        work.now - NEWS_FOR,
    )
