"""What belongs to the second store, as the first may know of it: rewards, openings, and what the reward desk wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from uuid import UUID

from domain.errors import Text
from domain.money import Money

if TYPE_CHECKING:
    from domain.informants import RecordKind
    from domain.payouts import PayoutState


@unique
class RewardState(StrEnum):
    """Where a reward stands, apart from its payment: asked for, decided, claimed; or lapsed.

    `LAPSED` is what nobody decided or claimed in time. What was refused or lapsed may be proposed anew.
    """

    ASKED = "ASKED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CLAIMED = "CLAIMED"
    LAPSED = "LAPSED"


STATE_OF_ANSWER: Final[Mapping[str, RewardState]] = MappingProxyType(
    {
        "PENDING": RewardState.ASKED,
        "APPROVED": RewardState.APPROVED,
        "REJECTED": RewardState.REJECTED,
        "RETURNED": RewardState.LAPSED,
        "EXPIRED": RewardState.LAPSED,
    }
)
"""What the state of a question about a reward means for the reward."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the reward desk wrote to the informant: of which day, and until when another account may be given."""

    record_id: UUID
    day: date
    text: str = field(repr=False)
    until: date | None


@unique
class OpeningState(StrEnum):
    """Where the opening of an informant's record stands. One that lapsed or was sent back is asked for anew."""

    ASKED = "ASKED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    OPENED = "OPENED"


@unique
class OpeningAct(StrEnum):
    """What is to be done with a record of the second store."""

    READ = "READ"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True)
class Opening:
    """A wish to open or to remove a record of the second store, and where it stands."""

    id: UUID
    tipoff_id: UUID
    what: RecordKind
    act: OpeningAct
    asked_by: UUID
    asked_on: date
    state: OpeningState


@dataclass(frozen=True, slots=True)
class RewardStep:
    """One step of a reward: a sentence, what came of it, and where that is written."""

    text: Text
    amount: Money
    source: str


@dataclass(frozen=True, slots=True)
class RewardSum:
    """A reward with the way to it."""

    amount: Money
    steps: tuple[RewardStep, ...]


@dataclass(frozen=True, slots=True)
class RewardFacts:
    """A reward as those see it who proposed it or have it paid: of no case, to nobody.

    `paid` is how its last payment stands.
    """

    id: UUID
    region: str
    amount: Money
    state: RewardState
    paid: PayoutState | None
    verified: Money
    grade: str
    accused: str
    insider: bool
    steps: tuple[RewardStep, ...]
