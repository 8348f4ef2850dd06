"""What the message platform can say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TypeAlias


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
    """They were not reached, or are too busy. Of a code, also what `Unheard` is of a notice."""
    REGISTRATION = "REGISTRATION"
    """They do not know our key, our signature, our template or our money: ours to repair."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """No message is on its way for sure. `detail` is for our logs: a code of theirs and nothing that was sent."""

    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """No answer, an error of theirs, or an answer that makes no sense: the message may have gone out all the same."""

    detail: str


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """The platform has the message, and the phone's network has not confirmed it yet (SendStatus 1)."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """The phone's network has confirmed the message (SendStatus 3)."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The phone's network did not deliver it (SendStatus 2); `detail` is its code."""

    detail: str


Report: TypeAlias = OnItsWay | Arrived | Failed | Unheard
"""What became of a message; `Unheard` when they did not say, or do not know it."""
