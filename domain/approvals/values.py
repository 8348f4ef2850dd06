"""What an approval is made of."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class ApprovalState(StrEnum):
    """Pending until decided once, or expired because the content changed."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
