"""A sealed trail of many blocks, with copies of its heads outside, and something that is not sealed yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from domain import audit
from domain import store as database
from tests.domain.audit.trail import a_long_trail, write
from tests.verifier.tampering import Trail
from verifier.outside import Outside


@pytest.fixture
async def trail(store: str, tmp_path: Path) -> AsyncIterator[Trail]:
    await a_long_trail()
    await write(2, readings=1)
    path = tmp_path / "checkpoints.jsonl"
    await audit.deliver_checkpoints(audit.CheckpointFile(path))
    link = await asyncpg.connect(**database.connect_arguments(store))
    yield Trail(link, await audit.list_blocks(after=0, first=100), Outside.read(path), path)
    await link.close()
