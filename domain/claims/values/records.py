"""What a claim looks like from outside: where it stands, its clock, its proposal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain import settlement
from domain.claims.values.declared import Declared, Findings, ReturnItem, ReviewedLine
from domain.claims.values.words import AppealOutcome, Care, ClaimState, ClockEvent, PauseReason, PaymentState, Risk
from domain.money import Money, Ratio
from domain.receipts import ReceiptKind, Verification
from domain.rules import Level, OffSite

if TYPE_CHECKING:
    from domain import onestop


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

    @classmethod
    def of(cls, step: settlement.Step | onestop.StatementStep) -> StepText:
        """Tell a step of the engine, or one that was kept with a statement."""
        return cls(
            zh=step.zh,
            en=step.en,
            base=step.base,
            rate=step.rate,
            result=step.result,
            term=step.term,
            source=step.source,
        )


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
    level: Level | None
    """What the papers say; for a contracted hospital the register says it."""
    off_site: OffSite
    began_on: date
    ended_on: date
    total: Money
    own_pay: Money
    lines: tuple[ReviewedLine, ...]
    hospital_code: str | None = None
    emergency: bool = False


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
    statement_id: UUID | None
    payment: PaymentState | None
    paid_on: date | None
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
class Settled:
    """The statement of a settled claim as its people read it: amounts by their national names, steps, letter."""

    number: str
    settled_at: datetime
    payable: Money
    set_off: Money
    paid_out: Money
    amounts: dict[str, Money]
    steps: tuple[StepText, ...]
    letter: str
    letter_en: str
    rules_digest: str


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
    statement: Settled | None
    appeals: tuple[AppealRecord, ...]
    field_checks: tuple[FieldCheckRecord, ...]
