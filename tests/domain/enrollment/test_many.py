"""Covering many people at once gives each what covering them alone gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import pytest

from domain import enrollment
from domain.actors import SYSTEM
from domain.enrollment.models import Coverage, RepairedYear
from domain.ids import new_id
from domain.residents.models import Person
from domain.store import rows
from domain.work import Work, perform
from tests.builders import KEYS, NOW, a_resident, run
from tests.domain.collection.conftest import BOOK, REGION, YEAR

Past = Callable[[Person], Awaitable[None]]


async def nothing(person: Person) -> None:
    """Never covered: every year since the rule counts was missed."""


async def every_year(person: Person) -> None:
    for year in (2025, 2026):
        await covered(person, year)


async def one_missed(person: Person) -> None:
    await covered(person, 2025)


async def one_repaired(person: Person) -> None:
    await covered(person, 2025)
    await RepairedYear.create(
        id=new_id(), person_id=person.id, scheme="390", year=2026, paid_on=date(2027, 2, 1), bill_id=None
    )


async def this_year(person: Person) -> None:
    await covered(person, YEAR)


async def covered(person: Person, year: int) -> None:
    await Coverage.create(
        id=new_id(),
        person_id=person.id,
        scheme="390",
        year=year,
        starts=date(year, 1, 1),
        ends=date(year + 1, 1, 1),
        explanation=[],
    )


PASTS: tuple[Past, ...] = (nothing, every_year, one_missed, one_repaired, this_year)
BIRTHS = (date(1990, 5, 17), date(2026, 10, 20), date(2026, 2, 1))


@pytest.mark.parametrize("paid_on", [NOW.date(), date(2027, 3, 5), date(2027, 12, 20)])
@pytest.mark.parametrize("exempt_as", [None, "2304"])
async def test_many_at_once_are_covered_as_each_alone(store: str, paid_on: date, exempt_as: str | None) -> None:
    alone: list[UUID] = []
    together: list[UUID] = []
    for past in PASTS:
        for born_on in BIRTHS:
            for twins in (alone, together):
                person = await a_resident(born_on=born_on)
                await past(person)
                twins.append(person.id)

    refused_alone = [bill for bill, person_id in bills(alone) if not await covers(person_id, bill, paid_on, exempt_as)]
    people = [enrollment.PaidFor(person_id, bill, exempt_as) for bill, person_id in bills(together)]
    refused: list[frozenset[UUID]] = []

    async def cover_together(work: Work) -> None:
        refused.append(
            await enrollment.cover_many(
                work,
                book=BOOK,
                people=people,
                scheme="390",
                year=YEAR,
                paid_on=paid_on,
                region=REGION,
            )
        )

    await perform(cover_together, actor=SYSTEM, now=NOW, keys=KEYS)

    assert [await told(person_id) for person_id in together] == [await told(person_id) for person_id in alone]
    assert [places(alone, bill) for bill in refused_alone] == sorted(places(together, bill) for bill in refused[0])
    assert len(refused_alone) >= len(BIRTHS), "some were covered already"


def bills(people: list[UUID]) -> list[tuple[UUID, UUID]]:
    """Give each person a bill, whose id is theirs turned round."""
    return [(UUID(bytes=person_id.bytes[::-1]), person_id) for person_id in people]


def places(people: list[UUID], bill: UUID) -> int:
    return people.index(UUID(bytes=bill.bytes[::-1]))


async def covers(person_id: UUID, bill_id: UUID, paid_on: date, exempt_as: str | None) -> bool:
    async def cover(work: Work) -> UUID:
        await enrollment.cover(
            work,
            book=BOOK,
            person_id=person_id,
            scheme="390",
            year=YEAR,
            paid_on=paid_on,
            region=REGION,
            bill_id=bill_id,
            exempt_as=exempt_as,
        )
        return person_id

    try:
        await run(cover, actor=SYSTEM)
    except enrollment.CoveredAlready:
        return False
    return True


async def told(person_id: UUID) -> list[object]:
    """Everything that is known of somebody's cover, but ids."""
    found = await rows(
        "SELECT year, starts, ends, wait_months, paid_on, explanation::text, rules_digest, bill_id IS NULL AS past,"
        " cancelled_at FROM coverage WHERE person_id = $1 ORDER BY year, starts",
        person_id,
    )
    repaired = await rows("SELECT year, paid_on FROM repaired_year WHERE person_id = $1 ORDER BY year", person_id)
    return [*found, *repaired]
