"""A small load generator: a fixed request over kept-alive connections, as fast as the answers come.

It shares the machine with what it measures, so it does as little as it can for each answer: it finds the end by the
Content-Length and looks at the status, and every answer must be as long as the first one.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median
from typing import Final, cast

PATIENCE_SECONDS: Final = 30.0
_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one round gave: requests a second, and the waiting of one request in milliseconds."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    failures: int


class WrongAnswerError(RuntimeError):
    """An answer that must be good is not; the text holds it."""


def request_bytes(host: str, path: str, *, body: bytes, headers: dict[str, str]) -> bytes:
    """Write one POST request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _END_OF_HEAD + body


async def ask(port: int, request: bytes, *, times: int = 1) -> bytes:
    """Send the request so many times, one after another on one connection; give the last body.

    Raises `WrongAnswerError` for an answer that is not 200 or holds GraphQL errors.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b""
    try:
        for _ in range(times):
            writer.write(request)
            head = await reader.readuntil(_END_OF_HEAD)
            body = await reader.readexactly(_body_length(head))
            if not _is_good(head) or b'"errors"' in body:
                raise WrongAnswerError((head + body).decode())
    finally:
        writer.close()
    return body


async def measure(port: int, request: bytes, *, seconds: float, connections: int) -> Measured:
    """Send the request on every connection again and again for so long."""
    loop = asyncio.get_running_loop()
    good = len(await ask(port, request))
    began = time.perf_counter()
    clients = [_Client(request, good=good, ends=began + seconds, loop=loop) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)
    async with asyncio.timeout(seconds + PATIENCE_SECONDS):
        await asyncio.gather(*(client.done for client in clients))
    waits = sorted(wait for client in clients for wait in client.waits)
    return Measured(
        requests=len(waits),
        requests_per_second=len(waits) / (time.perf_counter() - began),
        p50_ms=median(waits) * 1000,
        p99_ms=waits[int(len(waits) * 0.99)] * 1000,
        failures=sum(client.failures for client in clients),
    )


class _Client(asyncio.Protocol):
    """One connection: writes the request, waits for the whole answer, writes it again."""

    def __init__(self, request: bytes, *, good: int, ends: float, loop: asyncio.AbstractEventLoop) -> None:
        self.waits: list[float] = []
        self.failures = 0
        self.done = loop.create_future()
        self._request = request
        self._good = good
        self._ends = ends
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports can write but do not descend from the class that says so.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_END_OF_HEAD)
        if not end or len(body) < (length := _body_length(head + b"\r\n")):
            return
        now = time.perf_counter()
        self.waits.append(now - self._sent)
        if not _is_good(head) or length != self._good:
            self.failures += 1
        self._received = b""
        if now < self._ends:
            self._send()
        else:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or WrongAnswerError("The server closed the connection."))

    def _send(self) -> None:
        assert self._transport is not None
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def _finish(self) -> None:
        assert self._transport is not None
        self.done.set_result(None)
        self._transport.close()


def _is_good(head: bytes) -> bool:
    return head.startswith(b"HTTP/1.1 200 ")


def _body_length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
