"""Saying no early, so that those who are served are served well.

A server that takes every request answers none in time once more come than it can do: all of them wait for the same
few database connections. So only about as many run as there are connections, a few wait for a moment, and the rest
is told at once to come back.
"""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Code, RequestRefused
from domain.errors import Text

RETRY_AFTER_SECONDS: Final = 1

_BUSY: Final = RequestRefused(
    Text("系统繁忙，请稍后再试。", "The system is busy; please try again in a moment."),
    code=Code.SERVICE_UNAVAILABLE,
    status=503,
)
_BODY: Final = orjson.dumps({"errors": [_BUSY.formatted]})


class InFlightLimit:
    """Let `running` requests run and `waiting` more wait for at most `patience` seconds; refuse the rest with 503.

    A pure ASGI middleware, to be put around what uses the database, with `running` near the size of the connection
    pool. Probes and static files stay outside of it. Sockets are not counted, and a stream of events gives its
    place back when it begins: both live long and use the database rarely.
    """

    def __init__(self, app: ASGIApp, *, running: int, waiting: int = 0, patience: float = 0.25) -> None:
        self._app = app
        self._places = asyncio.Semaphore(running)
        self._waiting = 0
        self._waiting_max = waiting
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, or refuse it without looking at it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif await self._gets_place():
            await self._run(scope, receive, send)
        else:
            refusal = Response(
                _BODY, 503, {"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"}, "application/json"
            )
            await refusal(scope, receive, send)

    async def _gets_place(self) -> bool:
        if not self._places.locked():
            return await self._places.acquire()
        if self._waiting >= self._waiting_max:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                return await self._places.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = _Place(self._places)

        async def send_and_watch(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stream(message):
                place.give_back()
            await send(message)

        try:
            await self._app(scope, receive, send_and_watch)
        finally:
            place.give_back()


class _Place:
    """One of the places to run in, given back once."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._held = True

    def give_back(self) -> None:
        if self._held:
            self._held = False
            self._places.release()


def _is_stream(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"]
    )
