"""Whose year it is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Key:
    """One settlement year of one scheme of one person."""

    person_id: UUID
    year: int
    scheme: str
