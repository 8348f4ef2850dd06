"""What the pooled fund pays for one kind of care: deductible, bands, caps, fixed sums, off-site terms.

The same form serves inpatient, outpatient, chronic-disease and birth benefits; the provision's name says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain.money import ZERO, Money, Ratio
from domain.rules.provisions.terms import (
    EVERYBODY,
    Band,
    Cap,
    Measured,
    On,
    Over,
    Who,
    check_bands,
    check_classes,
    check_levels,
)
from domain.rules.values import OffSite, Provision


class Counts(StrEnum):
    """How a deductible is counted.

    - `stay`: for each stay, the later stays of the year as `following` says.
    - `year`: once a year, over all visits; at a higher level the rest up to that level's amount.
    - `visit`: for each visit, once a day at the same provider.
    - `none`: there is none.
    """

    STAY = "stay"
    YEAR = "year"
    VISIT = "visit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The deductible of the second and later stays: a fixed table, or falling by a factor or a step each time."""

    amounts: Mapping[str, Money] | None = None
    factor: Ratio | None = None
    less: Money | None = None
    least: Money = ZERO

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.amounts, self.factor, self.less)) != 1:
            raise ValueError("Later stays have either amounts, or a factor, or less each time.")
        if self.amounts is not None:
            check_levels(self.amounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deductible:
    """The cost that the person pays before the fund begins (起付标准)."""

    counts: Counts
    amounts: Mapping[str, Money] = field(default_factory=dict[str, Money])
    following: Following | None = None
    year_ceiling: Money | None = None
    waived_for: tuple[str, ...] = ()
    purse: str = ""

    def __post_init__(self) -> None:
        if (self.counts is Counts.NONE) != (not self.amounts):
            raise ValueError("A deductible has amounts, unless it counts none.")
        if self.amounts:
            check_levels(self.amounts)
        if self.following is not None and self.counts is not Counts.STAY:
            raise ValueError("Only deductibles by stay know later stays.")
        if min((amount.fen for amount in self.amounts.values()), default=0) < 0:
            raise ValueError("A deductible is never negative.")


NO_DEDUCTIBLE: Final = Deductible(counts=Counts.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffSiteTerms:
    """What changes away from home. Everything not mentioned stays as at home.

    `first_paid` is taken off the cost before the deductible (转外自理), `points_less` is taken off every rate,
    `rate` replaces every rate, `deductible` replaces the deductible, `floor` is the least share (保底) that the fund
    pays of the cost in scope.
    """

    first_paid: Ratio | None = None
    points_less: Ratio | None = None
    rate: Ratio | None = None
    deductible: Money | None = None
    floor: Ratio | None = None

    def __post_init__(self) -> None:
        if self.points_less is not None and self.rate is not None:
            raise ValueError("points_less and rate exclude each other.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitClass:
    """The terms for one class of people, whole. `named` and `named_en` appear in explanations.

    `grant` is paid from the first yuan, so much in a settlement year (定额补偿), and the bands come on top.
    `lump_sums` are paid instead of bands, by national matn_type, never more than the cost.
    """

    named: str
    named_en: str
    who: Who = EVERYBODY
    deductible: Deductible = NO_DEDUCTIBLE
    measured: Measured = Measured.ABSOLUTE
    over: Over = Over.STAY
    bands: tuple[Band, ...] = ()
    caps: tuple[Cap, ...] = ()
    grant: Money | None = None
    lump_sums: Mapping[str, Money] = field(default_factory=dict[str, Money])
    floor: Ratio | None = None
    off_site: Mapping[OffSite, OffSiteTerms] = field(default_factory=dict[OffSite, OffSiteTerms])

    def __post_init__(self) -> None:
        if bool(self.bands) == bool(self.lump_sums):
            raise ValueError("A class pays either by bands or in lump sums.")
        if self.bands:
            check_bands(self.bands)
        if OffSite.HOME in self.off_site:
            raise ValueError("Care at home has no off-site terms.")
        self._check_levels_agree()
        self._check_caps()
        self._check_grant()

    def _check_levels_agree(self) -> None:
        """Refuse a band level without a deductible or the other way round, unless one of them says `any`."""
        if not self.bands or not self.deductible.amounts:
            return
        paid, deducted = set(self.bands[0].pays), set(self.deductible.amounts)
        if "any" not in paid | deducted and paid != deducted:
            raise ValueError(f"Deductible and bands name other levels: {sorted(deducted)} and {sorted(paid)}.")

    def _check_grant(self) -> None:
        """Refuse a grant that could be paid for cost that the bands pay as well: it lies below a yearly deductible."""
        if self.grant is None:
            return
        rule = self.deductible
        if rule.counts is not Counts.YEAR or rule.purse or rule.waived_for:
            raise ValueError("A grant needs a yearly deductible of its own, without waivers, below which it is paid.")
        if self.grant > min(rule.amounts.values()):
            raise ValueError(f"The grant of {self.grant} is more than the deductible below which it is paid.")

    def _check_caps(self) -> None:
        own = [(cap.on, cap.per, cap.purse) for cap in self.caps]
        if len(set(own)) != len(own):
            raise ValueError("Two caps limit the same thing.")
        if any(cap.on is On.BASE and cap.purse for cap in self.caps):
            raise ValueError("Only caps on the payment can be shared.")
        if self.lump_sums and any(cap.on is On.BASE for cap in self.caps):
            raise ValueError("Lump sums look at no cost, so no cap on the base can hold.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit(Provision):
    """What the basic fund pays for the care of these `med_types`; the first class that includes a person counts."""

    med_types: tuple[str, ...]
    classes: tuple[BenefitClass, ...]

    def __post_init__(self) -> None:
        if not self.med_types:
            raise ValueError("A benefit names its medical types.")
        check_classes([(one.named, one.who) for one in self.classes])
