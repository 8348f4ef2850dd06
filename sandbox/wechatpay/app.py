"""The platform as one application: store, post office, the API, the page and the controls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from starlette.applications import Starlette

from sandbox.wechatpay.api import Api
from sandbox.wechatpay.control import Control, show_error
from sandbox.wechatpay.errors import ApiError
from sandbox.wechatpay.keys import Platform
from sandbox.wechatpay.page import Page
from sandbox.wechatpay.post import Post
from sandbox.wechatpay.records import Store
from sandbox.wechatpay.trade import Trade


def make_app(platform: Platform, *, folder: Path, base_url: str, speed: float) -> Starlette:
    """Build the platform over a data folder; `speed` divides its waits (1 is the real pace)."""
    store = Store(folder)
    http = httpx2.AsyncClient(trust_env=False, limits=httpx2.Limits(max_connections=100))
    post = Post(trade=Trade(platform=platform, store=store, speed=speed), http=http)
    control = Control(post=post)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        work = asyncio.create_task(post.run())
        print(f"WeChat Pay sandbox ready at {base_url}", flush=True)  # noqa: T201 - who started us waits for it
        yield
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await post.stop()
        await http.aclose()
        store.close()

    routes = [*Api(post=post, base_url=base_url).routes(), *Page(control=control).routes(), *control.routes()]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={ApiError: show_error})
