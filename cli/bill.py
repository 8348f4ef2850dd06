"""`yibao bill --year 2027`: generate what everybody owes, with a bar, and go on where an earlier start was stopped."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from cli.refusals import CannotStart
from cli.screen import Count, Screen
from cli.steps import address_of
from domain import rules
from domain.crypto import Keyring
from domain.errors import DomainError, Refused, Text
from domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Billed:
    """What a run did: people looked at and bills made, altogether since it was first started."""

    run_id: UUID
    persons: int
    bills: int


def bill(
    year: Annotated[int, typer.Option(min=2000, max=2200, help="The year of cover.")],
    region: Annotated[str | None, typer.Option(help="The pooling area; the settings' own without it.")] = None,
    step: Annotated[int | None, typer.Option(min=1, help="How many people one transaction looks at.")] = None,
) -> None:
    """Generate what everybody owes for a year. Repeating it doubles nobody; a stopped run goes on."""
    settings, screen = Settings(), Screen()
    if region is not None:
        settings = settings.model_copy(update={"region": region})
    began = time.monotonic()
    try:
        with screen.counting(Text(zh=f"{year} 年度应缴", en=f"What is due for {year}")) as progress:
            done = asyncio.run(_bill_everybody(settings, year=year, persons=step, progress=progress))
    except CannotStart as refusal:
        screen.refuse(refusal.text)
        raise typer.Exit(1) from refusal
    except (DomainError, Refused) as refusal:
        faults = refusal.faults if isinstance(refusal, Refused) else (refusal,)
        for fault in faults:
            screen.refuse(fault.message())
        raise typer.Exit(1) from refusal
    text = Text(
        zh=f"核查 {done.persons:,} 人,生成缴费单 {done.bills:,} 张",
        en=f"{done.persons:,} people looked at, {done.bills:,} bills made",
    )
    screen.done(text, began=began)


async def _bill_everybody(settings: Settings, *, year: int, persons: int | None, progress: Count) -> Billed:
    from domain import store

    async with store.open_database(address_of(settings), pool=2):
        return await run_steps(
            book=rules.load_book(),
            keys=Keyring.load(settings.key_file),
            region=settings.region,
            year=year,
            persons=persons,
            progress=progress,
        )


async def run_steps(
    *, book: rules.Book, keys: Keyring, region: str, year: int, persons: int | None = None, progress: Count
) -> Billed:
    """Start or find the run and make its steps, each in a transaction of its own, until everybody was looked at."""
    from domain import collection
    from domain.actors import SYSTEM
    from domain.work import perform

    started = await perform(
        lambda work: collection.start_billing(work, book=book, region=region, year=year),
        actor=SYSTEM,
        now=_read_clock(),
        keys=keys,
    )
    run_id = started.result
    assert run_id is not None
    everybody = await collection.count_people_of_run(SYSTEM, run_id=run_id)
    while True:
        await perform(
            lambda work: collection.bill_next_step(
                work, book=book, run_id=run_id, persons=persons or collection.STEP_PERSONS
            ),
            actor=SYSTEM,
            now=_read_clock(),
            keys=keys,
        )
        found = await collection.find_billing_run(SYSTEM, run_id=run_id)
        assert found is not None
        progress(found.persons, max(found.persons, everybody))
        if found.finished_at is not None:
            return Billed(run_id=run_id, persons=found.persons, bills=found.bills)


def _read_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the border of the house
