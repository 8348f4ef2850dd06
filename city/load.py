"""Bring a city into a database by COPY: one transaction for each neighbourhood, so that nothing is ever half there.

The schema `city` of the database remembers which city it holds and which neighbourhoods are in. A load that was
stopped goes on where it was; a city that is whole is left alone; a database with other people in it is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import asyncpg

from city.demo import PASSWORD, demo_people
from city.families import CITY_DAY
from city.generate import neighbourhoods
from city.rows import Neighbourhood
from city.tables import COLUMNS, Record, account_of, morning, records_of
from domain import factors, identity, ledger, rules
from domain.calendar import seed_days
from domain.crypto import Keyring, Purpose
from domain.errors import DomainError, Text
from domain.store import connect_arguments

Progress = Callable[[int, int], None]
"""Called with how many people are in and how many there will be."""

_LOCK: Final = 7_202_611_22
_CALENDAR_SOURCE: Final = "国务院办公厅关于部分节假日安排的通知"
_MEMORY: Final = """
CREATE SCHEMA IF NOT EXISTS city;
CREATE TABLE IF NOT EXISTS city.made (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    seed bigint NOT NULL,
    people bigint NOT NULL,
    made_with text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE TABLE IF NOT EXISTS city.neighbourhood (number int PRIMARY KEY, people int NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How a load ended: which city the database holds, how much of it was new, and how long that took."""

    seed: int
    people: int
    new_people: int
    seconds: float


@dataclass(eq=False, kw_only=True)
class OtherCityInDatabase(DomainError):
    """The database holds an unfinished city of another seed or size, or one begun with another law or other keys."""

    code = "OTHER_CITY"
    seed: int
    people: int

    def message(self) -> Text:
        """Say which city is there."""
        return Text(
            f"数据库里已有一座未完成的虚构城市({self.people} 人，种子 {self.seed}),人数、种子、规则或密钥与本次不同。",
            f"The database holds an unfinished city of {self.people} people, seed {self.seed}, made otherwise.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text(
            "请用同样的人数和种子完成它，或换一个空数据库。",
            "Finish it with its own numbers, or take an empty database.",
        )


@dataclass(eq=False, kw_only=True)
class PeopleInDatabase(DomainError):
    """The database holds people that no city brought there."""

    code = "PEOPLE_IN_DATABASE"

    def message(self) -> Text:
        """Say why nothing is done."""
        return Text("数据库里已有居民，且不是虚构城市。", "The database holds people who are not of a synthetic city.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("虚构城市只能装入空数据库。", "A synthetic city goes into an empty database only.")


def load(database_url: str, *, people: int, seed: int, keys: Keyring, progress: Progress) -> Loaded:
    """Load a city from a program that has no event loop of its own; see `load_city`."""
    return asyncio.run(load_city(database_url, people=people, seed=seed, keys=keys, progress=progress))


async def load_city(database_url: str, *, people: int, seed: int, keys: Keyring, progress: Progress) -> Loaded:
    """Load a city into a migrated database, or the rest of it, or nothing when it is whole.

    A whole city stays whatever seed and size are asked for; the answer tells which one it is. Raises
    `OtherCityInDatabase` for an unfinished one that is not this, `PeopleInDatabase` when there are other people.
    """
    link = await asyncpg.connect(**connect_arguments(database_url))
    try:
        await link.execute("SELECT pg_advisory_lock($1)", _LOCK)
        book = rules.load_book()
        if found := await _begin(link, people=people, seed=seed, made_with=_made_with(book, keys)):
            return found
        there: set[int] = {row["number"] for row in await link.fetch("SELECT number FROM city.neighbourhood")}
        began = asyncio.get_running_loop().time()
        prepared = _prepare(neighbourhoods(seed, people, book=book), there=there, keys=keys, rules_digest=book.digest)
        new_people = await _bring_all(link, prepared, people=people, progress=progress)
        await _finish(link, keys=keys)
        return Loaded(seed, people, new_people, asyncio.get_running_loop().time() - began)
    finally:
        await link.close()


def _made_with(book: rules.Book, keys: Keyring) -> str:
    """Tell the law and the keys of a city apart: a city is finished with those that it was begun with."""
    return f"{book.digest} {keys.blind_index(Purpose.IDENTITY, 'synthetic city').hex()[:16]}"


async def _begin(link: asyncpg.Connection, *, people: int, seed: int, made_with: str) -> Loaded | None:
    """Look what is there and write down what is being made; give the city that is already whole."""
    await link.execute(_MEMORY)
    made = await link.fetchrow("SELECT seed, people, made_with, finished_at FROM city.made")
    if made is None:
        if await link.fetchval("SELECT EXISTS (SELECT FROM person)"):
            raise PeopleInDatabase
        await link.execute("INSERT INTO city.made VALUES (true, $1, $2, $3, now())", seed, people, made_with)
        return None
    if made["finished_at"] is not None:
        return Loaded(made["seed"], made["people"], new_people=0, seconds=0.0)
    if (made["seed"], made["people"], made["made_with"]) != (seed, people, made_with):
        raise OtherCityInDatabase(seed=made["seed"], people=made["people"])
    return None


async def _bring_all(
    link: asyncpg.Connection, prepared: Iterator[_Prepared], *, people: int, progress: Progress
) -> int:
    """Bring what is not there yet; while the database takes one neighbourhood, the next is made."""
    done, new = 0, 0
    upcoming = asyncio.create_task(asyncio.to_thread(next, prepared, None))
    try:
        while (one := await upcoming) is not None:
            upcoming = asyncio.create_task(asyncio.to_thread(next, prepared, None))
            if one.records:
                await _bring(link, one)
                new += one.people
            done += one.people
            progress(done, people)
    finally:
        await asyncio.wait([upcoming])
    return new


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A neighbourhood as the tables take it; without records when it is there already."""

    number: int
    people: int
    records: dict[str, list[Record]]


def _prepare(
    stream: Iterator[Neighbourhood], *, there: set[int], keys: Keyring, rules_digest: str
) -> Iterator[_Prepared]:
    for here in stream:
        records = {} if here.number in there else records_of(here, keys=keys, rules_digest=rules_digest)
        yield _Prepared(here.number, len(here.people), records)


async def _bring(link: asyncpg.Connection, one: _Prepared) -> None:
    async with link.transaction():
        if one.number == 0:
            await _bring_chart_and_calendar(link)
        for table, columns in COLUMNS.items():
            await link.copy_records_to_table(table, records=one.records[table], columns=columns)
        await link.execute("INSERT INTO city.neighbourhood VALUES ($1, $2)", one.number, one.people)


async def _bring_chart_and_calendar(link: asyncpg.Connection) -> None:
    """Bring what every agency has and the city's rows refer to, where the house has not done so itself."""
    await link.executemany(
        "INSERT INTO ledger_account (fund, code, name_zh, name_en, kind, standing) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        [
            (account.fund, account.code, account.name_zh, account.name_en, account.kind.value, account.standing.value)
            for fund in ledger.load_funds()
            for account in fund.accounts
        ],
    )
    days = seed_days()
    await link.executemany(
        "INSERT INTO calendar_year (year, source) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(year, _CALENDAR_SOURCE) for year in sorted({published.day.year for published in days})],
    )
    await link.executemany(
        "INSERT INTO calendar_day (day, working, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", days
    )


async def _finish(link: asyncpg.Connection, *, keys: Keyring) -> None:
    """Give the demo people their log-ins, let new numbers follow those of the city, and call it whole."""
    password_hash = await asyncio.to_thread(identity.hash_password, PASSWORD)
    accounts = [account_of(person) for person in demo_people()]
    records = identity.account_rows(accounts, password_hash=password_hash, now=morning(CITY_DAY))
    secrets_of = {
        account.id: person.secret for account, person in zip(accounts, demo_people(), strict=True) if person.secret
    }
    codes = factors.totp_rows(keys, secrets_of=secrets_of, now=morning(CITY_DAY))
    async with link.transaction():
        await link.copy_records_to_table("account", records=records, columns=identity.ACCOUNT_COLUMNS)
        await link.copy_records_to_table("totp", records=codes, columns=factors.TOTP_COLUMNS)
        await link.execute(
            "SELECT setval('number_serial', (SELECT max(made) FROM (SELECT count(*) FROM person UNION ALL"
            " SELECT count(*) FROM bill UNION ALL SELECT count(*) FROM entry UNION ALL"
            " SELECT count(*) FROM payment_order) AS counted (made)))"
        )
        await link.execute("UPDATE city.made SET finished_at = now()")
    await link.execute("ANALYZE")
