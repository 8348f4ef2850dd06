"""How long reports of misused funds may take, how many check them, and how long they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.rules.values import Provision

OUTCOMES: Final = frozenset({"REFUSED", "TRANSFERRED", "JOINED", "CONFIRMED", "UNFOUNDED", "APPEALED"})
"""How a case may have ended before it was closed."""
_VISITORS_LEAST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TipoffTerms(Provision):
    """The clock of reports (举报处理时限).

    `decide_working_days` from the report to taking it up or not; `tell_working_days` from then until an informant who
    gave their name is told. `check_people` visit a place together. `kept_months` after closing, by how the case ended:
    then its keys are destroyed. `cell_least` is the smallest count that is published. Sealed files that no
    report came with are destroyed `stray_days` after the day on which they came.
    """

    decide_working_days: int
    tell_working_days: int
    check_people: int
    kept_months: Mapping[str, int]
    cell_least: int
    stray_days: int

    def __post_init__(self) -> None:
        if min(self.decide_working_days, self.tell_working_days, self.cell_least, self.stray_days) < 1:
            raise ValueError("Days and counts begin at one.")
        if self.check_people < _VISITORS_LEAST:
            raise ValueError("A visit is made by two people at least.")
        if frozenset(self.kept_months) != OUTCOMES or min(self.kept_months.values()) < 1:
            raise ValueError(f"kept_months names each of {sorted(OUTCOMES)}, with a month at least.")
