"""What the catalogue is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.money import Ratio
from domain.period import age_on
from domain.rules import Standing


@unique
class ItemKind(StrEnum):
    """What an item is (list_type)."""

    DRUG = "101"
    HERB = "102"
    HOSPITAL_PREPARATION = "103"
    ETHNIC_DRUG = "104"
    OTHER_DRUG = "105"
    GRANULES = "106"
    SERVICE = "201"
    CONSUMABLE = "301"


@unique
class ImportState(StrEnum):
    """Where an import stands."""

    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


@unique
class Change(StrEnum):
    """What an import does to one code."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemText:
    """One line of a catalogue file: an item without its days.

    `first_paid` is the item's own share (None: the place's share of its grade), `price_limit` yuan for one `unit`,
    `special` names terms of the rules (imported prostheses …). Limits of use: `limit_note` in words for people, and
    those that a machine can check: the kind of care and the age in whole years.
    """

    code: str
    name: str
    kind: ItemKind
    grade: str
    first_paid: Ratio | None = None
    special: str = ""
    price_limit: str | None = None
    unit: str = ""
    limit_note: str = ""
    limit_care: str | None = None
    limit_age_from: int | None = None
    limit_age_below: int | None = None

    def allows(self, *, care: str, born_on: date, on: date) -> bool:
        """Tell whether the limits that a machine can check are met; those in words are for the reviewer."""
        age = age_on(born_on, on)
        return (
            (self.limit_care is None or self.limit_care == care)
            and (self.limit_age_from is None or age >= self.limit_age_from)
            and (self.limit_age_below is None or age < self.limit_age_below)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(ItemText):
    """An item of the catalogue on its days; `ends` is the first day on which it holds no longer."""

    id: UUID
    region: str
    starts: date
    ends: date | None
    source: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """What an import does to one code, before and after."""

    code: str
    change: Change
    before: ItemText | None
    after: ItemText | None


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """An import and where it stands. `content_digest` names the difference that a second person decides on."""

    id: UUID
    region: str
    starts: date
    source: str
    standing: Standing
    is_whole: bool
    state: ImportState
    content_digest: bytes
    added: int
    changed: int
    ended: int
    proposed_at: datetime
    decided_at: datetime | None
    reason: str | None
