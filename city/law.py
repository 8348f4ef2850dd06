"""The rules of the house as the city asks them: each question is answered once, for answers are few and people many."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Final, NamedTuple

from domain import rules
from domain.period import age_on

YEARS: Final = (2023, 2024, 2025, 2026)
"""The years of cover that the city has behind it."""


class Answer(NamedTuple):
    """From when cover counts, after how many months of waiting, and why, as JSON."""

    covered_from: date
    wait_months: int
    explanation: str


class Law:
    """Contribution standards and waiting rules of one place for the years of the city.

    Where the book has no standard of the place for a year, the national minimum of that year stands in.
    """

    def __init__(self, book: rules.Book, *, region: str = "330900") -> None:
        self._book = book
        self._region = region
        self._standards = {year: _standard(book, region=region, year=year) for year in YEARS}
        self._groups: dict[tuple[int, int, bool], rules.ContributionGroup] = {}
        self._answers: dict[tuple[int, date, frozenset[int], str | None], Answer] = {}

    @property
    def digest(self) -> str:
        """The digest of the book, which every bill carries."""
        return self._book.digest

    def standard(self, year: int) -> rules.ContributionStandard:
        """Give the contribution standard of a year."""
        return self._standards[year]

    def group(self, year: int, *, born_on: date, student: bool) -> rules.ContributionGroup:
        """Give the group that somebody pays in."""
        standard = self._standards[year]
        key = (year, age_on(born_on, standard.age_day), student)
        if key not in self._groups:
            self._groups[key] = standard.group_of(born_on=born_on, student=student)
        return self._groups[key]

    def newborn_days(self, day: date) -> int:
        """Give how many days after the birth a payment still counts from birth."""
        return self._book.waiting(region=self._region, day=day).newborn.days

    def cover(
        self, year: int, *, pays_on: date, missed: frozenset[int], exempt_as: str | None, born_on: date
    ) -> Answer:
        """Tell from when the cover of a year counts for somebody who paid on that day."""
        if born_on.year >= year - 1:
            return self._ask(year, pays_on=pays_on, missed=missed, exempt_as=exempt_as, born_on=born_on)
        key = (year, pays_on, missed, exempt_as)
        if key not in self._answers:
            self._answers[key] = self._ask(year, pays_on=pays_on, missed=missed, exempt_as=exempt_as, born_on=None)
        return self._answers[key]

    def _ask(
        self, year: int, *, pays_on: date, missed: frozenset[int], exempt_as: str | None, born_on: date | None
    ) -> Answer:
        wait = rules.wait_of(
            self._book.waiting(region=self._region, day=pays_on),
            year=year,
            window=self._standards[year].window,
            pays_on=pays_on,
            missed_years=missed,
            born_on=born_on,
            exempt_as=exempt_as,
        )
        steps = json.dumps([asdict(step) for step in wait.steps], ensure_ascii=False)
        return Answer(wait.covered_from, wait.months, steps)


def _standard(book: rules.Book, *, region: str, year: int) -> rules.ContributionStandard:
    own = book.find(rules.ContributionStandard, region=region, day=date(year, 1, 1), scheme="390")
    return own or book.contribution(region=rules.NATIONAL, year=year)
