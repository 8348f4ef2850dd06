"""Who uses a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.money import Money
from domain.receipts import ReceiptKey, Verification


@dataclass(frozen=True, slots=True)
class Holder:
    """Who uses a receipt: a claim or a networked settlement, with the number that people read out."""

    kind: str
    id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class ReceiptUse:
    """One use of a receipt."""

    id: UUID
    key: ReceiptKey
    amount: Money
    holder: Holder
    taken_at: datetime
    settled_at: datetime | None
    verification: Verification
    verified_at: datetime | None
