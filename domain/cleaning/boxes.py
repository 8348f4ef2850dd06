"""The boxes that films are made of (ISO/IEC 14496-12): finding them, and emptying them where they stand.

Nothing is moved, since the tables of a film point at places in the file: what has to go is overwritten with zeros and
called `free`, which players pass over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HEAD = 8
_LONG_HEAD = 16
_UUID = 16


class BoxIsDamagedError(ValueError):
    """A box does not lie inside of what holds it."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a film: its name, where it begins, where its body begins, and where it ends."""

    name: bytes
    begins: int
    body: int
    ends: int


def boxes(content: bytearray, begins: int, ends: int) -> Iterator[Box]:
    """Give the boxes that lie between two places, one behind the other."""
    at = begins
    while at + HEAD <= ends:
        size, name = int.from_bytes(content[at : at + 4]), bytes(content[at + 4 : at + 8])
        body = at + HEAD
        if size == 1:
            size, body = int.from_bytes(content[at + 8 : at + 16]), at + _LONG_HEAD
        elif size == 0:
            size = ends - at
        if name == b"uuid":
            body += _UUID
        if size < body - at or at + size > ends:
            raise BoxIsDamagedError(name.decode("latin-1"))
        yield Box(name, at, body, at + size)
        at += size


def find(content: bytearray, box: Box, *path: bytes) -> Box | None:
    """Give the first box by a path of names inside of another, or None."""
    here: Box | None = box
    for name in path:
        assert here is not None, "The loop below leaves as soon as a name is missing."
        here = next((inner for inner in boxes(content, here.body, here.ends) if inner.name == name), None)
        if here is None:
            return None
    return here


def empty(content: bytearray, box: Box) -> None:
    """Overwrite a box with zeros and call it free space."""
    content[box.begins + 4 : box.begins + 8] = b"free"
    wipe(content, box.body - (_UUID if box.name == b"uuid" else 0), box.ends)


def wipe(content: bytearray, begins: int, ends: int) -> None:
    """Overwrite some bytes with zeros."""
    content[begins:ends] = bytes(ends - begins)


def number(content: bytearray, at: int, size: int = 4) -> int:
    """Read a whole number."""
    if at + size > len(content):
        raise BoxIsDamagedError("cut off")
    return int.from_bytes(content[at : at + size])
