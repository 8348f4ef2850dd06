"""What is drawn, looked at once more, and found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import TYPE_CHECKING
from uuid import UUID

from domain.money import Money
from domain.period import Period

if TYPE_CHECKING:
    from domain.audit import InclusionProof
    from domain.claims import ClaimState, Risk


@unique
class RecheckState(StrEnum):
    """Drawn, taken by one of internal audit, found in order or at fault, and at fault opened again."""

    DRAWN = "DRAWN"
    TAKEN = "TAKEN"
    IN_ORDER = "IN_ORDER"
    FAULT = "FAULT"
    REOPENED = "REOPENED"


@unique
class RecheckFault(StrEnum):
    """What may be wrong with a decision."""

    PAID_TOO_MUCH = "PAID_TOO_MUCH"
    PAID_TOO_LITTLE = "PAID_TOO_LITTLE"
    NOT_PROVED = "NOT_PROVED"


@unique
class Hand(StrEnum):
    """What somebody did in a claim, for which they take no second look at it."""

    HANDLED = "HANDLED"
    REVIEWED = "REVIEWED"
    CHECKED = "CHECKED"
    DECIDED = "DECIDED"
    PAID = "PAID"


@unique
class DrawState(StrEnum):
    """The list is closed and waits for its seal; or it was drawn from."""

    LISTED = "LISTED"
    DRAWN = "DRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A decision from which a draw chooses: its proposal, whose claim, and who proposed it where."""

    proposal_id: UUID
    claim_id: UUID
    region: str
    office: str
    risk: Risk


@dataclass(frozen=True, slots=True)
class Seal:
    """What a draw takes from a block of the audit trail: everything of it stands in the checkpoint outside."""

    number: int
    root: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One draw over what was decided in a period; `block_number`, `seed` and `drawn` once it was made."""

    id: UUID
    region: str
    period: Period
    rule_source: str
    rules_digest: str
    shares: dict[str, int]
    working_days: int
    population: int
    list_digest: bytes
    listed_at: datetime
    state: DrawState
    block_number: int | None
    seed: bytes | None
    drawn: int | None
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawProof:
    """All that one needs to draw again: the sealed closing of the list, the list, and what was drawn."""

    draw: Draw
    closing: InclusionProof
    candidates: tuple[Candidate, ...]
    drawn: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a second look found: without a fault the decision is in order, and `reason` may be empty."""

    fault: RecheckFault | None = None
    amount: Money | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """A second look at one decision, and where it stands. `stands`: the claim has this decision still.

    `claim_version` is that of the claim now, for opening it again.
    """

    id: UUID
    claim_id: UUID
    claim_number: str
    claim_state: ClaimState
    claim_version: int
    stands: bool
    proposal_id: UUID
    region: str
    office: str
    risk: Risk
    total: Money
    fund_total: Money
    due_on: date
    state: RecheckState
    taken_by: UUID | None
    taken_by_name: str | None
    found_at: datetime | None
    fault: RecheckFault | None
    amount: Money | None
    reason: str | None
    reopened_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeCount:
    """What became of the draws of some periods in one office: numbers of decisions, and amounts at fault."""

    region: str
    office: str
    decided: int
    drawn: int
    waiting: int
    overdue: int
    in_order: int
    faults: int
    reopened: int
    too_much: Money
    too_little: Money
    not_proved: Money


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list of second looks, by the day that they are due and their id."""

    due_on: date
    id: UUID
