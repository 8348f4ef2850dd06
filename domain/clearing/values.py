"""What other payers owe the funds, and the batches in which they are billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.money import Money


@unique
class ClearingPayer(StrEnum):
    """Who owes: the union for its mutual aid (by quarter), the civil-affairs budget for assistance (by month)."""

    UNION = "UNION"
    CIVIL_AFFAIRS = "CIVIL_AFFAIRS"


@unique
class ClearingState(StrEnum):
    """Made by one person, sent or dissolved by another, and received when the money came."""

    MADE = "MADE"
    SENT = "SENT"
    DISSOLVED = "DISSOLVED"
    RECEIVED = "RECEIVED"


@dataclass(frozen=True, slots=True)
class ClearingFacts:
    """A clearing: one payer, one fund, one month or quarter; `ends` is exclusive."""

    id: UUID
    number: str
    payer: ClearingPayer
    fund: str
    starts: date
    ends: date
    receivables: int
    total: Money
    content_digest: bytes
    state: ClearingState
    made_at: datetime
    decided_at: datetime | None
    received_on: date | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row of the statement that the payer gets: what was paid for them, on which day. Corrections are negative."""

    receivable_id: UUID
    subject_kind: str
    subject_id: UUID
    day: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that goes by moment and id."""

    at: datetime
    id: UUID
