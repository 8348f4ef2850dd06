"""Stage 2: what a person pays first for care away from home (转外自理), before the deductible."""

from __future__ import annotations

from domain.settlement.stages.bands import rounded
from domain.settlement.tables import BenefitTerms, Plan
from domain.settlement.values import Mark


def take_off(regular: int, *, plan: Plan, terms: BenefitTerms) -> tuple[int, list[Mark]]:
    """Give the part of the cost in scope that is taken off, in fen. Items with a rate of their own are not touched."""
    if not plan.off_site_paid:
        return 0, []
    taken = rounded(regular * plan.off_site_paid)
    return taken, [Mark("off_site", "S000", regular, plan.off_site_paid, taken, terms.origin)]
