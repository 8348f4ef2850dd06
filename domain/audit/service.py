"""Writing the audit trail, always inside the transaction that it tells of, and sealing what was written.

Writing is called through `Work`; sealing by a job, every few seconds.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor, ActorKind
from domain.audit import calc, queries
from domain.audit.values import (
    TRAILS,
    Block,
    BlockBody,
    Checkpoint,
    CheckpointsDisagree,
    CheckpointStore,
    Entry,
    Horizon,
    SealedRow,
)
from domain.crypto import Keyring, Purpose

ROWS_OF_BLOCK: Final = 10_000
"""A block ends with the transaction that reaches so many rows; what is left goes into the next one."""
_LOCK: Final = 7_202_611_23  # one seal at a time, whoever seals
_DELIVERED_AT_ONCE: Final = 100
_LINE_MAX: Final = 4096


async def record_change(
    actor: Actor,
    *,
    at: datetime,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    detail: Mapping[str, object],
    request_id: str | None,
) -> None:
    """Write one change. `detail` holds ids, states and amounts, never personal data."""
    await store.rows(
        "INSERT INTO audit (at, actor_kind, actor_id, client_id, action, subject_kind, subject_id, detail, request_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)",
        at,
        actor.kind.value,
        actor.id,
        actor.client_id,
        action,
        subject_kind,
        subject_id,
        orjson.dumps(detail, default=str).decode(),
        request_id,
    )


async def record_reading(
    actor: Actor,
    *,
    at: datetime,
    person_id: UUID,
    purpose: str,
    what: Sequence[str],
    unmasked: bool,
    request_id: str | None,
) -> None:
    """Write one reading of a person's file; reading one's own is nobody's business and leaves no row."""
    if actor.person_id == person_id:
        return
    await store.rows(
        "INSERT INTO reading (at, person_id, reader_kind, reader_id, reader_label, purpose, what, unmasked, request_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        at,
        person_id,
        actor.kind.value,
        actor.id,
        _label(actor),
        purpose,
        list(what),
        unmasked,
        request_id,
    )


def _label(actor: Actor) -> str:
    """Name the reader for the person: an office and its clerk, a family member, an institution."""
    if actor.kind is ActorKind.STAFF:
        return f"{actor.office} · {actor.name}"
    return actor.name or actor.client_id or actor.kind.value


async def seal_next_block(keys: Keyring, *, now: datetime, rows_max: int = ROWS_OF_BLOCK) -> Block | None:
    """Seal what has been committed since the last block, in the caller's transaction; None when there is nothing.

    Sealed are the rows of all transactions that were over when the seal began. A row that is committed late belongs
    to a transaction that was still open then; the next horizon takes it in. Two callers at once wait for each other.
    """
    await store.rows("SELECT pg_advisory_xact_lock($1)", _LOCK)
    last = await queries.find_last_block()
    earlier = last.body if last else None
    horizon = await queries.read_horizon()
    restored = calc.was_restored(earlier, horizon)
    rows, ends = await (_take_left_over if restored else _take_next)(earlier, horizon=horizon, rows_max=rows_max)
    if not rows and not restored:
        return None
    entries = tuple(Entry(row.trail, row.id, calc.hash_row(row)) for row in rows)
    body = calc.compose_body(
        earlier, entries=entries, horizon_to=ends, restored=restored, sealed_at=now, key_id=keys.active
    )
    signature = keys.sign(Purpose.AUDIT, calc.write_body(body).encode())
    block = Block(body=body, signature=signature.value, entries=entries)
    await _write(block)
    return block


async def deliver_checkpoints(outside: CheckpointStore) -> int:
    """Bring every checkpoint that the store outside does not have there; give how many they were.

    Raises `CheckpointsDisagree` when the last one out there is not in the database, or not the same.
    """
    kept = outside.find_last()
    after = kept.number if kept else 0
    if kept is not None:
        ours = await queries.find_block(kept.number)
        if ours is None or calc.checkpoint_of(ours) != kept:
            raise CheckpointsDisagree(f"Block {kept.number} is kept outside, and not in the database as it was.")
    delivered = 0
    while blocks := await queries.list_blocks(after=after, first=_DELIVERED_AT_ONCE):
        outside.keep([calc.checkpoint_of(block) for block in blocks])
        after, delivered = blocks[-1].body.number, delivered + len(blocks)
    return delivered


