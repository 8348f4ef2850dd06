"""Telling people, and noting that they read it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from domain.errors import Text
from domain.ids import new_id
from domain.notices.errors import NoticeNotFound
from domain.notices.events import NoticeGiven
from domain.notices.models import Notice
from domain.notices.values import Subject
from domain.work import Work


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
