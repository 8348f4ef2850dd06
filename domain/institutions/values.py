"""What institutions and the changes of their keys are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from uuid import UUID


@unique
class InstitutionChangeKind(StrEnum):
    """What is to be changed; the database knows these words too."""

    ADD_KEY = "ADD_KEY"
    END_KEY = "END_KEY"
    SUSPEND = "SUSPEND"
    REINSTATE = "REINSTATE"


@unique
class InstitutionChangeState(StrEnum):
    """Asked until decided once."""

    ASKED = "ASKED"
    DONE = "DONE"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for. `public_key` is a JWK in JSON for ADD_KEY, `kid` names the key for END_KEY."""

    kind: InstitutionChangeKind
    reason: str
    public_key: str | None = None
    kid: str | None = None


@dataclass(frozen=True, slots=True)
class InstitutionKey:
    """A key that counts, until an end where it has one."""

    kid: str
    kind: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionRecord:
    """An institution's client, with its keys."""

    id: UUID
    client_id: str
    name_zh: str
    name_en: str
    is_suspended: bool
    suspended_at: datetime | None
    keys: tuple[InstitutionKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """A change that was asked for, and what came of it."""

    id: UUID
    institution_id: UUID
    client_id: str
    kind: InstitutionChangeKind
    state: InstitutionChangeState
    kid: str | None
    reason: str
    content_digest: bytes
    asked_by: UUID
    asked_at: datetime
    decided_at: datetime | None
