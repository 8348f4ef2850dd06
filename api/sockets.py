"""Subscriptions over a WebSocket, by the protocol `graphql-transport-ws` and no other.

After https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. The older `graphql-ws` protocol lets a client
subscribe without having been acknowledged, so an offer of it alone is closed with 4406. Every subscription asks for
its context anew: a token that has run out opens nothing more, and no connection outlives a quarter of an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, cast

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.cost import COST_MAX
from api.errors import DocumentRefused, RequestRefused, masked, note_refusal, note_refused_document
from api.operations import Caller, Operations, is_request_error
from api.requests import BODY_BYTES_MAX, asked_in

log: Final = structlog.stdlib.get_logger("api.graphql")

PROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 10
CONNECTION_SECONDS: Final = 900
SUBSCRIPTIONS_MAX: Final = 20


class _Close(Exception):
    """The client broke the protocol, or its time is over."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Conversation:
    """One connection, from its handshake to its end."""

    def __init__(
        self,
        operations: Operations,
        *,
        context: Callable[[HTTPConnection], Awaitable[Caller]],
        origins: Collection[str],
    ) -> None:
        self._origins = origins
        self._operations = operations
        self._context = context
        self._subscriptions: dict[str, asyncio.Task[None]] = {}
        self._acknowledged = False
        self._authorization: str | None = None

    async def hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept the connection and answer its messages until either side ends it."""
        socket = WebSocket(scope, receive, send)
        if any(origin not in self._origins for origin in socket.headers.getlist("origin")):
            # Closing before accepting is status 403: another site's page gets no socket at all (RFC 6455, 10.2).
            log.warning("origin_refused")
            await socket.close()
            return
        offered = cast("list[str]", scope.get("subprotocols", []))
        await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        if PROTOCOL not in offered:
            await socket.close(4406, "Subprotocol not acceptable")
            return
        close: _Close | None = None
        try:
            await self._listen(socket)
        except _Close as reason:
            close = reason
        except WebSocketDisconnect:
            pass
        except Exception as bug:  # noqa: BLE001 - the border: what nobody expected is masked and logged here
            close = _Close(1011, str((masked(bug, operation=None).extensions or {})["incident"]))
        finally:
            for task in self._subscriptions.values():
                task.cancel()
            await asyncio.gather(*self._subscriptions.values(), return_exceptions=True)
        if close:
            await socket.close(close.code, close.reason)

    async def _listen(self, socket: WebSocket) -> None:
        try:
            async with asyncio.timeout(CONNECTION_SECONDS):
                try:
                    async with asyncio.timeout(INIT_SECONDS):
                        while not self._acknowledged:
                            await self._receive(socket)
                except TimeoutError:
                    raise _Close(4408, "Connection initialisation timeout") from None
                while True:
                    await self._receive(socket)
        except TimeoutError:
            raise _Close(4401, "Connect again") from None

    async def _receive(self, socket: WebSocket) -> None:
        message = _message_in(await _text_from(socket))
        match message.get("type"):
            case "connection_init":
                await self._initialise(socket, message)
            case "ping":
                await _send(socket, {"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                self._subscribe(socket, message)
            case "complete":
                if task := self._subscriptions.pop(str(message.get("id")), None):
                    task.cancel()
            case _:
                raise _Close(4400, "Unknown message type")

    async def _initialise(self, socket: WebSocket, message: Mapping[str, object]) -> None:
        if self._acknowledged:
            raise _Close(4429, "Too many initialisation requests")
        payload = message.get("payload")
        if isinstance(payload, dict):
            token = cast("Mapping[str, object]", payload).get("authorization")
            self._authorization = token if isinstance(token, str) else None
        try:
            await self._caller(socket)
        except RequestRefused as refusal:
            note_refusal(refusal)
            raise _Close(4403, "Forbidden") from None
        self._acknowledged = True
        await _send(socket, {"type": "connection_ack"})

    def _subscribe(self, socket: WebSocket, message: Mapping[str, object]) -> None:
        if not self._acknowledged:
            raise _Close(4401, "Unauthorized")
        name, payload = message.get("id"), message.get("payload")
        if not isinstance(name, str) or not isinstance(payload, dict):
            raise _Close(4400, "A subscribe message has an id and a payload")
        if name in self._subscriptions:
            raise _Close(4409, f"Subscriber for {name} already exists")
        if len(self._subscriptions) >= SUBSCRIPTIONS_MAX:
            raise _Close(4429, "Too many subscriptions")
        work = self._answer(socket, name, cast("Mapping[str, object]", payload))
        self._subscriptions[name] = asyncio.create_task(work)

    async def _answer(self, socket: WebSocket, name: str, payload: Mapping[str, object]) -> None:
        faults: tuple[GraphQLError, ...] = ()
        try:
            await self._send_results(socket, name, payload)
        except RequestRefused as refusal:
            note_refusal(refusal)
            faults = (refusal,)
        except DocumentRefused as refused:
            note_refused_document(refused)
            faults = refused.faults
        except WebSocketDisconnect:
            return
        except Exception as bug:  # noqa: BLE001 - the border: what nobody expected is masked and logged here
            faults = (masked(bug, operation=None),)
        self._subscriptions.pop(name, None)
        if faults:
            await _send(socket, {"id": name, "type": "error", "payload": [fault.formatted for fault in faults]})
        else:
            await _send(socket, {"id": name, "type": "complete"})

    async def _send_results(self, socket: WebSocket, name: str, payload: Mapping[str, object]) -> None:
        asked = asked_in(orjson.dumps(payload))
        caller = await self._caller(socket)
        operation = self._operations.choose(asked, caller=caller)
        cost = self._operations.cost(operation, asked.variables)
        async for result in self._operations.stream(operation, variables=asked.variables, context=caller):
            if is_request_error(result):
                raise DocumentRefused(result.errors or ())
            await _send(socket, {"id": name, "type": "next", "payload": _payload(result, cost)})

    async def _caller(self, socket: WebSocket) -> Caller:
        """Ask for the context with the connection's token where a request has its `Authorization` header."""
        if self._authorization is None:
            return await self._context(HTTPConnection(socket.scope))
        others = [(name, value) for name, value in socket.scope["headers"] if name != b"authorization"]
        headers = [*others, (b"authorization", self._authorization.encode("latin-1", "replace"))]
        return await self._context(HTTPConnection({**socket.scope, "headers": headers}))


async def _text_from(socket: WebSocket) -> str:
    try:
        text = await socket.receive_text()
    except KeyError:
        raise _Close(4400, "Messages are text") from None
    if len(text) > BODY_BYTES_MAX:
        raise _Close(4400, f"A message has at most {BODY_BYTES_MAX} characters")
    return text


def _message_in(text: str) -> Mapping[str, object]:
    try:
        message = cast("object", orjson.loads(text))
    except orjson.JSONDecodeError:
        raise _Close(4400, "Messages are JSON") from None
    if not isinstance(message, dict):
        raise _Close(4400, "Messages are JSON objects")
    return cast("Mapping[str, object]", message)


def _payload(result: ExecutionResult, cost: int) -> Mapping[str, object]:
    errors = {"errors": [fault.formatted for fault in result.errors]} if result.errors else {}
    extensions = {"cost": {"requested": cost, "maximum": COST_MAX}}
    return {**errors, "data": cast("object", result.data), "extensions": extensions}


async def _send(socket: WebSocket, message: Mapping[str, object]) -> None:
    await socket.send_text(orjson.dumps(message).decode())
