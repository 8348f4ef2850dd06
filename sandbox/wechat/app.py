"""Both platforms as one application, with the controls beside them."""

from __future__ import annotations

import asyncio
import hmac
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

from sandbox.wechat.behaviour import Behaviour, WishError
from sandbox.wechat.page import show_page
from sandbox.wechat.platform import METHODS, Platform, SessionError


def make_app(platform: Platform, *, base_url: str) -> Starlette:
    """Build the application."""
    world = World(platform)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        print(f"WeChat sandbox ready at {base_url}", flush=True)  # noqa: T201 - who started us waits for it
        yield

    return Starlette(routes=[*world.routes(), Route("/", show_page(base_url), methods=["GET"])], lifespan=lifespan)


@dataclass(frozen=True, slots=True)
class World:
    """The addresses of the platforms, of somebody's phone, and of the controls."""

    platform: Platform

    def routes(self) -> list[Route]:
        return [
            Route("/sns/jscode2session", self.session, methods=["GET"]),
            Route("/realname/verify", self.verify, methods=["POST"]),
            Route("/cgi-bin/stable_token", self.token, methods=["POST"]),
            Route("/cgi-bin/message/subscribe/send", self.send_message, methods=["POST"]),
            Route("/sandbox/subscriptions", self.subscribe, methods=["POST"]),
            Route("/sandbox/messages", self.show_messages, methods=["GET"]),
            Route("/sandbox/tokens", self.end_tokens, methods=["DELETE"]),
            Route("/sandbox/log-in", self.log_in, methods=["POST"]),
            Route("/sandbox/tickets", self.make_ticket, methods=["POST"]),
            Route("/sandbox/risk", self.set_risk, methods=["POST"]),
            Route("/sandbox/calls", self.count_calls, methods=["GET"]),
            Route("/sandbox/behaviour", self.show_behaviour, methods=["GET"]),
            Route("/sandbox/behaviour", self.set_behaviour, methods=["POST"]),
            Route("/sandbox/behaviour", self.forget_behaviour, methods=["DELETE"]),
        ]

    async def session(self, request: Request) -> Response:
        fault = await self._fault("session")
        if fault == "fail_before":
            return Response("busy", 500)
        spoiled = self.platform.behaviour
        try:
            document = self.platform.session_of(dict(request.query_params))
        except SessionError as error:
            document = error.document()
        if spoiled.errcode or fault != "right":
            self.platform.spend_fault()
        # The true one says text/plain, whatever it is.
        return _spoiled(orjson.dumps(document), fault=fault, headers={"Content-Type": "text/plain"})

    async def verify(self, request: Request) -> Response:
        fault = await self._fault("real_name")
        body, nonce = await request.body(), request.headers.get("x-nonce", "")
        known = self.platform.known
        signature = request.headers.get("x-signature", "")
        if request.headers.get("x-agency") != known.agency or signature != self._sign("question", nonce, body):
            return Response("unknown agency or wrong signature", 401)
        if fault == "fail_before":
            self.platform.spend_fault()
            return Response("busy", 500)
        answer = orjson.dumps(self.platform.verify(_texts(body)))
        signed_for = "another question" if fault == "replayed" else nonce
        headers = {"Content-Type": "application/json", "X-Signature": self._sign("answer", signed_for, answer)}
        if fault == "unsigned":
            del headers["X-Signature"]
        elif fault == "wrong_signature":
            headers["X-Signature"] = "0" * 64
        if fault != "right":
            self.platform.spend_fault()
        return _spoiled(answer, fault=fault, headers=headers)

    async def token(self, request: Request) -> Response:
        """Give the access token that holds: `stable_token`."""
        fault = await self._fault("token")
        if fault == "fail_before":
            self.platform.spend_fault()
            return Response("busy", 500)
        document = self.platform.messages.token_for(_texts(await request.body()), self.platform.known)
        if fault != "right":
            self.platform.spend_fault()
        return _spoiled(orjson.dumps(document), fault=fault, headers={"Content-Type": "application/json"})

    async def send_message(self, request: Request) -> Response:
        """Send a subscription message, which uses one subscription up."""
        fault, wanted = await self._fault("message"), self.platform.behaviour.errcode
        if fault == "fail_before":
            self.platform.spend_fault()
            return Response("busy", 500)
        number = wanted or self.platform.messages.send(
            request.query_params.get("access_token", ""),
            _document(await request.body()),
            template=self.platform.known.notice_template,
        )
        if wanted or fault != "right":
            self.platform.spend_fault()
        told = {"errcode": number, "errmsg": "ok" if number == 0 else "refused"}
        return _spoiled(orjson.dumps(told), fault=fault, headers={"Content-Type": "application/json"})

    async def subscribe(self, request: Request) -> Response:
        """Do what a user does on `wx.requestSubscribeMessage`: allow so many messages."""
        asked = _document(await request.body())
        openid = self.platform.openid_of(str(asked.get("user", "")))
        times = asked.get("times", 1)
        held = self.platform.messages.allow(openid, times=times if isinstance(times, int) else 1)
        return _json({"openid": openid, "held": held})

    async def show_messages(self, _: Request) -> Response:
        """List what was sent."""
        return _json({"messages": self.platform.messages.sent})

    async def end_tokens(self, _: Request) -> Response:
        """Let every access token be over."""
        self.platform.messages.token = ""
        return Response(status_code=204)

    async def log_in(self, request: Request) -> Response:
        """Do what a phone does on `wx.login`: `user` is any name for whose phone it is."""
        asked = _texts(await request.body())
        if not asked.get("user"):
            return _json({"error": "user is missing"}, 400)
        return _json({"errMsg": "login:ok", "code": self.platform.log_in(asked["user"])})

    async def make_ticket(self, request: Request) -> Response:
        """Do what the 医保电子凭证 page does: name, document_number, and how it was checked."""
        asked = _texts(await request.body())
        method = asked.get("method", "FACE")
        if not asked.get("name") or not asked.get("document_number") or method not in METHODS:
            return _json({"error": f"name and document_number, and method of {', '.join(METHODS)}"}, 400)
        ticket = self.platform.make_ticket(name=asked["name"], document_number=asked["document_number"], method=method)
        return _json({"ticket": ticket, "method": method})

    async def set_risk(self, request: Request) -> Response:
        """Hold a user for a high risk, or no longer."""
        asked = _document(await request.body())
        user = str(asked.get("user", ""))
        (self.platform.risky.add if asked.get("risky", True) else self.platform.risky.discard)(user)
        return _json({"risky": sorted(self.platform.risky)})

    async def count_calls(self, _: Request) -> Response:
        """Say how often `jscode2session` was called."""
        return _json({"calls": self.platform.asked})

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
        self.platform.risky.clear()
        return Response(status_code=204)

    async def _fault(self, service: str) -> str:
        behaviour = self.platform.behaviour
        if behaviour.service not in {"", service}:
            return "right"
        await asyncio.sleep(behaviour.slow_seconds)
        return behaviour.answer

    def _sign(self, what: str, nonce: str, body: bytes) -> str:
        message = b"\n".join((what.encode(), nonce.encode(), body))
        return hmac.digest(self.platform.known.agency_secret.encode(), message, "sha256").hex()


class _CutResponse(Response):
    """An answer that promises its whole body, sends half of it and is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})


def _spoiled(body: bytes, *, fault: str, headers: Mapping[str, str]) -> Response:
    if fault == "fail_after":
        return Response("busy", 500)
    if fault == "cut_after":
        return _CutResponse(body, headers=headers)
    told = {"garbage": b"<html>busy</html>", "empty": b"{}"}.get(fault, body)
    return Response(told, headers=headers)


def _json(document: object, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


def _document(body: bytes) -> Mapping[str, object]:
    try:
        document = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return cast("Mapping[str, object]", document) if isinstance(document, dict) else {}


def _texts(body: bytes) -> dict[str, str]:
    return {name: value for name, value in _document(body).items() if isinstance(value, str)}
