"""Incentives to stay insured: every further year and every year without a claim lifts the critical-illness cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.money import ZERO, Money, Ratio
from domain.rules.values import Provision, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Incentive(Provision):
    """The incentive (连续参保与基金零报销激励): sizes and the common limit as a share of the original cap.

    After `continuous_years` years in a row, each further year adds `per_continuous_year`; a year without a claim adds
    `per_zero_claim_year`. Both together stay within `most_share` of the cap. Years before `counts_years_from` do not
    count.
    """

    continuous_years: int
    per_continuous_year: Money
    per_zero_claim_year: Money
    most_share: Ratio
    counts_years_from: int


@dataclass(frozen=True, slots=True)
class InsuredYear:
    """One year of a resident: insured or not, anything claimed, and whether the lifted cap was used."""

    year: int
    insured: bool
    claimed: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True)
class CapLift:
    """By how much the cap is lifted, in its two parts, and why."""

    continuous: Money
    zero_claim: Money
    steps: tuple[Reason, ...]

    @property
    def total(self) -> Money:
        """Both parts together."""
        return self.continuous + self.zero_claim


def cap_lift_of(rule: Incentive, *, history: Sequence[InsuredYear], cap: Money) -> CapLift:
    """Tell by how much the critical-illness cap is lifted in the year after `history`, whose years ascend.

    Using the lift ends its zero-claim part; a break restarts the count of years and keeps what was earned by
    staying; the common limit cuts the zero-claim part first.
    """
    in_a_row, continuous, zero_claim = 0, ZERO, ZERO
    for year in history:
        if year.year < rule.counts_years_from:
            continue
        in_a_row = in_a_row + 1 if year.insured else 0
        if year.insured and in_a_row > rule.continuous_years:
            continuous += rule.per_continuous_year
        if year.used:
            zero_claim = ZERO
        if year.insured and not year.claimed:
            zero_claim += rule.per_zero_claim_year
    limit = cap.share(rule.most_share)
    continuous = min(continuous, limit)
    zero_claim = min(zero_claim, limit - continuous)
    step = Reason(
        zh=f"连续参保激励{continuous}元，零报销激励{zero_claim}元，合计不超过原限额的{rule.most_share.percent()}。",
        en=(
            f"{continuous} yuan for staying insured and {zero_claim} for years without a claim, "
            f"together at most {rule.most_share.percent()} of the cap."
        ),
        source=rule.source,
        standing=rule.standing,
    )
    return CapLift(continuous=continuous, zero_claim=zero_claim, steps=(step,))
