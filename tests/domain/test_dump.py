"""A stolen dump of the database shows no identity number and no phone, in any common writing."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random

import asyncpg
import pytest

import city
from city.generate import neighbourhoods
from domain import residents
from domain.crypto import Keyring, Purpose
from domain.identifiers import CertificateKind, id_check_character
from domain.residents import Sex
from domain.store import connect_arguments, open_database
from tests.builders import COMMUNITY, KEYS, a_clerk, a_form, a_resident, run

PEOPLE, SEED = 300, 11


def writings(secret: str) -> Iterator[str]:
    """All the ways in which a secret could stand in a dump as text, whatever stands before and after it."""
    yield secret
    yield secret[::-1]
    for raw in (secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")):
        yield raw.hex()
        yield raw.hex().upper()
        for shift in range(3):
            # Base64 takes three bytes at once: what stands before moves the borders, so the edges are left out.
            packed = base64.b64encode(bytes(shift) + raw + bytes(3)).decode()
            begin = -(-shift * 4 // 3)
            yield packed[begin : (shift + len(raw)) * 4 // 3]


def find_in(dump: str, secrets: set[str]) -> set[str]:
    """Find secrets by looking up every piece of the dump that is as long as one of their writings."""
    by_length: dict[int, dict[str, str]] = defaultdict(dict)
    for secret in secrets:
        for writing in writings(secret):
            by_length[len(writing)][writing] = secret
    found: set[str] = set()
    for length, wanted in by_length.items():
        for line in dump.splitlines():
            for begin in range(len(line) - length + 1):
                if (piece := line[begin : begin + length]) in wanted:
                    found.add(wanted[piece])
    return found


async def dump(url: str) -> str:
    """Copy every table of every schema of ours out as text."""
    link = await asyncpg.connect(**connect_arguments(url))
    try:
        tables = await link.fetch(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
        )
        out = io.BytesIO()
        for schema, table in tables:
            await link.copy_from_table(table, schema_name=schema, output=out)
        return out.getvalue().decode()
    finally:
        await link.close()


def numbers_of_city() -> set[str]:
    people = [person for here in neighbourhoods(SEED, PEOPLE) for person in here.people]
    assert len(people) == PEOPLE
    return {number for person in people for number in (person.document_number, person.phone) if number}


def random_numbers(count: int) -> list[tuple[str, str]]:
    """Make identity numbers and phones that nobody has."""
    rng = Random(2027)
    made: list[tuple[str, str]] = []
    for _ in range(count):
        first_17 = f"330902{date(1940 + rng.randrange(60), 1 + rng.randrange(12), 1 + rng.randrange(28)):%Y%m%d}"
        first_17 += f"{rng.randrange(1000):03d}"
        made.append((first_17 + id_check_character(first_17), f"1{rng.randrange(3, 10)}{rng.randrange(10**9):09d}"))
    return made


async def live(url: str) -> set[str]:
    """Load a city, and let people come in by every door; give all the numbers that were typed in."""
    await city.load_city(url, people=PEOPLE, seed=SEED, keys=KEYS, progress=lambda *_: None)
    typed = numbers_of_city()
    async with open_database(url):
        for id_number, phone in dict(random_numbers(40)).items():
            await a_resident(id_number=id_number, phone=phone)
            typed |= {id_number, phone}
        for id_number, phone in random_numbers(50)[40:]:
            await _register(id_number, phone=phone)
            typed |= {id_number, phone}
    return typed


async def _register(id_number: str, *, phone: str) -> None:
    form = replace(
        a_form(relation=None),
        sex=Sex.MALE if int(id_number[16]) % 2 else Sex.FEMALE,
        born_on=date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14])),
        document_type=CertificateKind.RESIDENT_ID,
        document_number=id_number,
        phone=phone,
        address="海天大道 2 号",
        community_code=COMMUNITY,
    )
    await run(lambda work: residents.submit_registration(work, form=form), actor=a_clerk())


async def test_no_number_that_was_typed_in_stands_in_the_dump(database_url: str) -> None:
    typed = await live(database_url)
    assert len(typed) > 500
    text = await dump(database_url)
    assert len(text) > 500_000
    assert find_in(text, typed) == set()


PLANTED = "330902199005170024"


LEAKS = {
    "text": f"'x {PLANTED} x', ''",
    "bytes": f"'x', 'x{PLANTED}x'",
    "base64": f"encode('ab{PLANTED}', 'base64'), ''",
    "base64 between others": f"encode('abc{PLANTED}yz', 'base64'), ''",
    "utf-16": f"'x', decode('{PLANTED.encode('utf-16-le').hex()}', 'hex')",
    "hex": f"upper(encode('{PLANTED}', 'hex')), ''",
    "json": f"""jsonb_build_object('errors', ARRAY['{PLANTED} is taken'])::text, ''""",
}


@pytest.mark.parametrize("leak", LEAKS)
async def test_a_planted_leak_is_found(database_url: str, leak: str) -> None:
    """The positive control: one number at one place, in each writing."""
    link = await asyncpg.connect(**connect_arguments(database_url))
    await link.execute(f"INSERT INTO command_log SELECT 'x', new_id(), {LEAKS[leak]}, NULL, now()")
    await link.close()
    assert find_in(await dump(database_url), {PLANTED, "330902199005170040"}) == {PLANTED}


async def test_a_leak_at_the_sealing_itself_would_be_found(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the whole way: were the seals thin air, the numbers of the city would be found."""

    def leave_open(self: Keyring, purpose: Purpose, plain: str, *, place: str) -> bytes:
        return plain.encode()

    monkeypatch.setattr(Keyring, "seal", leave_open)
    await city.load_city(database_url, people=PEOPLE, seed=SEED, keys=KEYS, progress=lambda *_: None)
    assert find_in(await dump(database_url), numbers_of_city()) == numbers_of_city()


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_ten_thousand_numbers_leave_no_trace(database_url: str) -> None:
    typed: set[str] = set()
    async with open_database(database_url):
        for id_number, phone in dict(random_numbers(5_000)).items():
            await a_resident(id_number=id_number, phone=phone)
            typed |= {id_number, phone}
    assert len(typed) > 9_900
    assert find_in(await dump(database_url), typed) == set()
