"""What a receipt says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from domain.money import Money


@unique
class ReceiptKind(StrEnum):
    """What kind of receipt it is: on paper, or electronic by its national type (elecSetlCertType 1, 2, 3)."""

    PAPER = "PAPER"
    FISCAL = "FISCAL"
    TAX_INVOICE = "TAX_INVOICE"
    DIGITAL_INVOICE = "DIGITAL_INVOICE"

    @property
    def national(self) -> str:
        """The national type; empty for paper."""
        return {"FISCAL": "1", "TAX_INVOICE": "2", "DIGITAL_INVOICE": "3"}.get(self.value, "")

    @property
    def is_electronic(self) -> bool:
        """Tell whether the issuer's platform can be asked about it."""
        return self is not ReceiptKind.PAPER


@unique
class Verification(StrEnum):
    """What the issuer's platform says about a receipt; nobody asks about paper."""

    NOT_NEEDED = "NOT_NEEDED"
    WAITING = "WAITING"
    GENUINE = "GENUINE"
    UNKNOWN_TO_ISSUER = "UNKNOWN_TO_ISSUER"
    DIFFERS = "DIFFERS"
    REVERSED = "REVERSED"
    USED_ELSEWHERE = "USED_ELSEWHERE"

    @property
    def is_good(self) -> bool:
        """Tell whether money may be decided on it."""
        return self in {Verification.NOT_NEEDED, Verification.GENUINE}


@dataclass(frozen=True, slots=True, order=True)
class ReceiptKey:
    """What names one receipt in the country. The code is empty where the kind has none."""

    kind: ReceiptKind
    code: str
    number: str
    check_code: str

    def __str__(self) -> str:
        """Write it as people read it out: code and number."""
        return " ".join(part for part in (self.code, self.number) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """One line of the fee list (feeDetlList). `price` in yuan with six decimals at most, `count` with four."""

    code: str
    name: str
    price: str
    count: str
    amount: Money
    occurred_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an electronic receipt says. Texts are empty and days None where it says nothing.

    `care` is mdtrtType (1 outpatient, 2 inpatient); `own_pay` is 个人自费 and `self_pay` 个人自付 as printed.
    """

    key: ReceiptKey
    total: Money
    issued_on: date
    payer_name: str
    payer_document: str
    issuer_code: str
    issuer_name: str
    care: str
    med_type: str
    began_on: date | None
    ended_on: date | None
    is_reversal: bool
    reverses: str
    own_pay: Money
    self_pay: Money
    lines: tuple[FeeLine, ...]
    diagnoses: tuple[str, ...]
