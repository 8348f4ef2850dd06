"""Random re-checks: a period that is over has its list closed, and a list that was sealed is drawn from."""

from __future__ import annotations

from domain import rechecks
from domain.actors import SYSTEM
from domain.work import perform
from workers.resources import Resources


async def run(resources: Resources) -> None:
    """Draw what may be drawn and close what is to be closed, each in a transaction of its own.

    A list that was closed a moment ago waits for its seal and is drawn from by a later run.
    """
    now, keys = resources.clock(), resources.keys
    book, area = resources.book, resources.settings.region
    while (await perform(rechecks.draw_next, actor=SYSTEM, now=now, keys=keys)).result is not None:
        pass
    await perform(lambda work: rechecks.close_list(work, book=book, area=area), actor=SYSTEM, now=now, keys=keys)
