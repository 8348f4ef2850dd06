"""Anonymous memory for a file that is being worked on: it has no name, lies on no disk, and is gone when closed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import IO, Final, Self

_STEP: Final = 256 * 1024


class Vessel:
    """A file without a name that can be handed to a child process. Close it, or use it in a `with`."""

    def __init__(self) -> None:
        self._file = _anonymous()
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def handle(self) -> int:
        """The number by which the operating system knows it, for a child that inherits it."""
        return self._file.fileno()

    def add(self, piece: bytes) -> None:
        """Put some bytes behind those that are there."""
        self._file.write(piece)
        self.size += len(piece)

    def refresh(self) -> None:
        """Look how much a child has written into it."""
        self.size = os.fstat(self.handle).st_size

    def pieces(self, *, begins: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Give the bytes from a place on, piece by piece."""
        end = self.size if size is None else begins + size
        while begins < end:
            piece = os.pread(self.handle, min(_STEP, end - begins), begins)
            if not piece:
                return
            begins += len(piece)
            yield piece

    async def stream(self, *, begins: int = 0, size: int | None = None) -> AsyncIterator[bytes]:
        """Give the same pieces to somebody who awaits them."""
        for piece in self.pieces(begins=begins, size=size):
            yield piece

    def close(self) -> None:
        """Give the memory back."""
        self._file.close()


def _anonymous() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("vessel", os.MFD_CLOEXEC), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)  # not Linux: a file whose name is gone before it holds anything
