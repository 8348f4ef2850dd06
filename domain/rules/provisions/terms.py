"""The pieces from which benefit provisions are written: for whom, from where to where, how much at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.money import Money, Ratio
from domain.rules.values import Level

ANY: Final = "any"


class Measured(StrEnum):
    """From where band borders count: from zero, or from the deductible or threshold."""

    ABSOLUTE = "absolute"
    EXCESS = "excess"


class Over(StrEnum):
    """What a rule adds up before it looks at its borders: one stay (or visit), or the settlement year."""

    STAY = "stay"
    YEAR = "year"


class On(StrEnum):
    """What a cap limits: the money that the fund pays, or the cost that it looks at."""

    PAYMENT = "payment"
    BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """People to whom a class applies. What is not mentioned does not matter; without any condition: everybody.

    `person_types` are national psn_type codes, `categories` national psn_idet_type codes, `groups` words of the
    place (the contribution grade HIGH or LOW, CIVIL_SERVANT, ENTERPRISE, UNION); one of each list is enough. Ages are
    whole years on the day of settlement, `age_below` is excluded; who gives no age meets no condition of age.
    """

    person_types: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    age_from: int = 0
    age_below: int | None = None

    def __post_init__(self) -> None:
        if self.age_below is not None and self.age_below <= self.age_from:
            raise ValueError(f"Nobody is from {self.age_from} and below {self.age_below} years old.")

    @property
    def everybody(self) -> bool:
        """Tell whether there is no condition at all."""
        return self == EVERYBODY


EVERYBODY: Final = Who()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band: of the cost above `above` and up to `up_to` the fund pays a share that depends on the level."""

    above: Money
    up_to: Money | None = None
    pays: Mapping[str, Ratio]

    def __post_init__(self) -> None:
        check_levels(self.pays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most that is paid (or looked at) in a stay or a settlement year.

    Caps with the same `purse` are one cap for several benefits; without a name the cap is the benefit's own.
    """

    amount: Money
    on: On = On.PAYMENT
    per: Over = Over.YEAR
    purse: str = ""

    def __post_init__(self) -> None:
        if self.amount <= Money(0):
            raise ValueError("A cap is more than zero.")
        if self.purse and self.per is Over.STAY:
            raise ValueError("Only yearly caps can be shared.")


def check_levels(table: Mapping[str, object]) -> None:
    """Refuse a table by level whose keys are neither levels nor, alone, `any`."""
    known = {level.value for level in Level}
    if not table or (set(table) != {ANY} and not set(table) <= known):
        raise ValueError(f"Write this by level ({', '.join(sorted(known))}), or once under `any`.")


def check_bands(bands: Sequence[Band]) -> None:
    """Refuse bands that leave a gap, overlap, or do not reach from zero to infinity; levels must be the same."""
    expected: Money | None = Money(0)
    for number, band in enumerate(bands):
        if expected is None or band.above < expected:
            raise ValueError(f"Band {number + 1} overlaps the one before: it begins at {band.above}.")
        if band.above > expected:
            raise ValueError(f"No band says what holds from {expected} to {band.above}.")
        if band.up_to is not None and band.up_to <= band.above:
            raise ValueError(f"Band {number + 1} is empty: from {band.above} to {band.up_to}.")
        if set(band.pays) != set(bands[0].pays):
            raise ValueError(f"Band {number + 1} names other levels than the first.")
        expected = band.up_to
    if expected is not None:
        raise ValueError(f"No band says what holds above {expected}; write a last band without up_to.")


def check_classes(classes: Sequence[tuple[str, Who]]) -> None:
    """Refuse classes that can never be reached, because an earlier one takes everybody or is the same."""
    if not classes:
        raise ValueError("At least one class is needed.")
    for number, (name, who) in enumerate(classes):
        for earlier_name, earlier in classes[:number]:
            if earlier.everybody or earlier == who:
                raise ValueError(f"The class {name!r} is never reached: {earlier_name!r} stands before it.")
