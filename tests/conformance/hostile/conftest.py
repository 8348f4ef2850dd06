"""The application as it is in operation: trusted documents for everybody but registered partners."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.agency import Agency, running_agency


@pytest.fixture
async def in_operation(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Agency]:
    async with running_agency(database_url, redis_url, tmp_path, in_operation=True) as running:
        yield running
