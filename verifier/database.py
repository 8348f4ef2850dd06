"""Read a database, or a dump that was restored somewhere, by plain SQL in one unchanging view."""

from __future__ import annotations

from typing import Final

import asyncpg

from verifier.examine import Examination
from verifier.forms import COLUMNS, TRAILS, Block, Row, Unreadable, make_row

_MOMENT: Final = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
_AS_THEY_ARE: Final = {"what"}
_ENTRY: Final = 41
_STEP: Final = 10_000


async def examine_database(link: asyncpg.Connection, examination: Examination) -> None:
    """Let an examination go through a database, inside a transaction that the caller began (repeatable read)."""
    async for record in link.cursor(
        f"SELECT *, {_MOMENT.format('sealed_at')} AS sealed, horizon_from::text AS begins, horizon_to::text AS ends"  # noqa: S608 - constants
        " FROM audit_block ORDER BY number",
        prefetch=20,
    ):
        block = _read_block(record)
        rows: list[Row] = []
        for trail in TRAILS:
            rows += await _fetch(link, trail, [row_id for listed, row_id, _ in block.entries if listed == trail])
        examination.take_block(block, rows)
    for trail in TRAILS:
        ids = link.cursor(f"SELECT id FROM {trail}", prefetch=_STEP)  # noqa: S608 - a constant
        unlisted = [record["id"] async for record in ids if not examination.was_seen(trail, record["id"])]
        for begin in range(0, len(unlisted), _STEP):
            examination.take_others(await _fetch(link, trail, unlisted[begin : begin + _STEP]))


async def _fetch(link: asyncpg.Connection, trail: str, ids: list[int]) -> list[Row]:
    """Fetch rows in the text form of their columns."""
    if not ids:
        return []
    forms = ", ".join(f"{_text_form(name)} AS {name}" for name in COLUMNS[trail])
    records = await link.fetch(f"SELECT {forms} FROM {trail} AS t WHERE t.id = ANY($1::bigint[])", ids)  # noqa: S608 - constants
    return [make_row(trail, dict(record)) for record in records]


def _text_form(name: str) -> str:
    if name == "at":
        return _MOMENT.format("t.at")
    return f"t.{name}" if name in _AS_THEY_ARE else f"t.{name}::text"


def _read_block(record: asyncpg.Record) -> Block:
    packed = bytes(record["entries"])
    if len(packed) % _ENTRY or any(packed[at] >= len(TRAILS) for at in range(0, len(packed), _ENTRY)):
        raise Unreadable(f"The list of rows of block {record['number']} is damaged.")
    pieces = [packed[at : at + _ENTRY] for at in range(0, len(packed), _ENTRY)]
    return Block(
        number=record["number"],
        sealed=record["sealed"],
        rows=record["row_count"],
        total=record["total"],
        root=bytes(record["root"]).hex(),
        previous=bytes(record["previous"]).hex(),
        horizon_from=int(record["begins"]),
        horizon_to=int(record["ends"]),
        floors=tuple(record[f"{trail}_floor"] for trail in TRAILS),
        reached=tuple(record[f"{trail}_reached"] for trail in TRAILS),
        key_id=record["key_id"],
        signature=bytes(record["signature"]),
        entries=tuple((TRAILS[piece[0]], int.from_bytes(piece[1:9], "big"), piece[9:]) for piece in pieces),
    )
