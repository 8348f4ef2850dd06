"""How many decided claims internal audit looks at once more, how often they are drawn, and until when it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.money import MILLION, Ratio
from domain.rules.values import Provision

RISKS: Final = frozenset({"LOW", "MEDIUM", "HIGH"})
"""The risks of a hand claim, each of which has a share of its own."""
_WHOLE_PARTS_OF_A_YEAR: Final = frozenset({1, 2, 3, 4, 6, 12})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckTerms(Provision):
    """Random re-checks of decided hand claims by internal audit (内部稽核抽查).

    A draw is made every `every_months` months, counted from January, over what was decided in them. `shares` says how
    much of each risk is drawn, rounded up to whole claims of each office; the finding is due `working_days` after it.
    """

    every_months: int
    shares: Mapping[str, Ratio]
    working_days: int

    def __post_init__(self) -> None:
        if self.every_months not in _WHOLE_PARTS_OF_A_YEAR:
            raise ValueError("A year holds a whole number of draws: every 1, 2, 3, 4, 6 or 12 months.")
        if frozenset(self.shares) != RISKS:
            raise ValueError(f"shares names each of {sorted(RISKS)}.")
        if not all(0 < share.millionths <= MILLION for share in self.shares.values()):
            raise ValueError("A share is more than nothing and no more than all.")
        if self.working_days < 1:
            raise ValueError("A finding is due after at least one working day.")
