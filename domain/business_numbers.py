"""The numbers that we give out ourselves: readable on the telephone, and wrong ones are caught at once.

`B202600001234565` is bill 12345 of 2026: a letter for the kind, the year, nine digits that count up, and two check
digits of ISO 7064 MOD 97-10 over letter and digits (A is 10, Z is 35, as in an IBAN). One wrong letter or digit, and
any two neighbours swapped, never pass. `new_number` in the database does the same arithmetic for whole runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.errors import Text
from domain.identifiers import CheckCharacterIsWrong, Faults, NumberHasWrongShape, normalise

SERIAL_MAX: Final = 999_999_999
_SHAPE: Final = re.compile(r"([A-Z])(2[0-9]{3})([0-9]{9})([0-9]{2})")
_NAME: Final = Text("业务编号", "number")


class NumberKind(StrEnum):
    """What a number of ours stands on; the value is its first letter. I and O are never given out."""

    RESIDENT = "R"
    """居民"""
    HOUSEHOLD = "H"
    """户"""
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
    PAYOUT = "Z"
    """付款"""
    PAYOUT_BATCH = "F"
    """付款批次"""
    STATEMENT = "S"
    """结算单"""
    CLEARING = "Q"
    """清算"""
    RECOVERY = "K"
    """追回"""


@dataclass(frozen=True, slots=True)
class BusinessNumber:
    """A number of ours, taken apart."""

    kind: NumberKind
    year: int
    serial: int

    def __str__(self) -> str:
        return make_number(self.kind, year=self.year, serial=self.serial)

    @property
    def spoken(self) -> str:
        """The number in the groups in which people read it out: `B 2026 000 012 345 65`."""
        return re.sub(r"(.)(....)(...)(...)(...)(..)", r"\1 \2 \3 \4 \5 \6", str(self))


def make_number(kind: NumberKind, *, year: int, serial: int) -> str:
    """Write the number for the `serial`-th thing of its kind; serials run from 1."""
    if not 0 < serial <= SERIAL_MAX:
        raise ValueError(f"Serials run from 1 to {SERIAL_MAX}: {serial} is none.")
    if not 2000 <= year < 3000:  # noqa: PLR2004 - the shape above begins with a 2
        raise ValueError(f"Numbers are given out in the years from 2000 on, not in {year}.")
    return f"{kind.value}{year}{serial:09d}{_check_digits(kind.value, year, serial)}"


def check_number(text: str, *, kind: NumberKind | None = None) -> BusinessNumber | Faults:
    """Read a number of ours, with or without spaces and hyphens; with `kind`, only numbers of that kind pass."""
    match = _SHAPE.fullmatch(normalise(text))
    if match is None or (kind is not None and match[1] != kind):
        first = Text("1 位字母", "a letter") if kind is None else Text(f"字母 {kind}", f"the letter {kind}")
        expected = Text(f"{first.zh}加 15 位数字", f"{first.en} and 15 digits")
        return (NumberHasWrongShape(name=_NAME, expected=expected),)
    letter, year, serial = match[1], int(match[2]), int(match[3])
    if match[4] != _check_digits(letter, year, serial) or letter not in set(NumberKind) or not serial:
        return (CheckCharacterIsWrong(name=_NAME),)
    return BusinessNumber(NumberKind(letter), year, serial)


def _check_digits(letter: str, year: int, serial: int) -> str:
    """Compute in one integer of 17 digits, which also fits a bigint of the database."""
    return f"{98 - (int(letter, 36) * 10**13 + year * 10**9 + serial) * 100 % 97:02d}"
