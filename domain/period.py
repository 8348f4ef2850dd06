"""Days and half-open periods: `starts` is the first day in, `ends` the first day out, `None` is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `starts` up to but not including `ends`; `ends=None` means until further notice."""

    starts: date
    ends: date | None = None

    def __post_init__(self) -> None:
        if self.ends is not None and self.ends <= self.starts:
            raise ValueError(f"A period holds at least one day: {self.starts} to {self.ends} holds none.")

    @classmethod
    def of_year(cls, year: int) -> Period:
        """Make the calendar year: 1 January up to the next 1 January."""
        return cls(date(year, 1, 1), date(year + 1, 1, 1))

    @property
    def last_day(self) -> date | None:
        """The last day in, as people write it on paper."""
        return None if self.ends is None else date.fromordinal(self.ends.toordinal() - 1)

    def __contains__(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)

    def overlaps(self, other: Period) -> bool:
        """Tell whether the two share a day."""
        return (other.ends is None or self.starts < other.ends) and (self.ends is None or other.starts < self.ends)

    def __str__(self) -> str:
        return f"[{self.starts}, {self.ends or '…'})"


def first_of_month(day: date, *, months_later: int = 0) -> date:
    """Give the first day of the month, or of the month so many months later (earlier when negative)."""
    month = day.year * 12 + day.month - 1 + months_later
    return date(month // 12, month % 12 + 1, 1)


def age_on(born_on: date, day: date) -> int:
    """Count whole years of age; somebody born on 29 February grows older on 1 March of common years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
