"""What units, workers and self-insured workers pay each month, and what goes to the personal account."""

from __future__ import annotations

from dataclasses import dataclass

from domain.money import Money, Ratio
from domain.rules.values import Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeContribution(Provision):
    """Monthly contributions of the workers' scheme (职工医保费率与基数).

    `unit` and `own` are shares of the contribution base, which is held between `base_least` and `base_most`.
    `flexible` is the whole rate of self-insured workers; `account` are the shares of the base that are credited to
    the personal account, added before rounding.
    """

    base_least: Money
    base_most: Money | None = None
    unit: Ratio
    own: Ratio
    flexible: Ratio
    account: tuple[Ratio, ...] = ()
    flexible_account: tuple[Ratio, ...] = ()

    def __post_init__(self) -> None:
        if self.base_most is not None and self.base_most < self.base_least:
            raise ValueError("base_most is below base_least.")

    def base_of(self, wage: Money) -> Money:
        """Hold a monthly wage between the least and the most base."""
        base = max(wage, self.base_least)
        return base if self.base_most is None else min(base, self.base_most)


@dataclass(frozen=True, slots=True)
class MonthlyDues:
    """What is due for one month: the unit's part, the own part, and the credit to the personal account."""

    base: Money
    unit: Money
    own: Money
    account: Money


def employee_dues(rule: EmployeeContribution, *, wage: Money) -> MonthlyDues:
    """Compute a month of a worker and the unit."""
    base = rule.base_of(wage)
    account = base.share(Ratio(sum(share.millionths for share in rule.account)))
    return MonthlyDues(base=base, unit=base.share(rule.unit), own=base.share(rule.own), account=account)


def flexible_dues(rule: EmployeeContribution, *, declared: Money) -> MonthlyDues:
    """Compute a month of a self-insured worker, who pays the whole rate alone."""
    base = rule.base_of(declared)
    account = base.share(Ratio(sum(share.millionths for share in rule.flexible_account)))
    return MonthlyDues(base=base, unit=Money(0), own=base.share(rule.flexible), account=account)
