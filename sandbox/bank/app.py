"""The bank as one application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from sandbox.bank.business import Business
from sandbox.bank.control import Control
from sandbox.bank.files import FrontMachine
from sandbox.bank.keys import Bank
from sandbox.bank.line import Line
from sandbox.bank.records import Store

LOOK_AGAIN_SECONDS: Final = 0.2


def make_app(bank: Bank, *, folder: Path, address: str) -> Starlette:
    """Build the bank over a data folder."""
    store = Store(folder)
    business = Business(bank=bank, store=store)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        work = asyncio.create_task(_work(business))
        print(f"Bank sandbox ready at {address}", flush=True)  # noqa: T201 - who started us waits for it
        yield
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        store.close()

    return Starlette(
        routes=[*Line(business=business).routes(), *Control(business=business).routes()], lifespan=lifespan
    )


async def _work(business: Business) -> None:
    machine = FrontMachine(business, business.bank.exchange) if business.bank.exchange else None
    while True:
        if machine is not None:
            machine.work()
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
