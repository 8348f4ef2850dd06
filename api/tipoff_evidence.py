"""Giving investigators the sealed bytes of evidence: to a reader of its case, on record, as they lie on the shelf.

The house cannot open them, so whoever gets hold of an answer has noise. The address is that of `TipoffEnvelope` and
wants the same log-in as the case: the scope, and two factors given a short while ago.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final
from uuid import uuid4

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.context import Context
from api.errors import RequestRefused
from api.schema.scalars import id_of
from domain import identity, tipoffs
from domain.actors import Scope
from domain.errors import DomainError
from domain.work import perform
from partners.storage import open_shelf

_PATH: Final = "/tipoffs/{id}"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Disposition": "attachment",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
log: Final = structlog.stdlib.get_logger("api.tipoff_evidence")

ContextOf = Callable[[HTTPConnection], Awaitable[Context]]


def routes(context_of: ContextOf) -> list[Route]:
    """List the one address of sealed evidence; it stands under `/files`."""
    return [Route(_PATH, partial(_read, context_of), methods=["GET"])]


async def _read(context_of: ContextOf, request: Request) -> Response:
    try:
        context = await context_of(request)
    except RequestRefused as refused:
        return _nothing(refused.status)
    if identity.must_log_in_anew(context.actor, scope=Scope.TIPOFF_INVESTIGATE, now=context.now):
        return _nothing(401)
    try:
        return await _give(context, request.path_params["id"])
    except (DomainError, FileNotFoundError):
        return _nothing(404)
    except Exception as bug:
        incident = str(uuid4())
        log.exception("evidence_bug", incident=incident, kind=type(bug).__name__)
        return Response(f"incident {incident}", 500, _HEADERS, "text/plain")


async def _give(context: Context, named: str) -> Response:
    envelope_id = id_of(named, "TipoffEnvelope")
    if envelope_id is None:
        return _nothing(404)
    await perform(
        lambda work: tipoffs.open_evidence(work, envelope_id=envelope_id),
        actor=context.actor,
        now=context.now,
        keys=context.resources.keys,
        request_id=context.request_id,
    )
    name = await tipoffs.find_evidence(context.actor, envelope_id=envelope_id)
    if name is None:
        return _nothing(404)
    pieces = open_shelf(context.resources.settings.shelf).read(name)
    first = await anext(pieces)  # what is not there is a 404 and not an answer that breaks off

    async def sealed() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(sealed(), 200, _HEADERS, "application/octet-stream")


def _nothing(status: int) -> Response:
    return Response(None, status, _HEADERS)
