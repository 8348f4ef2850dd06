"""The server under test, once for each file, and the client that the tests speak for."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator

import asyncpg
import pytest
from redis import Redis

from api.oauth.proofs import MEMORY_BEGINS
from tests.conformance.fapi.relying import Party
from tests.conformance.fapi.subjects import Subject, running_ours, running_peer
from tests.servers import LAST_REDIS_DATABASE, with_database, with_redis_database


@pytest.fixture(scope="module")
def ours(server_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """Our server as it runs for a city, on a database of its own."""
    name = f"yibao_fapi_{uuid.uuid4().hex}"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")  # noqa: TID251 - the tests' own border
    redis_url = with_redis_database(redis_server_url, LAST_REDIS_DATABASE - int(worker.removeprefix("gw")))
    asyncio.run(_on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0'))
    try:
        folder = tmp_path_factory.mktemp("fapi")
        with Redis.from_url(redis_url) as valkey:
            # As in a house that has been running for some time: proofs of the last minute are remembered.
            valkey.set(MEMORY_BEGINS, 0)
        with running_ours(with_database(server_url, name), redis_url, folder) as subject:
            yield subject
    finally:
        asyncio.run(_on_server(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="module")
def peer() -> Iterator[Subject]:
    """The certified peer, which shows that a test asks for what others do too."""
    with running_peer() as subject:
        yield subject


@pytest.fixture(params=["peer", "ours"])
def subject(request: pytest.FixtureRequest) -> Subject:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Subject)
    deviation = getattr(request.function, "peer_deviates", "")
    if deviation and found.name == "peer":
        # It must fail there: a deviation that is none any more is taken off the list.
        request.applymarker(pytest.mark.xfail(reason=deviation, strict=True))
    return found


@pytest.fixture
def party(subject: Subject) -> Iterator[Party]:
    with subject.browser() as browser:
        yield Party(subject, subject.clients[0], browser)


@pytest.fixture
def other(subject: Subject) -> Iterator[Party]:
    with subject.browser() as browser:
        yield Party(subject, subject.clients[1], browser)


@pytest.fixture
def rsa_party(subject: Subject) -> Iterator[Party]:
    with subject.browser() as browser:
        yield Party(subject, subject.clients[2], browser)


async def _on_server(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
