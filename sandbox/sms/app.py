"""The platform as one application, with the controls beside it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import cast

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.sms.behaviour import Behaviour, WishError
from sandbox.sms.page import show_page
from sandbox.sms.platform import Platform, RefusedError


def make_app(platform: Platform, *, base_url: str) -> Starlette:
    """Build the application."""
    world = World(platform)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        print(f"SMS sandbox ready at {base_url}", flush=True)  # noqa: T201 - who started us waits for it
        yield

    page = show_page(platform, base_url)
    return Starlette(routes=[*world.routes(), Route("/", page, methods=["GET"])], lifespan=lifespan)


@dataclass(frozen=True, slots=True)
class World:
    """The address of the platform, somebody's phone, and the controls."""

    platform: Platform

    def routes(self) -> list[Route]:
        return [
            Route("/", self.send, methods=["POST"]),
            Route("/sandbox/messages", self.list_messages, methods=["GET"]),
            Route("/sandbox/messages/{reference}", self.show_message, methods=["GET"]),
            Route("/sandbox/clock", self.set_clock, methods=["POST"]),
            Route("/sandbox/behaviour", self.show_behaviour, methods=["GET"]),
            Route("/sandbox/behaviour", self.set_behaviour, methods=["POST"]),
            Route("/sandbox/behaviour", self.forget_behaviour, methods=["DELETE"]),
        ]

    async def send(self, request: Request) -> Response:
        behaviour = self._behaviour_towards(request)
        await asyncio.sleep(behaviour.slow_seconds)
        if behaviour.answer == "fail_before":
            self.platform.spend_fault()
            return Response("busy", 500)
        document: dict[str, object] = {"RequestId": secrets.token_hex(16).upper()}
        status = 200
        try:
            query = dict(request.query_params)
            self.platform.check(
                method=request.method, path=request.url.path, query=query, headers=dict(request.headers)
            )
            document |= {"Code": "OK", "Message": "OK"} | self._answer(request.headers.get("x-acs-action"), query)
        except RefusedError as refused:
            document |= {"Code": refused.code, "Message": f"refused: {refused.code}"}
            status = refused.status
        if behaviour.answer != "right" or behaviour.code:
            self.platform.spend_fault()
        return _spoiled(orjson.dumps(document), status, fault=behaviour.answer)

    def _behaviour_towards(self, request: Request) -> Behaviour:
        """Give how this call is treated: questions about messages are answered rightly, unless wished otherwise."""
        behaviour = self.platform.behaviour
        if request.headers.get("x-acs-action") == "QuerySendDetails" and not behaviour.spoils_reports:
            return Behaviour(slow_seconds=behaviour.slow_seconds)
        return behaviour

    def _answer(self, action: str | None, query: Mapping[str, str]) -> dict[str, object]:
        """Do what is asked. Raises RefusedError."""
        if action == "SendSms":
            return {"BizId": self.platform.send(query)}
        if action == "QuerySendDetails":
            return self.platform.report(query)
        raise RefusedError("InvalidAction.NotFound", 404)

    async def list_messages(self, _: Request) -> Response:
        """Show what would have gone out, the newest first."""
        return _json([asdict(message) for message in reversed(self.platform.messages)])

    async def show_message(self, request: Request) -> Response:
        """Show the message with one of the house's own references."""
        wanted = request.path_params["reference"]
        found = [message for message in self.platform.messages if message.reference == wanted]
        return _json(asdict(found[-1])) if found else _json({"error": "no such message"}, 404)

    async def set_clock(self, request: Request) -> Response:
        """Take requests of any time, for a house whose clock a test has moved: `{"matters": false}`."""
        self.platform.clock_matters = bool(_document(await request.body()).get("matters", True))
        return _json({"matters": self.platform.clock_matters})

    async def show_behaviour(self, _: Request) -> Response:
        return _json(asdict(self.platform.behaviour))

    async def set_behaviour(self, request: Request) -> Response:
        try:
            self.platform.behaviour = Behaviour.parse(_document(await request.body()))
        except WishError as error:
            return _json({"error": str(error)}, 400)
        return _json(asdict(self.platform.behaviour))

    async def forget_behaviour(self, _: Request) -> Response:
        self.platform.behaviour = Behaviour()
        return Response(status_code=204)


class _CutResponse(Response):
    """An answer that promises its whole body, sends half of it and is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})


def _spoiled(body: bytes, status: int, *, fault: str) -> Response:
    if fault == "fail_after":
        return Response("busy", 500)
    if fault == "cut_after":
        return _CutResponse(body, media_type="application/json")
    told = {"garbage": b"<html>busy</html>", "empty": b"{}"}.get(fault, body)
    return Response(told, status, media_type="application/json")


def _json(document: object, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


def _document(body: bytes) -> Mapping[str, object]:
    try:
        document = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return cast("Mapping[str, object]", document) if isinstance(document, dict) else {}
