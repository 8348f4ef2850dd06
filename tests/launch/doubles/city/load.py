"""A city that is quickly made and remembers, as the real one does, whether it is whole."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import asyncpg

from domain.crypto import Keyring
from domain.errors import DomainError, Text


@dataclass(eq=False, kw_only=True)
class OtherCityInDatabase(DomainError):
    code = "OTHER_CITY"
    seed: int
    people: int

    def message(self) -> Text:
        return Text("另一座城市。", "Another city.")

    def remedy(self) -> Text:
        return Text("完成它。", "Finish it.")


def load(
    database_url: str, *, people: int, seed: int, keys: Keyring, progress: Callable[[int, int], None]
) -> SimpleNamespace:
    assert keys.roots
    return asyncio.run(_load(database_url, people=people, seed=seed, progress=progress))


async def _load(database_url: str, *, people: int, seed: int, progress: Callable[[int, int], None]) -> SimpleNamespace:
    from domain.store import connect_arguments

    link = await asyncpg.connect(**connect_arguments(database_url))
    await link.execute("CREATE TABLE IF NOT EXISTS double_city (people int, seed int, whole bool)")
    made = await link.fetchrow("SELECT people, seed, whole FROM double_city")
    if made and made["whole"]:
        return SimpleNamespace(people=made["people"], seed=made["seed"])
    if made and (made["people"], made["seed"]) != (people, seed):
        raise OtherCityInDatabase(people=made["people"], seed=made["seed"])
    if not made:
        await link.execute("INSERT INTO double_city VALUES ($1, $2, false)", people, seed)
    progress(people // 2, people)
    if os.environ.get("DOUBLE_CITY") == "stuck":  # noqa: TID251
        print("half a city", flush=True)
        time.sleep(600)
    await link.execute("UPDATE double_city SET whole = true")
    progress(people, people)
    await link.close()
    return SimpleNamespace(people=people, seed=seed)
