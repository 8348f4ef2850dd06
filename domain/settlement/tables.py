"""The rules of one place, scheme and stretch of days as tables of whole numbers, ready for the engine.

Tables change the representation and never the meaning: fen and millionths in place of `Money` and `Ratio`, one plan
for each hospital level and off-site kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from domain.period import Period, age_on
from domain.rules import Account, Base, Benefit, BenefitClass, Catalogue, Counts, Level, OffSite, Place, Provision
from domain.settlement.stages.bands import ENDLESS, Bands
from domain.settlement.values import Person

NONE: Final = -1


class WhoTerms(NamedTuple):
    """The conditions of a class; empty sets and open ages are no condition."""

    everybody: bool
    person_types: frozenset[str]
    groups: frozenset[str]
    categories: frozenset[str]
    age_from: int
    age_below: int


class CapTerms(NamedTuple):
    """One cap in fen: `purse` is its accumulator, empty for a cap on one stay."""

    on_base: bool
    amount: int
    purse: str


class Plan(NamedTuple):
    """What a benefit pays for one class at one level and off-site kind, in fen and millionths."""

    bands: Bands
    absolute: bool
    over_year: bool
    counts: Counts
    first: int
    following: int
    factor: int
    less: int
    least: int
    year_ceiling: int
    off_site_paid: int
    floor: int


class ClassTerms(NamedTuple):
    """One class of a benefit, with a plan for every level and off-site kind that is written down."""

    who: WhoTerms
    named: BenefitClass
    plans: Mapping[tuple[Level, OffSite], Plan]
    waived_for: frozenset[str]
    caps: tuple[CapTerms, ...]
    grant: int
    lump_sums: Mapping[str, int]
    purse: str
    deductible_purse: str
    counts_base: bool


class BenefitTerms(NamedTuple):
    """A benefit: its name, its provision and its classes in the order of choice."""

    name: str
    origin: Benefit
    classes: tuple[ClassTerms, ...]


class CatalogueTerms(NamedTuple):
    """How lines are split for one class of people; first-paid share and own rate of special items, -1 is none."""

    who: WhoTerms
    origin: Catalogue
    first_paid_b: int
    special: Mapping[str, tuple[int, int]]


class LayerClassTerms(NamedTuple):
    """One class of a layer above the basic fund."""

    who: WhoTerms
    named: str
    named_en: str
    threshold: int
    absolute: bool
    bands: Bands
    caps: tuple[CapTerms, ...]
    per_day: int = NONE
    days_from: int = 0
    days_most: int = NONE
    per_stay: int = NONE


class LayerTerms(NamedTuple):
    """A layer: its name, what it looks at, and its classes."""

    name: str
    origin: Provision
    base: Base
    over_year: bool
    benefits: frozenset[str]
    classes: tuple[LayerClassTerms, ...]
    base_purse: str


class AccountTerms(NamedTuple):
    """What the personal account pays."""

    origin: Account
    in_catalogue_only: bool
    med_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """Everything that decides settlements of one place and scheme on the days of `period`."""

    digest: str
    region: str
    scheme: str
    period: Period
    place: Place
    catalogues: tuple[CatalogueTerms, ...]
    benefits: Mapping[str, BenefitTerms]
    layers: tuple[LayerTerms, ...]
    account: AccountTerms | None
    union: LayerTerms | None


def includes(who: WhoTerms, person: Person, *, age: int) -> bool:
    """Tell whether a person meets the conditions of a class; `age` is -1 when nobody knows it."""
    if who.everybody:
        return True
    return (
        (not who.person_types or person.person_type in who.person_types)
        and (not who.groups or not who.groups.isdisjoint(person.groups))
        and (not who.categories or not who.categories.isdisjoint(person.categories))
        and ((not who.age_from and who.age_below == ENDLESS) or who.age_from <= age < who.age_below)
    )


def age_of(person: Person, day: date) -> int:
    """Give the age on a day in whole years, -1 when the birthday is not known."""
    return -1 if person.born_on is None else age_on(person.born_on, day)
