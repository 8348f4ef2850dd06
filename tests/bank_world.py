"""Both sides of a payment: our worker's resources, and the bank as a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.settings import Settings
from domain.work import day_of
from partners import bank
from partners.bank_desk import BankDesk
from sandbox.bank import make_customer, running
from tests.builders import KEYS
from tests.domain.collection.conftest import BOOK
from tests.payout_world import FUND, batched, decide, open_books, queue, the_payout
from workers.jobs import JOBS
from workers.resources import Resources


def right_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the bank is another process with the real clock


@dataclass
class Clock:
    """The real clock, and how far a test has moved it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return right_now() + self.ahead


@dataclass
class BankWorld:
    resources: Resources
    desk: BankDesk
    control: httpx2.AsyncClient
    clock: Clock
    line: bank.Client

    async def behave(self, **behaviour: object) -> None:
        """Let the bank behave so towards all, or towards the instruction that `number` names."""
        answer = await self.control.post("/sandbox/behaviour", json=behaviour)
        assert answer.status_code == 200, answer.text

    async def at_bank(self, number: str) -> list[dict[str, Any]]:
        """See what happened under a number as the bank does."""
        return (await self.control.get(f"/sandbox/payments/{number}")).json()["movements"]

    async def times_paid(self, number: str) -> int:
        return (await self.control.get("/sandbox/counts")).json()["times"].get(number, 0)

    async def send_back(self, number: str) -> None:
        assert (await self.control.post(f"/sandbox/payments/{number}/return")).status_code == 200

    async def send(self, payout_id: object) -> None:
        await JOBS["PayoutQueued"](self.resources, {"payout_id": str(payout_id)})

    async def statement(self, day: date | None = None) -> bool:
        return await self.desk.take_statement(fund=FUND, day=day or day_of(right_now()))


async def released(*, channel: Any = None) -> None:
    """Put everything that waits into a batch, release it and queue it."""
    batch = await decide(await (batched(channel=channel) if channel else batched()))
    await queue(batch)


@pytest.fixture
def customer_file(tmp_path: Path) -> Path:
    make_customer(tmp_path / "bank.json", refuses_after_seconds=None, exchange=tmp_path / "exchange")
    return tmp_path / "bank.json"


@pytest.fixture
def bank_address(customer_file: Path, tmp_path: Path) -> Iterator[str]:
    """A bank for this test alone: its statements show everything that it ever did."""
    with running(customer_file, data=tmp_path / "bank-data") as address:
        yield address


@pytest.fixture
async def bank_world(store: str, customer_file: Path, bank_address: str) -> AsyncIterator[BankWorld]:
    """Open the line; every test leaves the bank well-behaved."""
    await open_books()
    async with opened(customer_file, bank_address) as world:
        yield world


def opened(customer_file: Path, address: str, *, change: Callable[[Any], Any] | None = None) -> Any:
    """Open our side of the line; `change` may alter what is agreed with the bank."""
    from contextlib import asynccontextmanager
    from dataclasses import replace

    @asynccontextmanager
    async def open_it() -> AsyncIterator[BankWorld]:
        link = bank.BankLink.load(customer_file, base_url=address)
        if change:
            link = replace(link, **change(link))
        patience = bank.Patience(connecting=2, reading=2, altogether=2)
        clock = Clock()
        async with (
            bank.Client(link, patience=patience) as line,
            httpx2.AsyncClient(base_url=address, trust_env=False) as control,
        ):
            held = Resources(settings=Settings(), keys=KEYS, book=BOOK, wechatpay=None, bank=line, clock=clock)
            yield BankWorld(held, BankDesk(line=line, keys=KEYS, clock=clock), control, clock, line)
            await control.delete("/sandbox/behaviour")

    return open_it()


async def state_of(payout_id: Any) -> str:
    return (await the_payout(payout_id)).state.value
