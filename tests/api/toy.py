"""A small schema with everything that the edge has to cope with, and a real server for it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from api.documents import TrustedDocuments
from api.errors import forbidden, unauthenticated
from api.graphql import GraphQLView
from api.operations import Mode
from api.request_ids import RequestIds
from domain.errors import Text

LEFT = threading.Event()
ORIGINS = ("https://yibao.example.org",)
SECRET = "a sentence that no caller may ever read"


@strawberry.type
class Edge:
    node: "Person"


@strawberry.type
class Connection:
    edges: list[Edge]


@strawberry.type
class Person:
    name: str
    number: int
    tags: list[str] = strawberry.field(default_factory=lambda: ["甲", "乙"])

    @strawberry.field
    async def friends(self, first: int = 20) -> Connection:
        return Connection(edges=[Edge(node=Person(name=f"{i}", number=i)) for i in range(first)])

    @strawberry.field
    def parents(self) -> list["Person"]:
        return [Person(name="母", number=self.number + 1), Person(name="父", number=self.number + 2)]

    @strawberry.field
    def broken(self) -> str:
        raise KeyError(SECRET)


@strawberry.input
class Wish:
    words: list[str]
    wishes: list["Wish"] = strawberry.field(default_factory=list)
    maybe: strawberry.Maybe[int]


@strawberry.type
class Query:
    @strawberry.field
    async def viewer(self) -> Person:
        return Person(name="张三", number=1)

    @strawberry.field
    def broken(self) -> str | None:
        raise KeyError(SECRET)

    @strawberry.field
    def broken_async(self) -> str | None:
        return asyncio.sleep(0, SECRET.encode())  # a value of the wrong type is a bug as well

    @strawberry.field
    def forbidden(self) -> str | None:
        raise forbidden(Text("不行。", "No."), scope="claim:submit")

    @strawberry.field
    def echo(self, text: str, times: int = 1) -> str:
        return text * times

    @strawberry.field
    def wish(self, wish: Wish | None = None, numbers: list[int] | None = None) -> int:
        return len(numbers or []) + (len(wish.words) if wish else 0)

    @strawberry.field
    def granted(self, info: strawberry.Info) -> list[str]:
        return sorted(info.context.scopes)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def pay(self, fen: int) -> int:
        return fen


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, count: int) -> AsyncIterator[int]:
        for tick in range(count):
            yield tick
            await asyncio.sleep(0)

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise KeyError(SECRET)

    @strawberry.subscription
    async def waits(self) -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            LEFT.set()


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)

DOCUMENTS = TrustedDocuments.of_texts(
    [
        ("Home", "query Home { viewer { name tags } }\n"),
        ("Friends", "query Friends($first: Int) { viewer { friends(first: $first) { edges { node { name } } } } }"),
        ("Pay", "mutation Pay($fen: Int!) { pay(fen: $fen) }"),
        ("Ticks", "subscription Ticks($count: Int!) { ticks(count: $count) }"),
    ]
)


@dataclass
class ToyContext:
    scopes: frozenset[str] = field(default_factory=frozenset)


async def toy_context(request: HTTPConnection) -> ToyContext:
    """Take the scopes straight from the token: `Bearer dev:introspect,partner:documents`."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if token == "expired":
        raise unauthenticated(Text("请重新登录。", "Log in again."))
    if token == "broken":
        raise RuntimeError(SECRET)
    return ToyContext(frozenset(token.split(",")) if kind == "Bearer" else frozenset())


def toy_view(mode: Mode = Mode.TRUSTED) -> GraphQLView:
    return GraphQLView(SCHEMA, context=toy_context, documents=DOCUMENTS, mode=mode, origins=ORIGINS)


def toy_app(mode: Mode = Mode.TRUSTED) -> RequestIds:
    return RequestIds(Starlette(routes=list(toy_view(mode).routes())))


@contextmanager
def served(app: object) -> Iterator[str]:
    """Serve an application over real HTTP on a free port, and yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
