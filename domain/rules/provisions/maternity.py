"""Maternity of insured workers: the allowance, and amounts for births and family planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.money import Money, half_up
from domain.rules.values import Provision, Reason

_DAYS_OF_A_MONTH: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Maternity(Provision):
    """Maternity benefits (生育待遇).

    `leave_days` by national matn_type; `days_per_further_child` is added for every child after the first of one
    birth. `months_insured_min` are the months of unbroken contributions before the birth. `births` are fixed amounts
    by matn_type, `family_planning` by birctrl_type; a place that pays them as ordinary care leaves them out.
    """

    months_insured_min: int
    leave_days: Mapping[str, int]
    days_per_further_child: int
    births: Mapping[str, Money] = field(default_factory=dict[str, Money])
    family_planning: Mapping[str, Money] = field(default_factory=dict[str, Money])

    def __post_init__(self) -> None:
        if not self.leave_days or min(self.leave_days.values()) <= 0:
            raise ValueError("Leave has at least one day for every kind of birth.")


@dataclass(frozen=True, slots=True)
class Allowance:
    """The maternity allowance, its days, and how it came about."""

    amount: Money
    days: int
    steps: tuple[Reason, ...]


def allowance_of(rule: Maternity, *, average_wage: Money, birth: str, children: int = 1) -> Allowance:
    """Compute the allowance: last year's average monthly wage of the unit ÷ 30 × days of leave, rounded once.

    `birth` is the national matn_type. Raises `ValueError` for a kind of birth that the rule does not know.
    """
    if birth not in rule.leave_days:
        raise ValueError(f"{rule.key} knows no leave for the kind of birth {birth!r}.")
    days = rule.leave_days[birth] + max(0, children - 1) * rule.days_per_further_child
    amount = Money(half_up(average_wage.fen * days, _DAYS_OF_A_MONTH))
    step = Reason(
        zh=f"生育津贴：{average_wage}元÷30×{days}天={amount}元。",
        en=f"Maternity allowance: {average_wage} yuan ÷ 30 × {days} days = {amount} yuan.",
        source=rule.source,
        standing=rule.standing,
    )
    return Allowance(amount=amount, days=days, steps=(step,))
