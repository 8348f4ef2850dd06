"""How rows become bytes, and blocks a tree (RFC 6962, part 2.1). docs/guides/audit.md is the same in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Final

from domain.audit.values import (
    BLOCK_FORM,
    NO_BLOCK,
    ROW_FORM,
    TRAILS,
    Block,
    BlockBody,
    Checkpoint,
    Entry,
    Horizon,
    InclusionProof,
    Reach,
    SealedRow,
    Trail,
    Value,
)

ENTRY_LENGTH: Final = 41
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def write_row(row: SealedRow) -> bytes:
    """Give the canonical bytes of a row."""
    return b"".join((_frame(ROW_FORM), _frame(row.trail.value), *map(_write_value, row.values)))


def hash_row(row: SealedRow) -> bytes:
    """Give the leaf hash of a row."""
    return sha256(_LEAF + write_row(row)).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Give the Merkle root over leaf hashes; of none it is the hash of nothing."""
    if not leaves:
        return sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        level = list(_next_level(level))
    return level[0]


def path_of(leaves: Sequence[bytes], *, position: int) -> tuple[bytes, ...]:
    """Give the hashes that lead from one leaf, counted from 0, to the root; the nearest comes first."""
    path: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            path.append(level[beside])
        level, position = list(_next_level(level)), position // 2
    return tuple(path)


def _next_level(level: Sequence[bytes]) -> Iterator[bytes]:
    """Join neighbours; a last one without a neighbour goes up as it is, which gives the tree of RFC 6962."""
    for at in range(0, len(level) - 1, 2):
        yield sha256(_NODE + level[at] + level[at + 1]).digest()
    if len(level) % 2:
        yield level[-1]


def write_body(body: BlockBody) -> str:
    """Give the text of a block's head that is signed and that the next block names by its hash."""
    lines = (
        BLOCK_FORM,
        f"number {body.number}",
        f"sealed {write_moment(body.sealed_at)}",
        f"rows {body.row_count}",
        f"total {body.total}",
        f"root {body.root.hex()}",
        f"previous {body.previous.hex()}",
        f"from {body.horizon_from}",
        f"to {body.horizon_to}",
        f"audit {body.audit.floor} {body.audit.reached}",
        f"reading {body.reading.floor} {body.reading.reached}",
        f"key {body.key_id}",
    )
    return "\n".join(lines) + "\n"


def hash_body(body: BlockBody) -> bytes:
    """Give the hash by which the next block names this one."""
    return sha256(write_body(body).encode()).digest()


def checkpoint_of(block: Block) -> Checkpoint:
    """Give what is kept outside of a block."""
    return Checkpoint(number=block.body.number, body=write_body(block.body), signature=block.signature)


def compose_body(
    earlier: BlockBody | None,
    *,
    entries: Sequence[Entry],
    horizon_to: int,
    restored: bool,
    sealed_at: datetime,
    key_id: str,
) -> BlockBody:
    """Put the next block together. `restored` begins the counting of transactions anew after it."""
    reaches = {trail: _extend(earlier, entries, trail=trail, restored=restored) for trail in TRAILS}
    return BlockBody(
        number=earlier.number + 1 if earlier else 1,
        sealed_at=sealed_at,
        row_count=len(entries),
        total=(earlier.total if earlier else 0) + len(entries),
        root=root_of([entry.hash for entry in entries]),
        previous=hash_body(earlier) if earlier else NO_BLOCK,
        horizon_from=earlier.horizon_to if earlier else 0,
        horizon_to=0 if restored else horizon_to,
        audit=reaches[Trail.AUDIT],
        reading=reaches[Trail.READING],
        key_id=key_id,
    )


def reach_of(body: BlockBody | None, trail: Trail) -> Reach:
    """Tell how far a trail is sealed after a block."""
    if body is None:
        return Reach()
    return body.audit if trail is Trail.AUDIT else body.reading


def was_restored(earlier: BlockBody | None, horizon: Horizon) -> bool:
    """Tell whether this database counts transactions anew: it was restored from a logical copy."""
    return earlier is not None and horizon.oldest < earlier.horizon_to


def in_order(rows: Iterable[SealedRow]) -> list[SealedRow]:
    """Put rows into the order in which they are sealed."""
    return sorted(rows, key=lambda row: (row.transaction, TRAILS.index(row.trail), row.id))


def write_entries(entries: Iterable[Entry]) -> bytes:
    """Pack the leaves of a block: the trail's place in one byte, the id in eight, the hash in 32."""
    return b"".join(bytes((TRAILS.index(entry.trail),)) + entry.id.to_bytes(8) + entry.hash for entry in entries)


def read_entries(packed: bytes) -> tuple[Entry, ...]:
    """Read what `write_entries` wrote."""
    bounds = pairwise(range(0, len(packed) + 1, ENTRY_LENGTH))
    pieces = (packed[begin:end] for begin, end in bounds)
    return tuple(Entry(TRAILS[piece[0]], int.from_bytes(piece[1:9]), piece[9:]) for piece in pieces)


def prove(row: SealedRow, block: Block) -> InclusionProof:
    """Prove that a row is in a block; raises ValueError when it is not, or not as it was sealed."""
    entry = Entry(row.trail, row.id, hash_row(row))
    if entry not in block.entries:
        raise ValueError(f"Row {row.trail} {row.id} is not in block {block.body.number} as it is now.")
    position = block.entries.index(entry)
    path = path_of([each.hash for each in block.entries], position=position)
    return InclusionProof(row.trail, row.values, position, path, checkpoint_of(block))


def write_moment(moment: datetime) -> str:
    """Write a moment in UTC to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _extend(earlier: BlockBody | None, entries: Sequence[Entry], *, trail: Trail, restored: bool) -> Reach:
    before = reach_of(earlier, trail)
    reached = max((entry.id for entry in entries if entry.trail is trail), default=0)
    reached = max(reached, before.reached)
    return Reach(floor=reached if restored else before.floor, reached=reached)


def _write_value(value: Value) -> bytes:
    if value is None:
        return b"\x00"
    if isinstance(value, str):
        return b"\x01" + _frame(value)
    return b"\x02" + len(value).to_bytes(4) + b"".join(map(_frame, value))


def _frame(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(4) + encoded
