"""Speaking to clamd: one connection for each file, `zINSTREAM`, chunks with their lengths, one line of answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

_PATIENCE_SECONDS: Final = 60
_ANSWER_BYTES_MAX: Final = 4096
_FOUND: Final = re.compile(r"^stream: (?P<signature>.+) FOUND$")
_OK: Final = "stream: OK"


class ScannerIsDownError(ConnectionError):
    """The scanner gave no verdict: not there, too slow, or unable to read so much."""


class Scanner(Protocol):
    """Looks at the bytes of a file."""

    async def find(self, content: AsyncIterator[bytes]) -> str | None:
        """Give the name of what is harmful in it, or None. Raises `ScannerIsDownError` when there is no verdict."""
        ...


class NoScanner:
    """A house without a scanner, as the demonstration is: nothing is looked at."""

    async def find(self, content: AsyncIterator[bytes]) -> str | None:  # noqa: ARG002 - nothing is looked at
        """Find nothing."""
        return None


@dataclass(frozen=True)
class Clamd:
    """clamd at `host` and `port`, or at the Unix socket `path`."""

    host: str = "127.0.0.1"
    port: int = 3310
    path: str | None = None
    patience: int = _PATIENCE_SECONDS

    async def find(self, content: AsyncIterator[bytes]) -> str | None:
        """Give the name of what clamd finds, or None. Raises `ScannerIsDownError` when there is no verdict."""
        try:
            async with asyncio.timeout(self.patience):
                answer = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as silence:
            raise ScannerIsDownError(f"clamd gave no verdict: {type(silence).__name__}.") from silence
        if found := _FOUND.match(answer):
            return found["signature"][:120]
        if answer != _OK:
            raise ScannerIsDownError(f"clamd gave no verdict but said {answer[:120]!r}.")
        return None

    async def _ask(self, content: AsyncIterator[bytes]) -> str:
        reader, writer = await self._connect()
        try:
            with suppress(ConnectionResetError, BrokenPipeError):  # it may have answered before it stopped listening
                writer.write(b"zINSTREAM\0")
                async for piece in content:
                    writer.write(len(piece).to_bytes(4) + piece)
                    await writer.drain()
                writer.write(bytes(4))
                await writer.drain()
            return (await reader.readuntil(b"\0"))[:_ANSWER_BYTES_MAX].rstrip(b"\0").decode("utf-8", "replace").strip()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.path is not None:
            return await asyncio.open_unix_connection(self.path, limit=_ANSWER_BYTES_MAX)
        return await asyncio.open_connection(self.host, self.port, limit=_ANSWER_BYTES_MAX)


def open_scanner(address: str | None) -> Scanner:
    """Open the scanner at `host:port` or at the path of a Unix socket; None is a house without one."""
    if not address:
        return NoScanner()
    if address.startswith("/"):
        return Clamd(path=address)
    host, _, port = address.rpartition(":")
    return Clamd(host=host, port=int(port))
