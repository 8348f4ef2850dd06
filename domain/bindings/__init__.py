"""How residents come in from outside: who is behind an outside identity, how sure that is, and for how long.

An *outside identity* is somebody as another platform knows them, a WeChat openid today. It leads to one log-in
without a password, at first of nobody: such a log-in may do one thing, prove who uses it. A *binding* makes it a
person's, at the *level* that the proof reached (`actors.AssuranceLevel`); money needs the highest. The proof comes
from outside through a port: a name, an identity number and a one-time ticket go out, a method comes back.

Nobody learns from a failed proof whether somebody is in our register, because the register is not looked at before a
proof has held. One person has one binding in a channel, one identity is one person, a ticket is used once: the
database holds all three. A person sees all bindings of themself and may end each of them.
"""

from domain.bindings.calc import ATTEMPTS_MAX, ATTEMPTS_WITHIN, LEVEL_OF_METHOD, refusal_of
from domain.bindings.errors import (
    BindingNotFound,
    NothingToBind,
    PersonIsBoundElsewhere,
    PersonIsNotRegistered,
    ProofIsOutOfReach,
    ProofIsTooWeak,
    RealNameNotProved,
    TooManyAttempts,
)
from domain.bindings.queries import find_address, find_binding, find_outcome, list_bindings
from domain.bindings.service import arrive, begin_attempt, conclude_attempt, end_binding
from domain.bindings.values import (
    Answer,
    Attempt,
    AttemptOutcome,
    BindingChannel,
    BindingRecord,
    Claim,
    NoAnswer,
    NotProved,
    ProofMethod,
    Proved,
)

__all__ = [
    "ATTEMPTS_MAX",
    "ATTEMPTS_WITHIN",
    "LEVEL_OF_METHOD",
    "Answer",
    "Attempt",
    "AttemptOutcome",
    "BindingChannel",
    "BindingNotFound",
    "BindingRecord",
    "Claim",
    "NoAnswer",
    "NotProved",
    "NothingToBind",
    "PersonIsBoundElsewhere",
    "PersonIsNotRegistered",
    "ProofIsOutOfReach",
    "ProofIsTooWeak",
    "ProofMethod",
    "Proved",
    "RealNameNotProved",
    "TooManyAttempts",
    "arrive",
    "begin_attempt",
    "conclude_attempt",
    "end_binding",
    "find_address",
    "find_binding",
    "find_outcome",
    "list_bindings",
    "refusal_of",
]
