"""Open books, and a way to run commands on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import ledger
from domain.actors import SYSTEM, Actor, ActorKind, Scope
from domain.crypto import Keyring
from domain.money import Money
from domain.work import Work, perform

ACCOUNTANT = Actor(
    kind=ActorKind.STAFF, id=uuid4(), scopes=frozenset({Scope.LEDGER_READ}), name="Accountant", office="Finance"
)
DAY = date(2026, 11, 2)

Run = Callable[[Callable[[Work], Awaitable[UUID | None]]], Awaitable[UUID]]
PostSum = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def books(store: str) -> str:
    """The database with the chart of accounts in it; the value is its address."""
    await ledger.install_chart()
    return store


@pytest.fixture
def run(books: str, now: datetime) -> Run:
    """Run one command in a transaction of its own and give its result."""
    keys = Keyring.make()

    async def run_one(do: Callable[[Work], Awaitable[UUID | None]]) -> UUID:
        done = await perform(do, actor=SYSTEM, now=now, keys=keys)
        assert done.result is not None
        return done.result

    return run_one


@pytest.fixture
def post_sum(run: Run) -> PostSum:
    """Post an amount of fen from the income account to contributions."""

    async def post(fen: int, *, key: str | None = None, day: date = DAY, summary: str = "Contribution") -> UUID:
        about = ledger.About("payment_order", uuid4() if key is None else UUID(int=1))
        return await run(
            lambda work: ledger.post(
                work,
                fund=ledger.RESIDENTS,
                key=key or f"payment:{about.id}",
                reason="CONTRIBUTION",
                day=day,
                about=about,
                postings=[
                    ledger.debit(ledger.INCOME_DEPOSITS, Money(fen)),
                    ledger.credit(ledger.CONTRIBUTIONS, Money(fen), about),
                ],
                summary=summary,
            )
        )

    return post


@pytest.fixture
async def link(books: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that goes round our code."""
    from domain.store import connect_arguments

    connection = await asyncpg.connect(**connect_arguments(books))
    yield connection
    await connection.close()
