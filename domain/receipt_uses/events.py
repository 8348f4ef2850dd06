"""What the receipts tell the world."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReceiptTaken:
    """An electronic receipt came into use: its issuer is to be asked about it."""

    use_id: UUID
