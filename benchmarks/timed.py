"""The API with a stopwatch inside: `python -m benchmarks.timed PORT`, then `POST /stopwatch` gives and clears it.

The whole application as it is in operation; only the functions at the borders of its parts are wrapped. A request
begins when its first bytes reach the HTTP parser and ends when the application has handed over its last ones.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Final

import asyncpg.connection
import orjson
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

import api.graphql
import api.requests
import api.schema.home
from api.app import create_app
from api.oauth import OAuth
from api.oauth.revocations import Revocations
from api.operations import Operations
from benchmarks.stopwatch import Stopwatch
from domain import home, store

CLOCK: Final = Stopwatch()


class Part(StrEnum):
    """Where the time of a request goes."""

    HTTP = "HTTP, routing, middleware"
    TOKEN = "token check: signature, claims, time"
    REVOCATION = "token check: revocations"
    GRAPHQL = "GraphQL execution"
    VALUES = "building values from the rows"
    ORM = "ORM: a connection from the pool and back"
    WALL = "database: telling it who asks"
    DATABASE = "database: the statement"
    JSON = "JSON: reading the request, writing the answer"


class TimedProtocol(HttpToolsProtocol):
    """Starts the clock when bytes arrive."""

    def data_received(self, data: bytes) -> None:
        """Begin a request."""
        CLOCK.begin_request(Part.HTTP)
        super().data_received(data)


class Timed:
    """Stops the clock when the application has answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or what was measured so far."""
        if scope["type"] == "http" and scope["path"] == "/stopwatch":
            answer = Response(orjson.dumps(CLOCK.take()), media_type="application/json")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
        if scope["type"] == "http" and scope["path"] == "/graphql":
            CLOCK.end_request()


def watch_parts() -> None:
    """Wrap the functions at the borders of the parts."""
    CLOCK.watch(OAuth, "authenticate", Part.TOKEN)
    CLOCK.watch(Revocations, "holds_none_of", Part.REVOCATION)
    CLOCK.watch(Operations, "choose", Part.GRAPHQL)
    CLOCK.watch(Operations, "cost", Part.GRAPHQL)
    CLOCK.watch(Operations, "run", Part.GRAPHQL)
    CLOCK.watch(home, "read_home", Part.VALUES)
    CLOCK.watch(api.schema.home.Resident, "of", Part.VALUES)
    CLOCK.watch(store, "row", Part.ORM)
    CLOCK.watch(asyncpg.connection.Connection, "_execute", Part.DATABASE)
    CLOCK.watch(store, "_tell_who_asks", Part.WALL)
    CLOCK.watch(api.requests, "asked_in", Part.JSON)
    CLOCK.watch(api.graphql, "_json", Part.JSON)


def main() -> None:
    """Serve on the given port."""
    watch_parts()
    uvicorn.run(
        Timed(create_app()),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http=TimedProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
