from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.store import connect_arguments
from tests.payout_world import open_books


@pytest.fixture
async def funds(store: str) -> str:
    """The database with money in the expenditure account."""
    await open_books()
    return store


@pytest.fixture
async def link(funds: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that goes round our code."""
    connection = await asyncpg.connect(**connect_arguments(funds))
    yield connection
    await connection.close()
