"""Giving files out: once, within a minute, to the caller who asked, as an attachment that no browser runs or keeps.

The address alone opens nothing: the caller must be logged in as the one for whom `fileDownload` made it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final
from urllib.parse import quote
from uuid import UUID, uuid4

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.context import Context
from api.errors import RequestRefused
from domain import files
from domain.errors import DomainError
from domain.work import perform

_PATH: Final = "/readings/{token}"
_ID_LETTERS: Final = 32
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
log: Final = structlog.stdlib.get_logger("api.downloads")

ContextOf = Callable[[HTTPConnection], Awaitable[Context]]


def routes(context_of: ContextOf) -> list[Route]:
    """List the one address of readings."""
    return [Route(_PATH, partial(_read, context_of), methods=["GET"])]


async def _read(context_of: ContextOf, request: Request) -> Response:
    try:
        context = await context_of(request)
    except RequestRefused as refused:
        return _nothing(refused.status)
    try:
        return await _give(context, request.path_params["token"])
    except DomainError:
        return _nothing(404)
    except Exception as bug:
        incident = str(uuid4())
        log.exception("download_bug", incident=incident, kind=type(bug).__name__)
        return Response(f"incident {incident}", 500, _HEADERS, "text/plain")


async def _give(context: Context, token: str) -> Response:
    token_id, secret = _apart(token)
    resources = context.resources
    await perform(
        lambda work: files.use_reading(work, token_id=token_id, secret=secret),
        actor=context.actor,
        now=context.now,
        keys=resources.keys,
        request_id=context.request_id,
    )
    reading = await files.get_reading(token_id=token_id, keys=resources.keys)
    pieces = resources.file_desk(lambda: context.now).read(reading)
    first = await anext(pieces)  # what is damaged from the start is a 500 and not an answer that breaks off
    headers = _HEADERS | {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(_called(reading), safe='')}",
        "Content-Length": str(reading.content.size),
    }
    return StreamingResponse(_all(first, pieces), 200, headers, reading.content.kind.media_type)


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def path_of(token_id: UUID, secret: str) -> str:
    """Give the address of one reading."""
    return f"/files{_PATH.format(token=token_id.hex + secret)}"


def _apart(token: str) -> tuple[UUID, str]:
    try:
        return UUID(hex=token[:_ID_LETTERS]), token[_ID_LETTERS:]
    except ValueError:
        raise files.FileNotFound from None


def _called(reading: files.Reading) -> str:
    """Call it as its sender did, with the ending of what it is now: a HEIC photograph has become a JPEG."""
    stem = reading.name.rpartition(".")[0] or reading.name
    return f"{stem}.{reading.content.kind.ending}".replace("/", "_").replace("\\", "_")


def _nothing(status: int) -> Response:
    return Response(None, status, _HEADERS)
