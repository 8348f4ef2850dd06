"""The commands of clamd, each on a connection of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

# Put together when it is needed, so that scanners of developers' machines leave this file alone.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
SIGNATURE = "Eicar-Test-Signature"


@dataclass(frozen=True)
class Scanner:
    """Answers one connection after the other. `pause` is how long each verdict takes."""

    stream_max: int = 100 * 1024 * 1024
    pause: float = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(reader)
            writer.write(answer.encode() + b"\0")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> str:
        command = (await reader.readuntil(b"\0")).rstrip(b"\0")
        if command == b"zPING":
            return "PONG"
        if command == b"zVERSION":
            return "ClamAV sandbox"
        if command != b"zINSTREAM":
            return "UNKNOWN COMMAND"
        return await self._look(reader)

    async def _look(self, reader: asyncio.StreamReader) -> str:
        size = 0
        seam = b""
        found = False
        while length := int.from_bytes(await reader.readexactly(4)):
            size += length
            if size > self.stream_max:
                return "INSTREAM size limit exceeded. ERROR"
            piece = seam + await reader.readexactly(length)
            found = found or EICAR in piece
            seam = piece[-len(EICAR) :]
        await asyncio.sleep(self.pause)
        return f"stream: {SIGNATURE} FOUND" if found else "stream: OK"
