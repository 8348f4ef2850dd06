"""What the proofs over the whole API share: the running application and a town to ask it about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from domain import ledger
from domain.store import open_database
from tests.conformance.agency import Agency, running_agency
from tests.conformance.town import Town, a_town
from tests.conftest import RUN_FOLDER, on_server
from tests.servers import with_database

BUILT: Final = pytest.StashKey[tuple[str, Town]]()


@pytest.fixture
async def template_database(
    template_database: str, server_url: str, request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> str:
    """The database that a test's own is copied from: for whoever asks for the town, with the town in it."""
    if "town" not in request.fixturenames:
        return template_database
    stash = pytestconfig.stash
    if BUILT not in stash:
        # Once in a process, as each seals with keys of its own.
        name = f"yibao_town_{uuid4().hex[:12]}"
        (stash[RUN_FOLDER] / f"{name}.template").write_text(name, encoding="utf-8")
        await on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY FILE_COPY')
        async with open_database(with_database(server_url, name)):
            await ledger.install_chart()
            stash[BUILT] = name, await a_town()
    return stash[BUILT][0]


@pytest.fixture
async def agency(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Agency]:
    async with running_agency(database_url, redis_url, tmp_path) as running:
        yield running


@pytest.fixture
async def town(agency: Agency, database_url: str, pytestconfig: pytest.Config, tmp_path: Path) -> Town:
    _, built = pytestconfig.stash[BUILT]
    return replace(built, shelf=tmp_path / "files", database_url=database_url)
