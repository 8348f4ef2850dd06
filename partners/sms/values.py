"""What the message platform can say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform has taken the message; `receipt` is its number for it (BizId)."""

    receipt: str


@unique
class Why(StrEnum):
    """Why no message is on its way, as far as is known."""

    PHONE = "PHONE"
    """The number is none, or takes no messages (isv.MOBILE_NUMBER_ILLEGAL, isv.MOBILE_COUNT_OVER_LIMIT)."""
    TOO_OFTEN = "TOO_OFTEN"
    """Too many messages went to this number (isv.BUSINESS_LIMIT_CONTROL, isv.DAY_LIMIT_CONTROL)."""
    UNREACHED = "UNREACHED"
    """No answer, an error of theirs, or an answer that makes no sense: the message may have gone out all the same."""
    REGISTRATION = "REGISTRATION"
    """They do not know our key, our signature, our template or our money: ours to repair."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """No message is on its way for sure. `detail` is for our logs: a code of theirs and nothing that was sent."""

    why: Why
    detail: str
