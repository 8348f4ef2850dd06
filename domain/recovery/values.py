"""What is owed back, and everything that makes it less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.money import Money


@unique
class RecoveryState(StrEnum):
    """Found, demanded, paid by instalments, and closed once nothing is left."""

    FOUND = "FOUND"
    DEMANDED = "DEMANDED"
    IN_INSTALMENTS = "IN_INSTALMENTS"
    CLOSED = "CLOSED"


@unique
class RecoverySetOffGround(StrEnum):
    """Why a debt may be set off against other benefits of the person."""

    CONSENT = "CONSENT"
    LAW = "LAW"


@unique
class RecoveryMeasure(StrEnum):
    """What one person proposes about a case and another decides."""

    INSTALMENTS = "INSTALMENTS"
    SET_OFF = "SET_OFF"
    WRITE_OFF = "WRITE_OFF"


@unique
class RecoveryProposalState(StrEnum):
    """Proposed by one person, decided by another."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@unique
class RecoveryEntryKind(StrEnum):
    """What made a debt smaller."""

    RECEIVED = "RECEIVED"
    SET_OFF = "SET_OFF"
    WRITTEN_OFF = "WRITTEN_OFF"


@unique
class RecoveryMeans(StrEnum):
    """How money came back: in cash at the counter, or into the fund's account at the bank."""

    COUNTER = "COUNTER"
    BANK = "BANK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overpaid:
    """What was found: paid to a person on a statement that does not stand any more.

    `subject_kind`, `subject_id` and `subject_number` name what had been paid, a claim; `region` the district whose
    office handled it.
    """

    statement_id: UUID
    person_id: UUID
    region: str
    fund: str
    subject_kind: str
    subject_id: UUID
    subject_number: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class Offset:
    """How much of a case is set off against a payment."""

    case_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a debt, and the day until which it is paid."""

    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody proposes about a case; a plan says its instalments."""

    measure: RecoveryMeasure
    reason: str
    instalments: tuple[Instalment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal and where it stands; `amount` is what was owed when it was made, `content_digest` names it."""

    id: UUID
    case_id: UUID
    measure: RecoveryMeasure
    amount: Money
    reason: str
    content_digest: bytes
    state: RecoveryProposalState
    proposed_at: datetime
    decided_at: datetime | None
    decision_reason: str | None
    instalments: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What made a debt smaller; negative is a set-off that was undone."""

    id: UUID
    case_id: UUID
    kind: RecoveryEntryKind
    amount: Money
    day: date
    means: RecoveryMeans | None
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCase:
    """What a person owes back, why, until when, and what of it has come back."""

    id: UUID
    number: str
    person_id: UUID
    person_name: str
    fund: str
    subject_kind: str
    subject_id: UUID
    subject_number: str
    amount: Money
    settled: Money
    state: RecoveryState
    reason: str
    found_at: datetime
    ground: str | None
    due_on: date | None
    set_off: RecoverySetOffGround | None
    version: int
    entries: tuple[Entry, ...]
    proposals: tuple[Proposal, ...]

    @property
    def left(self) -> Money:
        """What is still owed."""
        return self.amount - self.settled

    @property
    def plan(self) -> tuple[Instalment, ...]:
        """The instalments that a second person agreed to last; nothing where there are none."""
        agreed = [one.instalments for one in self.proposals if one.state is RecoveryProposalState.APPROVED]
        return next((instalments for instalments in reversed(agreed) if instalments), ())


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that goes by moment and id."""

    at: datetime
    id: UUID
