"""The servers from wheels start anywhere, end with us, and get over what an earlier start left behind."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import asyncio as aioredis
from tortoise import Tortoise
from tortoise.connection import get_connection

from cli.refusals import CannotStart
from cli.servers import Addresses, running_servers
from tests.servers import FAST_POSTGRES, ROOT

HOLD = """
import sys, time
from pathlib import Path
from cli.servers import running_servers
with running_servers(Path(sys.argv[1])) as addresses:
    print(addresses.database_url, flush=True)
    time.sleep(600)
"""


async def ask(addresses: Addresses) -> str:
    connection = await asyncpg.connect(addresses.database_url)
    try:
        return await connection.fetchval("SELECT current_database() || ' ' || pg_encoding_to_char(6)")
    finally:
        await connection.close()


def servers_of(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or [])
        and process.info["cmdline"][0].endswith(("postgres", "valkey-server"))
    ]


def wait_until(true: object, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def held(tmp_path: Path):
    """Another process that runs the servers on a folder."""
    folder = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    assert process.stdout.readline().startswith("postgres://")
    yield folder, process
    process.kill()
    process.wait()
    for server in servers_of(folder):
        server.kill()


async def test_both_servers_answer_and_keep_what_they_were_given(tmp_path: Path) -> None:
    folder = tmp_path / "a folder 数据,'%\""

    with running_servers(folder) as addresses:
        connection = await asyncpg.connect(addresses.database_url)
        await connection.execute("CREATE TABLE kept AS SELECT '存' AS word")
        await connection.close()
        redis = aioredis.from_url(addresses.redis_url)
        await redis.set("kept", "存")
        await redis.aclose()
    assert servers_of(folder) == []

    with running_servers(folder) as addresses:
        connection = await asyncpg.connect(addresses.database_url)
        word = await connection.fetchval("SELECT word FROM kept")
        await connection.close()
        redis = aioredis.from_url(addresses.redis_url)
        kept = await redis.get("kept")
        await redis.aclose()

    assert word == "存"
    assert kept.decode() == "存"


async def test_tortoise_reads_the_same_address(tmp_path: Path) -> None:
    with running_servers(tmp_path / "data") as addresses:
        await Tortoise.init(db_url=addresses.database_url, modules={"domain": [__name__]})
        rows = await get_connection("default").execute_query_dict("SELECT current_database() AS name")
        await Tortoise.close_connections()

    assert rows == [{"name": "yibao"}]


async def test_extensions_the_house_needs_are_there_and_han_characters_compare(tmp_path: Path) -> None:
    with running_servers(tmp_path / "data") as addresses:
        connection = await asyncpg.connect(addresses.database_url)
        await connection.execute("CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")
        likeness = await connection.fetchval("SELECT similarity('中华人民共和国', '中华人民')")
        await connection.close()

    assert likeness > 0.3


def test_nobody_else_can_enter_the_folders(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)

    with running_servers(folder):
        modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("", "postgres", "valkey", "sockets")}

    assert set(modes.values()) == {0o700}


async def test_a_folder_too_deep_for_a_socket_is_served_from_a_short_one(tmp_path: Path) -> None:
    folder = tmp_path / ("深" * 30) / ("d" * 60)

    with running_servers(folder) as addresses:
        answer = await ask(addresses)

    assert answer.startswith("yibao")
    assert str(folder) not in addresses.database_url


async def test_a_comma_in_the_folder_is_no_border_between_two_hosts() -> None:
    with tempfile.TemporaryDirectory(prefix="a,b") as folder, running_servers(Path(folder) / "c") as addresses:
        answer = await ask(addresses)
        sockets = Path(addresses.database_url.partition("host=")[2])

    assert answer.startswith("yibao")
    assert not sockets.exists()


def test_a_folder_in_use_is_refused_with_the_pid_of_its_user(held) -> None:
    folder, process = held

    with pytest.raises(CannotStart) as refusal, running_servers(folder):
        pass

    assert f"(pid {process.pid})" in refusal.value.text.en


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_killed_start_takes_its_servers_with_it(held) -> None:
    folder, process = held
    assert len(servers_of(folder)) >= 2

    process.kill()

    assert wait_until(lambda: servers_of(folder) == [])


async def test_servers_that_outlived_their_start_are_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running_servers(folder):
        first = {process.pid for process in servers_of(folder)}
        # The lock is what a killed start gives up; its servers go on without it.
        (folder / "servers.lock").unlink()
        with running_servers(folder) as addresses:
            second = {process.pid for process in servers_of(folder)}
            answer = await ask(addresses)

    assert answer.startswith("yibao")
    assert not first & second


async def test_a_pid_that_now_belongs_to_another_program_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running_servers(folder):
        pass
    stranger = subprocess.Popen(["sleep", "600"])
    for name in ("postgres/postmaster.pid", "valkey/valkey.pid"):
        (folder / name).write_text(f"{stranger.pid}\n", encoding="utf-8")

    with running_servers(folder) as addresses:
        answer = await ask(addresses)
    alive = stranger.poll() is None
    stranger.kill()
    stranger.wait()

    assert answer.startswith("yibao")
    assert alive


async def test_a_cluster_made_halfway_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for half in ("postgres", "postgres.unfinished"):
        (folder / half / "base").mkdir(parents=True)
        (folder / half / "postgresql.conf").write_text("half a", encoding="utf-8")

    with running_servers(folder) as addresses:
        answer = await ask(addresses)

    assert answer.startswith("yibao")
    assert not (folder / "postgres.unfinished").exists()


async def test_a_server_killed_while_it_worked_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running_servers(folder) as addresses:
        connection = await asyncpg.connect(addresses.database_url)
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
        for process in servers_of(folder):
            os.kill(process.pid, signal.SIGKILL)
        connection.terminate()
    await asyncio.sleep(0.1)

    with running_servers(folder) as addresses:
        connection = await asyncpg.connect(addresses.database_url)
        kept = await connection.fetchval("SELECT n FROM kept")
        await connection.close()

    assert kept == 1


def test_data_of_another_postgresql_is_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("14\n", encoding="utf-8")

    with pytest.raises(CannotStart, match="holds data of PostgreSQL 14"), running_servers(folder):
        pass


def test_a_setting_that_postgresql_refuses_is_told_with_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotStart, match="unrecognized configuration parameter"),
        running_servers(tmp_path / "data", postgres_settings={**FAST_POSTGRES, "no_such_setting": "1"}),
    ):
        pass
    assert servers_of(tmp_path / "data") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, 65534, 65534)

    with pytest.raises(CannotStart, match="belongs to another user"), running_servers(folder):
        pass
