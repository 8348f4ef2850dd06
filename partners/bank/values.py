"""What we and the bank tell each other, in our own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from domain.money import Money


class Unreadable(ValueError):
    """A document or file that is not what the protocol says. The sentence names the place."""


@dataclass(frozen=True, slots=True)
class Debtor:
    """The account that pays: its holder, its number, and the clearing number of its bank."""

    name: str
    account: str
    bank_code: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One instruction: our number (it comes back everywhere), the sum, the payee, and what the payee reads."""

    number: str
    amount: Money
    name: str = field(repr=False)
    account: str = field(repr=False)
    bank_code: str
    remark: str


@dataclass(frozen=True, slots=True)
class Order:
    """A message to the bank: instructions from one account, made at one moment."""

    number: str
    debtor: Debtor
    made_at: datetime
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, slots=True)
class Executed:
    """The bank did it: its own reference, the sum, and the day of its books."""

    reference: str
    amount: Money
    on: date


@dataclass(frozen=True, slots=True)
class Pending:
    """The bank has it and works on it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The bank will not do it. `code` is of ISO 20022's list of status reasons (AC04: account closed)."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class NeverHeardOf:
    """The bank knows no instruction of this number now; one that is on its way may still arrive."""


class Doubt(StrEnum):
    """Why nobody knows how a call ended."""

    NOT_REACHED = "NOT_REACHED"
    TIMEOUT = "TIMEOUT"
    CONNECTION_LOST = "CONNECTION_LOST"
    THEIR_ERROR = "THEIR_ERROR"
    UNVERIFIABLE = "UNVERIFIABLE"
    UNREADABLE = "UNREADABLE"
    NO_DECISION = "NO_DECISION"
    """The bank refused the message and not the payment: it had this number before, or the message was too old."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was done. `detail` is for the log, never for a decision."""

    doubt: Doubt
    detail: str


Status: TypeAlias = Executed | Pending | Refused
Outcome: TypeAlias = Executed | Pending | Refused | NeverHeardOf | Unknown


@dataclass(frozen=True, slots=True)
class Report:
    """What the bank says of one instruction."""

    number: str
    status: Status


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bank's statement; `number` is empty where it names none of ours."""

    is_out: bool
    number: str
    reference: str
    amount: Money
    day: date


@dataclass(frozen=True, slots=True)
class Statement:
    """The bank's statement of one account and one day."""

    account: str
    day: date
    lines: tuple[Line, ...]
