"""What the first page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.money import Money


@dataclass(frozen=True, slots=True)
class CoverageCard:
    """Days on which the fund pays; `ends` is the first day out."""

    id: UUID
    scheme: str
    year: int
    starts: date
    ends: date
    wait_months: int


@dataclass(frozen=True, slots=True)
class BillCard:
    """What is owed for a year; amounts in fen inside `Money`."""

    id: UUID
    number: str
    scheme: str
    year: int
    state: str
    due: Money
    own: Money
    relief: Money
    subsidy: Money
    window_ends: date
    payable_until: date
    settled_on: date | None


@dataclass(frozen=True, slots=True)
class ReadingCard:
    """One reading of a file by somebody else."""

    at: datetime
    reader: str
    reader_kind: str
    purpose: str
    what: tuple[str, ...]
    unmasked: bool


@dataclass(frozen=True, slots=True)
class ActCard:
    """One thing that somebody else did for a person, by the name of the action in the audit trail."""

    at: datetime
    action: str
    by: str | None
    """Who did it; None when the log-in is known to nobody any more."""


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One person as they see themself, or as somebody sees whom they may act for: numbers are masked."""

    id: UUID
    number: str
    name: str
    sex: str
    born_on: date
    document_type: str
    document_hint: str | None
    phone_hint: str | None
    coverages: tuple[CoverageCard, ...]
    bills: tuple[BillCard, ...]
    readings: tuple[ReadingCard, ...]
    acts: tuple[ActCard, ...]


@dataclass(frozen=True, slots=True)
class MandateCard:
    """A right to act for somebody, held or given."""

    id: UUID
    kind: str
    relation: str
    name: str
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Home:
    """The whole page."""

    me: PersonCard
    family: tuple[PersonCard, ...]
    household: tuple[str, ...]
    mandates_given: tuple[MandateCard, ...]
    unrecorded: tuple[UUID, ...]
    """Adults in the family whose page the caller opens for the first time today: a reading to be recorded."""
