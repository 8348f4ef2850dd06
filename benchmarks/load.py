"""A small load generator: a fixed request over kept-alive connections, as fast as the answers come."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measured:
    """What one round gave: requests a second, and the waiting of one request in milliseconds."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    failures: int


def request_bytes(host: str, path: str, *, body: bytes, headers: dict[str, str]) -> bytes:
    """Write one POST request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def measure(port: int, request: bytes, *, seconds: float, connections: int) -> Measured:
    """Send the request on every connection again and again for so long."""
    waits: list[float] = []
    failures = 0
    ends = time.perf_counter() + seconds

    async def one_connection() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < ends:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            waits.append(time.perf_counter() - began)
            if b" 200 " not in head.split(b"\r\n")[0] or b'"errors"' in body:
                failures += 1
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connections)))
    waits.sort()
    return Measured(
        requests_per_second=len(waits) / seconds,
        p50_ms=median(waits) * 1000,
        p99_ms=waits[int(len(waits) * 0.99)] * 1000,
        failures=failures,
    )
