"""What lists are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

from domain.identifiers import CertificateKind

UNION_MEMBER: Final = "UNION"
"""The category of the union's list; all others are national (psn_idet_type)."""


@unique
class ListKind(StrEnum):
    """Whose list it is."""

    CIVIL_AFFAIRS = "CIVIL_AFFAIRS"
    VETERANS_AFFAIRS = "VETERANS_AFFAIRS"
    UNION = "UNION"

    def names(self, category: str) -> bool:
        """Tell whether a category stands on this list: 21xx are of veterans affairs, other 2xxx of civil affairs."""
        match self:
            case ListKind.UNION:
                return category == UNION_MEMBER
            case ListKind.VETERANS_AFFAIRS:
                return category.startswith("21")
            case ListKind.CIVIL_AFFAIRS:
                return category.startswith(("22", "23"))


@unique
class ListState(StrEnum):
    """Where an import stands."""

    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    REJECTED = "REJECTED"


@unique
class EntryChange(StrEnum):
    """What a list does to one person; unmatched is who is named and is nobody here, or somebody of another name."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    ENDED = "ENDED"
    UNMATCHED = "UNMATCHED"


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of a file: a person's document and name, the category, and the days; `ends` is exclusive."""

    line: int
    document_type: CertificateKind
    document: str = field(repr=False)
    name: str = field(repr=False)
    category: str
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A row that stands."""

    id: UUID
    person_id: UUID
    category: str
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list does to one person, with the line that says so; without one they are not named any more."""

    change: EntryChange
    person_id: UUID | None
    category: str
    starts: date
    ends: date | None
    line: ListLine | None


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry as staff read it: the number masked, the name as the register has it."""

    place: int
    change: EntryChange
    person_name: str | None
    category: str
    document_hint: str | None
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class ListImport:
    """An import and where it stands. `content_digest` names the difference that a second person decides on."""

    id: UUID
    region: str
    list: ListKind
    day: date
    source: str
    state: ListState
    content_digest: bytes
    added: int
    changed: int
    ended: int
    unmatched: int
    proposed_at: datetime
    decided_at: datetime | None
    reason: str | None
