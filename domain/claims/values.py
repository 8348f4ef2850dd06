"""What a hand claim is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

from domain.errors import Text
from domain.money import ZERO, Money, Ratio
from domain.receipts import FeeLine, ReceiptKind, Verification
from domain.rules import Level, OffSite


@unique
class ClaimState(StrEnum):
    """Where a claim stands; `calc.STEPS` says what may follow what, and the database holds to it."""

    DRAFT = "DRAFT"
    FILED = "FILED"
    RETURNED = "RETURNED"
    IN_REVIEW = "IN_REVIEW"
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


OPEN_STATES: Final = (ClaimState.FILED, ClaimState.RETURNED, ClaimState.IN_REVIEW, ClaimState.PROPOSED)
"""States in which the agency's clock has been started and not stopped."""


@unique
class Care(StrEnum):
    """What kind of care it was; the tiers of approval depend on it."""

    OUTPATIENT = "OUTPATIENT"
    INPATIENT = "INPATIENT"


@unique
class PaperKind(StrEnum):
    """The four papers that the law knows (《社会保险经办条例》第二十条); nothing else may be asked for."""

    BILL = "BILL"
    FEE_LIST = "FEE_LIST"
    DIAGNOSIS = "DIAGNOSIS"
    RECORD = "RECORD"


PAPER_NAMES: Final = {
    PaperKind.BILL: Text("收费票据", "bill"),
    PaperKind.FEE_LIST: Text("费用清单", "fee list"),
    PaperKind.DIAGNOSIS: Text("诊断证明", "diagnosis"),
    PaperKind.RECORD: Text("病历资料", "medical record"),
}


@unique
class Cause(StrEnum):
    """Why care was needed. The fund pays for illness and accidents (《社会保险法》第三十条), not for the others."""

    ILLNESS = "ILLNESS"
    ACCIDENT = "ACCIDENT"
    WORK_INJURY = "WORK_INJURY"
    THIRD_PARTY = "THIRD_PARTY"
    PUBLIC_HEALTH = "PUBLIC_HEALTH"
    ABROAD = "ABROAD"


@unique
class PauseReason(StrEnum):
    """Why the clock stands still."""

    PAPERS = "PAPERS"
    FIELD_CHECK = "FIELD_CHECK"
    OTHER_REGION = "OTHER_REGION"
    THIRD_PARTY = "THIRD_PARTY"


@unique
class ClockEvent(StrEnum):
    """What happens to the clock of a claim."""

    START = "START"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    STOP = "STOP"


@unique
class Risk(StrEnum):
    """How closely a claim is to be looked at."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@unique
class DeductionReason(StrEnum):
    """Why a line, or a part of it, is not paid on."""

    DUPLICATE_CHARGE = "DUPLICATE_CHARGE"
    OVER_QUANTITY = "OVER_QUANTITY"
    OVER_STANDARD = "OVER_STANDARD"
    LIMITED_USE = "LIMITED_USE"
    NOT_THIS_ILLNESS = "NOT_THIS_ILLNESS"
    NOT_PROVED = "NOT_PROVED"
    OTHER_PAYER = "OTHER_PAYER"
    OUTSIDE_COVERAGE = "OUTSIDE_COVERAGE"


@unique
class AppealOutcome(StrEnum):
    """What came of an appeal."""

    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"


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

    `med_type` is the national code (11 outpatient, 2101 inpatient …), `level` the hospital's deductible level.
    """

    care: Care | None = None
    med_type: str | None = None
    cause: Cause | None = None
    hospital_code: str | None = None
    hospital_name: str | None = None
    level: Level | None = None
    off_site: OffSite | None = None
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

    `person_type` is the national psn_type and `groups` the place's words, where the rules ask for them.
    """

    lines: tuple[ReviewedLine, ...]
    level: Level | None = None
    off_site: OffSite | None = None
    med_type: str | None = None
    delivery: str = ""
    person_type: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of the review sheet: what was billed, and what the catalogue of the day says about it."""

    code: str
    name: str
    price: str
    count: str
    amount: Money
    grade: str
    first_paid: Ratio | None
    price_limit: str | None
    within_limits: bool
    limit_note: str
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepText:
    """One step of a settlement as people read it."""

    zh: str
    en: str
    base: Money
    rate: Ratio | None
    result: Money
    term: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What would be paid and why: amounts by their national names, the steps, and a letter in both languages."""

    amounts: dict[str, Money]
    steps: tuple[StepText, ...]
    letter: str
    letter_en: str
    rules_digest: str
    accumulators: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposed settlement or refusal: what A found, what the engine made of it, and under which digest."""

    id: UUID
    number: int
    made_by: UUID
    made_at: datetime
    pays: bool
    digest: bytes
    total: Money
    fund_total: Money
    person_total: Money
    deducted: Money
    findings: Findings
    sheet: tuple[SheetLine, ...]
    reckoning: Reckoning | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the sealed content of a proposal holds. `facts` are what it was made of, for the comparison at signing."""

    findings: Findings
    sheet: tuple[SheetLine, ...]
    reckoning: Reckoning | None
    reason: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What somebody asks before filing: the care, and either lines or totals."""

    care: Care
    med_type: str | None
    level: Level
    off_site: OffSite
    began_on: date
    ended_on: date
    total: Money
    own_pay: Money
    lines: tuple[ReviewedLine, ...]


@dataclass(frozen=True, slots=True)
class ClockEntry:
    """One entry of the clock."""

    on_day: date
    event: ClockEvent
    reason: PauseReason | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the clock says today. `due_on` is None while it stands still or has stopped."""

    used: int
    left: int
    due_on: date | None
    is_provisional: bool
    paused_for: PauseReason | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of a claim as its people read it."""

    at: datetime
    action: str
    before: ClaimState
    after: ClaimState
    actor: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRecord:
    """Where a claim stands, without what was declared in it."""

    id: UUID
    number: str
    person_id: UUID
    person_name: str
    region: str
    state: ClaimState
    care: Care | None
    total: Money | None
    ended_on: date | None
    account_hint: str | None
    risk: Risk | None
    risk_reasons: tuple[str, ...]
    filed_at: datetime | None
    due_on: date | None
    national_due_on: date | None
    due_is_provisional: bool
    holder_id: UUID | None
    holder_name: str | None
    holder_office: str | None
    held_since: datetime | None
    return_items: tuple[ReturnItem, ...]
    proposal_id: UUID | None
    decided_at: datetime | None
    reason: str | None
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptStanding:
    """A receipt of a claim, and what its issuer says about it."""

    kind: ReceiptKind
    code: str
    number: str
    amount: Money
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealRecord:
    """An appeal against a decision."""

    id: UUID
    filed_at: datetime
    grounds: str
    outcome: AppealOutcome | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCheckRecord:
    """A field check: who goes, why, and what they found."""

    id: UUID
    ordered_at: datetime
    doubt: str
    members: tuple[UUID, ...]
    report: str | None
    reported_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFile:
    """A claim with everything in it, as far as the actor may see it."""

    record: ClaimRecord
    declared: Declared
    uses: tuple[ReceiptStanding, ...]
    clock: Standing | None
    national_clock: Standing | None
    history: tuple[HistoryEntry, ...]
    proposal: Proposal | None
    appeals: tuple[AppealRecord, ...]
    field_checks: tuple[FieldCheckRecord, ...]
