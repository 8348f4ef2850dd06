"""What the two platforms can say."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique


@dataclass(frozen=True, slots=True)
class Arrived:
    """WeChat knows who it is: by a name that belongs to this mini-program alone, and perhaps to all of one company."""

    openid: str = field(repr=False)
    unionid: str | None = field(default=None, repr=False)


@unique
class Why(StrEnum):
    """Why nobody arrived."""

    CODE = "CODE"
    """The code is unknown, too old or used (40029, 40163, 41008)."""
    BLOCKED = "BLOCKED"
    """WeChat holds this user for a high risk (40226)."""
    TOO_OFTEN = "TOO_OFTEN"
    """This user came more than a hundred times within a minute (45011)."""
    UNREACHED = "UNREACHED"
    """No answer, a lost connection, an error of theirs (-1), or an answer that makes no sense."""
    REGISTRATION = "REGISTRATION"
    """They do not know our application or its secret (40013, 40125, 41002, 41004): ours to repair."""


@dataclass(frozen=True, slots=True)
class NotArrived:
    """Nobody arrived. `detail` is for our logs: a number and no text of theirs, which quotes what was asked."""

    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What the real-name platform is asked about."""

    name: str
    document_type: str
    document_number: str = field(repr=False)
    ticket: str = field(repr=False)


@unique
class Method(StrEnum):
    """How the platform knows; see the domain for what each is worth."""

    KNOWN = "KNOWN"
    VOUCHER = "VOUCHER"
    FACE = "FACE"


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """The claim is not true, or the ticket is no good."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """No answer, or one that is not proved to be theirs."""

    detail: str
