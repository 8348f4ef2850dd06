"""The public page of reports (举报), apart from the rest of the edge: before request ids, sessions and log-ins.

`Apart` stands first in the application. What comes for the page, and for the GraphQL beside it, never reaches what
numbers requests, knows people or writes logs. It has its own limits, so that a flood of reports waits for its own
places and not for those of residents. It answers what can be answered, always at one length, and after a time that
tells nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.operations import Operations
from api.tipoffs import graphql, pages, programs, steps, words
from api.tipoffs.crashes import Crashes
from api.tipoffs.flood import Flood, Portions
from api.tipoffs.graphql import DOCUMENTS
from api.tipoffs.incoming import Incoming, Memory, NotAForm, drain, read_form, read_short
from domain.cleaning import MEGABYTE, Cage, NoSpareTimeError

__all__ = ["DOCUMENTS", "GRAPHQL_PATH", "PATH", "Apart", "Portions"]

PATH: Final = "/tipoffs"
GRAPHQL_PATH: Final = f"{PATH}/graphql"
SENDERS_AT_ONCE: Final = 64
"""How many may be sending, however slowly; each holds memory and no connection of the database."""
RUNNING: Final = 2
"""How many are worked on: each takes one connection of the pool and, for its files, one child of the cage."""
PATIENCE_SECONDS: Final = 20
BEAT_SECONDS: Final = 0.3
"""Answers go out on a beat of their own request, so that how long the work took is not heard."""
MEMORY_BYTES: Final = 384 * MEGABYTE
_ONLY_TLS: Final = "max-age=63072000; includeSubDomains"


class Apart:
    """Takes the requests for the page of reports away before anything else sees them. A pure ASGI middleware."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origin: str,
        clock: Callable[[], datetime],
        operations: Operations,
        portions: Portions | None = None,
    ) -> None:
        self._app, self._clock, self._operations = app, clock, operations
        self._is_tls = origin.startswith("https://")
        self._flood = Flood(time.monotonic, portions or Portions())
        self._senders = 0
        self._places = asyncio.Semaphore(RUNNING)
        self._memory = Memory(MEMORY_BYTES)
        self._cage = Cage(at_once=1)
        self._crashes = Crashes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page of reports; hand everything else on."""
        if scope["type"] != "http" or not (scope["path"] == PATH or scope["path"].startswith(f"{PATH}/")):
            await self._app(scope, receive, send)
            return
        answer = await self._answer(scope, receive)
        if self._is_tls:
            answer.headers["Strict-Transport-Security"] = _ONLY_TLS
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        is_document = scope["path"] == GRAPHQL_PATH
        if scope["method"] in {"GET", "HEAD"} and not is_document:
            return pages.start_page()
        # A page of somewhere else does not send a form in its reader's name.
        if scope["method"] != "POST" or Headers(scope=scope).get("sec-fetch-site", "none") not in _OUR_OWN:
            await drain(receive)
            return pages.closed_door(405, words.BUSY)
        if self._senders >= SENDERS_AT_ONCE:
            await drain(receive)
            return _hang_up(pages.closed_door(503, words.BUSY))
        self._senders += 1
        try:
            return await (self._take_document if is_document else self._take)(scope, receive)
        except NotAForm:
            return _hang_up(pages.closed_door(400, words.UNREADABLE))
        except Exception as bug:  # noqa: BLE001 - told without its text, which may quote what was written
            self._note(bug)
            return pages.closed_door(500, words.BROKEN)
        finally:
            self._senders -= 1

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        with Incoming(memory=self._memory) as form:
            await read_form(receive, content_type=Headers(scope=scope).get("content-type", ""), into=form)
            asked = steps.Asked(
                form=form,
                address=_address(scope),
                now=self._clock(),
                flood=self._flood,
                cage=self._cage,
                resources=scope["app"].state.resources,
            )
            step = programs.take_evidence if scope["path"] == programs.EVIDENCE_PATH else steps.take
            return await self._on_the_beat(lambda: step(asked), busy=lambda: pages.closed_door(503, words.BUSY))

    async def _take_document(self, scope: Scope, receive: Receive) -> Response:
        if Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            await drain(receive)
            raise NotAForm
        body = await read_short(receive, bytes_max=graphql.BYTES_MAX)
        asking = graphql.Asking(
            address=_address(scope),
            now=self._clock(),
            flood=self._flood,
            resources=scope["app"].state.resources,
            operations=self._operations,
            note=self._note,
        )
        return await self._on_the_beat(lambda: graphql.answer(body, asking), busy=lambda: graphql.refusal(words.BUSY))

    async def _on_the_beat(self, work: Callable[[], Awaitable[Response]], *, busy: Callable[[], Response]) -> Response:
        """Do the work when there is a place, and wait for the next beat of this request before it is answered."""
        begun = time.monotonic()
        answer = await self._when_there_is_room(work, busy=busy)
        took = time.monotonic() - begun
        await asyncio.sleep(BEAT_SECONDS - took % BEAT_SECONDS)
        return answer

    async def _when_there_is_room(
        self, work: Callable[[], Awaitable[Response]], *, busy: Callable[[], Response]
    ) -> Response:
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await stack.enter_async_context(self._places)
            except TimeoutError:
                return busy()
            try:
                return await work()
            except NoSpareTimeError:
                return busy()

    def _note(self, bug: BaseException) -> None:
        self._crashes.note(bug, hour_has=self._clock().timestamp() % 3600)


def _address(scope: Scope) -> str | None:
    return scope["client"][0] if scope.get("client") else None


_OUR_OWN: Final = frozenset({"same-origin", "none"})


def _hang_up(answer: Response) -> Response:
    """Say that nothing more of this request is read."""
    answer.headers["Connection"] = "close"
    return answer
