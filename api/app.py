"""The API process: which addresses there are, what stands before them, and what is opened and closed.

The only wiring of the edge. `uvicorn --factory api.app:create_app` starts it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import Mount

from api import callbacks, downloads, health, oauth, tipoff_evidence, tipoffs, uploads
from api.context import Context, read_clock
from api.documents import TrustedDocuments
from api.errors import Code, RequestRefused
from api.every_answer import EveryAnswer
from api.graphql import GraphQLView
from api.operations import Mode
from api.overload import InFlightLimit
from api.ready_made import Demonstration, explorer
from api.request_ids import RequestIds
from api.resources import Resources
from api.schema import build_schema
from api.walls import BeginsAsAnybody
from domain import informants, rules, store
from domain.crypto import Keyring
from domain.logs import configure_logs
from domain.settings import Settings
from domain.work import day_of
from partners import sms, syslog, wechat, wechatpay

# A request uses one connection at a time, so twice the pool keeps it busy without a queue that nobody survives.
REQUESTS_PER_CONNECTION: Final = 2
# Each holds a part of an upload in memory (`partners.file_desk.PART_BYTES`) for as long as its sender is slow.
FILES_AT_ONCE: Final = 64


def create_app(settings: Settings | None = None, *, demonstration: Demonstration | None = None) -> Starlette:
    """Build the application from the environment's settings, or from those that a test hands in.

    A demonstration shows its log-ins on the log-in page and has the explorer; nothing else is different.
    """
    settings = settings or Settings()
    configure_logs(collector=syslog.open_collector(settings.log_collector))
    assert settings.redis_url, "REDIS_URL names the Valkey or Redis of the API."
    log_ins = demonstration.log_ins if demonstration else None
    keys = Keyring.load(settings.key_file)
    redis = Redis.from_url(settings.redis_url)
    account = wechat.Account.load(settings.wechat_account) if settings.wechat_account else None
    vouching = wechat.Client(account) if account else None
    texts = sms.Client(sms.Account.load(settings.sms_account)) if settings.sms_account else None
    log_in = oauth.OAuth(
        origin=settings.origin, keys=keys, redis=redis, clock=read_clock, demo=log_ins, vouching=vouching, texts=texts
    )
    view = GraphQLView(
        build_schema(),
        context=partial(context_of, log_in),
        documents=TrustedDocuments.of_folder(),
        mode=Mode.DEMO if demonstration is not None else Mode.TRUSTED,
        origins={settings.origin},
        elsewhere=dict.fromkeys(tipoffs.DOCUMENTS, tipoffs.GRAPHQL_PATH),
    )
    served = [*view.routes(), *log_in.routes(), *callbacks.routes()]
    context = partial(context_of, log_in)
    of_files = [*uploads.routes(clock=read_clock), *downloads.routes(context), *tipoff_evidence.routes(context)]
    if demonstration is not None:
        served += explorer(demonstration).routes()
    return Starlette(
        # Probes stay outside of the limit, so that a busy house is not taken for a dead one. Files have a limit of
        # their own: they take long on slow networks and use the database rarely.
        routes=[
            *health.routes(),
            Mount("/files", routes=of_files, middleware=[Middleware(InFlightLimit, running=FILES_AT_ONCE)]),
            Mount("", routes=served, middleware=[_limit(settings)]),
        ],
        middleware=[
            # Before what numbers requests and writes logs: who reports leaves no trace there.
            Middleware(tipoffs.Apart, origin=settings.origin, clock=read_clock, operations=view.operations),
            Middleware(RequestIds),
            Middleware(EveryAnswer, origin=settings.origin),
            Middleware(BeginsAsAnybody),
        ],
        lifespan=partial(_lifespan, settings=settings, keys=keys, redis=redis, vouching=vouching, texts=texts),
    )


def _limit(settings: Settings) -> Middleware:
    return Middleware(InFlightLimit, running=settings.pool * REQUESTS_PER_CONNECTION, waiting=settings.pool)


async def context_of(log_in: oauth.OAuth, connection: HTTPConnection) -> Context:
    """Make the context of one request: the clock and the token are read here, and nowhere below."""
    try:
        actor = await log_in.authenticate(connection)
    except oauth.TokenRefused as refused:
        code = Code.UNAUTHENTICATED if refused.status_code == HTTPStatus.UNAUTHORIZED else Code.SERVICE_UNAVAILABLE
        raise RequestRefused(refused.text, code=code, status=refused.status_code, headers=refused.headers) from refused
    # Every line that is logged from here on says who asked.
    structlog.contextvars.bind_contextvars(actor=str(actor.id), client=actor.client_id)
    now = read_clock()
    store.ask_from_here_on(actor, on=day_of(now))
    return Context(
        actor=actor,
        now=now,
        request_id=connection.state.request_id,
        resources=connection.app.state.resources,
        client_ip=connection.client.host if connection.client else None,
    )


@asynccontextmanager
async def _lifespan(
    app: Starlette,
    *,
    settings: Settings,
    keys: Keyring,
    redis: Redis,
    vouching: wechat.Client | None,
    texts: sms.Client | None,
) -> AsyncGenerator[None]:
    assert settings.database_url, "DATABASE_URL names the database of the API."
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(redis)
        await stack.enter_async_context(store.open_database(settings.database_url, pool=settings.pool, walled=True))
        pay = None
        if settings.wechatpay_merchant is not None:
            merchant = wechatpay.Merchant.load(settings.wechatpay_merchant)
            pay = await stack.enter_async_context(wechatpay.Client(merchant))
        if texts is not None:
            await stack.enter_async_context(texts)
        real_name = None
        if vouching is not None:
            await stack.enter_async_context(vouching)
            real_name = await stack.enter_async_context(wechat.RealNameClient(vouching.account))
        second = await stack.enter_async_context(
            informants.open_store(
                settings.informants_url or settings.database_url,
                key=informants.load_or_make_key(settings.informants_key_file),
            )
        )
        app.state.resources = Resources(
            settings=settings,
            keys=keys,
            book=rules.load_book(),
            redis=redis,
            wechatpay=pay,
            real_name=real_name,
            messages=oauth.Messages(texts, counting=oauth.Counting(redis, keys=keys)) if texts else None,
            informants=second,
        )
        yield
