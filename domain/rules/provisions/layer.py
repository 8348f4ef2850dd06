"""Layers that pay after the basic fund, each on what the ones before have left: the same form for all of them.

Critical illness, the workers' large-amount fund, top-ups of civil servants and enterprises, disabled veterans,
medical assistance, tilt and backstop; and union mutual aid, which stays outside the fee identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.money import ZERO, Money
from domain.rules.provisions.terms import EVERYBODY, Band, Cap, Measured, On, Over, Who, check_bands, check_classes
from domain.rules.values import Provision


class Base(StrEnum):
    """The cost that a layer looks at.

    - `in_scope_left`: cost in scope that nobody has paid yet, the deductible included.
    - `copay`: the same without the deductible of the basic fund.
    - `over_cap`: cost in scope above the cap of the basic fund that nobody has paid yet.
    - `personal_cost`: everything the person still bears, also outside the catalogue.
    """

    IN_SCOPE_LEFT = "in_scope_left"
    COPAY = "copay"
    OVER_CAP = "over_cap"
    PERSONAL_COST = "personal_cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerClass:
    """The terms for one class of people, whole: threshold, bands and caps."""

    named: str
    named_en: str
    who: Who = EVERYBODY
    threshold: Money = ZERO
    measured: Measured = Measured.EXCESS
    bands: tuple[Band, ...]
    caps: tuple[Cap, ...] = ()

    def __post_init__(self) -> None:
        if self.threshold < Money(0):
            raise ValueError("A threshold is never negative.")
        check_bands(self.bands)
        if any(cap.on is On.BASE for cap in self.caps):
            raise ValueError("A layer caps what it pays, not what it looks at.")
        if len({(cap.per, cap.purse) for cap in self.caps}) != len(self.caps):
            raise ValueError("Two caps limit the same thing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Provision):
    """A layer above the basic fund. It pays for nobody whom no class includes.

    `benefits` names the basic benefits whose cost it takes up (`inpatient`, `chronic` …); none named means all.
    """

    base: Base
    over: Over
    benefits: tuple[str, ...] = ()
    classes: tuple[LayerClass, ...]

    def __post_init__(self) -> None:
        check_classes([(one.named, one.who) for one in self.classes])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionClass:
    """Union mutual aid for one class of members: by bands of the own cost, by day, or one sum; they may add up.

    By day: `per_day` for each of at most `days_most` days of a stay of at least `days_from` days. One sum:
    `per_stay` for stays of fewer than `days_from` days (every stay when there is no daily sum).
    """

    named: str
    named_en: str
    who: Who = EVERYBODY
    threshold: Money = ZERO
    measured: Measured = Measured.EXCESS
    bands: tuple[Band, ...] = ()
    per_day: Money | None = None
    days_from: int = 0
    days_most: int | None = None
    per_stay: Money | None = None
    cap_year: Money | None = None

    def __post_init__(self) -> None:
        if not self.bands and self.per_day is None and self.per_stay is None:
            raise ValueError("Union aid pays by bands, by day or one sum; nothing is written.")
        if self.bands:
            check_bands(self.bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Union(Provision):
    """Mutual aid of the trade union (职工互助): a third party's money, never part of the fee identity."""

    base: Base
    over: Over
    benefits: tuple[str, ...] = ()
    classes: tuple[UnionClass, ...]

    def __post_init__(self) -> None:
        check_classes([(one.named, one.who) for one in self.classes])


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Provision):
    """What the personal account may pay (个人账户): the whole share of the person, or only cost in the catalogue."""

    in_catalogue_only: bool
    med_types: tuple[str, ...] = ()
