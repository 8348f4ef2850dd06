"""What reconciliation tells the world; each event leads to a job."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DifferenceClosed:
    """Two people said what becomes of a difference."""

    difference_id: UUID
