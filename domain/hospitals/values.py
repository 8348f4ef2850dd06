"""What the register of hospitals is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.rules import Level, Standing


@unique
class HospitalKind(StrEnum):
    """What kind of house it is."""

    GENERAL = "GENERAL"
    TRADITIONAL = "TRADITIONAL"
    SPECIALIST = "SPECIALIST"
    COMMUNITY = "COMMUNITY"
    OTHER = "OTHER"


@unique
class HospitalStanding(StrEnum):
    """How a code stands on a day. `NOT_YET` and `OVER` are before its first and after its last term, or between two."""

    CONTRACTED = "CONTRACTED"
    SUSPENDED = "SUSPENDED"
    NOT_YET = "NOT_YET"
    OVER = "OVER"
    UNKNOWN = "UNKNOWN"


@unique
class HospitalListState(StrEnum):
    """Where a list stands."""

    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    REJECTED = "REJECTED"


@unique
class TermChange(StrEnum):
    """What a list does to a term: it begins one, or gives one another end."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermText:
    """One line of a list: a term of a code. `ends` is the first day out; `reason` is why it is suspended."""

    code: str
    name: str
    level: Level
    kind: HospitalKind
    region: str
    starts: date
    ends: date | None = None
    suspended: bool = False
    reason: str = ""

    def holds_on(self, day: date) -> bool:
        """Tell whether a day lies in the term."""
        return self.starts <= day and (self.ends is None or day < self.ends)

    def overlaps(self, other: TermText) -> bool:
        """Tell whether two terms have a day in common."""
        return (self.ends is None or other.starts < self.ends) and (other.ends is None or self.starts < other.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hospital(TermText):
    """A term of the register, and from where it is."""

    id: UUID
    source: str
    origin: Standing


@dataclass(frozen=True, slots=True)
class LookedUp:
    """How a code stands on a day; `term` is that of the day, or else the nearest one before or after it."""

    code: str
    on: date
    standing: HospitalStanding
    term: Hospital | None

    @property
    def suspended(self) -> Hospital | None:
        """The term of the day, where the hospital is suspended on it."""
        return self.term if self.standing is HospitalStanding.SUSPENDED else None

    @property
    def contracted(self) -> Hospital | None:
        """The term of the day, where the hospital is contracted on it."""
        return self.term if self.standing is HospitalStanding.CONTRACTED else None


@dataclass(frozen=True, slots=True)
class TermChangeRecord:
    """What a list does to one term, before and after."""

    place: int
    change: TermChange
    before: TermText | None
    after: TermText


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """A list and where it stands. `content_digest` names the difference that a second person decides on."""

    id: UUID
    area: str
    source: str
    standing: Standing
    state: HospitalListState
    content_digest: bytes
    added: int
    changed: int
    proposed_at: datetime
    decided_at: datetime | None
    reason: str | None
