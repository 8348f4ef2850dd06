"""What is declared and found: by the resident, the desk and the reviewer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from domain.claims.values.words import Care, Cause, DeductionReason, PaperKind
from domain.money import ZERO, Money
from domain.receipts import FeeLine, ReceiptKind
from domain.rules import Level, OffSite


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredReceipt:
    """A receipt as somebody wrote it down, or as it was read (`lines` are its fee list, `file_id` where it lies)."""

    kind: ReceiptKind
    code: str = ""
    number: str
    check_code: str = ""
    amount: Money
    issued_on: date | None = None
    file_id: UUID | None = None
    was_read: bool = False
    lines: tuple[FeeLine, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredPaper:
    """A photo or PDF, and which of the four papers it shows."""

    kind: PaperKind
    file_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeAccount:
    """The bank account that the money goes to. Never shown in full."""

    holder: str
    bank: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What was declared so far; a draft may lack anything. `receipt_count` and `total` are what the applicant counted.

    `med_type` is the national code (11 outpatient, 2101 inpatient …), `level` the hospital's deductible level, which
    the register says of contracted hospitals. `emergency` is care that could not wait (急诊、抢救).
    """

    care: Care | None = None
    med_type: str | None = None
    cause: Cause | None = None
    hospital_code: str | None = None
    hospital_name: str | None = None
    level: Level | None = None
    off_site: OffSite | None = None
    emergency: bool | None = None
    began_on: date | None = None
    ended_on: date | None = None
    diagnosis: str | None = None
    receipt_count: int | None = None
    total: Money | None = None
    receipts: tuple[DeclaredReceipt, ...] | None = None
    papers: tuple[DeclaredPaper, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A claim that has everything: the same as `Declared`, with nothing missing."""

    care: Care
    med_type: str
    hospital_code: str
    hospital_name: str
    level: Level
    off_site: OffSite
    began_on: date
    ended_on: date
    diagnosis: str
    total: Money
    receipts: tuple[DeclaredReceipt, ...]
    papers: tuple[DeclaredPaper, ...]

    @property
    def days(self) -> int:
        """The days of a stay, counted as hospitals do: the day of discharge is none of its own."""
        return max((self.ended_on - self.began_on).days, 1)

    @property
    def lines(self) -> tuple[FeeLine, ...]:
        """All lines that were read from receipts."""
        return tuple(line for receipt in self.receipts for line in receipt.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the registers say around a filing."""

    names_of_payees: frozenset[str]
    """Who may be paid: the person, and those who act for them."""
    person_name: str
    scheme: str | None
    """The scheme that covered the person on the last day of care, if any."""
    died_on: date | None
    used_by: dict[int, str]
    """Receipts that another holds: the place in the list, and that one's number."""
    file_until: date
    today: date


@dataclass(frozen=True, slots=True)
class ReturnItem:
    """One thing to complete: one of the four papers, or a field of the form when no paper is named."""

    paper: PaperKind | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedLine:
    """One line as the reviewer found it. `code` is the catalogue's; what no item names is own money.

    `within_limits` says that the limits of use in words are met. `deducted` is not paid on, with a reason.
    """

    code: str
    name: str
    price: str
    count: str
    amount: Money
    within_limits: bool = True
    deducted: Money = ZERO
    reason: DeductionReason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a review found: every line, what the reviewer corrected of what was declared, and what no register tells.

    `person_type` is the national psn_type and `groups` the place's words, where the rules ask for them; who is a
    member of the union says the union's list and nobody else. `given` is what was decided and paid elsewhere before,
    by layer. `bank_code` is the number of the payee's bank (联行号) where its name does not say it.
    """

    lines: tuple[ReviewedLine, ...]
    level: Level | None = None
    off_site: OffSite | None = None
    med_type: str | None = None
    delivery: str = ""
    person_type: str = ""
    groups: tuple[str, ...] = ()
    given: dict[str, Money] = field(default_factory=dict[str, Money])
    bank_code: str = ""
