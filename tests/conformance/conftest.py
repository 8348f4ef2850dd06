"""What the proofs over the whole API share: the running application and a town to ask it about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.agency import Agency, running_agency
from tests.conformance.town import Town, a_town


@pytest.fixture
async def agency(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Agency]:
    async with running_agency(database_url, redis_url, tmp_path) as running:
        yield running


@pytest.fixture
async def town(agency: Agency, tmp_path: Path) -> Town:
    return await a_town(shelf=tmp_path / "files")
