"""What this room tells the world."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ApprovalLapsed:
    """A question waited longer than its rule lets it; its kind and subject tell whose it was."""

    approval_id: UUID
    kind: str
    subject_id: UUID
