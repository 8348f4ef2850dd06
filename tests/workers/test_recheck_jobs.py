"""The job closes a list after the period, waits for its seal, and draws; run twice at once it does it once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain import rechecks
from domain.actors import SYSTEM
from domain.rechecks import DrawState
from domain.settings import Settings
from tests.builders import KEYS, NOW
from tests.claim_builders import BOOK
from tests.domain.audit.trail import seal_everything
from tests.domain.rechecks.audit_world import DECEMBER, decided
from workers.jobs import draw_rechecks
from workers.resources import Resources
from workers.schedule import SCHEDULE

pytestmark = pytest.mark.usefixtures("store")


def resources(folder: Path, *, now: datetime) -> Resources:
    settings = Settings(data=folder)
    return Resources(settings=settings, keys=KEYS, book=BOOK, wechatpay=None, clock=lambda: now)


async def test_the_job_lists_waits_for_the_seal_and_draws_once(tmp_path: Path) -> None:
    november, december = (resources(tmp_path, now=now) for now in (NOW, DECEMBER))
    later = replace(december, clock=lambda: DECEMBER + timedelta(minutes=10))
    await draw_rechecks.run(november)
    await decided()

    await asyncio.gather(*(draw_rechecks.run(december) for _ in range(3)))
    listed, first = await rechecks.list_draws(SYSTEM, first=10)
    assert (listed.state, listed.population, first.population) == (DrawState.LISTED, 1, 0)
    await seal_everything(KEYS, now=DECEMBER)
    await asyncio.gather(*(draw_rechecks.run(later) for _ in range(3)))

    assert [draw.state for draw in await rechecks.list_draws(SYSTEM, first=10)] == [DrawState.DRAWN] * 2
    assert len(await rechecks.list_rechecks(SYSTEM, keys=KEYS, first=10)) == 1
    assert SCHEDULE["draw_rechecks"][1] is draw_rechecks.run
