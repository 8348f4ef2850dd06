"""Asking the schema as somebody: the same context as over HTTP, without the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from api.context import Context
from api.resources import Resources
from api.schema import build_schema
from domain import rules
from domain.actors import Actor
from domain.crypto import Keyring
from domain.settings import Settings

SCHEMA = build_schema()


@dataclass
class Answer:
    """What the schema said; `data` is only there when nothing went wrong at the top level."""

    data: dict[str, Any] | None
    errors: list[Any]

    @property
    def ok(self) -> dict[str, Any]:
        assert not self.errors, self.errors
        assert self.data is not None
        return self.data


Variables = dict[str, Any] | None
Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture(scope="session")
def keys() -> Keyring:
    return Keyring.make()


@pytest.fixture(scope="session")
def book() -> rules.Book:
    return rules.load_book()


@pytest.fixture
def ask(store: None, redis_url: str, now: datetime, keys: Keyring, book: rules.Book) -> Ask:
    """Ask as an actor: `await ask(actor, document, variables)`."""
    resources = Resources(settings=Settings(), keys=keys, book=book, redis=Redis.from_url(redis_url), wechatpay=None)

    async def ask_as(actor: Actor, document: str, variables: Variables = None, *, at: datetime = now) -> Answer:
        context = Context(actor=actor, now=at, request_id="test", resources=resources)
        result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
        return Answer(data=result.data, errors=list(result.errors or []))

    return ask_as
