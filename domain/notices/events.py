"""What the notices tell the world."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NoticeGiven:
    """Somebody was told something; messages by other ways may follow."""

    notice_id: UUID
