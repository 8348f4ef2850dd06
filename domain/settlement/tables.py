"""The rules of one place, scheme and stretch of days as tables of whole numbers, ready for the engine.

Tables change the representation and never the meaning: fen and millionths in place of `Money` and `Ratio`, one plan
for each hospital level and off-site kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, NamedTuple

from domain.period import Period, age_on
from domain.rules import Account, Base, Benefit, BenefitClass, Catalogue, Counts, Level, OffSite, Place, Provision
from domain.settlement.stages.bands import ENDLESS, Bands
from domain.settlement.values import Person

NONE: Final = -1
# Kinds of people and care that are remembered at most; a place has some hundreds.
_WAYS_MOST: Final = 1 << 14


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


class Way(NamedTuple):
    """What of the rules is for one kind of person and care: found once, then taken by everybody who is alike.

    `catalogue` or `basic` is `None` when the rules say nothing about such a person.
    """

    terms: BenefitTerms
    catalogue: CatalogueTerms | None
    basic: ClassTerms | None
    layers: tuple[tuple[LayerTerms, LayerClassTerms], ...]
    union: tuple[LayerTerms, LayerClassTerms] | None


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
    ways: dict[tuple[object, ...], Way] = field(
        default_factory=dict[tuple[object, ...], Way], compare=False, repr=False
    )


def are_alike(one: RulesInForce, other: RulesInForce) -> bool:
    """Tell whether two sets of rules settle everything alike, whatever books they stand in and for how long."""
    return replace(one, digest="", period=other.period) == replace(other, digest="")


def way_of(rules: RulesInForce, person: Person, *, med_type: str, age: int) -> Way | None:
    """Give what of the rules is for this person and kind of care; `None` when they know no such care."""
    key = (med_type, person.person_type, person.categories, person.groups, age)
    found = rules.ways.get(key)
    if found is not None:
        return found
    terms = rules.benefits.get(med_type)
    if terms is None:
        return None
    if len(rules.ways) >= _WAYS_MOST:
        rules.ways.clear()
    union = None if rules.union is None else _open_to(rules.union, person, benefit=terms.name, age=age)
    opened = (_open_to(layer, person, benefit=terms.name, age=age) for layer in rules.layers)
    rules.ways[key] = found = Way(
        terms,
        next((one for one in rules.catalogues if includes(one.who, person, age=age)), None),
        next((one for one in terms.classes if includes(one.who, person, age=age)), None),
        tuple(one for one in opened if one is not None),
        union,
    )
    return found


def _open_to(layer: LayerTerms, person: Person, *, benefit: str, age: int) -> tuple[LayerTerms, LayerClassTerms] | None:
    """Give a layer with the first of its classes that includes the person, if it is for such care and person."""
    if layer.benefits and benefit not in layer.benefits:
        return None
    one = next((one for one in layer.classes if includes(one.who, person, age=age)), None)
    return None if one is None else (layer, one)


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
