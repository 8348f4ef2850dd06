from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from partners import wechatpay
from sandbox.wechatpay import make_merchant, running
from tests.sandbox.world import Receiver, receiving


@pytest.fixture(scope="session")
def merchant_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("wechatpay") / "merchant.json"
    make_merchant(file)
    return file


@pytest.fixture(scope="session")
def address(merchant_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A platform at the real pace."""
    with running(merchant_file, data=tmp_path_factory.mktemp("platform")) as address:
        yield address


@pytest.fixture
async def pay(merchant_file: Path, address: str) -> AsyncIterator[wechatpay.Client]:
    async with wechatpay.Client(wechatpay.Merchant.load(merchant_file, base_url=address)) as client:
        yield client


@pytest.fixture
async def web(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser or a script at the platform's address; every test leaves the platform well-behaved."""
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as client:
        yield client
        await client.delete("/sandbox/behaviour")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver
