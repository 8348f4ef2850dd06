"""A place: its settlement year, and which provisions it must have on every day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from domain.period import Period
from domain.rules.values import Provision


@unique
class LateEpisodes(StrEnum):
    """What happens when earlier care is settled after later care of the same year."""

    COUNTED_WHERE_SETTLED = "counted_where_settled"
    """It is settled on what was used up by then; what was settled before stays."""
    RECOMPUTED = "recomputed"
    """What lies after it is given back and settled anew, in the order of the care."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Provision):
    """What holds for a place as a whole.

    `year_starts_month` is the month in which the settlement year begins: 1 nearly everywhere, 7 in Shanghai.
    `late_episodes` is what happens to later care that was settled before earlier care.
    `needs` lists by scheme (`""` for all schemes) the provisions that must be in force on every day of this version.
    """

    year_starts_month: int
    late_episodes: LateEpisodes
    needs: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        if not 1 <= self.year_starts_month <= 12:  # noqa: PLR2004 - months of a year
            raise ValueError("A year has months 1 to 12.")

    def year_of(self, day: date) -> int:
        """Give the settlement year of a day, named by the calendar year in which it begins."""
        return day.year if day.month >= self.year_starts_month else day.year - 1

    def days_of(self, year: int) -> Period:
        """Give the days of a settlement year."""
        month = self.year_starts_month
        return Period(date(year, month, 1), date(year + 1, month, 1))
