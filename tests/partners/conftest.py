from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from partners import wechatpay
from sandbox.wechatpay import make_merchant, running
from sandbox.wechatpay.keys import Platform
from tests.sandbox.world import Receiver, receiving

SPEED = 2000  # The platform's first wait of 15 seconds takes 7.5 milliseconds.


@pytest.fixture(scope="session")
def merchant_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("wechatpay") / "merchant.json"
    make_merchant(file)
    return file


@pytest.fixture(scope="session")
def platform(merchant_file: Path) -> Platform:
    """The platform's own keys, to forge with."""
    return Platform.load(merchant_file)


@pytest.fixture(scope="session")
def address(merchant_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(merchant_file, data=tmp_path_factory.mktemp("platform"), speed=SPEED) as address:
        yield address


@pytest.fixture(scope="session")
def merchant(merchant_file: Path, address: str) -> wechatpay.Merchant:
    return wechatpay.Merchant.load(merchant_file, base_url=address)


@pytest.fixture
async def pay(merchant: wechatpay.Merchant) -> AsyncIterator[wechatpay.Client]:
    async with wechatpay.Client(merchant) as client:
        yield client


@pytest.fixture
async def control(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    """The sandbox's own controls; every test leaves the platform well-behaved."""
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as client:
        yield client
        await client.delete("/sandbox/behaviour")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver
