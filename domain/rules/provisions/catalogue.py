"""How catalogue grades split a line: what the person pays first, what is outside, what has a rate of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.money import Ratio
from domain.rules.provisions.terms import EVERYBODY, Who, check_classes
from domain.rules.values import Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialItem:
    """Items with terms of their own: a first-paid share and, where `fund_pays` is given, a rate in place of bands."""

    first_paid: Ratio
    fund_pays: Ratio | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueClass:
    """The split for one class of people.

    `first_paid_b` is the share of grade 乙 that holds where an item brings none of its own; without either a
    line of grade 乙 cannot be settled. `special` names items (for example imported prostheses) by a key of ours.
    """

    named: str
    named_en: str
    who: Who = EVERYBODY
    first_paid_b: Ratio | None = None
    special: Mapping[str, SpecialItem] = field(default_factory=dict[str, SpecialItem])


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue(Provision):
    """The split of lines by grade (甲乙丙): 甲 wholly in scope, 乙 after a first-paid share, 丙 wholly own money."""

    classes: tuple[CatalogueClass, ...]

    def __post_init__(self) -> None:
        check_classes([(one.named, one.who) for one in self.classes])