class CheckpointFile:
    """Checkpoints in a file, one JSON object a line. Several processes may write to it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find_last(self) -> Checkpoint | None:
        """Give the checkpoint of the last line; a line that a crash left unfinished does not count."""
        if not self._path.exists():
            return None
        with self._path.open("rb") as file:
            return _read_last(file)

    def keep(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Add lines and wait until the disk has them."""
        self._path.touch()
        with self._path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _read_last(file)
            file.truncate(_end_of_whole_lines(file))
            file.seek(0, os.SEEK_END)
            for checkpoint in checkpoints:
                if last is None or checkpoint.number > last.number:
                    file.write(_line_of(checkpoint))
                elif checkpoint.number == last.number and checkpoint != last:
                    raise CheckpointsDisagree(f"The file keeps another checkpoint of block {last.number}.")
            file.flush()
            os.fsync(file.fileno())


def _read_last(file: BinaryIO) -> Checkpoint | None:
    end = _end_of_whole_lines(file)
    file.seek(max(0, end - _LINE_MAX))
    lines = file.read(min(end, _LINE_MAX)).splitlines()
    if not lines:
        return None
    read = orjson.loads(lines[-1])
    return Checkpoint(read["number"], read["body"], bytes.fromhex(read["signature"]))


def _end_of_whole_lines(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    begins = max(0, size - 2 * _LINE_MAX)
    file.seek(begins)
    return begins + file.read().rfind(b"\n") + 1


def _line_of(checkpoint: Checkpoint) -> bytes:
    told = {"number": checkpoint.number, "body": checkpoint.body, "signature": checkpoint.signature.hex()}
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


async def _take_next(earlier: BlockBody | None, *, horizon: Horizon, rows_max: int) -> tuple[list[SealedRow], int]:
    """Take the rows from the last horizon to this one, or fewer when they are too many for a block."""
    reaches = {trail: calc.reach_of(earlier, trail) for trail in TRAILS}
    begins = earlier.horizon_to if earlier else 0
    ends = await queries.find_cut(begins=begins, ends=horizon.oldest, reaches=reaches, rows_max=rows_max)
    rows: list[SealedRow] = []
    for trail in TRAILS:
        rows += await queries.list_sealable(trail, begins=begins, ends=ends, floor=reaches[trail].floor)
    return calc.in_order(rows), ends


async def _take_left_over(
    earlier: BlockBody | None,
    *,
    horizon: Horizon,
    rows_max: int,  # noqa: ARG001 - all of them: they are few
) -> tuple[list[SealedRow], int]:
    """Take what was restored from a copy and had not been sealed yet when the copy was made."""
    assert earlier is not None, "What was never sealed was not restored either."
    begins = max(earlier.horizon_to, horizon.next)
    rows: list[SealedRow] = []
    for trail in TRAILS:
        rows += await queries.list_left_over(trail, begins=begins)
    return calc.in_order(rows), 0


async def _write(block: Block) -> None:
    body = block.body
    await store.rows(
        "INSERT INTO audit_block (number, sealed_at, row_count, total, root, previous, horizon_from, horizon_to,"
        " audit_floor, audit_reached, reading_floor, reading_reached, key_id, signature, entries)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::text::xid8, $8::text::xid8, $9, $10, $11, $12, $13, $14, $15)",
        body.number,
        body.sealed_at,
        body.row_count,
        body.total,
        body.root,
        body.previous,
        str(body.horizon_from),
        str(body.horizon_to),
        body.audit.floor,
        body.audit.reached,
        body.reading.floor,
        body.reading.reached,
        body.key_id,
        block.signature,
        calc.write_entries(block.entries),
    )
