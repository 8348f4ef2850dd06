"""Asking the register: a code on a day, by name, and what a list changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor
from domain.hospitals import calc
from domain.hospitals.access import sees_imports
from domain.hospitals.values import (
    Hospital,
    HospitalKind,
    HospitalListState,
    ImportRecord,
    LookedUp,
    TermChange,
    TermChangeRecord,
)
from domain.rules import Level, Standing

_TERM: Final = (
    "hospital_term.id, code, name, level, kind, region, starts, ends, suspended, hospital_term.reason,"
    " hospital_import.source, hospital_import.standing AS origin"
    " FROM hospital_term JOIN hospital_import ON hospital_import.id = import_id"
)
_IMPORT: Final = (
    "id, area, source, standing, state, content_digest, added, changed, proposed_at, decided_at, reason"
    " FROM hospital_import"
)


async def look_up(*, area: str, code: str, on: date) -> LookedUp:
    """Tell how a code stands in the register of a pooling area on a day. Public."""
    return calc.stand_on(code, await list_terms(area=area, codes=[code]), on=on)


async def search(*, area: str, text: str, on: date, first: int, after: str | None = None) -> list[Hospital]:
    """List the hospitals of a day, suspended ones too, whose name holds a text or whose code begins with it. Public."""
    found = await store.rows(
        f"SELECT {_TERM} WHERE hospital_term.area = $1 AND starts <= $2 AND (ends IS NULL OR ends > $2)"
        " AND (strpos(name, $3) > 0 OR starts_with(code, upper($3))) AND ($4::text IS NULL OR code > $4)"
        " ORDER BY code LIMIT $5",
        area,
        on,
        text.strip(),
        after,
        first,
    )
    return [_hospital(row) for row in found]


async def list_terms(*, area: str, codes: Collection[str]) -> list[Hospital]:
    """List every term of these codes, in the order of their days."""
    found = await store.rows(
        f"SELECT {_TERM} WHERE hospital_term.area = $1 AND code = ANY($2::text[]) ORDER BY code, starts",
        area,
        sorted(set(codes)),
    )
    return [_hospital(row) for row in found]


async def has_terms(*, area: str) -> bool:
    """Tell whether a pooling area has a register."""
    return bool(await store.rows("SELECT 1 FROM hospital_term WHERE area = $1 LIMIT 1", area))


async def list_imports(actor: Actor, *, first: int, after: tuple[datetime, UUID] | None = None) -> list[ImportRecord]:
    """List the lists that were brought in, newest first, for those who keep the register."""
    if not sees_imports(actor):
        return []
    found = await store.rows(
        f"SELECT {_IMPORT} WHERE ($1::timestamptz IS NULL OR (proposed_at, id) < ($1, $2::uuid))"
        " ORDER BY proposed_at DESC, id DESC LIMIT $3",
        after and after[0],
        after and after[1],
        first,
    )
    return [_import(row) for row in found]


async def find_import(actor: Actor, *, import_id: UUID) -> ImportRecord | None:
    """Find one list."""
    if not sees_imports(actor):
        return None
    found = await store.row(f"SELECT {_IMPORT} WHERE id = $1", import_id)
    return _import(found) if found else None


async def list_changes(
    actor: Actor, *, import_id: UUID, first: int, after: int | None = None
) -> list[TermChangeRecord]:
    """List what a list changes, in its order."""
    if not sees_imports(actor):
        return []
    found = await store.rows(
        "SELECT place, change, before, after FROM hospital_change WHERE import_id = $1"
        " AND ($2::int IS NULL OR place > $2) ORDER BY place LIMIT $3",
        import_id,
        after,
        first,
    )
    return [_change(row) for row in found]


def _change(row: Mapping[str, Any]) -> TermChangeRecord:
    before, after = (orjson.loads(side) if isinstance(side, str) else side for side in (row["before"], row["after"]))
    was = calc.term_of(before) if before else None
    return TermChangeRecord(row["place"], TermChange(row["change"]), was, calc.term_of(after))


def _hospital(row: Mapping[str, Any]) -> Hospital:
    told: dict[str, Any] = {
        **row,
        "level": Level(row["level"]),
        "kind": HospitalKind(row["kind"]),
        "origin": Standing(row["origin"]),
    }
    return Hospital(**told)


def _import(row: Mapping[str, Any]) -> ImportRecord:
    told: dict[str, Any] = {
        **row,
        "state": HospitalListState(row["state"]),
        "standing": Standing(row["standing"]),
        "content_digest": bytes(row["content_digest"]),
    }
    return ImportRecord(**told)
