"""What bills, orders and refunds are made of."""

from __future__ import annotations

from enum import StrEnum, unique


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
    """`UNKNOWN` means that the channel did not answer clearly: only an inquiry moves it, never a guess."""

    CREATED = "CREATED"
    WAITING = "WAITING"
    UNKNOWN = "UNKNOWN"
    PAID = "PAID"
    CLOSED = "CLOSED"
    DISPUTED = "DISPUTED"


@unique
class RefundState(StrEnum):
    """A refund is asked for, approved by a second person, sent with a fixed number, and confirmed or not."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    REJECTED = "REJECTED"


@unique
class DifferenceKind(StrEnum):
    """In what a channel and our orders may differ."""

    AMOUNT = "AMOUNT"
    DOUBLE = "DOUBLE"
    LATE = "LATE"
    STRANGER = "STRANGER"
