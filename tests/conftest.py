"""What every test may ask for: a database of its own, the store on it, Redis, and a day on which it happens."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from redis import asyncio as aioredis

from tests.servers import (
    LAST_REDIS_DATABASE,
    given_addresses,
    make_run_folder,
    one_at_a_time,
    shared_addresses,
    stop_shared,
    with_database,
    with_redis_database,
)

RUN_FOLDER: Final = pytest.StashKey[Path]()
RUN_PID: Final = pytest.StashKey[int]()
CHINA_STANDARD_TIME: Final = timezone(timedelta(hours=8), "UTC+08:00")


class SharedByWorkers:
    """Tells the parallel processes of pytest-xdist where this run's servers are."""

    def pytest_configure_node(self, node: object) -> None:
        config: pytest.Config = node.config  # type: ignore[attr-defined] # pytest-xdist has no types
        node.workerinput["run_folder"] = str(config.stash[RUN_FOLDER])  # type: ignore[attr-defined] # as above
        node.workerinput["run_pid"] = os.getpid()  # type: ignore[attr-defined] # as above


def pytest_configure(config: pytest.Config) -> None:
    # A person's own settings for psql must not lead the tests to another server.
    for name in [name for name in os.environ if name.startswith("PG")]:  # noqa: TID251 - the tests' own border
        del os.environ[name]  # noqa: TID251 - the tests' own border
    worker_input: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker_input is None:
        config.stash[RUN_FOLDER] = make_run_folder()
        config.stash[RUN_PID] = os.getpid()
        if config.pluginmanager.hasplugin("dsession") or config.pluginmanager.hasplugin("xdist"):
            config.pluginmanager.register(SharedByWorkers())
    else:
        config.stash[RUN_FOLDER] = Path(worker_input["run_folder"])
        config.stash[RUN_PID] = int(worker_input["run_pid"])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and RUN_FOLDER in config.stash:
        folder = config.stash[RUN_FOLDER]
        if given_addresses().database_url:
            import asyncio

            asyncio.run(_drop_templates(given_addresses().database_url, folder=folder))
        stop_shared(folder)


@pytest.fixture(scope="session")
def server_url(pytestconfig: pytest.Config) -> str:
    """The address of the PostgreSQL server of this run (its maintenance database)."""
    stash = pytestconfig.stash
    return shared_addresses(stash[RUN_FOLDER], run_pid=stash[RUN_PID]).database_url


@pytest.fixture(scope="session")
def redis_server_url(pytestconfig: pytest.Config) -> str:
    """The address of the Redis server of this run."""
    stash = pytestconfig.stash
    return shared_addresses(stash[RUN_FOLDER], run_pid=stash[RUN_PID]).redis_url


@pytest.fixture
async def template_database(pytestconfig: pytest.Config, server_url: str) -> str:
    """The name of the migrated database that every test's database is copied from, made once in a run."""
    folder = pytestconfig.stash[RUN_FOLDER]
    made = folder / "migrated.template"
    if not made.exists():
        with one_at_a_time(folder, "template"):
            if not made.exists():
                name = f"yibao_template_{uuid.uuid4().hex[:12]}"
                await on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
                await _migrate(with_database(server_url, name))
                made.write_text(name, encoding="utf-8")
    return made.read_text(encoding="utf-8")


@pytest.fixture
async def empty_database_url(server_url: str) -> AsyncIterator[str]:
    """A fresh database with nothing in it, for tests of the migrations themselves."""
    async with _Database(server_url, template="template0") as url:
        yield url


@pytest.fixture
async def database_url(server_url: str, template_database: str) -> AsyncIterator[str]:
    """A fresh migrated database for this test alone, dropped afterwards."""
    async with _Database(server_url, template=template_database) as url:
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[str]:
    """Tortoise, opened on this test's database; the value is the database's address."""
    from domain.store import open_database

    async with open_database(database_url):
        yield database_url


@pytest.fixture
async def redis_url(redis_server_url: str) -> str:
    """An emptied Redis database that belongs to this worker of the run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")  # noqa: TID251 - the tests' own border
    url = with_redis_database(redis_server_url, LAST_REDIS_DATABASE - int(worker.removeprefix("gw")))
    connection = aioredis.from_url(url)
    await connection.flushdb()
    await connection.aclose()
    return url


@pytest.fixture
def now() -> datetime:
    """The moment at which a test happens: a Monday morning in the first days of registration for 2027."""
    return datetime(2026, 11, 2, 9, 0, tzinfo=CHINA_STANDARD_TIME)


class _Database:
    def __init__(self, server_url: str, *, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._name = f"yibao_test_{uuid.uuid4().hex}"

    async def __aenter__(self) -> str:
        await on_server(
            self._server_url, f'CREATE DATABASE "{self._name}" TEMPLATE "{self._template}" STRATEGY FILE_COPY'
        )
        return with_database(self._server_url, self._name)

    async def __aexit__(self, *_: object) -> None:
        await on_server(self._server_url, f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')


async def _migrate(url: str) -> None:
    from domain.store import migrate

    await migrate(url)


async def on_server(url: str, statement: str) -> None:
    """Run one statement on the server, on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _drop_templates(server_url: str, *, folder: Path) -> None:
    for made in folder.glob("*.template"):
        await on_server(server_url, f'DROP DATABASE IF EXISTS "{made.read_text(encoding="utf-8")}" WITH (FORCE)')
