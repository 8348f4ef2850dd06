"""What payouts and their batches are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

from domain.money import Money


@unique
class PayoutState(StrEnum):
    """Where a payout stands; the database knows which step follows which.

    `SENDING` is committed before anything is sent: whoever finds it asks the bank first. `UNKNOWN` means that the
    bank did not say clearly what became of it: only the bank's word, its statement or two people move it on.
    `REJECTED`, `RETURNED` and `CANCELLED` are final; what is still owed is paid by a new payout.
    """

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    QUEUED = "QUEUED"
    SENDING = "SENDING"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


UNDER_WAY: Final = (PayoutState.APPROVED, PayoutState.QUEUED, PayoutState.SENDING, PayoutState.UNKNOWN)
"""Released and not ended: this money is no longer ours to promise."""
UNDECIDED: Final = (PayoutState.SENDING, PayoutState.UNKNOWN)
"""The bank may have carried it out or not."""


@unique
class BatchState(StrEnum):
    """Made by one person, then released or dissolved by another."""

    MADE = "MADE"
    RELEASED = "RELEASED"
    DISSOLVED = "DISSOLVED"


@unique
class BatchChannel(StrEnum):
    """How a batch reaches the bank: instruction by instruction over the line, or as one file."""

    DIRECT = "DIRECT"
    FILE = "FILE"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a payout pays: a claim, a refund, a reward, and which part of it."""

    kind: str
    id: UUID
    purpose: str


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid, at which account of which bank (联行号, 12 digits)."""

    name: str = field(repr=False)
    account: str = field(repr=False)
    bank_code: str


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """A payout as people see it: the payee masked."""

    id: UUID
    number: str
    subject_kind: str
    subject_id: UUID
    purpose: str
    attempt: int
    replaces: UUID | None
    fund: str
    amount: Money
    name_hint: str
    account_hint: str
    bank_code: str
    remark: str
    content_digest: bytes
    state: PayoutState
    made_at: datetime
    sends: int
    sent_at: datetime | None
    expires_at: datetime | None
    inquired_at: datetime | None
    inquiries: int
    bank_reference: str | None
    settled_on: date | None
    refusal_code: str | None
    refusal_text: str | None
    returned_on: date | None
    return_reference: str | None
    batch_id: UUID | None


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A batch with its sums, and how many of its payouts stand where."""

    id: UUID
    number: str
    fund: str
    channel: BatchChannel
    payouts: int
    total: Money
    content_digest: bytes
    state: BatchState
    made_at: datetime
    decided_at: datetime | None
    confirmed: int
    failed: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the bank is told, with everything in the clear; `sent_at` is the moment that the message carries."""

    payout_id: UUID
    number: str
    fund: str
    amount: Money
    payee: Payee
    remark: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the bank says of an instruction that it carried out: its own reference, and the day of its books."""

    reference: str
    amount: Money
    on: date


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a bank's file of results: carried out (`settlement`), or refused with a code and a sentence."""

    number: str
    settlement: Settlement | None
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that goes by moment and id."""

    at: datetime
    id: UUID
