"""What the agency's own people are made of: changes of accounts, absences, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID


@unique
class AccountChangeKind(StrEnum):
    """What is asked for about an account; taking it out of use needs no second person."""

    OPEN = "OPEN"
    ROLES = "ROLES"
    RESET = "RESET"
    REOPEN = "REOPEN"


@unique
class AccountChangeState(StrEnum):
    """Asked for, then decided by a second person, once."""

    ASKED = "ASKED"
    APPLIED = "APPLIED"
    REJECTED = "REJECTED"


@unique
class AbsenceState(StrEnum):
    """Leave counts once somebody else has confirmed it."""

    ASKED = "ASKED"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


@unique
class AccountState(StrEnum):
    """In use, taken out of use at once, or closed for good because somebody has left."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """Two posts that nobody holds together, on which days, and by which text."""

    one: str
    other: str
    starts: date
    ends: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Post:
    """What an account is to be: its name, its roles, and where it works."""

    login: str
    display_name: str
    roles: frozenset[str]
    office: str
    region: str


@dataclass(frozen=True, slots=True)
class Change:
    """Something asked for about an account. `content_digest` is what a decision is bound to."""

    id: UUID
    kind: AccountChangeKind
    account_id: UUID
    post: Post
    reason: str
    content_digest: bytes
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    state: AccountChangeState
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and, where an account was opened or reset, its first password: shown once to who decided."""

    change_id: UUID
    first_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody is away, half-open, and who holds their post meanwhile."""

    id: UUID
    account_id: UUID
    stand_in_id: UUID | None
    starts: date
    ends: date
    reason: str
    state: AbsenceState
    name: str = ""
    stand_in_name: str | None = None

    def counts_on(self, day: date) -> bool:
        """Say whether somebody is away on a day."""
        return self.state is AbsenceState.CONFIRMED and self.starts <= day < self.ends


@dataclass(frozen=True, slots=True)
class Duty:
    """What somebody may be on a day: the roles they hold, and the absent colleagues whose posts are among them."""

    roles: frozenset[str]
    stands_in_for: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Roster:
    """All that decides about one person's duty: their own roles, their leave, and the posts they may have to hold."""

    account_id: UUID
    roles: frozenset[str]
    absences: tuple[Absence, ...]
    """Their own, those of the colleagues for whom they stand in."""
    roles_of: Mapping[UUID, frozenset[str]]
    """Of those colleagues."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as the administrators see them."""

    id: UUID
    post: Post
    state: AccountState
    has_second_factor: bool
    locked_places: int
    wrong_codes: int


@dataclass(frozen=True, slots=True)
class LogInEvent:
    """One thing that happened to an account, as the audit trail has it."""

    id: int
    at: datetime
    action: str
    actor_id: UUID | None


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """One of the three by whom an empty house begins."""

    login: str
    display_name: str
    role: str
