"""A number for each request, so that a caller, our log and our answer speak of the same one."""

from __future__ import annotations

import re
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "X-Request-Id"

_ACCEPTED: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIds:
    """Take the caller's `X-Request-Id` if it is 8 to 64 harmless characters, or make one; log it and echo it.

    A pure ASGI middleware for the whole application. The id stands in `request.state.request_id`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its number and pass it on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get(HEADER))
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.accept"}:
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)


def _request_id(given: str | None) -> str:
    return given if given and _ACCEPTED.fullmatch(given) else str(uuid4())
