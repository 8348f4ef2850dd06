"""Asking the audit trail, its seals, and what is not sealed yet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.audit.calc import prove, read_entries
from domain.audit.values import (
    TRAILS,
    Block,
    BlockBody,
    Horizon,
    InclusionProof,
    Reach,
    Reading,
    SealedRow,
    Trail,
)

COLUMNS: Final[Mapping[Trail, Mapping[str, str]]] = MappingProxyType(
    {
        Trail.AUDIT: MappingProxyType(
            {
                "id": "id::text",
                "at": "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
                "transaction_id": "transaction_id::text",
                "actor_kind": "actor_kind",
                "actor_id": "actor_id::text",
                "client_id": "client_id",
                "action": "action",
                "subject_kind": "subject_kind",
                "subject_id": "subject_id::text",
                "detail": "detail::text",
                "request_id": "request_id",
            }
        ),
        Trail.READING: MappingProxyType(
            {
                "id": "id::text",
                "at": "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
                "transaction_id": "transaction_id::text",
                "person_id": "person_id::text",
                "reader_kind": "reader_kind",
                "reader_id": "reader_id::text",
                "reader_label": "reader_label",
                "purpose": "purpose",
                "what": "what",
                "unmasked": "unmasked::text",
                "request_id": "request_id",
            }
        ),
    }
)
"""The text form of every column, in the order of the table: what is hashed. Adding a column is a new row form."""

_SELECT: Final = {
    trail: f"SELECT {', '.join(f'{form} AS {name}' for name, form in columns.items())} FROM {trail.value} AS source"  # noqa: S608 - the constants above
    for trail, columns in COLUMNS.items()
}
# The columns' text forms carry the columns' names, so conditions and orders name the table.
_SEALABLE: Final = (
    "source.transaction_id >= $1::text::xid8 AND source.transaction_id < $2::text::xid8 AND source.id > $3::bigint"
)
_BLOCKS: Final = (
    "SELECT number, sealed_at, row_count, total, root, previous, horizon_from::text, horizon_to::text, audit_floor,"
    " audit_reached, reading_floor, reading_reached, key_id, signature, entries FROM audit_block"
)


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


async def read_horizon() -> Horizon:
    """Ask the database which transactions are over. A row of a later one may still appear."""
    found = await store.row(
        "SELECT pg_snapshot_xmin(seen)::text AS oldest, pg_snapshot_xmax(seen)::text AS next"
        " FROM pg_current_snapshot() AS seen"
    )
    assert found is not None
    return Horizon(oldest=int(found["oldest"]), next=int(found["next"]))


async def find_last_block() -> Block | None:
    """Give the newest seal."""
    found = await store.row(f"{_BLOCKS} ORDER BY number DESC LIMIT 1")
    return _read_block(found) if found else None


async def list_blocks(*, after: int, first: int) -> list[Block]:
    """List seals in their order; `after` is the number of the last one that is known, 0 at the beginning."""
    found = await store.rows(f"{_BLOCKS} WHERE number > $1 ORDER BY number LIMIT $2", after, first)
    return [_read_block(row) for row in found]


async def find_block(number: int) -> Block | None:
    """Give one seal."""
    found = await store.row(f"{_BLOCKS} WHERE number = $1", number)
    return _read_block(found) if found else None


async def find_cut(*, begins: int, ends: int, reaches: Mapping[Trail, Reach], rows_max: int) -> int:
    """Tell where a block of so many rows ends: never inside a transaction, which may make it greater."""
    found = await store.row(
        "WITH sealable AS ("  # noqa: S608 - constants
        f" (SELECT transaction_id FROM audit AS source WHERE {_SEALABLE} ORDER BY transaction_id LIMIT $5::bigint + 1)"
        " UNION ALL"
        f" (SELECT transaction_id FROM reading AS source WHERE {_SEALABLE.replace('$3', '$4')}"
        "   ORDER BY transaction_id LIMIT $5::bigint + 1)"
        " ) SELECT (SELECT transaction_id::text FROM sealable ORDER BY transaction_id LIMIT 1) AS first,"
        " (SELECT transaction_id::text FROM sealable ORDER BY transaction_id OFFSET $5::bigint LIMIT 1) AS cut",
        str(begins),
        str(ends),
        reaches[Trail.AUDIT].floor,
        reaches[Trail.READING].floor,
        rows_max,
    )
    assert found is not None
    if found["cut"] is None:
        return ends
    return max(int(found["cut"]), int(found["first"]) + 1)


async def list_sealable(trail: Trail, *, begins: int, ends: int, floor: int) -> list[SealedRow]:
    """List the rows of the transactions from one to another, without those that were numbered elsewhere."""
    return await _list_rows(trail, f"WHERE {_SEALABLE}", str(begins), str(ends), floor)


async def list_left_over(trail: Trail, *, begins: int) -> list[SealedRow]:
    """List rows of transactions that this database has not come to: they were restored and never sealed."""
    return await _list_rows(trail, "WHERE source.transaction_id >= $1::text::xid8", str(begins))


async def list_sealed(trail: Trail, *, ids: Sequence[int]) -> list[SealedRow]:
    """List rows by their ids."""
    return await _list_rows(trail, "WHERE source.id = ANY($1::bigint[])", list(ids))


async def stream_ids(trail: Trail, *, step: int = 50_000) -> AsyncIterator[int]:
    """Go through the ids of a trail in their order."""
    after = -1
    sql = f"SELECT id FROM {trail.value} WHERE id > $1 ORDER BY id LIMIT $2"  # noqa: S608 - two constants
    while found := await store.rows(sql, after, step):
        for row in found:
            yield row["id"]
        after = found[-1]["id"]


async def find_oldest_open(body: BlockBody | None) -> datetime | None:
    """Tell when the oldest row happened that is not sealed yet."""
    begins = str(body.horizon_to if body else 0)
    floors = (body.audit.floor, body.reading.floor) if body else (0, 0)
    found = await store.row(
        "SELECT least((SELECT at FROM audit WHERE transaction_id >= $1::text::xid8 AND id > $2"
        " ORDER BY transaction_id, id LIMIT 1), (SELECT at FROM reading WHERE transaction_id >= $1::text::xid8"
        " AND id > $3 ORDER BY transaction_id, id LIMIT 1)) AS at",
        begins,
        *floors,
    )
    assert found is not None
    return found["at"]


async def prove_row(trail: Trail, *, id: int) -> InclusionProof | None:
    """Prove that a row is sealed; None when there is no such row, or no seal over it yet.

    Raises ValueError when the row is not as it was sealed.
    """
    rows = await list_sealed(trail, ids=[id])
    if not rows:
        return None
    (row,) = rows
    number = await _find_number(row)
    block = await find_block(number) if number else None
    return prove(row, block) if block else None


async def _find_number(row: SealedRow) -> int | None:
    """Find the block whose transactions a row is among. After a restore two may fit; the entries decide."""
    found = await store.rows(
        "SELECT number, entries FROM audit_block WHERE horizon_from <= $1::text::xid8"
        " AND (horizon_to > $1::text::xid8 OR horizon_to = '0') ORDER BY number",
        str(row.transaction),
    )
    for block in found:
        if any(entry.trail is row.trail and entry.id == row.id for entry in read_entries(bytes(block["entries"]))):
            return int(block["number"])
    return None


async def _list_rows(trail: Trail, condition: str, *values: object) -> list[SealedRow]:
    found = await store.rows(f"{_SELECT[trail]} {condition} ORDER BY source.id", *values)
    return [
        SealedRow(trail=trail, id=int(row["id"]), transaction=int(row["transaction_id"]), values=tuple(row.values()))
        for row in found
    ]


def _read_block(row: Mapping[str, Any]) -> Block:
    body = BlockBody(
        number=row["number"],
        sealed_at=row["sealed_at"],
        row_count=row["row_count"],
        total=row["total"],
        root=bytes(row["root"]),
        previous=bytes(row["previous"]),
        horizon_from=int(row["horizon_from"]),
        horizon_to=int(row["horizon_to"]),
        audit=Reach(row["audit_floor"], row["audit_reached"]),
        reading=Reach(row["reading_floor"], row["reading_reached"]),
        key_id=row["key_id"],
    )
    return Block(body=body, signature=bytes(row["signature"]), entries=read_entries(bytes(row["entries"])))


assert set(_SELECT) == set(TRAILS)
