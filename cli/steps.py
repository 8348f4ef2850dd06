"""What must be there before the house opens: keys, tables, a city, a payment platform. Each step is done once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import asyncpg

from cli.refusals import CannotStart
from cli.screen import Screen
from domain.errors import Text
from domain.settings import Settings

SEED: Final = 20260101
PEOPLE: Final = 20_000


@dataclass(frozen=True, slots=True)
class CityRecord:
    """Which city the data folder's database holds, and whether it is whole."""

    people: int
    seed: int
    whole: bool

    @classmethod
    def find(cls, data: Path) -> CityRecord | None:
        """Read the record, or give None where no city was begun."""
        file = data / "city.json"
        if not file.exists():
            return None
        return cls(**cast("dict[str, int]", json.loads(file.read_text(encoding="utf-8"))))  # pyright: ignore[reportArgumentType] - written below

    def write(self, data: Path) -> None:
        """Keep the record, whole or not at all."""
        unfinished = data / "city.json.unfinished"
        kept = {"people": self.people, "seed": self.seed, "whole": self.whole}
        unfinished.write_text(json.dumps(kept), encoding="utf-8")
        unfinished.rename(data / "city.json")


def make_keys(settings: Settings) -> None:
    """Make the keys that seal personal data, if there are none. Keys that exist are never replaced."""
    from domain.crypto import Keyring

    file = settings.key_file
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        Keyring.make().save(file)


def migrate(settings: Settings) -> list[str]:
    """Bring the database to this release; give the names of what was applied. Raises CannotStart."""
    from domain import store

    try:
        return asyncio.run(store.migrate(address_of(settings)))
    except store.SchemaMismatchError as mismatch:
        raise CannotStart(
            Text(
                zh="数据库结构与本版本不符(由更新的版本创建,或迁移文件被改动)。演示数据可用 make clean-data 清空。",
                en=f"{mismatch} Demo data can be cleared with make clean-data.",
            )
        ) from mismatch
    except (OSError, asyncpg.PostgresError) as failure:
        raise _unreachable(failure) from failure


def fill_city(settings: Settings, *, people: int | None, seed: int, ours: bool, screen: Screen) -> None:
    """Fill an empty database with a synthetic city; one that holds people is kept as it is.

    A city that an earlier start left half made is made anew if the database is `ours`, and otherwise refused.
    """
    import city

    made = CityRecord.find(settings.data)
    if made and made.whole:
        _refuse_another(made, people=people, seed=seed)
        return
    if made:
        _begin_again(settings, ours=ours, screen=screen)
    elif asyncio.run(_holds_people(address_of(settings))):
        return
    wanted = CityRecord(people=people or PEOPLE, seed=seed, whole=False)
    wanted.write(settings.data)
    with screen.counting(
        Text(zh=f"生成 {wanted.people:,} 人的虚构城市", en=f"Making a synthetic city of {wanted.people:,} people")
    ) as progress:
        city.load(address_of(settings), people=wanted.people, seed=wanted.seed, progress=progress)
    CityRecord(people=wanted.people, seed=wanted.seed, whole=True).write(settings.data)


def make_merchant(settings: Settings, *, base_url: str) -> Path:
    """Make the account at the sandbox payment platform if there is none, and tell it where the platform listens."""
    from sandbox.wechatpay.keys import make_merchant as make

    file = settings.wechatpay_merchant or settings.data / "wechatpay" / "merchant.json"
    if not file.exists():
        make(file, base_url=base_url)
    merchant = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
    if merchant["base_url"] != base_url:
        file.write_text(json.dumps(merchant | {"base_url": base_url}, indent=2), encoding="utf-8")
    return file


def address_of(settings: Settings) -> str:
    """Give the database's address, which whoever starts the house has set."""
    if not settings.database_url:
        raise CannotStart(
            Text(
                zh="没有设置 DATABASE_URL。请设置它,或用 make run 启动自带的数据库。",
                en="DATABASE_URL is not set. Set it, or let make run start a database of its own.",
            )
        )
    return settings.database_url


def _refuse_another(made: CityRecord, *, people: int | None, seed: int) -> None:
    if people in {None, made.people} and seed == made.seed:
        return
    raise CannotStart(
        Text(
            zh=f"数据目录里已有一座 {made.people:,} 人的城市。请先 make clean-data 清空,或另选目录:"
            f"YIBAO_DATA=.data-{people} make run CITY={people}",
            en=f"The data folder already holds a city of {made.people:,} people. Clear it with make clean-data, "
            f"or choose another folder: YIBAO_DATA=.data-{people} make run CITY={people}",
        )
    )


def _begin_again(settings: Settings, *, ours: bool, screen: Screen) -> None:
    """Empty the database after a start that was stopped while it made the city: nobody has used that city yet."""
    if not ours:
        raise CannotStart(
            Text(
                zh="上次启动在生成城市时中断,DATABASE_URL 所指的数据库里只有半座城市。"
                f"请重建该数据库,删除 {settings.data / 'city.json'},再启动。",
                en="An earlier start stopped while it was making the city, and half of one is in the database of "
                f"DATABASE_URL. Create that database anew, delete {settings.data / 'city.json'} and start again.",
            )
        )
    screen.say(
        Text(
            zh="上次启动在生成城市时中断,现在重新生成。",
            en="An earlier start stopped while it was making the city; it is made anew.",
        )
    )
    asyncio.run(_empty(address_of(settings)))
    migrate(settings)


async def _holds_people(database_url: str) -> bool:
    from domain.store import connect_arguments

    connection = await asyncpg.connect(**connect_arguments(database_url))
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM person)"))
    finally:
        await connection.close()


async def _empty(database_url: str) -> None:
    from domain.store import connect_arguments

    arguments = connect_arguments(database_url)
    name = arguments.pop("database")
    connection = await asyncpg.connect(**arguments, database="postgres")
    try:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


def _unreachable(failure: Exception) -> CannotStart:
    reason = str(failure) or type(failure).__name__
    return CannotStart(
        Text(
            zh=f"无法使用数据库:{reason}。请检查 DATABASE_URL 所指的服务器。",
            en=f"The database cannot be used: {reason}. Look at the server that DATABASE_URL names.",
        )
    )
