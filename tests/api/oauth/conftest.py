"""A house with log-in and nothing else: real PostgreSQL, real Valkey, HTTP through ASGI, and a clock to be moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx2
import pytest
from redis.asyncio import Redis

from domain.crypto import Keyring
from partners import sms
from partners import wechat as partner
from sandbox import sms as sms_sandbox
from sandbox.wechat import make_account, running
from tests.api.oauth.house import Browser, House
from tests.api.oauth.wechat_world import WeChat


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


@pytest.fixture(scope="session")
def account_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini-program's account at the WeChat sandbox."""
    file = tmp_path_factory.mktemp("wechat") / "account.json"
    make_account(file)
    return file


@pytest.fixture(scope="session")
def wechat_address(account_file: Path) -> Iterator[str]:
    with running(account_file) as address:
        yield address


@pytest.fixture
def account(account_file: Path, wechat_address: str) -> partner.Account:
    return partner.Account.load(account_file, base_url=wechat_address)


@pytest.fixture
async def wechat(wechat_address: str) -> AsyncIterator[WeChat]:
    """The sandbox; every test leaves it well-behaved."""
    async with httpx2.AsyncClient(base_url=wechat_address, trust_env=False) as http:
        yield WeChat(http)
        await http.delete("/sandbox/behaviour")


@pytest.fixture(scope="session")
def sms_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sms.Account]:
    """The house's account at the message sandbox, which takes messages of any day: houses move their clocks."""
    file = tmp_path_factory.mktemp("sms") / "account.json"
    sms_sandbox.make_account(file)
    with sms_sandbox.running(file) as address:
        httpx2.post(f"{address}/sandbox/clock", json={"matters": False}, trust_env=False).raise_for_status()
        yield replace(sms.Account.load(file), base_url=address)


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    async with house.browser() as browser:
        yield browser
