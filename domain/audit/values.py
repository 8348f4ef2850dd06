"""What the audit trail tells people, and what its seals are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Final, Protocol

Value = str | list[str] | None
"""A column of a sealed row in its text form: a text, a list of texts, or NULL."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a person's file by somebody else."""

    id: int
    at: datetime
    reader_kind: str
    reader_label: str
    purpose: str
    what: Sequence[str]
    unmasked: bool


@unique
class Trail(StrEnum):
    """The tables that are sealed, in the order in which one transaction's rows of both are."""

    AUDIT = "audit"
    READING = "reading"


TRAILS: Final = tuple(Trail)
ROW_FORM: Final = "yibao audit row v1"
BLOCK_FORM: Final = "yibao audit block v1"
NO_BLOCK: Final = bytes(32)
"""What the first block names as its predecessor."""


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One row of a trail as it is hashed: its columns in the order of the table."""

    trail: Trail
    id: int
    transaction: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf of a block: which row, and its RFC 6962 leaf hash."""

    trail: Trail
    id: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the ids of one trail are sealed.

    `reached` is the greatest one. Ids up to `floor` belong to transactions that a database counted from which this
    one was restored: they say nothing about transactions of the same number here.
    """

    floor: int = 0
    reached: int = 0


@dataclass(frozen=True, slots=True)
class BlockBody:
    """What is signed: a block without its list of rows, which the root stands for. Rows are counted from 1."""

    number: int
    sealed_at: datetime
    row_count: int
    total: int
    root: bytes
    previous: bytes
    horizon_from: int
    horizon_to: int
    audit: Reach
    reading: Reach
    key_id: str


@dataclass(frozen=True, slots=True)
class Block:
    """One seal."""

    body: BlockBody
    signature: bytes
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed head of a block, to be kept where nobody who could change the database can change it."""

    number: int
    body: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That one row is in one block, for somebody who has nothing but a public key. `position` is counted from 0."""

    trail: Trail
    values: tuple[Value, ...]
    position: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Horizon:
    """Between which transactions the database stands: all below `oldest` are over, none from `next` on has begun."""

    oldest: int
    next: int


class CheckpointStore(Protocol):
    """A place outside the database for checkpoints: a file, another authority's store, a printed report."""

    def find_last(self) -> Checkpoint | None:
        """Give the newest checkpoint that is kept there."""
        ...

    def keep(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Add checkpoints in their order. One that is there already is left alone; another one raises.

        Raises `CheckpointsDisagree` when the store keeps something else under the same number.
        """
        ...


class CheckpointsDisagree(RuntimeError):
    """The database and the store outside tell different stories: one of them was changed or taken back."""
