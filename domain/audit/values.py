"""What the audit trail tells people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a person's file by somebody else."""

    id: int
    at: datetime
    reader_kind: str
    reader_label: str
    purpose: str
    what: Sequence[str]
    unmasked: bool
