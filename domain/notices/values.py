"""What a notice is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing that a notice is about: `claim`, its id, and the number that people read out."""

    kind: str
    id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """One notice as its person reads it. `kind` is a word of the room that told it, like `claim.returned`."""

    id: UUID
    at: datetime
    kind: str
    subject_kind: str
    subject_id: UUID
    subject_number: str
    title: str
    title_en: str
    body: str
    body_en: str
    read_at: datetime | None
