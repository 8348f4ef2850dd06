"""What bindings are made of: channels, claims, answers of whoever proves them, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import TypeAlias
from uuid import UUID

from domain.actors import AssuranceLevel
from domain.identifiers import CertificateKind


@unique
class BindingChannel(StrEnum):
    """Which platform vouches for an outside identity."""

    WECHAT = "WECHAT"
    """The mini-program: an openid."""


@unique
class ProofMethod(StrEnum):
    """How the real-name platform came to its answer; the level of each stands in `calc.LEVEL_OF_METHOD`."""

    KNOWN = "KNOWN"
    """Name and number belong together (二要素核验); whose hands held the device is not known."""
    VOUCHER = "VOUCHER"
    """The ticket was given out by the person's own activated 医保电子凭证."""
    FACE = "FACE"
    """The person's face was compared with the picture of the police register (实人认证) when the ticket was made."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says they are, and the one-time ticket that shall show it."""

    name: str
    document_type: CertificateKind
    document_number: str = field(repr=False)
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proved:
    """The claim is true, as far as this method tells."""

    method: ProofMethod


@dataclass(frozen=True, slots=True)
class NotProved:
    """The claim is not true, or the ticket is no good. Which of both is nobody's business."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The platform was not reached or did not answer clearly: nothing is known, and no try is spent."""


Answer: TypeAlias = Proved | NotProved | NoAnswer


@unique
class AttemptOutcome(StrEnum):
    """What came of a try; the database knows these words too."""

    BOUND = "BOUND"
    NOT_PROVED = "NOT_PROVED"
    TOO_WEAK = "TOO_WEAK"
    NOT_REGISTERED = "NOT_REGISTERED"
    BOUND_ELSEWHERE = "BOUND_ELSEWHERE"
    UNCLEAR = "UNCLEAR"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try; without an outcome while the platform is being asked."""

    id: UUID
    outcome: AttemptOutcome | None
    binding_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingRecord:
    """A way in that a person has or had, as they see it."""

    id: UUID
    channel: BindingChannel
    level: AssuranceLevel
    proved_by: ProofMethod
    bound_at: datetime
    ended_at: datetime | None
    last_used_at: datetime | None
    is_this_one: bool
    """Whether the caller came in by it."""
