"""Working days: statutory holidays and the weekends worked in exchange (调休), and deadlines counted in them.

The State Council publishes the days of a year in November of the year before. A day of a year that is not published
yet is judged by its weekday alone, and a deadline that meets such a day is provisional: it is computed again when the
year is published, and it is never an error.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from itertools import count
from typing import Final, NamedTuple

_MONDAY_TO_FRIDAY: Final = range(5)
_ONE_DAY: Final = timedelta(days=1)
# The notice for 2019 made 29 December 2018 a working Saturday and 31 December a holiday: the last days of a year
# are settled only by the notice for the next.
_TURN_OF_THE_YEAR: Final = (12, 24)


class PublishedDay(NamedTuple):
    """A day that breaks the rule of Monday to Friday, and the festival that it does so for."""

    day: date
    working: bool
    festival: str


class Deadline(NamedTuple):
    """The last day in time. Provisional: a day on the way is not published yet, so it may still move."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of the agency: the exceptions to Monday to Friday, and the years for which they are known."""

    exceptions: Mapping[date, bool]
    published_years: frozenset[int]

    @classmethod
    def of(cls, days: Iterable[PublishedDay]) -> Calendar:
        """Make a calendar of published days; a year counts as published when any of its days is among them."""
        exceptions = {published.day: published.working for published in days}
        return cls(exceptions, frozenset(day.year for day in exceptions))

    def is_working(self, day: date) -> bool:
        """Tell whether the agency works on that day, as far as is known."""
        return self.exceptions.get(day, day.weekday() in _MONDAY_TO_FRIDAY)

    def is_settled(self, day: date) -> bool:
        """Tell whether nothing can change any more about that day being a working day."""
        next_year_matters = (day.month, day.day) >= _TURN_OF_THE_YEAR
        return day.year in self.published_years and (not next_year_matters or day.year + 1 in self.published_years)

    def add_working_days(self, day: date, working_days: int) -> Deadline:
        """Count so many working days from the day after `day` on (《民法典》第二百零一条); 0 is `day` or the next."""
        if working_days < 0:
            raise ValueError(f"A deadline lies ahead: {working_days} working days do not.")
        provisional = False
        remaining = max(working_days, 1)
        for passed in count(1 if working_days else 0):
            reached = day + passed * _ONE_DAY
            provisional = provisional or not self.is_settled(reached)
            remaining -= self.is_working(reached)
            if not remaining:
                return Deadline(reached, provisional)
        raise AssertionError("Counting does not end.")

    def working_days_left(self, today: date, *, deadline: date) -> int:
        """Count the working days after `today` up to and with `deadline`; negative: so many have passed since."""
        first, last = sorted((today, deadline))
        between = sum(self.is_working(first + passed * _ONE_DAY) for passed in range(1, (last - first).days + 1))
        return between if today <= deadline else -between


def read_published_days(lines: Iterable[str]) -> tuple[PublishedDay, ...]:
    """Read days from CSV with the columns day, working (yes or no) and festival; lines from # on are remarks."""
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return tuple(_read_row(row) for row in rows)


def seed_days() -> tuple[PublishedDay, ...]:
    """Give the published days of 2020 to 2026 that the calendar table starts with."""
    return read_published_days(files("domain").joinpath("calendar_days.csv").read_text("utf-8").splitlines())


def _read_row(row: Mapping[str, str]) -> PublishedDay:
    if row["working"] not in {"yes", "no"}:
        raise ValueError(f"Of {row['day']} it must be said yes or no whether it is worked, not {row['working']!r}.")
    return PublishedDay(date.fromisoformat(row["day"]), row["working"] == "yes", row["festival"])
