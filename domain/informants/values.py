"""What the second store holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from uuid import UUID


@unique
class RecordKind(StrEnum):
    """Who the informant is; which reward belongs to the report; where it goes; until when; what became of it.

    `NOTICE` (until when a reward may be claimed) is for the reward desk alone, `OUTCOME` for the informant alone.
    """

    IDENTITY = "IDENTITY"
    REWARD = "REWARD"
    PAYEE = "PAYEE"
    NOTICE = "NOTICE"
    OUTCOME = "OUTCOME"


@dataclass(frozen=True, slots=True)
class Record:
    """One sealed record, with its key wrapped for those who hold it, in halves or whole.

    `case_token` is what the store calls the case; only the store's own key leads from one to the other. `mark` shows
    to who knows a sealed random number which reward it is.
    """

    id: UUID
    kind: RecordKind
    content: bytes = field(repr=False)
    wrapped: Mapping[str, bytes] = field(repr=False)
    case_token: bytes = field(repr=False, default=b"")
    mark: bytes | None = field(repr=False, default=None)

    @property
    def place(self) -> str:
        """What the sealing is bound to."""
        return place_of(self.id, self.kind)


def place_of(record_id: UUID, kind: RecordKind) -> str:
    """Name the place of a record."""
    return f"informants:{kind}:{record_id}"
