"""How a call to the platform ended: confirmed, refused, or unknown. There is no fourth way and no exception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


class Doubt(StrEnum):
    """Why nobody knows how a call ended."""

    NOT_REACHED = "NOT_REACHED"
    """No connection came about, so the call was not carried out by this try; an earlier try may have been."""
    TIMEOUT = "TIMEOUT"
    """The platform did not answer in time."""
    CONNECTION_LOST = "CONNECTION_LOST"
    """The connection broke before the whole answer was here."""
    THEIR_ERROR = "THEIR_ERROR"
    """The platform reports an error of its own (5xx, SYSTEM_ERROR): «use the same parameters again»."""
    BUSY = "BUSY"
    """Too many calls (429); for a refund the platform's words are «may be in progress, inquire»."""
    UNVERIFIABLE = "UNVERIFIABLE"
    """The answer is not signed, or not rightly. The platform says to treat it as forged."""
    UNREADABLE = "UNREADABLE"
    """The answer is signed, but it is not an answer to what was asked."""


@dataclass(frozen=True, slots=True)
class Confirmed(Generic[T]):
    """The platform did it, or knows it, and signed for it."""

    value: T


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform did not do it and signed for that. `code` is theirs (`ORDERPAID`), `sentence` in Chinese."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was done. `detail` is for the log, never for a decision."""

    doubt: Doubt
    detail: str


Outcome: TypeAlias = Confirmed[T] | Refused | Unknown
