"""Money in whole fen, rates in whole millionths: the only arithmetic of the house.

A fund pays in fen, so an amount is an `int` of fen and a rate is an `int` of millionths. No float and no
`Decimal` context ever decides a cent: a share is one integer multiplication and one half-up rounding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

MILLION: Final = 1_000_000
_YUAN: Final = re.compile(r"(-?)(\d{1,14})(?:\.(\d{1,2}))?")
_PERCENT: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))?%")
_DECIMAL: Final = re.compile(r"([01])(?:\.(\d{1,6}))?")


def half_up(numerator: int, denominator: int) -> int:
    """Divide whole numbers and round half away from zero, as the settlement rules ask (domain.md 1.3)."""
    if denominator <= 0:
        raise ValueError(f"The denominator must be positive, not {denominator}.")
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((2 * -numerator + denominator) // (2 * denominator))


@total_ordering
@dataclass(frozen=True, slots=True)
class Ratio:
    """A share of something, in millionths: 65 % is 650,000. Never negative; above 1 only by `of`."""

    millionths: int

    def __post_init__(self) -> None:
        if self.millionths < 0:
            raise ValueError(f"A ratio is never negative: {self.millionths} millionths.")

    @classmethod
    def parse(cls, text: str) -> Ratio:
        """Read `"65%"`, `"11.2%"` or `"0.65"`; refuse what is above 1 or finer than a millionth."""
        if match := _PERCENT.fullmatch(text.strip()):
            whole, decimals = match.groups()
            millionths = int(whole) * 10_000 + int((decimals or "").ljust(4, "0"))
        elif match := _DECIMAL.fullmatch(text.strip()):
            whole, decimals = match.groups()
            millionths = int(whole) * MILLION + int((decimals or "").ljust(6, "0"))
        else:
            raise ValueError(f"{text!r} is no ratio: write it as 65%, 11.2% or 0.65.")
        if millionths > MILLION:
            raise ValueError(f"{text!r} is more than the whole: a ratio lies between 0% and 100%.")
        return cls(millionths)

    @property
    def rest(self) -> Ratio:
        """What is left of the whole."""
        return Ratio(MILLION - self.millionths)

    def __lt__(self, other: Ratio) -> bool:
        return self.millionths < other.millionths

    def __str__(self) -> str:
        """Write the ratio as a decimal without trailing noise, at least two places: `"0.65"`."""
        whole, part = divmod(self.millionths, MILLION)
        decimals = f"{part:06d}".rstrip("0").ljust(2, "0")
        return f"{whole}.{decimals}"

    def percent(self) -> str:
        """Write the ratio for people: `"65%"`, `"11.2%"`."""
        whole, part = divmod(self.millionths, 10_000)
        decimals = f"{part:04d}".rstrip("0")
        return f"{whole}.{decimals}%" if decimals else f"{whole}%"


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole fen (0.01 yuan). One currency, so no currency field; may be negative."""

    fen: int

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read yuan with at most two decimals: `"1300"`, `"-0.5"`, `"1300.00"`. More digits are refused."""
        match = _YUAN.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no amount: write yuan with at most two decimals, like 1300.00.")
        sign, yuan, decimals = match.groups()
        fen = int(yuan) * 100 + int((decimals or "").ljust(2, "0"))
        return cls(-fen if sign else fen)

    @classmethod
    def yuan(cls, whole: int) -> Money:
        """Make an amount of whole yuan."""
        return cls(whole * 100)

    def share(self, ratio: Ratio) -> Money:
        """Take a share and round it half-up to the fen: once, at the end of one stage."""
        return Money(half_up(self.fen * ratio.millionths, MILLION))

    def __add__(self, other: Money) -> Money:
        return Money(self.fen + other.fen)

    def __sub__(self, other: Money) -> Money:
        return Money(self.fen - other.fen)

    def __neg__(self) -> Money:
        return Money(-self.fen)

    def __mul__(self, times: int) -> Money:
        return Money(self.fen * times)

    def __lt__(self, other: Money) -> bool:
        return self.fen < other.fen

    def __bool__(self) -> bool:
        return self.fen != 0

    def __str__(self) -> str:
        """Write yuan with exactly two decimals: `"1300.00"`."""
        yuan, fen = divmod(abs(self.fen), 100)
        return f"{'-' if self.fen < 0 else ''}{yuan}.{fen:02d}"


ZERO: Final = Money(0)


def total(amounts: Iterable[Money]) -> Money:
    """Add amounts up; nothing adds up to zero."""
    return Money(sum(amount.fen for amount in amounts))


def split(amount: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """Split an amount by weights so that the parts make the whole: what rounding leaves goes to the largest weight."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("Weights must not be negative and must not all be zero.")
    parts = [amount.fen * weight // whole for weight in weights]
    parts[max(range(len(weights)), key=weights.__getitem__)] += amount.fen - sum(parts)
    return tuple(Money(part) for part in parts)
