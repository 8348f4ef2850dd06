"""How long a hand claim may take, and until when one may be filed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.period import first_of_month
from domain.rules.values import Provision

_MONTHS: Final = range(121)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTerms(Provision):
    """The clock of hand claims (零星报销办理时限).

    `working_days` from receipt to decision, pauses not counted; `filed_within_months` after the end of the calendar
    year in which care ended.
    """

    working_days: int
    filed_within_months: int

    def __post_init__(self) -> None:
        if self.working_days < 1 or self.filed_within_months not in _MONTHS:
            raise ValueError("A claim takes at least one working day and may be filed for ten years at most.")

    def file_until(self, ended_on: date) -> date:
        """Give the first day on which a claim for care that ended on a day comes too late."""
        return first_of_month(date(ended_on.year + 1, 1, 1), months_later=self.filed_within_months)
