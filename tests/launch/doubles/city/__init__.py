# ruff: noqa: T201 - the start waits for these words
"""A city that is quickly made: one row a person, so that a test sees whether it was kept."""

import asyncio
import os
import time
from collections.abc import Callable
from types import SimpleNamespace

import asyncpg

from domain.errors import Text


def load(database_url: str, *, people: int, seed: int, progress: Callable[[int, int], None]) -> None:
    asyncio.run(_load(database_url, people=people, seed=seed, progress=progress))


async def _load(database_url: str, *, people: int, seed: int, progress: Callable[[int, int], None]) -> None:
    from domain.store import connect_arguments

    connection = await asyncpg.connect(**connect_arguments(database_url))
    await connection.execute("CREATE TABLE double_city (people int, seed int)")
    progress(people // 2, people)
    if os.environ.get("DOUBLE_CITY") == "stuck":  # noqa: TID251
        print("half a city", flush=True)
        time.sleep(600)
    await connection.execute("INSERT INTO double_city VALUES ($1, $2)", people, seed)
    progress(people, people)
    await connection.close()


def demo_people() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            login="parent", name="某某", password="open", who=Text("家长", "A parent"), tries=Text("登记", "Register")
        )
    ]
