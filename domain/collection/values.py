"""What bills, orders and refunds are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

from domain.money import Money

RESIDENTS: Final = "390"
"""城乡居民基本医疗保险: the scheme whose contributions are billed here."""
EMPLOYEES: Final = "310"
"""职工基本医疗保险: who is insured there pays nothing here."""


@unique
class BillState(StrEnum):
    """Open until it is paid, or cancelled with a reason."""

    OPEN = "OPEN"
    PAID = "PAID"
    CANCELLED = "CANCELLED"


@unique
class Channel(StrEnum):
    """The way the money comes in."""

    WECHAT = "WECHAT"
    COUNTER = "COUNTER"


@unique
class OrderState(StrEnum):
    """`UNKNOWN` means that the channel did not answer clearly: only an inquiry moves it, never a guess.

    `DISPUTED` is an order whose money came and settled nothing: a wrong amount, too late, or paid already.
    """

    CREATED = "CREATED"
    WAITING = "WAITING"
    UNKNOWN = "UNKNOWN"
    PAID = "PAID"
    CLOSED = "CLOSED"
    DISPUTED = "DISPUTED"


OPEN_ORDERS: Final = (OrderState.CREATED, OrderState.WAITING, OrderState.UNKNOWN)
"""Orders that may still be paid, whatever the clock says: only the channel's word closes them."""


@unique
class RefundState(StrEnum):
    """A refund is asked for, approved by a second person, sent with a fixed number, and confirmed or not.

    `FAILED` means that the channel refused it for good; it may be asked for again.
    """

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


@unique
class DifferenceKind(StrEnum):
    """In what a channel and our orders differ.

    `AMOUNT`: another sum than asked. `DOUBLE`: the bill was paid before. `LATE`: the order was closed or the bill
    cancelled. `STRANGER`: no order of ours. `REFUND`: the channel cannot give money back.
    """

    AMOUNT = "AMOUNT"
    DOUBLE = "DOUBLE"
    LATE = "LATE"
    STRANGER = "STRANGER"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True)
class Band:
    """Who pays one standard, as birth days: born after `born_after` (None: no matter how old) up to `born_until`."""

    group: str
    grade: str
    students: bool
    born_after: date | None
    born_until: date | None
    own: Money
    subsidy: Money


@dataclass(frozen=True, slots=True)
class ReliefAmount:
    """What government pays of the own part for one beneficiary category in one group."""

    group: str
    category: str
    amount: Money


@dataclass(frozen=True, slots=True)
class BillFacts:
    """What a bill says; enough to explain its amount."""

    id: UUID
    number: str
    person_id: UUID
    scheme: str
    year: int
    standard: str
    rules_digest: str
    contributor_group: str
    grade: str
    relief_category: str | None
    own_amount: Money
    relief_amount: Money
    due_amount: Money
    subsidy_amount: Money
    window_starts: date
    window_ends: date
    payable_until: date
    state: BillState
    settled_on: date | None
    cancel_reason: str | None
    made_at: datetime

    def is_payable_on(self, day: date) -> bool:
        """Tell whether it may be paid on a day: open, something due, and late payment not over."""
        return self.state is BillState.OPEN and day < self.payable_until and bool(self.due_amount)


@dataclass(frozen=True, slots=True)
class Item:
    """One bill in an order, as it stands when money comes; `covered` when its person has that year's cover already."""

    bill_id: UUID
    amount: Money
    bill_state: BillState
    covered: bool = False

    @property
    def left_because(self) -> DifferenceKind | None:
        """Why money settles this bill no more, or None while it does."""
        if self.bill_state is BillState.CANCELLED:
            return DifferenceKind.LATE
        if self.covered or self.bill_state is BillState.PAID:
            return DifferenceKind.DOUBLE
        return None


@dataclass(frozen=True, slots=True)
class Leftover:
    """Money that came and settles nothing: for one bill, or all of an order when `bill_id` is None."""

    kind: DifferenceKind
    bill_id: UUID | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a payment does: the bills that it settles and the money that is left over. Together they are the sum."""

    state: OrderState
    settled: tuple[Item, ...]
    leftovers: tuple[Leftover, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a channel by its own id, for the inbox."""

    id: str
    kind: str
    body_digest: bytes


@dataclass(frozen=True, slots=True)
class Payment:
    """What a channel says about money that came in. `reference` is the channel's own name of the payment."""

    order_number: str
    reference: str
    amount: Money
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One bill in an order: for whom, for which year, how much, and whether this payment settled it."""

    bill_id: UUID
    bill_number: str
    person_id: UUID
    year: int
    amount: Money
    settles: bool


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order with what is in it."""

    id: UUID
    number: str
    payer_id: UUID | None
    payer_account: UUID
    payer_ip: str | None
    channel: Channel
    amount: Money
    state: OrderState
    pay_url: str | None
    created_at: datetime
    expires_at: datetime
    channel_reference: str | None
    paid_at: datetime | None
    paid_amount: Money | None
    inquired_at: datetime | None
    received_by: UUID | None
    items: tuple[OrderItem, ...]


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund with the payment that it gives back."""

    id: UUID
    number: str
    order_id: UUID
    order_number: str
    order_amount: Money
    channel: Channel
    bill_id: UUID | None
    amount: Money
    reason: str
    content_digest: bytes
    state: RefundState
    requested_by: UUID | None
    requested_at: datetime
    channel_reference: str | None
    inquired_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class DifferenceFacts:
    """What a channel says and we do not."""

    id: UUID
    channel: Channel
    channel_reference: str
    order_number: str
    order_id: UUID | None
    kind: DifferenceKind
    amount: Money
    found_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class BillingRunFacts:
    """How far a run is: people looked at and bills made; finished when `finished_at` is there."""

    id: UUID
    year: int
    region: str
    scheme: str
    rules_digest: str
    started_at: datetime
    finished_at: datetime | None
    persons: int
    bills: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list to go on from: a moment and an id."""

    at: datetime
    id: UUID
