"""The API process: which addresses there are, what stands before them, and what is opened and closed.

The only wiring of the edge. `uvicorn --factory api.app:create_app` starts it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from api import callbacks, explorer, health, oauth
from api.context import Context, read_clock
from api.documents import TrustedDocuments
from api.graphql import GraphQLView
from api.operations import Mode
from api.overload import InFlightLimit
from api.request_ids import RequestIds
from api.resources import Resources
from api.schema import build_schema
from domain import rules, store
from domain.crypto import Keyring
from domain.logs import configure_logs
from domain.settings import Settings
from partners import wechatpay

# A request uses one connection at a time, so twice the pool keeps it busy without a queue that nobody survives.
REQUESTS_PER_CONNECTION: Final = 2


def create_app(settings: Settings | None = None) -> Starlette:
    """Build the application from the environment's settings, or from those that a test hands in."""
    configure_logs()
    settings = settings or Settings()
    schema = build_schema()
    view = GraphQLView(
        schema,
        context=context_of,
        documents=TrustedDocuments.of_folder(),
        mode=Mode.DEMO if settings.demo else Mode.TRUSTED,
    )
    return Starlette(
        routes=_routes(settings, view),
        middleware=[Middleware(RequestIds)],
        lifespan=partial(_lifespan, settings),
    )


def _routes(settings: Settings, view: GraphQLView) -> Sequence[BaseRoute]:
    return [
        *view.routes(),
        *health.routes(),
        *oauth.routes(settings),
        *callbacks.routes(),
        *(explorer.routes(settings) if settings.demo else ()),
    ]


async def context_of(connection: HTTPConnection) -> Context:
    """Make the context of one request: the clock is read here, and the token is read here."""
    resources: Resources = connection.app.state.resources
    now = read_clock()
    actor = await oauth.authenticate(connection, now=now)
    return Context(actor=actor, now=now, request_id=connection.state.request_id, resources=resources)


@asynccontextmanager
async def _lifespan(settings: Settings, app: Starlette) -> AsyncGenerator[None]:
    assert settings.database_url, "DATABASE_URL names the database of the API."
    assert settings.redis_url, "REDIS_URL names the Valkey or Redis of the API."
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(store.open_database(settings.database_url, pool=settings.pool))
        redis = await stack.enter_async_context(Redis.from_url(settings.redis_url))
        pay = None
        if settings.wechatpay_merchant is not None:
            merchant = wechatpay.Merchant.load(settings.wechatpay_merchant)
            pay = await stack.enter_async_context(wechatpay.Client(merchant))
        app.state.resources = Resources(
            settings=settings,
            keys=Keyring.load(settings.key_file),
            book=rules.load_book(),
            redis=redis,
            wechatpay=pay,
        )
        yield
