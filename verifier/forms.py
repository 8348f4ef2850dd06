"""The bytes that are hashed and signed, as the guide defines them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from verifier.tree import leaf_hash

Value = str | list[str] | None

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "audit": (
        "id",
        "at",
        "transaction_id",
        "actor_kind",
        "actor_id",
        "client_id",
        "action",
        "subject_kind",
        "subject_id",
        "detail",
        "request_id",
    ),
    "reading": (
        "id",
        "at",
        "transaction_id",
        "person_id",
        "reader_kind",
        "reader_id",
        "reader_label",
        "purpose",
        "what",
        "unmasked",
        "request_id",
    ),
}
TRAILS: Final = tuple(COLUMNS)
FIRST_PREVIOUS: Final = "00" * 32


class Unreadable(ValueError):
    """What was given is not what the guide describes; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a trail, its values in the order of COLUMNS."""

    trail: str
    id: int
    transaction: int
    values: tuple[Value, ...]

    @property
    def leaf(self) -> bytes:
        """Give its leaf hash."""
        content = bytearray()
        for text in ("yibao audit row v1", self.trail):
            content += _counted(text)
        for value in self.values:
            if value is None:
                content += b"\x00"
            elif isinstance(value, str):
                content += b"\x01" + _counted(value)
            else:
                content += b"\x02" + struct.pack(">I", len(value))
                for text in value:
                    content += _counted(text)
        return leaf_hash(bytes(content))


@dataclass(frozen=True, slots=True)
class Block:
    """One seal with its list of rows: trail, id, leaf hash."""

    number: int
    sealed: str
    rows: int
    total: int
    root: str
    previous: str
    horizon_from: int
    horizon_to: int
    floors: tuple[int, ...]
    reached: tuple[int, ...]
    key_id: str
    signature: bytes
    entries: tuple[tuple[str, int, bytes], ...]

    @property
    def body(self) -> str:
        """Give the text that was signed."""
        told = [
            ("number", self.number),
            ("sealed", self.sealed),
            ("rows", self.rows),
            ("total", self.total),
            ("root", self.root),
            ("previous", self.previous),
            ("from", self.horizon_from),
            ("to", self.horizon_to),
        ]
        told += [
            (trail, f"{floor} {reached}")
            for trail, floor, reached in zip(TRAILS, self.floors, self.reached, strict=True)
        ]
        told.append(("key", self.key_id))
        return "yibao audit block v1\n" + "".join(f"{name} {value}\n" for name, value in told)

    @property
    def name_for_next(self) -> str:
        """Give the hash by which the next block names this one."""
        return sha256(self.body.encode()).hexdigest()

    @property
    def begins_anew(self) -> bool:
        """Tell whether transactions are counted anew after this block."""
        return self.horizon_to == 0


def make_row(trail: str, values: dict[str, Value]) -> Row:
    """Put a row's values into their order; raises Unreadable when it has other columns."""
    if set(values) != set(COLUMNS[trail]):
        raise Unreadable(f"A row of {trail} has other columns: {sorted(set(values) ^ set(COLUMNS[trail]))}.")
    ordered = tuple(values[name] for name in COLUMNS[trail])
    try:
        return Row(trail, int(str(values["id"])), int(str(values["transaction_id"])), ordered)
    except ValueError:
        raise Unreadable(f"A row of {trail} has no number as id or transaction: {values['id']}.") from None


def _counted(text: str) -> bytes:
    encoded = text.encode("utf-8")
    return struct.pack(">I", len(encoded)) + encoded
