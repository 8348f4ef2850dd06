"""What other payers owe the funds, and the batches in which they are billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.money import Money


@unique
class ClearingPayer(StrEnum):
    """Who owes a fund that advanced: the union by quarter; civil affairs, and other funds by insutype, by month."""

    UNION = "UNION"
    CIVIL_AFFAIRS = "CIVIL_AFFAIRS"
    FUND_310 = "FUND_310"
    FUND_320 = "FUND_320"
    FUND_330 = "FUND_330"
    FUND_350 = "FUND_350"
    FUND_370 = "FUND_370"
    FUND_390 = "FUND_390"
    FUND_392 = "FUND_392"

    @property
    def fund(self) -> str | None:
        """The fund that owes, where it is one whose books are kept here."""
        return self.value.removeprefix("FUND_") if self.value.startswith("FUND_") else None


def fund_payer(fund: str) -> ClearingPayer:
    """Name a fund as one who owes."""
    return ClearingPayer(f"FUND_{fund}")


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
