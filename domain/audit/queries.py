"""Asking the audit trail."""

from __future__ import annotations

from uuid import UUID

from domain import store
from domain.audit.values import Reading


async def list_readings(*, person_id: UUID, first: int, before: int | None = None) -> list[Reading]:
    """List who read a person's file, newest first; `before` is the id that the last page ended with."""
    found = await store.rows(
        "SELECT id, at, reader_kind, reader_label, purpose, what, unmasked FROM reading"
        " WHERE person_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        person_id,
        before,
        first,
    )
    return [Reading(**row) for row in found]


async def count_readings(*, person_id: UUID) -> int:
    """Count the readings of a person's file."""
    found = await store.row("SELECT count(*) AS readings FROM reading WHERE person_id = $1", person_id)
    assert found is not None
    return int(found["readings"])
