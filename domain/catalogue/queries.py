"""Asking the catalogue: by code and day, by name, and what an import changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor
from domain.catalogue.access import sees_imports
from domain.catalogue.calc import item_of
from domain.catalogue.values import Change, ChangeRecord, ImportRecord, ImportState, Item, ItemKind
from domain.money import Ratio
from domain.rules import Standing

_ITEM = (
    "catalogue_item.id, catalogue_item.region, code, name, kind, grade, first_paid, special,"
    " trim_scale(price_limit)::text AS price_limit, unit, limit_note, limit_care, limit_age_from, limit_age_below,"
    " catalogue_item.starts, catalogue_item.ends, catalogue_import.source, catalogue_import.standing"
    " FROM catalogue_item JOIN catalogue_import ON catalogue_import.id = import_id"
)
_IMPORT = (
    "id, region, starts, source, standing, is_whole, state, content_digest, added, changed, ended, proposed_at,"
    " decided_at, reason"
)


async def find_items(*, region: str, codes: Collection[str], on: date) -> dict[str, Item]:
    """Find the items of these codes that hold on a day; a code that nobody knows is not in the answer. Public."""
    found = await store.rows(
        f"SELECT {_ITEM} WHERE catalogue_item.region = $1 AND code = ANY($2::text[]) AND catalogue_item.starts <= $3"
        " AND (catalogue_item.ends IS NULL OR catalogue_item.ends > $3)",
        region,
        list(set(codes)),
        on,
    )
    return {row["code"]: _item(row) for row in found}


async def find_item(*, region: str, code: str, on: date) -> Item | None:
    """Find one item by code and day. Public."""
    return (await find_items(region=region, codes=[code], on=on)).get(code)


async def search_items(*, region: str, text: str, on: date, first: int, after: str | None = None) -> list[Item]:
    """List items of a day whose name or code begins with a text, by code. Public."""
    found = await store.rows(
        f"SELECT {_ITEM} WHERE catalogue_item.region = $1 AND catalogue_item.starts <= $2"
        " AND (catalogue_item.ends IS NULL OR catalogue_item.ends > $2)"
        " AND (starts_with(name, $3) OR starts_with(code, upper($3))) AND ($4::text IS NULL OR code > $4)"
        " ORDER BY code LIMIT $5",
        region,
        on,
        text.strip(),
        after,
        first,
    )
    return [_item(row) for row in found]


async def list_in_force(*, region: str, on: date) -> dict[str, Item]:
    """List everything that holds on a day."""
    found = await store.rows(
        f"SELECT {_ITEM} WHERE catalogue_item.region = $1 AND catalogue_item.starts <= $2"
        " AND (catalogue_item.ends IS NULL OR catalogue_item.ends > $2)",
        region,
        on,
    )
    return {row["code"]: _item(row) for row in found}


async def find_last_start(*, region: str) -> date | None:
    """Give the day from which the newest items hold."""
    found = await store.row("SELECT max(starts) AS last FROM catalogue_item WHERE region = $1", region)
    return found["last"] if found else None


async def list_imports(actor: Actor, *, first: int, after: tuple[datetime, UUID] | None = None) -> list[ImportRecord]:
    """List imports, newest first, for those who keep the catalogue."""
    if not sees_imports(actor):
        return []
    found = await store.rows(
        f"SELECT {_IMPORT} FROM catalogue_import WHERE ($1::timestamptz IS NULL OR (proposed_at, id) < ($1, $2::uuid))"  # noqa: S608 - constants
        " ORDER BY proposed_at DESC, id DESC LIMIT $3",
        after and after[0],
        after and after[1],
        first,
    )
    return [_import(row) for row in found]


async def find_import(actor: Actor, *, import_id: UUID) -> ImportRecord | None:
    """Find one import."""
    if not sees_imports(actor):
        return None
    found = await store.row(f"SELECT {_IMPORT} FROM catalogue_import WHERE id = $1", import_id)  # noqa: S608 - constants
    return _import(found) if found else None


async def list_changes(actor: Actor, *, import_id: UUID, first: int, after: str | None = None) -> list[ChangeRecord]:
    """List what an import changes, by code."""
    if not sees_imports(actor):
        return []
    found = await store.rows(
        "SELECT code, change, before, after FROM catalogue_change WHERE import_id = $1"
        " AND ($2::text IS NULL OR code > $2) ORDER BY code LIMIT $3",
        import_id,
        after,
        first,
    )
    return [change_of(row) for row in found]


def change_of(row: Mapping[str, Any]) -> ChangeRecord:
    """Read a row of changes."""
    before, after = (orjson.loads(side) if isinstance(side, str) else side for side in (row["before"], row["after"]))
    return ChangeRecord(row["code"], Change(row["change"]), before and item_of(before), after and item_of(after))


def _item(row: Mapping[str, Any]) -> Item:
    told: dict[str, Any] = {
        **row,
        "kind": ItemKind(row["kind"]),
        "first_paid": None if row["first_paid"] is None else Ratio(row["first_paid"]),
        "standing": Standing(row["standing"]),
    }
    return Item(**told)


def _import(row: Mapping[str, Any]) -> ImportRecord:
    told: dict[str, Any] = {
        **row,
        "state": ImportState(row["state"]),
        "standing": Standing(row["standing"]),
        "content_digest": bytes(row["content_digest"]),
    }
    return ImportRecord(**told)
