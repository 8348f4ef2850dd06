"""What this room tells the world."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ResidentRegistered:
    """Somebody became a resident here; `get_wish` tells what they wish to take part in."""

    person_id: UUID
    registration_id: UUID
