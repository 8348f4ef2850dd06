"""What must be there before the house opens: keys, tables, a city, a payment platform. Each step is done once."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import asyncpg

from cli.refusals import CannotStart
from cli.screen import Screen
from domain.errors import DomainError, Text
from domain.settings import Settings

SEED: Final = 1
PEOPLE: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which city: the same two numbers make the same one."""

    people: int
    seed: int


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
                zh="数据库结构与本版本不符（由更新的版本创建，或迁移文件被改动）。演示数据可用 make clean-data 清空。",
                en=f"{mismatch} Demo data can be cleared with make clean-data.",
            )
        ) from mismatch
    except (OSError, asyncpg.PostgresError) as failure:
        raise _unreachable(failure) from failure


def fill_city(settings: Settings, *, people: int | None, seed: int | None, screen: Screen) -> None:
    """Bring the synthetic city into an empty database, or the rest of it after a start that was stopped in between.

    A city that is whole is kept. Raises CannotStart when another one was asked for, or other people live there.
    """
    from city.load import OtherCityInDatabase

    began = time.monotonic()
    wanted = _Wanted(people=people or PEOPLE, seed=SEED if seed is None else seed)
    try:
        found = _load_city(settings, wanted, screen=screen)
    except OtherCityInDatabase as unfinished:
        if people is not None or seed is not None:
            raise _city_refused(unfinished) from unfinished
        # Nobody asked for another city than the one that was begun.
        found = _load_city(settings, _Wanted(people=unfinished.people, seed=unfinished.seed), screen=screen)
    if people not in {None, found.people} or seed not in {None, found.seed}:
        raise _another_city(found, wanted=wanted)
    what = Text(zh=f"虚构城市 {found.people:,} 人", en=f"A synthetic city of {found.people:,} people")
    screen.done(what, began=began)


def bill_coming_year(settings: Settings, *, screen: Screen) -> None:
    """Make the bills of the year that people pay for now, unless that was done."""
    from cli.bills import bill_everybody, today, was_billed, year_to_bill

    began = time.monotonic()
    year = year_to_bill(today())
    if was_billed(settings, year=year):
        return
    with screen.counting(Text(zh=f"{year} 年度应缴账单", en=f"The bills of {year}")) as progress:
        run = bill_everybody(settings, year=year, progress=progress)
    what = Text(zh=f"{year} 年度应缴账单 {run.bills:,} 张", en=f"{run.bills:,} bills of {year}")
    screen.done(what, began=began)


def make_merchant(data: Path, *, base_url: str) -> Path:
    """Make the account at the sandbox payment platform if there is none, and tell it where the platform listens.

    It lies in the data folder whatever the settings say: a synthetic city never meets an account that moves money.
    """
    from sandbox.wechatpay.keys import make_merchant as make

    file = data / "wechatpay" / "merchant.json"
    if not file.exists():
        make(file, base_url=base_url)
    merchant = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
    if merchant["base_url"] != base_url:
        file.write_text(json.dumps(merchant | {"base_url": base_url}, indent=2), encoding="utf-8")
    return file


def make_wechat_account(data: Path, *, base_url: str) -> Path:
    """Make the mini-program's account at the sandbox WeChat if there is none, and tell it where WeChat listens."""
    from sandbox.wechat import make_account

    file = data / "wechat" / "account.json"
    if not file.exists():
        make_account(file, base_url=base_url)
    account = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
    here = {"base_url": base_url, "real_name_url": base_url}
    file.write_text(json.dumps(account | here, indent=2), encoding="utf-8")
    return file


def make_sms_account(data: Path, *, base_url: str) -> Path:
    """Make our account at the sandbox for text messages if there is none, and tell it where the sandbox listens."""
    from sandbox.sms import NOTICE_TEMPLATES, make_account

    file = data / "sms" / "account.json"
    if not file.exists():
        make_account(file, base_url=base_url)
    account = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
    # An account of before there were texts of notices has no templates of them.
    account = {"notice_templates": dict(NOTICE_TEMPLATES)} | account | {"base_url": base_url}
    file.write_text(json.dumps(account, indent=2), encoding="utf-8")
    return file


def make_bank_customer(data: Path, *, base_url: str) -> Path:
    """Make our line to the sandbox bank if there is none, and tell it where the bank listens."""
    file = data / "bank" / "bank.json"
    return _make_customer(file, base_url=base_url, funds=("390",), exchange=data / "bank" / "exchange")


