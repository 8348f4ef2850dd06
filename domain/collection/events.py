"""What collection tells the world; each event leads to a job."""

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
class RefundApproved:
    """A refund may be sent."""

    refund_id: UUID
