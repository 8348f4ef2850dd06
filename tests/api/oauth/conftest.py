"""A house with log-in and nothing else: real PostgreSQL, real Valkey, HTTP through ASGI, and a clock to be moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis

from domain.crypto import Keyring
from tests.api.oauth.house import Browser, House


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def house(store: str, redis: Redis, now: datetime) -> House:
    house = House(keys=Keyring.make(), redis=redis, now=now)
    await house.furnish()
    return house


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    async with house.browser() as browser:
        yield browser
