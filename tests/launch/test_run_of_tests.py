"""The servers of a test run are shared by its processes, fresh for each test, and gone afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from redis import asyncio as aioredis

from tests.servers import ROOT, with_database, with_redis_database

INNER = """
import asyncpg, pathlib

async def visit(url):
    connection = await asyncpg.connect(url)
    started = await connection.fetchval("SELECT pg_postmaster_start_time()::text")
    await connection.execute("CREATE TABLE mine (n int)")
    await connection.close()
    with pathlib.Path({visits!r}).open("a") as file:
        file.write(url.partition("host=")[2] + " " + started + "\\n")

async def test_one(empty_database_url): await visit(empty_database_url)
async def test_two(empty_database_url): await visit(empty_database_url)
async def test_three(empty_database_url): await visit(empty_database_url)
async def test_four(redis_url, now): assert redis_url and now.utcoffset().total_seconds() == 8 * 3600
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_processes_of_one_run_share_servers_and_leave_nothing(tmp_path: Path, processes: str) -> None:
    visits = tmp_path / "visits"
    inner = tmp_path / "test_inner.py"
    inner.write_text(INNER.format(visits=str(visits)), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DATABASE", "REDIS"))}  # noqa: TID251

    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest"),
            *("--rootdir", str(tmp_path), "-n", processes, str(inner)),
        ],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "4 passed" in run.stdout, run.stdout + run.stderr
    starts = visits.read_text(encoding="utf-8").splitlines()
    assert len(starts) == 3
    assert len(set(starts)) == 1
    assert not Path(starts[0].split()[0]).parent.exists()


async def test_a_test_has_an_empty_database_and_an_empty_redis(empty_database_url: str, redis_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    redis = aioredis.from_url(redis_url)
    keys = await redis.dbsize()
    await redis.aclose()

    assert (tables, keys) == (0, 0)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("postgres://postgres@/yibao?host=/a/b", "postgres://postgres@/x?host=/a/b"),
        ("postgres:///yibao?host=/a", "postgres:///x?host=/a"),
        ("postgres://u:p@h:5433/yibao", "postgres://u:p@h:5433/x"),
    ],
)
def test_another_database_of_the_same_server_keeps_the_rest_of_the_address(url: str, other: str) -> None:
    assert with_database(url, "x") == other


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("redis://localhost:6379", "redis://localhost:6379/7"),
        ("redis://localhost:6379/0", "redis://localhost:6379/7"),
        ("unix:///a/valkey.sock?db=0", "unix:///a/valkey.sock?db=7"),
    ],
)
def test_another_numbered_database_keeps_the_rest_of_the_address(url: str, other: str) -> None:
    assert with_redis_database(url, 7) == other
