"""What an approval is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from uuid import UUID


@unique
class ApprovalKind(StrEnum):
    """What is decided about. The database knows these words too."""

    REFUND = "REFUND"
    REGISTRATION = "REGISTRATION"


@unique
class ApprovalState(StrEnum):
    """Pending until decided once, or expired because the content changed."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for a second person: about which thing, on which content, asked by whom and when."""

    id: UUID
    kind: str
    subject_id: UUID
    content_digest: bytes
    maker_id: UUID
    asked_at: datetime
