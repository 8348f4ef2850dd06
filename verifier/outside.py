"""Checkpoints that were kept outside the database: what the log said about itself before anybody could change it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.forms import Block, Unreadable


class Outside:
    """All checkpoints of one or several files."""

    def __init__(self, checkpoints: Iterable[tuple[int, str, bytes]]) -> None:
        self._kept: dict[int, tuple[str, bytes]] = {}
        self._twofold: list[int] = []
        for number, body, signature in checkpoints:
            if self._kept.setdefault(number, (body, signature)) != (body, signature):
                self._twofold.append(number)

    @classmethod
    def read(cls, *paths: Path) -> Outside:
        """Read files of one JSON object a line; a last line that was never finished does not count."""
        return cls(kept for path in paths for kept in _read_file(path))

    def contradicts(self, block: Block) -> str:
        """Say why a block is not the one that was kept; empty when it is, or when none was kept."""
        kept = self._kept.get(block.number)
        if kept is None or kept[0] == block.body:
            return ""
        return "its head is another one"

    def holds(self, number: int, body: str) -> bool | None:
        """Tell whether a head was kept outside; None when there is none of that number."""
        kept = self._kept.get(number)
        return None if kept is None else kept[0] == body

    def beyond(self, number: int) -> Iterator[int]:
        """Give the numbers of the blocks that were kept and that the log, which ends here, does not have."""
        yield from sorted(kept for kept in self._kept if kept > number)

    def forged(self, keys: Mapping[str, Ed25519PublicKey]) -> Iterator[str]:
        """Say which of the kept checkpoints are not signed, or there in two forms."""
        for number in self._twofold:
            yield f"the files outside keep two different heads of block {number}"
        for number, (body, signature) in self._kept.items():
            key_id = body.rstrip("\n").rpartition("\nkey ")[2]
            try:
                keys[key_id].verify(signature, body.encode())
            except (KeyError, InvalidSignature):
                yield f"the copy of block {number} that was kept outside"


def _read_file(path: Path) -> Iterator[tuple[int, str, bytes]]:
    for line in path.read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        try:
            told = cast("dict[str, object]", json.loads(line))
            yield int(str(told["number"])), str(told["body"]), bytes.fromhex(str(told["signature"]))
        except (ValueError, KeyError, TypeError) as broken:
            raise Unreadable(f"{path.name} holds a line that is no checkpoint: {line[:60]!r}") from broken
