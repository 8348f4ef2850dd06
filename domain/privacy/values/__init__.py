"""What privacy is made of: sealed values and purposes, corrections and their effects, and exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final
from uuid import UUID

from domain.errors import Text
from domain.identifiers import CertificateKind

UNMASKED_IN_AN_HOUR: Final = 20
"""More than a busy window needs; who reaches it waits."""
UNMASKED_ON_A_QUIET_DAY: Final = 50
"""A day on which somebody reaches this is told to those who audit."""
EXPORT_LASTS: Final = timedelta(hours=24)
RECHECKS_IN_AN_HOUR: Final = 5
PHONE_CODE_LIFE: Final = timedelta(minutes=5)
"""Of a code that proves a number; as long as one that logs in."""


@dataclass(frozen=True, slots=True)
class PhoneCode:
    """A code on its way to the number that it is to prove. It is stored nowhere."""

    id: UUID
    person_id: UUID
    phone: str
    code: str = field(repr=False)


@unique
class SealedValue(StrEnum):
    """A number that everybody sees masked."""

    BANK_ACCOUNT = "BANK_ACCOUNT"
    DOCUMENT = "DOCUMENT"
    PHONE = "PHONE"


@unique
class UnmaskPurpose(StrEnum):
    """What somebody may look behind a mask for; no other purpose is one."""

    IDENTITY_CHECK = "IDENTITY_CHECK"
    CONTACT = "CONTACT"
    PAYMENT_FAULT = "PAYMENT_FAULT"
    LEGAL_DUTY = "LEGAL_DUTY"


PURPOSES: Final[Mapping[UnmaskPurpose, str]] = MappingProxyType(
    {
        UnmaskPurpose.IDENTITY_CHECK: "核对身份",
        UnmaskPurpose.CONTACT: "联系本人",
        UnmaskPurpose.PAYMENT_FAULT: "核实款项差错",
        UnmaskPurpose.LEGAL_DUTY: "履行法定协助义务",
    }
)
"""As the person reads it on the first page."""


@unique
class CaseKind(StrEnum):
    """What somebody works on who looks behind a mask."""

    REGISTRATION = "REGISTRATION"
    REFUND = "REFUND"
    CORRECTION = "CORRECTION"
    CLAIM = "CLAIM"


@dataclass(frozen=True, slots=True)
class Revealed:
    """One value in full. It is never kept, logged or told a second time."""

    person_id: UUID
    value: SealedValue
    text: str


@dataclass(frozen=True, slots=True)
class UnmaskingAlarm:
    """Somebody looked behind very many masks on a day."""

    asked_by: UUID
    office: str
    day: date
    reached: int
    at: datetime


@unique
class CorrectionState(StrEnum):
    """Asked for, taken up by who checked the papers, decided by a second person, or withdrawn."""

    ASKED = "ASKED"
    TAKEN_UP = "TAKEN_UP"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionForm:
    """What somebody is to be known by from now on; None stays as it is."""

    name: str | None = None
    born_on: date | None = None
    document_type: CertificateKind | None = None
    document_number: str | None = None
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that follows from a correction: by itself, or by the hand of the agency afterwards."""

    code: str
    zh: str
    en: str
    by_itself: bool

    @property
    def text(self) -> Text:
        """The sentence."""
        return Text(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class CorrectionPreview:
    """What would follow, and the print of it by which somebody says that they have read it."""

    effects: tuple[Effect, ...]
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a person is known by, the number masked."""

    name: str
    born_on: date
    document_type: str
    document_hint: str | None


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A bill that is not paid yet."""

    number: str
    year: int


@dataclass(frozen=True, slots=True)
class Affected:
    """What hangs on what a person is known by."""

    guardians_until: tuple[date, ...]
    """When each guardian's mandate ends."""
    open_bills: tuple[OpenBill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedForm:
    """A form in which nothing is wrong, with the number in its normal form."""

    name: str | None
    born_on: date | None
    document_type: CertificateKind | None
    document_number: str | None
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRecord:
    """One correction as people see it: numbers masked."""

    id: UUID
    person_id: UUID
    person_number: str
    person_name: str
    region: str
    asked_by: UUID
    asked_at: datetime
    state: CorrectionState
    name: str | None
    born_on: date | None
    document_type: str | None
    document_hint: str | None
    papers: tuple[str, ...]
    effects: tuple[Effect, ...]
    content_digest: bytes
    reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class PersonalFile:
    """An export: the same content as JSON for machines and as a page for people."""

    id: UUID
    expires_at: datetime
    json: str
    html: str
