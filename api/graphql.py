"""GraphQL over HTTP: the one address of the API, after https://graphql.github.io/graphql-over-http/draft/.

`GraphQLView` is an ASGI application for a `Route` and a `WebSocketRoute`. It reads the request, asks for the
caller's context, and leaves the rest to `Operations`. The answer is UTF-8 JSON by orjson:

- a request that is not well-formed, or not permitted, has status 400 to 415 and `errors` in every media type;
- a document that is refused has status 400 in `application/graphql-response+json`, and 200 in `application/json`,
  where older clients take every other status for a fault of the network;
- whatever was executed has status 200, with `data`, `errors` if fields failed, and `extensions.cost`.

Nothing here reads cookies, so a page on another site can send a request but never as somebody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Final, cast

import orjson
import strawberry
from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from api.cost import COST_MAX
from api.documents import TrustedDocuments
from api.errors import DocumentRefused, RequestRefused, forbidden, masked, note_refusal, note_refused_document
from api.operations import INTROSPECT, Caller, Mode, Operation, Operations, is_request_error
from api.requests import Asked, MediaType, read_request, wanted_media_type
from api.sockets import Conversation
from domain.errors import Text

HEARTBEAT_SECONDS: Final = 12.0

_HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept", "X-Content-Type-Options": "nosniff"}


class GraphQLView:
    """The API's endpoint.

    `context` makes what resolvers receive as their context from the request (for a socket: from its handshake, with
    the token of the connection's first message as `Authorization`); it raises `RequestRefused`, as made by
    `errors.unauthenticated`, for a token that does not hold. `elsewhere` names trusted documents that are answered at
    another address alone, with that address.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        context: Callable[[HTTPConnection], Awaitable[Caller]],
        documents: TrustedDocuments,
        mode: Mode = Mode.TRUSTED,
        origins: Collection[str] = (),
        elsewhere: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Make every trusted document ready. Raises `ValueError` when one of them does not fit the schema.

        `origins` are the sites whose pages may open sockets; programs that are no browsers name none.
        """
        self.operations = Operations(schema, documents=documents, mode=mode)
        self._context = context
        self._origins = frozenset(origins)
        self._elsewhere = {
            document.id: elsewhere[document.name] for document in documents.documents if document.name in elsewhere
        }
        self._sdl = _text_of(schema)

    def routes(self, path: str = "/graphql") -> Sequence[BaseRoute]:
        """Return the routes of the endpoint, its sockets and the schema's text at `/schema.graphql`."""
        return [
            Route(path, self),
            WebSocketRoute(path, self),
            Route("/schema.graphql", self.schema_text, methods=["GET"]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] == "websocket":
            conversation = Conversation(self.operations, context=self._context, origins=self._origins)
            await conversation.hold(scope, receive, send)
            return
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def schema_text(self, request: Request) -> Response:
        """Answer with the schema in its own language, or 304 when the caller has this very text."""
        try:
            if not self.operations.may_introspect(await self._context(request)):
                raise forbidden(
                    Text("无权查看接口定义。", "Reading the schema needs the scope dev:introspect."), scope=INTROSPECT
                )
        except RequestRefused as refusal:
            return _refusal(refusal, MediaType.JSON)
        headers = {"ETag": f'"{sha256(self._sdl).hexdigest()}"', "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return PlainTextResponse(self._sdl, headers=headers)

    async def _respond(self, request: Request) -> Response:
        media_type = MediaType.JSON
        try:
            media_type = wanted_media_type(request.headers.get("accept"))
            asked = await read_request(request)
            return await self._answer(request, asked, media_type)
        except RequestRefused as refusal:
            return _refusal(refusal, media_type)
        except DocumentRefused as refused:
            note_refused_document(refused)
            return _json(_body(None, refused.faults), media_type, status=_status_of_fault(media_type))
        except Exception as bug:  # noqa: BLE001 - the border: what nobody expected is masked and logged here
            return _json(_body(None, [masked(bug, operation=None)]), media_type, status=500)

    async def _answer(self, request: Request, asked: Asked, media_type: MediaType) -> Response:
        caller = await self._context(request)
        operation = self.operations.choose(asked, caller=caller, by_get=request.method == "GET")
        if (address := self._elsewhere.get(operation.id)) is not None:
            raise RequestRefused(Text(f"请改发送到 {address}。", f"Send this document to {address}."))
        cost = self.operations.cost(operation, asked.variables)
        if media_type is MediaType.EVENTS:
            events = self._events(operation, asked.variables, caller, cost)
            return StreamingResponse(events, media_type=media_type, headers=_HEADERS)
        if operation.kind is OperationType.SUBSCRIPTION:
            raise RequestRefused(
                Text("订阅请用 text/event-stream 或 WebSocket。", "Subscribe with text/event-stream or a WebSocket."),
                status=406,
            )
        result = await self.operations.run(operation, variables=asked.variables, context=caller)
        if is_request_error(result):
            return _json(_body(None, result.errors or ()), media_type, status=_status_of_fault(media_type))
        return _json(_body(result, result.errors or (), cost=cost), media_type, status=200)

    async def _events(
        self, operation: Operation, variables: Mapping[str, object], caller: Caller, cost: int
    ) -> AsyncIterator[bytes]:
        """Write results as server-sent events: one `next` for each, one `complete`, a comment now and then between.

        The comments keep proxies from closing a quiet stream, and find out that a client has gone.
        """
        results = self.operations.stream(operation, variables=variables, context=caller)
        following = asyncio.ensure_future(anext(results, None))
        try:
            while True:
                if not (await asyncio.wait({following}, timeout=HEARTBEAT_SECONDS))[0]:
                    yield b":\n\n"
                elif (result := following.result()) is None:
                    break
                else:
                    body = _body(None if is_request_error(result) else result, result.errors or (), cost=cost)
                    yield b"event: next\ndata: " + orjson.dumps(body) + b"\n\n"
                    following = asyncio.ensure_future(anext(results, None))
            yield b"event: complete\ndata:\n\n"
        finally:
            following.cancel()
            await asyncio.wait({following})
            await results.aclose()


@lru_cache(maxsize=1)
def _text_of(schema: strawberry.Schema) -> bytes:
    """Print a schema, once: it is the same for as long as a process lives."""
    return f"{schema.as_str()}\n".encode()


def _status_of_fault(media_type: MediaType) -> int:
    return 400 if media_type is MediaType.GRAPHQL else 200


def _body(
    result: ExecutionResult | None, errors: Sequence[GraphQLError], *, cost: int | None = None
) -> Mapping[str, object]:
    body: dict[str, object] = {"errors": [fault.formatted for fault in errors]} if errors else {}
    if result is not None:
        body["data"] = cast("object", result.data)
    if cost is not None:
        body["extensions"] = {"cost": {"requested": cost, "maximum": COST_MAX}}
    return body


def _refusal(refusal: RequestRefused, media_type: MediaType) -> Response:
    note_refusal(refusal)
    return _json(_body(None, [refusal]), media_type, status=refusal.status, headers=refusal.headers)


def _json(
    body: Mapping[str, object], media_type: MediaType, *, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    written_as = MediaType.JSON if media_type is MediaType.EVENTS else media_type
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type=f"{written_as.value}; charset=utf-8",
        headers={**_HEADERS, **(headers or {})},
    )
