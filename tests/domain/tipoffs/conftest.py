"""A desk of investigators on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.domain.tipoffs.people import Desk, a_desk


@pytest.fixture
async def desk(store: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(store, tmp_path / "shelf") as found:
        yield found
