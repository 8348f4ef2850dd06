"""The bills of a year for everybody, from the command line: `yibao bill` and the last step of a new city."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

from cli.steps import address_of
from domain import collection, rules, store
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.settings import Settings
from domain.work import Work, day_of, perform

Progress = Callable[[int, int], None]


def bill_everybody(settings: Settings, *, year: int, progress: Progress) -> collection.BillingRunFacts:
    """Start the run of a year or go on with it, and stay until it is finished.

    `progress` is told how many people were looked at and how many there are.
    """
    return asyncio.run(_bill(settings, year=year, progress=progress))


def was_billed(settings: Settings, *, year: int) -> bool:
    """Tell whether a run of this year was finished before."""
    return asyncio.run(_was_billed(settings, year=year))


async def _was_billed(settings: Settings, *, year: int) -> bool:
    async with store.open_database(address_of(settings), pool=1):
        runs = await collection.list_billing_runs(SYSTEM, first=100)
    return any(run.year == year and run.finished_at is not None for run in runs)


def year_to_bill(today: date) -> int:
    """Give the year that people pay for now: the next one, since its window opens in autumn."""
    return today.year + 1


def today() -> date:
    """Read the clock once, for a command."""
    return day_of(datetime.now(UTC))  # noqa: TID251 - the border of the house


async def _bill(settings: Settings, *, year: int, progress: Progress) -> collection.BillingRunFacts:
    book, keys = rules.load_book(), Keyring.load(settings.key_file)
    now = datetime.now(UTC)  # noqa: TID251 - the border of the house

    async def run_once(do: Callable[[Work], object]) -> UUID:
        done = await perform(do, actor=SYSTEM, now=now, keys=keys)  # pyright: ignore[reportArgumentType] - commands of collection
        assert done.result is not None
        return done.result

    async with store.open_database(address_of(settings), pool=2):
        run_id = await run_once(
            lambda work: collection.start_billing(work, book=book, region=settings.region, year=year)
        )
        everybody = await collection.count_people_of_run(SYSTEM, run_id=run_id)
        while True:
            await run_once(lambda work: collection.bill_next_step(work, book=book, run_id=run_id))
            found = await collection.find_billing_run(SYSTEM, run_id=run_id)
            assert found is not None
            progress(found.persons, max(found.persons, everybody))
            if found.finished_at is not None:
                return found
