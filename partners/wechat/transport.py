"""One exchange over HTTP within a fixed time and size. What goes wrong is a text for our logs without the address."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

import httpx2

ANSWER_BYTES_MAX: Final = 64 * 1024
CONNECTIONS_MAX: Final = 50

# These write the whole address of every call, and ours has a secret in it.
for _talker in ("httpx2", "httpx", "httpcore2", "httpcore"):
    logging.getLogger(_talker).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits, in seconds: for a connection, for each piece of the answer, and altogether."""

    connecting: float = 2
    reading: float = 4
    altogether: float = 6


USUAL_PATIENCE: Final = Patience()
"""Somebody stands before their phone and waits."""


class NoAnswerError(Exception):
    """No whole answer came; the text says what kind of trouble it was, and nothing that was sent."""


def make_http(base_url: str, patience: Patience) -> httpx2.AsyncClient:
    """Make connections that follow no redirection and no proxy of the environment."""
    return httpx2.AsyncClient(
        base_url=base_url,
        timeout=httpx2.Timeout(patience.reading, connect=patience.connecting, pool=patience.connecting),
        limits=httpx2.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX),
        headers={"Accept-Encoding": "identity", "User-Agent": "yibao"},
        trust_env=False,
        follow_redirects=False,
    )


async def exchange(
    http: httpx2.AsyncClient, request: httpx2.Request, *, patience: Patience
) -> tuple[httpx2.Headers, bytes]:
    """Send a request once and give the headers and body of its answer, which must be HTTP 200. Raises NoAnswerError."""
    try:
        async with asyncio.timeout(patience.altogether):
            response = await http.send(request, stream=True)
            try:
                body = bytearray()
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > ANSWER_BYTES_MAX:
                        raise NoAnswerError("too long")
            finally:
                await response.aclose()
    except (httpx2.HTTPError, TimeoutError) as error:
        raise NoAnswerError(type(error).__name__) from None
    if response.status_code != 200:  # noqa: PLR2004 - HTTP's one way of saying that all is well
        raise NoAnswerError(f"HTTP {response.status_code}")
    return response.headers, bytes(body)
