"""The folder that we share with the bank's front machine: files go `out` once, results come `in`.

A file is staged beside it first; moving it out is one rename, which happens or does not. So a worker that dies at any
moment leaves either a staged file, which has not been handed over, or none, which has.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOK_AGAIN_SECONDS: Final = 0.05
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,80}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """The folders below one root."""

    root: Path

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Let one job at a time hand files over, of all processes; the lock ends with its process.

        It is tried again and again instead of waited for: who holds it may be another job of this very event loop.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as held:
            while not _is_locked(held.fileno()):  # noqa: ASYNC110 - nobody tells us when another process lets go
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            yield

    def stage(self, name: str, body: bytes) -> None:
        """Put a whole file where it is not seen by the bank, on the disk and not only on its way there."""
        place = self._place("staged", name)
        beside = place.with_suffix(".part")
        with beside.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)

    def is_staged(self, name: str) -> bool:
        """Tell whether a file waits to be handed over."""
        return self._place("staged", name).exists()

    def hand_over(self, name: str) -> None:
        """Move a staged file to where the bank takes it: once, as a whole."""
        self._place("staged", name).rename(self._place("out", name))

    def waiting(self) -> Iterator[Path]:
        """List the files that came in, oldest name first; unfinished ones (`.part`) are not there yet."""
        folder = self.root / "in"
        if folder.exists():
            yield from sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".part")

    def put_away(self, path: Path) -> None:
        """Keep a file that was read, out of the way."""
        path.replace(self._place("read", path.name))

    def _place(self, folder: str, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a file.")
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        return self.root / folder / name


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
