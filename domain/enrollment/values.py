"""Who takes part in what, and which days are covered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipationRecord:
    """Taking part in a scheme (参保关系) from one day up to another."""

    id: UUID
    person_id: UUID
    scheme: str
    starts: date
    ends: date | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedStep:
    """One step that gave the first covered day, with where it is written and how far that may be trusted."""

    zh: str
    en: str
    source: str
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRecord:
    """Days on which the fund pays for somebody (待遇享受期); `ends` is the first day after them."""

    id: UUID
    person_id: UUID
    scheme: str
    year: int
    starts: date
    ends: date
    wait_months: int
    explanation: tuple[ExplainedStep, ...]
    bill_id: UUID | None
    cancel_reason: str | None

    @property
    def period(self) -> Period:
        """The covered days."""
        return Period(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class ActiveCover:
    """All that an institution is told: the scheme that covers a person today and its last day."""

    scheme: str
    until: date


@dataclass(frozen=True, slots=True)
class PaidYears:
    """What is known of earlier years: those with covered days, and when years without any were paid for."""

    covered: set[int]
    paid_without_days: dict[int, date]


@dataclass(frozen=True, slots=True)
class PaidFor:
    """One person whose year is paid for, by which bill, and the list that exempts them from waiting, if any."""

    person_id: UUID
    bill_id: UUID | None
    exempt_as: str | None
