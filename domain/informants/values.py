"""What the second store holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from uuid import UUID


@unique
class RecordKind(StrEnum):
    """Who the informant is; which reward belongs to the report; where the reward goes."""

    IDENTITY = "IDENTITY"
    REWARD = "REWARD"
    PAYEE = "PAYEE"


@dataclass(frozen=True, slots=True)
class Record:
    """One sealed record, with its key in halves wrapped for their holders."""

    id: UUID
    kind: RecordKind
    content: bytes = field(repr=False)
    wrapped: Mapping[str, bytes] = field(repr=False)

    @property
    def place(self) -> str:
        """What the sealing is bound to."""
        return place_of(self.id, self.kind)


def place_of(record_id: UUID, kind: RecordKind) -> str:
    """Name the place of a record."""
    return f"informants:{kind}:{record_id}"
