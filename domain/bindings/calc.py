"""How sure a proof makes us, how often one may try, and what an attempt ends with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.actors import AssuranceLevel
from domain.bindings.errors import (
    PersonIsBoundElsewhere,
    PersonIsNotRegistered,
    ProofIsOutOfReach,
    ProofIsTooWeak,
    RealNameNotProved,
)
from domain.bindings.values import Answer, AttemptOutcome, NoAnswer, NotProved, ProofMethod
from domain.errors import DomainError

LEVEL_OF_METHOD: Final[Mapping[ProofMethod, AssuranceLevel]] = {
    ProofMethod.KNOWN: AssuranceLevel.LOW,
    ProofMethod.VOUCHER: AssuranceLevel.MEDIUM,
    ProofMethod.FACE: AssuranceLevel.HIGH,
}
BINDING_LEVELS: Final = frozenset({AssuranceLevel.MEDIUM, AssuranceLevel.HIGH})
"""What binds: what one merely knows, others know too, and would keep the person themself out."""

ATTEMPTS_MAX: Final = 5
ATTEMPTS_WITHIN: Final = timedelta(hours=24)
"""So many failed tries of one log-in within this time; those that nobody outside answered do not count."""

_REFUSALS: Final[Mapping[AttemptOutcome, type[DomainError]]] = {
    AttemptOutcome.NOT_PROVED: RealNameNotProved,
    AttemptOutcome.TOO_WEAK: ProofIsTooWeak,
    AttemptOutcome.NOT_REGISTERED: PersonIsNotRegistered,
    AttemptOutcome.BOUND_ELSEWHERE: PersonIsBoundElsewhere,
    AttemptOutcome.UNCLEAR: ProofIsOutOfReach,
}


def judge_answer(answer: Answer) -> AttemptOutcome | AssuranceLevel:
    """Say what an answer alone decides: how the try ends, or at which level it goes on. No register is needed."""
    match answer:
        case NotProved():
            return AttemptOutcome.NOT_PROVED
        case NoAnswer():
            return AttemptOutcome.UNCLEAR
        case _:
            level = LEVEL_OF_METHOD[answer.method]
            return level if level in BINDING_LEVELS else AttemptOutcome.TOO_WEAK


def refusal_of(outcome: AttemptOutcome) -> DomainError | None:
    """Give the sentence of an outcome; None for a success."""
    refusal = _REFUSALS.get(outcome)
    return refusal() if refusal else None


def place_of_subject(identity_id: UUID) -> str:
    """Name the place to which a sealed openid is bound."""
    return f"outside_identity.subject:{identity_id}"
