"""What is compared: our movements, the lines of a statement, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.money import Money


@unique
class MoneyDirection(StrEnum):
    """Into our account, or out of it."""

    IN = "IN"
    OUT = "OUT"


@unique
class Surety(StrEnum):
    """How sure we are of a movement of ours.

    `CERTAIN`: the channel told us, and its statement must show it. `UNDECIDED`: nobody told us how it ended; the
    statement decides. `POSSIBLE`: nothing of the kind is known, but it may come (a payment that the bank sends back).
    `DENIED`: we hold that no money moved under this number.
    """

    CERTAIN = "CERTAIN"
    UNDECIDED = "UNDECIDED"
    POSSIBLE = "POSSIBLE"
    DENIED = "DENIED"


@unique
class MismatchKind(StrEnum):
    """In what a statement and our movements differ.

    `MISSING_HERE`: they moved money that we know nothing of, or hold not to have moved. `MISSING_THERE`: we hold it
    moved or may have, and their statement does not show it. `AMOUNT`: another sum. `DUPLICATE`: more than once.
    `LATE`: on a later day than ours. `RESULT`: a file of results says what cannot be.
    """

    MISSING_HERE = "MISSING_HERE"
    MISSING_THERE = "MISSING_THERE"
    AMOUNT = "AMOUNT"
    DUPLICATE = "DUPLICATE"
    LATE = "LATE"
    RESULT = "RESULT"


@unique
class ClosingAction(StrEnum):
    """What follows when a difference is closed: nothing, or what becomes of a payout that nobody decided."""

    NOTHING = "NOTHING"
    SEND_AGAIN = "SEND_AGAIN"
    GIVE_UP = "GIVE_UP"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that we moved, may have moved or did not move under a number of ours; `day` is the day of our books."""

    direction: MoneyDirection
    number: str
    amount: Money
    day: date | None
    surety: Surety
    about: UUID
    sends: int = 0


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a statement: our number as they give it (empty when they give none), and their own reference."""

    direction: MoneyDirection
    number: str
    reference: str
    amount: Money
    day: date


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that moved in one account or at one platform on one day, as they say."""

    source: str
    day: date
    lines: tuple[StatementLine, ...]
    body_digest: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A difference as it is found, before anybody has looked at it."""

    kind: MismatchKind
    direction: MoneyDirection
    number: str
    reference: str = ""
    our_amount: Money | None = None
    their_amount: Money | None = None
    our_day: date | None = None
    their_day: date | None = None
    about: UUID | None = None
    sends: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A movement and the line that shows it, to the fen."""

    ours: Movement
    theirs: StatementLine


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a day."""

    matches: tuple[Match, ...]
    differences: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class DifferenceFacts:
    """A difference as it stands: open until two people closed it."""

    id: UUID
    source: str
    kind: MismatchKind
    direction: MoneyDirection
    number: str
    reference: str
    sends: int
    our_amount: Money | None
    their_amount: Money | None
    our_day: date | None
    their_day: date | None
    about_id: UUID | None
    found_at: datetime
    action: ClosingAction | None
    outcome: str | None
    content_digest: bytes | None
    proposed_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """A statement that was compared, with the counts."""

    id: UUID
    source: str
    day: date
    lines: int
    matched: int
    differences: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that goes by moment and id."""

    at: datetime
    id: UUID
