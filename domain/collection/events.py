"""What collection tells the world."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BillingRunStarted:
    """Amounts due are to be generated for everybody."""

    run_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentOrderCreated:
    """An order waits to be prepared at its channel."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentConfirmed:
    """An order is paid, its bills are settled and everybody in it is covered."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentDisputed:
    """Money came that settles nothing; a difference is open."""

    difference_id: UUID


@dataclass(frozen=True, slots=True)
class RefundApproved:
    """A refund may be sent."""

    refund_id: UUID


@dataclass(frozen=True, slots=True)
class RefundCompleted:
    """Money went back."""

    refund_id: UUID
