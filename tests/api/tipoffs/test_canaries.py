"""Reports go every way over HTTP, and afterwards nothing that anybody keeps holds a word of them.

Two hundred people with addresses of their own report on the page and over GraphQL: some are taken, some refused, some
send nonsense or are cut off, and meanwhile the shelf is gone, connections break, the process is killed, and more come
than there is room for. A leak that is planted in each place is found.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from redis import asyncio as aioredis

from domain import tipoffs
from domain.store import connect_arguments
from tests.api.tipoffs.canaries import CANARIES, IN_FILES, WORDS, Sieve, address, pieces, writings
from tests.api.tipoffs.house import House, closing_later, gather, running, size_of
from tests.api.tipoffs.ways import leave_canaries_everywhere
from tests.conftest import RUN_FOLDER
from tests.domain.tipoffs.people import Desk, a_desk

TIPS = 200


@pytest.fixture
async def house(
    store: str, redis_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> AsyncIterator[tuple[House, Desk]]:
    servers = pytestconfig.stash[RUN_FOLDER] / "servers"
    if not servers.is_dir():
        pytest.skip("The servers of DATABASE_URL show their files to nobody.")
    folder = tmp_path / "house"
    folder.mkdir()
    async with (
        a_desk(store, folder / "files") as desk,
        running(folder, database_url=store, redis_url=redis_url, servers=servers) as found,
    ):
        yield found, desk


@pytest.fixture
def sieve(tmp_path: Path) -> Sieve:
    return Sieve(tmp_path)


async def plant(house: House) -> Mapping[str, str]:
    """Leak one canary in each place, each in another writing."""
    link = await asyncpg.connect(**connect_arguments(house.database_url))
    async with closing_later(link):
        await link.execute("CREATE TABLE leak (content bytea)")
        await link.execute("INSERT INTO leak VALUES ($1)", WORDS["who"].encode("gb18030"))
        await link.execute("SELECT lo_from_bytea(0, $1)", WORDS["what"].encode("utf-16-le"))
    async with aioredis.from_url(house.redis_url) as valkey:
        await valkey.set("seen:" + address(0), quote(WORDS["when"]))
    (house.folder / "files" / "leak").write_bytes(b"..." + IN_FILES[0].encode())
    (house.temporary / "leak").write_bytes(base64.b64encode(b"x" + WORDS["reply"].encode()))
    with house.printed.open("ab") as printed, house.collected.open("ab") as collected:
        printed.write(WORDS["name"].encode().hex().encode())
        collected.write(f"\\u{ord(WORDS['holder'][0]):04x}".encode() + WORDS["holder"].encode("unicode_escape"))
    return {
        "dump": WORDS["what"],
        "valkey": WORDS["when"],
        "shelf": IN_FILES[0],
        "printed": WORDS["name"],
        "collected": WORDS["holder"],
        "temporary": WORDS["reply"],
        "servers": WORDS["who"],
        "measured": WORDS["account"],
    }


@pytest.mark.timeout(400)
async def test_no_word_of_two_hundred_reports_lies_anywhere(
    house: tuple[House, Desk], sieve: Sieve, tmp_path: Path
) -> None:
    application, desk = house
    with application.watched():
        told = await leave_canaries_everywhere(application, tips=TIPS)
    cases = await tipoffs.list_cases(desk.first, states=list(tipoffs.TipoffState), first=500)
    assert_every_way_was_gone(told, cases=len(cases))

    kept = await gather(application, tmp_path / "before")
    assert {place: sieve.in_files(files) for place, files in kept.items()} == {place: set() for place in kept}
    for place in ("dump", "shelf", "servers", "measured"):
        assert size_of(kept[place]) > 20_000, f"There is something to look through in {place}."
    assert [name for name in application.held if "memfd:vessel" in name], "Files went through memory while we watched."
    on_disks = (str(application.temporary), "/var/tmp", "/dev/shm", "/tmp/tmp")
    assert [name for name in application.held if name.startswith(on_disks)] == []
    assert list(application.temporary.iterdir()) == []

    planted = await plant(application)
    # While somebody's words stand in a statement, its session shows them.
    link = await asyncpg.connect(**connect_arguments(application.database_url))
    async with closing_later(link):
        await link.execute(f"SELECT '{WORDS['account']}'")
        kept = await gather(application, tmp_path / "after")
    found = {place: sieve.in_files(files) for place, files in kept.items()}
    assert {place for place, canary in planted.items() if canary not in found[place]} == set()


def assert_every_way_was_gone(told: Mapping[str, Mapping[str, int]], *, cases: int) -> None:
    """The control of the ways: each of them really came to its end."""
    alongside = Counter(told["alongside"]) + Counter(told["alongside again"])
    print({part: dict(outcomes) for part, outcomes in told.items()}, cases)
    assert cases >= TIPS // 2, "Reports have arrived."
    assert alongside["received"] >= TIPS // 4, alongside
    assert alongside["received over GraphQL"] >= TIPS // 20, alongside
    assert alongside["answered with a file"] >= TIPS // 20, alongside
    assert alongside["refused"] >= TIPS // 20, alongside
    assert told["crowded out"]["GraphQL 503"] > 0, "Some found the house full."
    assert told["crowded out"]["GraphQL held back"] > 0, "Some sent too much."
    assert told["killed"].get("cut off", 0) > 0, "The process was killed while it held reports."
    assert told["without a shelf"]["answered 500"] > 0, told
    assert told["without a database"].keys() & {"answered 500", "cut off"}, told


def test_every_writing_of_every_word_is_found(sieve: Sieve) -> None:
    """The control of the sieve: each of them in the middle of noise, and the noise alone is nothing."""
    noise = bytes(range(256)) * 4
    everything = {writing for secret in CANARIES for piece in pieces(secret) for writing in writings(piece)}

    assert sieve.in_bytes(noise) == set()
    assert everything - sieve.writings_in(noise.join([b"", *everything, b""])) == set()
    assert len(everything) > 1_000