def make_reward_desk(folder: Path, *, base_url: str) -> Path:
    """Make the reward desk's key and its own line to the bank of the budget, if there are none; gives the line's file.

    The key pays nobody before it is registered by one person and confirmed by another.
    """
    from partners.reward_desk import add_key

    keys = folder / "keys"
    if not keys.exists():
        add_key(keys)
    return _make_customer(folder / "bank.json", base_url=base_url, funds=("BUDGET",), exchange=None)


def _make_customer(file: Path, *, base_url: str, funds: tuple[str, ...], exchange: Path | None) -> Path:
    from sandbox.bank.keys import make_customer

    if not file.exists():
        make_customer(file, base_url=base_url, funds=funds, exchange=exchange)
    customer = cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
    # A line that an earlier release has made led to every account.
    accounts = {fund: account for fund, account in customer["accounts"].items() if fund in funds}
    told = customer | {"base_url": base_url, "accounts": accounts}
    if told != customer:
        file.write_text(json.dumps(told, indent=2), encoding="utf-8")
    return file


def make_fiscal_account(data: Path, *, base_url: str) -> dict[str, str]:
    """Make our account at the sandbox fiscal platform if there is none; give the settings that follow from it."""
    from sandbox.fiscal.keys import make_account

    file = data / "fiscal" / "account.json"
    if not file.exists():
        make_account(file, base_url=base_url)
    account = cast("dict[str, str]", json.loads(file.read_text(encoding="utf-8")))
    if account["base_url"] != base_url:
        file.write_text(json.dumps(account | {"base_url": base_url}, indent=2), encoding="utf-8")
    return {
        "fiscal_url": base_url,
        "fiscal_access_key": account["access_key"],
        "fiscal_secret": account["secret"],
    }


def install_catalogue(settings: Settings) -> None:
    """Bring the made-up catalogue and hospitals of the demonstration into force, unless the region has them."""
    from datetime import UTC, datetime

    from domain import catalogue, hospitals, store
    from domain.actors import SYSTEM
    from domain.crypto import Keyring
    from domain.work import perform

    async def install() -> None:
        async with store.open_database(address_of(settings), pool=1):
            now = datetime.now(UTC)  # noqa: TID251 - read once, when the process starts
            keys = Keyring.load(settings.key_file)
            await perform(
                lambda work: catalogue.install_demonstration(work, region=settings.region),
                actor=SYSTEM,
                now=now,
                keys=keys,
            )
            await perform(
                lambda work: hospitals.install_demonstration(work, area=settings.region),
                actor=SYSTEM,
                now=now,
                keys=keys,
            )

    asyncio.run(install())


def address_of(settings: Settings) -> str:
    """Give the database's address, which whoever starts the house has set."""
    if not settings.database_url:
        raise CannotStart(
            Text(
                zh="没有设置 DATABASE_URL。请设置它，或用 make run 启动自带的数据库。",
                en="DATABASE_URL is not set. Set it, or let make run start a database of its own.",
            )
        )
    return settings.database_url


def _load_city(settings: Settings, wanted: _Wanted, *, screen: Screen) -> _Wanted:
    from city.load import OtherCityInDatabase, load
    from domain.crypto import Keyring

    try:
        with screen.counting(Text(zh="虚构城市", en="A synthetic city")) as progress:
            loaded = load(
                address_of(settings),
                people=wanted.people,
                seed=wanted.seed,
                keys=Keyring.load(settings.key_file),
                progress=progress,
            )
    except OtherCityInDatabase:
        raise
    except DomainError as refusal:
        raise _city_refused(refusal) from refusal
    return _Wanted(people=loaded.people, seed=loaded.seed)


def _city_refused(refusal: DomainError) -> CannotStart:
    message, remedy = refusal.message(), refusal.remedy()
    return CannotStart(Text(zh=f"{message.zh}{remedy.zh}", en=f"{message.en} {remedy.en}"))


def _another_city(found: _Wanted, *, wanted: _Wanted) -> CannotStart:
    return CannotStart(
        Text(
            zh=f"数据目录里已有一座 {found.people:,} 人的城市(种子 {found.seed})。请先 make clean-data 清空，"
            f"或另选目录:make run CITY={wanted.people} YIBAO_DATA=.data-{wanted.people}",
            en=f"The data folder already holds a city of {found.people:,} people (seed {found.seed}). Clear it with "
            f"make clean-data, or choose another folder: make run CITY={wanted.people} "
            f"YIBAO_DATA=.data-{wanted.people}",
        )
    )


def _unreachable(failure: Exception) -> CannotStart:
    reason = str(failure) or type(failure).__name__
    return CannotStart(
        Text(
            zh=f"无法使用数据库：{reason}。请检查 DATABASE_URL 所指的服务器。",
            en=f"The database cannot be used: {reason}. Look at the server that DATABASE_URL names.",
        )
    )
