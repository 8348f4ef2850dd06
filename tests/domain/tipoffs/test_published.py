"""What is published stands still for a quarter, so that no two readings of it differ by a single report."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain import tipoffs
from domain.tipoffs import TipoffState
from tests.builders import NOW
from tests.domain.tipoffs.people import AREA, BOOK, Desk, a_report

S = TipoffState
IN_JANUARY = NOW + timedelta(days=65)


async def counted(today: date, *, year: int = 2026) -> dict[TipoffState, int | None]:
    """Give the counts of what is classified as nothing, those that are not zero."""
    published = await tipoffs.publish_counts(year=year, today=today, region=AREA, book=BOOK)
    return {cell.state: cell.count for cell in published.cells if cell.topic is None and cell.count != 0}


async def test_counts_are_those_of_the_beginning_of_the_quarter(desk: Desk) -> None:
    for number in range(11):
        await desk.report(a_report(what=f"第 {number} 件"))
    assert await counted(date(2026, 12, 31)) == {}, "They came in this quarter."
    for case in (await tipoffs.list_cases(desk.first, states=[S.RECEIVED], first=50))[:5]:
        await decide(desk, case.id, now=IN_JANUARY)

    assert await counted(date(2027, 1, 1)) == await counted(date(2027, 3, 31)) == {S.RECEIVED: 11}
    assert await counted(date(2027, 4, 1)) == {S.RECEIVED: 6, S.ACCEPTED: 5}
    assert await counted(date(2027, 4, 1), year=2027) == {}


async def test_a_count_that_is_too_small_takes_another_with_it(desk: Desk) -> None:
    for number in range(9):
        await desk.report(a_report(what=f"第 {number} 件"))
    for case in (await tipoffs.list_cases(desk.first, states=[S.RECEIVED], first=50))[:2]:
        await decide(desk, case.id, now=NOW)

    assert await counted(date(2027, 1, 1)) == {S.RECEIVED: None, S.ACCEPTED: None}, "Seven would tell of the two."


@pytest.mark.parametrize("year", [1, 9998])
async def test_a_year_without_reports_has_counts_of_nothing(desk: Desk, year: int) -> None:
    assert await counted(date(2027, 1, 1), year=year) == {}


async def decide(desk: Desk, case_id: object, *, now: datetime) -> None:
    taken = {"tipoff_id": case_id, "expected_version": 1, "accept": True, "letter": None}
    await desk.do(tipoffs.decide_intake, now=now, book=BOOK, **taken)
