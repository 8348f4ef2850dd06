"""A city in a real database: everything of it, sealed, balanced, and once, whatever interrupts the load."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from argon2 import PasswordHasher

import city
from city.tables import COLUMNS
from domain.business_numbers import BusinessNumber, check_number
from domain.crypto import Keyring, Purpose
from domain.store import connect_arguments

PEOPLE = 500
SEED = 8
# What is drawn anew at every sealing, and so differs between two loads of the same city.
FRESH = {"person": ("document_sealed", "phone_sealed")}


@pytest.fixture(scope="module")
def keys() -> Keyring:
    return Keyring.make()


@pytest.fixture
async def link(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**connect_arguments(database_url))
    yield connection
    await connection.close()


async def load(database_url: str, keys: Keyring, *, people: int = PEOPLE, seed: int = SEED) -> city.Loaded:
    return await city.load_city(database_url, people=people, seed=seed, keys=keys, progress=lambda *_: None)


async def fingerprint(link: asyncpg.Connection) -> dict[str, str]:
    """Digest every table that a city fills, but for what is sealed with fresh randomness."""
    found: dict[str, str] = {}
    for table in COLUMNS:
        less = " - ".join(["to_jsonb(t)", *(f"'{column}'" for column in FRESH.get(table, ()))])
        found[table] = await link.fetchval(
            f"SELECT md5(string_agg(({less})::text, '' ORDER BY ({less})::text)) FROM {table} t"
        )
    return found


async def test_every_row_of_the_city_is_in_the_database(
    database_url: str, link: asyncpg.Connection, keys: Keyring
) -> None:
    loaded = await load(database_url, keys)

    made = list(city.neighbourhoods(SEED, PEOPLE))
    assert (loaded.people, loaded.new_people) == (PEOPLE, PEOPLE)
    for table, rows in {
        "community": len(made),
        "household": sum(len(here.households) for here in made),
        "person": PEOPLE,
        "mandate": sum(len(here.mandates) for here in made),
        "bill": sum(len(here.bills) for here in made),
        "coverage": sum(len(here.coverages) for here in made),
        "payment_order": sum(len(here.orders) for here in made),
        "entry": sum(len(here.vouchers) for here in made),
        "account": len(city.demo_people()),
    }.items():
        assert await link.fetchval(f"SELECT count(*) FROM {table}") == rows, table


async def test_numbers_are_sealed_and_found_again(database_url: str, link: asyncpg.Connection, keys: Keyring) -> None:
    await load(database_url, keys)
    person = next(person for person in city.people(SEED, PEOPLE) if person.phone and person.serial > 50)
    index = keys.blind_index(Purpose.IDENTITY, f"{person.document.value}:{person.document_number}")

    row: Any = await link.fetchrow("SELECT * FROM person WHERE document_index = $1", index)

    assert (row["name"], row["born_on"], row["sex"]) == (person.name, person.born_on, person.sex.value)
    opened = keys.unseal(Purpose.IDENTITY, row["document_sealed"], place=f"person.document:{row['id']}")
    assert opened == person.document_number
    assert keys.unseal(Purpose.PHONE, row["phone_sealed"], place=f"person.phone:{row['id']}") == person.phone
    whole = await link.fetchval("SELECT string_agg(person::text, '') FROM person")
    assert person.document_number not in whole
    assert person.phone not in whole


async def test_the_books_say_what_the_bills_say(database_url: str, link: asyncpg.Connection, keys: Keyring) -> None:
    await load(database_url, keys)

    paid = await link.fetchval("SELECT sum(own_amount) FROM bill WHERE state = 'PAID'")
    booked = await link.fetchval("SELECT -sum(amount) FROM posting WHERE code = '4001'")
    unbooked = await link.fetchval(
        "SELECT count(*) FROM payment_order WHERE amount <> (SELECT sum(amount) FROM posting JOIN entry"
        " ON entry.id = entry_id WHERE key = 'payment:' || payment_order.id AND posting.amount > 0)"
    )
    assert paid == booked > 0
    assert unbooked == 0


async def test_the_numbers_that_follow_are_not_those_of_the_city(
    database_url: str, link: asyncpg.Connection, keys: Keyring
) -> None:
    await load(database_url, keys)

    next_number = check_number(await link.fetchval("SELECT new_number('B', 2026)"))

    numbers = await link.fetch(
        "SELECT number FROM bill UNION ALL SELECT number FROM person UNION ALL SELECT number FROM entry"
    )
    read = [check_number(row["number"]) for row in numbers]
    assert isinstance(next_number, BusinessNumber)
    assert all(isinstance(number, BusinessNumber) and number.serial < next_number.serial for number in read)


async def test_demo_people_log_in_as_who_they_are(database_url: str, link: asyncpg.Connection, keys: Keyring) -> None:
    await load(database_url, keys)

    rows = await link.fetch(
        "SELECT login, password_hash, kind, roles, person.name FROM account LEFT JOIN person ON person.id = person_id"
    )

    found = {row["login"]: row for row in rows}
    for somebody in city.demo_people():
        row = found[somebody.account]
        assert PasswordHasher().verify(row["password_hash"], somebody.password)
        assert row["kind"] == ("STAFF" if somebody.roles else "RESIDENT")
        assert row["name"] == (None if somebody.roles else somebody.name)
        assert tuple(row["roles"]) == somebody.roles


async def test_the_calendar_of_the_house_is_there(database_url: str, link: asyncpg.Connection, keys: Keyring) -> None:
    await load(database_url, keys)

    assert await link.fetchval("SELECT array_agg(year ORDER BY year) FROM calendar_year") == list(range(2020, 2027))


async def test_a_second_load_does_nothing_and_says_which_city_is_there(
    database_url: str, link: asyncpg.Connection, keys: Keyring
) -> None:
    await load(database_url, keys)
    before = await fingerprint(link)

    again = await load(database_url, keys, people=900, seed=77)

    assert (again.seed, again.people, again.new_people) == (SEED, PEOPLE, 0)
    assert await fingerprint(link) == before


async def test_a_load_that_broke_off_is_finished_by_the_next(
    database_url: str, link: asyncpg.Connection, keys: Keyring
) -> None:
    def break_off(done: int, _: int) -> None:
        if done >= 200:
            raise KeyError("the lights went out")

    with pytest.raises(KeyError):
        await city.load_city(database_url, people=PEOPLE, seed=SEED, keys=keys, progress=break_off)
    assert await link.fetchval("SELECT count(*) FROM person") == 200

    rest = await load(database_url, keys)

    assert rest.new_people == PEOPLE - 200
    assert await link.fetchval("SELECT count(*) FROM person") == PEOPLE


async def test_a_killed_load_leaves_whole_neighbourhoods_and_the_rest_follows(
    database_url: str, link: asyncpg.Connection, keys: Keyring, tmp_path: Path
) -> None:
    keys.save(tmp_path / "keys.json")
    command = ("-m", "city", "--people", "4000", "--seed", "8", "--keys", str(tmp_path / "keys.json"))
    environment = {**os.environ, "DATABASE_URL": database_url}  # noqa: TID251 - the tests' own border
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    while not await link.fetchval("SELECT to_regclass('city.neighbourhood') IS NOT NULL"):
        await asyncio.sleep(0.01)
    while not (there := await link.fetchval("SELECT count(*) FROM city.neighbourhood")):
        await asyncio.sleep(0.01)

    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL
    rest = await load(database_url, keys, people=4000)

    assert 0 < there < 10
    assert 0 < rest.new_people < 4000
    assert await link.fetchval("SELECT count(*) FROM person") == 4000
    assert await link.fetchval("SELECT finished_at IS NOT NULL FROM city.made")


async def test_an_interrupted_city_is_the_same_as_one_made_in_one_go(
    database_url: str, link: asyncpg.Connection, keys: Keyring
) -> None:
    def break_off(done: int, _: int) -> None:
        if done == 300:
            raise KeyError("the lights went out")

    with pytest.raises(KeyError):
        await city.load_city(database_url, people=PEOPLE, seed=SEED, keys=keys, progress=break_off)
    await load(database_url, keys)
    interrupted = await fingerprint(link)
    await _empty(link)

    await load(database_url, keys)

    assert await fingerprint(link) == interrupted


async def test_half_a_city_is_not_finished_by_another_one(database_url: str, keys: Keyring) -> None:
    def break_off(*_: int) -> None:
        raise KeyError("the lights went out")

    with pytest.raises(KeyError):
        await city.load_city(database_url, people=PEOPLE, seed=SEED, keys=keys, progress=break_off)

    with pytest.raises(city.OtherCityInDatabase) as refused:
        await load(database_url, keys, seed=9)

    assert str(PEOPLE) in refused.value.message().zh


async def test_half_a_city_is_not_finished_with_other_keys(database_url: str, keys: Keyring) -> None:
    def break_off(*_: int) -> None:
        raise KeyError("the lights went out")

    with pytest.raises(KeyError):
        await city.load_city(database_url, people=PEOPLE, seed=SEED, keys=keys, progress=break_off)

    with pytest.raises(city.OtherCityInDatabase):
        await load(database_url, Keyring.make())


async def test_a_database_with_other_people_is_refused(
    database_url: str, link: asyncpg.Connection, keys: Keyring
) -> None:
    await link.execute(
        "INSERT INTO community VALUES ('330902001001', '330902', 'somewhere');"
        "INSERT INTO household VALUES (gen_random_uuid(), 'H1', '330902001001', 'somewhere');"
        "INSERT INTO person (id, number, name, name_pinyin, sex, born_on, document_type, household_id, household_role,"
        " community_code, registered_at) SELECT gen_random_uuid(), 'R1', 'A', 'a', 'FEMALE', '1990-01-01', '99', id,"
        " 'HEAD', community_code, now() FROM household"
    )

    with pytest.raises(city.PeopleInDatabase):
        await load(database_url, keys)

    assert await link.fetchval("SELECT count(*) FROM person") == 1


async def test_two_loads_at_once_make_one_city(database_url: str, link: asyncpg.Connection, keys: Keyring) -> None:
    both = await asyncio.gather(load(database_url, keys), load(database_url, keys))

    assert sorted(loaded.new_people for loaded in both) == [0, PEOPLE]
    assert await link.fetchval("SELECT count(*) FROM person") == PEOPLE


async def _empty(link: asyncpg.Connection) -> None:
    """Take everything out again, past the guards: only the owner of an empty test database may do so."""
    tables = ", ".join((*COLUMNS, "account", "city.made", "city.neighbourhood"))
    await link.execute("SET session_replication_role = replica")
    await link.execute(f"TRUNCATE {tables} CASCADE")
    await link.execute("SET session_replication_role = origin")
