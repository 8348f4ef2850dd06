"""The numbers that we give out ourselves: readable on the telephone, and wrong ones are caught at once.

`B260115-00012345-85` is bill 12345 of 15 January 2026: a letter for the kind, the day, eight digits that count within
the day, and two check digits of ISO 7064 MOD 97-10 over letter and digits (A is 10, Z is 35, as in an IBAN). One wrong
letter or digit and any two neighbours swapped never pass. The checked value has 18 digits and fits a `bigint`, so that
a run over the whole city can number its rows in SQL:
`98 - ((letter * 10^14 + yymmdd * 10^8 + serial) * 100) % 97`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from domain.errors import DomainError, Text
from domain.identifiers import CheckCharacterIsWrong, Faults, NumberHasWrongShape, normalise

SERIAL_MAX: Final = 99_999_999
_SHAPE: Final = re.compile(r"([A-Z])([0-9]{6})([0-9]{8})([0-9]{2})")
_CENTURY: Final = 2000
_NAME: Final = Text("业务编号", "number")


class NumberKind(StrEnum):
    """What a number of ours stands on; the value is its first letter. I and O are never given out."""

    RESIDENT = "R"
    """居民"""
    REGISTRATION = "D"
    """参保登记"""
    BILL = "B"
    """缴费单"""
    ORDER = "P"
    """支付订单"""
    REFUND = "T"
    """退款"""
    VOUCHER = "V"
    """记账凭证"""
    CLAIM = "C"
    """零星报销"""


@dataclass(frozen=True, slots=True)
class BusinessNumber:
    """A number of ours, taken apart."""

    kind: NumberKind
    day: date
    serial: int

    def __str__(self) -> str:
        return make_number(self.kind, day=self.day, serial=self.serial)


def make_number(kind: NumberKind, *, day: date, serial: int) -> str:
    """Write the number for the `serial`-th thing of its kind on that day; serials run from 1."""
    if not 0 < serial <= SERIAL_MAX:
        raise ValueError(f"A day has the serials 1 to {SERIAL_MAX}, not {serial}.")
    if not _CENTURY <= day.year < _CENTURY + 100:
        raise ValueError(f"Numbers carry two digits of the year and begin in {_CENTURY}, not in {day.year}.")
    return f"{kind}{day:%y%m%d}-{serial:08d}-{98 - _weigh(f'{kind}{day:%y%m%d}{serial:08d}00') % 97:02d}"


def check_number(text: str, *, kind: NumberKind | None = None) -> BusinessNumber | Faults:
    """Read a number of ours, with or without hyphens and spaces; with `kind`, only numbers of that kind pass."""
    match = _SHAPE.fullmatch(normalise(text))
    if match is None or (kind is not None and match[1] != kind):
        return (_refuse_shape(kind),)
    day = _find_day(match[2])
    if _weigh(match[0]) % 97 != 1 or match[1] not in set(NumberKind) or day is None or not int(match[3]):
        return (CheckCharacterIsWrong(name=_NAME),)
    return BusinessNumber(NumberKind(match[1]), day, int(match[3]))


def _refuse_shape(kind: NumberKind | None) -> DomainError:
    first = ("1 位字母", "a letter") if kind is None else (f"字母 {kind}", f"the letter {kind}")
    return NumberHasWrongShape(name=_NAME, expected=Text(f"{first[0]}加 16 位数字", f"{first[1]} and 16 digits"))


def _weigh(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text))


def _find_day(digits: str) -> date | None:
    try:
        return date(_CENTURY + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None
