"""Everything that the house holds about somebody, made for them, sealed, and cleared after a day."""

from __future__ import annotations

from uuid import UUID

import orjson

from domain import store
from domain.crypto import Purpose
from domain.ids import new_id
from domain.privacy import access, queries
from domain.privacy.values import EXPORT_LASTS
from domain.work import Work


async def export_file(work: Work, *, person_id: UUID) -> UUID:
    """Make an export of oneself or a ward; who asked reads it by its id for a day.

    An export of a ward is a reading of their file and on record as one. Raises `PersonNotFound`.
    """
    await access.require_owner(work.actor, person_id=person_id, on=work.today)
    content = await queries.gather_export(keys=work.keys, person_id=person_id)
    export_id = new_id()
    text = orjson.dumps(content, default=str).decode()
    await store.rows(
        "INSERT INTO personal_export (id, person_id, asked_by, asked_at, expires_at, content_sealed)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        export_id,
        person_id,
        work.actor.id,
        work.now,
        work.now + EXPORT_LASTS,
        work.keys.seal(Purpose.EXPORT, text, place=f"personal_export:{export_id}"),
    )
    await work.record_reading(person_id=person_id, purpose="个人信息副本", what=("export",), unmasked=True)
    await work.audit("privacy.export", kind="person", id=person_id, export_id=export_id)
    return export_id


async def clear_expired_exports(work: Work) -> None:
    """Empty the exports whose day is over; safe to repeat."""
    cleared = await store.rows(
        "UPDATE personal_export SET content_sealed = NULL WHERE expires_at <= $1 AND content_sealed IS NOT NULL"
        " RETURNING id",
        work.now,
    )
    for export in cleared:
        await work.audit("privacy.export.clear", kind="personal_export", id=export["id"])
