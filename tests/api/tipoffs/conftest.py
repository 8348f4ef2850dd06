"""The page behind a real port, with investigators beside it; the rest of the edge is not needed for most of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware

from api.documents import TrustedDocuments
from api.operations import Mode, Operations
from api.resources import Resources
from api.schema import build_schema
from api.tipoffs import Apart, Portions
from domain.settings import Settings
from tests.api.tipoffs.visitor import Visitor
from tests.builders import KEYS, NOW
from tests.conformance.agency import AREA, ORIGIN, answering
from tests.domain.tipoffs.people import BOOK, Desk, a_desk


@pytest.fixture
async def desk(store: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(store, tmp_path / "files") as found:
        yield found


@asynccontextmanager
async def the_page(desk: Desk, folder: Path, *, portions: Portions | None = None) -> AsyncGenerator[str]:
    """Serve the page of reports on a free port in this event loop; gives its address."""
    addresses: dict[str, Any] = {"DATABASE_URL": "", "REDIS_URL": ""}
    operations = Operations(build_schema(), documents=TrustedDocuments.of_folder(), mode=Mode.TRUSTED)
    apart = Middleware(Apart, origin=ORIGIN, clock=lambda: NOW, operations=operations, portions=portions)
    app = Starlette(middleware=[apart])
    app.state.resources = Resources(
        settings=Settings(data=folder, public_url=ORIGIN, region=AREA, **addresses),
        keys=KEYS,
        book=BOOK,
        redis=Redis(),
        wechatpay=None,
        informants=desk.store,
    )
    async with answering(app) as address:
        yield address


@pytest.fixture
async def page_address(desk: Desk, tmp_path: Path) -> AsyncIterator[str]:
    async with the_page(desk, tmp_path) as address:
        yield address


@pytest.fixture
async def visitor(page_address: str) -> AsyncIterator[Visitor]:
    async with httpx2.AsyncClient(base_url=page_address, trust_env=False, timeout=30) as http:
        yield Visitor(http)
