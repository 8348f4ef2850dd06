"""Asking about lists: imports, what they change, and who stands on one on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.actors import Actor
from domain.beneficiaries.access import sees_lists
from domain.beneficiaries.values import (
    UNION_MEMBER,
    EntryChange,
    EntryRecord,
    Listed,
    ListImport,
    ListKind,
    ListState,
)

_IMPORT: Final = (
    "id, region, list, day, source, state, content_digest, added, changed, ended, unmatched, proposed_at, decided_at,"
    " reason FROM beneficiary_import"
)


async def is_union_member(*, person_id: UUID, on: date) -> bool:
    """Tell whether a person stands on the union's list on a day. For other rooms."""
    found = await store.rows(
        "SELECT 1 FROM beneficiary WHERE person_id = $1 AND category = $2 AND starts <= $3"
        " AND (ends IS NULL OR ends > $3)",
        person_id,
        UNION_MEMBER,
        on,
    )
    return bool(found)


async def list_imports(actor: Actor, *, first: int, after: tuple[datetime, UUID] | None = None) -> list[ListImport]:
    """List imports, newest first, for those who handle lists."""
    if not sees_lists(actor):
        return []
    found = await store.rows(
        f"SELECT {_IMPORT} WHERE ($1::timestamptz IS NULL OR (proposed_at, id) < ($1, $2::uuid))"
        " ORDER BY proposed_at DESC, id DESC LIMIT $3",
        after and after[0],
        after and after[1],
        first,
    )
    return [_import(row) for row in found]


async def find_import(actor: Actor, *, import_id: UUID) -> ListImport | None:
    """Find one import."""
    if not sees_lists(actor):
        return None
    found = await store.row(f"SELECT {_IMPORT} WHERE id = $1", import_id)
    return _import(found) if found else None


async def list_entries(actor: Actor, *, import_id: UUID, first: int, after: int | None = None) -> list[EntryRecord]:
    """List what a list changes, in the order of the file; numbers are masked."""
    if not sees_lists(actor):
        return []
    async with store.beyond_the_wall("a list names people of the whole pooling area"):
        found = await store.rows(
            "SELECT place, change, person.name AS person_name, category, beneficiary_entry.document_hint, starts, ends"
            " FROM beneficiary_entry LEFT JOIN person ON person.id = person_id"
            " WHERE import_id = $1 AND ($2::int IS NULL OR place > $2) ORDER BY place LIMIT $3",
            import_id,
            after,
            first,
        )
    return [
        EntryRecord(
            row["place"],
            EntryChange(row["change"]),
            row["person_name"],
            row["category"],
            row["document_hint"],
            row["starts"],
            row["ends"],
        )
        for row in found
    ]


async def find_last_day(*, region: str, kind: ListKind) -> date | None:
    """Give the day of the newest list in force."""
    found = await store.row(
        "SELECT max(day) AS last FROM beneficiary_import WHERE region = $1 AND list = $2 AND state = 'IN_FORCE'",
        region,
        kind.value,
    )
    return found["last"] if found else None


async def list_standing(*, prefix: str, kind: ListKind, on: date) -> list[Listed]:
    """List every row of a list that stands on a day or later, of the people of an area."""
    found = await store.rows(
        "SELECT beneficiary.id, person_id, category, starts, ends FROM beneficiary"
        " JOIN person ON person.id = person_id WHERE starts_with(community_code, $1) AND (ends IS NULL OR ends > $2)",
        prefix,
        on,
    )
    return [Listed(**row) for row in found if kind.names(row["category"])]


def _import(row: Mapping[str, Any]) -> ListImport:
    told: dict[str, Any] = {
        **row,
        "list": ListKind(row["list"]),
        "state": ListState(row["state"]),
        "content_digest": bytes(row["content_digest"]),
    }
    return ListImport(**told)
