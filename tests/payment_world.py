"""A family's bills, the platform as a process of its own, and our callback address over real HTTP.

The platform lives by the real clock, so orders made on the tests' day are moved to the real one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette

from api import callbacks
from api import resources as edge
from domain import collection
from domain.actors import SYSTEM
from domain.collection import OrderFacts, OrderState
from domain.logs import configure_logs
from domain.settings import Settings
from domain.store import rows
from partners import wechatpay
from partners.pay_desk import PayDesk
from sandbox.wechatpay import make_merchant, running
from tests.builders import KEYS
from tests.domain.collection.conftest import BOOK, REGION, Family, ordered
from workers.resources import Resources

SPEED = 200  # The platform's first wait of 15 seconds takes 75 milliseconds.


def right_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the platform is another process with the real clock


@dataclass
class World:
    """Both sides of a payment."""

    desk: PayDesk
    resources: Resources
    control: httpx2.AsyncClient
    address: str
    settings: Settings
    merchant: wechatpay.Merchant

    async def order(self, family: Family, *bill_ids: UUID) -> OrderFacts:
        """Order the payment of bills as if it were today."""
        order = await ordered(family.actor, *(bill_ids or family.bill_ids))
        await self.move(order, ends_in=timedelta(minutes=30))
        return await self.reload(order)

    async def move(self, order: OrderFacts, *, ends_in: timedelta) -> None:
        """Let an order end so long from now."""
        await rows("UPDATE payment_order SET expires_at = $2 WHERE id = $1", order.id, right_now() + ends_in)

    async def prepared(self, family: Family, *bill_ids: UUID) -> OrderFacts:
        """Order and have it prepared at the platform."""
        order = await self.order(family, *bill_ids)
        await self.desk.prepare_order(order.id)
        order = await self.reload(order)
        assert order.state is OrderState.WAITING
        return order

    async def pay(self, order: OrderFacts, **behaviour: object) -> None:
        """Pay at the platform, which behaves so towards this order."""
        answer = await self.control.post(f"/sandbox/orders/{order.number}/pay", json=behaviour)
        assert answer.status_code == 200, answer.text

    async def behave(self, **behaviour: object) -> None:
        """Let the platform behave so towards all orders."""
        assert (await self.control.post("/sandbox/behaviour", json=behaviour)).status_code == 200

    async def at_platform(self, order: OrderFacts) -> dict[str, Any]:
        """See an order as the platform does: `order`, `refunds`, `notices` with each try."""
        return (await self.control.get(f"/sandbox/orders/{order.number}")).json()

    async def at_platform_of(self, refund: collection.RefundFacts) -> dict[str, Any]:
        """See the order of a refund as the platform does."""
        return (await self.control.get(f"/sandbox/orders/{refund.order_number}")).json()

    async def reload(self, order: OrderFacts) -> OrderFacts:
        found = await collection.find_order(SYSTEM, order_id=order.id)
        assert found is not None
        return found

    async def until(self, order: OrderFacts, *states: OrderState) -> OrderFacts:
        """Wait until an order has one of these states."""
        async with asyncio.timeout(20):
            while (found := await self.reload(order)).state not in states:
                await asyncio.sleep(0.02)
        return found

    async def until_told(self, order: OrderFacts, tries: int = 1) -> list[int]:
        """Wait until the platform has sent its notifications so often, and give how we answered."""
        async with asyncio.timeout(20):
            while len(answers := self._answers(await self.at_platform(order))) < tries:
                await asyncio.sleep(0.02)
        return answers

    def _answers(self, seen: dict[str, Any]) -> list[int]:
        return [attempt["status"] for notice in seen["notices"] for attempt in notice["deliveries"]]


@pytest.fixture(scope="session")
def merchant_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("wechatpay") / "merchant.json"
    make_merchant(file)
    return file


@pytest.fixture(scope="session")
def platform_address(merchant_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(merchant_file, data=tmp_path_factory.mktemp("platform"), speed=SPEED) as address:
        yield address


@pytest.fixture
async def world(books: str, redis_url: str, merchant_file: Path, platform_address: str) -> AsyncIterator[World]:
    """Open our callback address and the way to the platform; every test leaves the platform well-behaved."""
    merchant = wechatpay.Merchant.load(merchant_file, base_url=platform_address)
    # The platform outlives the test's database and remembers the numbers of other tests.
    await rows("SELECT setval('number_serial', $1)", secrets.randbelow(900_000_000) + 1)
    async with (
        wechatpay.Client(merchant) as client,
        httpx2.AsyncClient(base_url=platform_address, trust_env=False) as control,
        Redis.from_url(redis_url) as redis,
    ):
        configure_logs()
        app = Starlette(routes=callbacks.routes())
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="critical"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        settings = Settings(public_url=address)
        app.state.resources = edge.Resources(settings=settings, keys=KEYS, book=BOOK, redis=redis, wechatpay=client)
        held = Resources(settings=settings, keys=KEYS, book=BOOK, wechatpay=client)
        desk = PayDesk(pay=client, keys=KEYS, book=BOOK, region=REGION, origin=address, clock=right_now)
        yield World(desk, held, control, address, settings, merchant)
        await control.delete("/sandbox/behaviour")
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving
