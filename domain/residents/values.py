"""What a resident, a mandate and a registration are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final
from uuid import UUID

from domain.errors import DomainError, Text
from domain.identifiers import CertificateKind

RESIDENTS_SCHEME: Final = "390"
"""城乡居民基本医疗保险 in the national insutype codes."""


@unique
class Sex(StrEnum):
    """As the identity document says."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    UNKNOWN = "UNKNOWN"


@unique
class HouseholdRole(StrEnum):
    """The place in the household register, seen from its head."""

    HEAD = "HEAD"
    SPOUSE = "SPOUSE"
    CHILD = "CHILD"
    PARENT = "PARENT"
    OTHER = "OTHER"


@unique
class Relation(StrEnum):
    """What somebody who acts is to the person acted for; the values are the national agnter_rlts codes."""

    SPOUSE = "1"
    CHILD = "2"
    GRANDCHILD = "4"
    PARENT = "5"
    GRANDPARENT = "6"
    SIBLING = "7"
    RELATIVE = "8"
    UNRELATED = "9"


@unique
class MandateKind(StrEnum):
    """Why somebody may act for somebody: by law, by a dated order (代办), or in a family account (家庭共济)."""

    GUARDIAN = "GUARDIAN"
    DELEGATE = "DELEGATE"
    FAMILY = "FAMILY"


@unique
class RegistrationChannel(StrEnum):
    """Where a registration was filed."""

    ONLINE = "ONLINE"
    WINDOW = "WINDOW"
    SCHOOL = "SCHOOL"
    COMMUNITY = "COMMUNITY"


@unique
class RegistrationState(StrEnum):
    """Where a registration stands; see `calc.ALLOWED` for what may follow what."""

    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    CHECKED = "CHECKED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


STATE_NAMES: Final[Mapping[RegistrationState, Text]] = MappingProxyType(
    {
        RegistrationState.SUBMITTED: Text("待审核", "waiting for its check"),
        RegistrationState.RETURNED: Text("待补正", "sent back to be completed"),
        RegistrationState.CHECKED: Text("待复核", "waiting for its decision"),
        RegistrationState.APPROVED: Text("已通过", "approved"),
        RegistrationState.REJECTED: Text("未通过", "rejected"),
        RegistrationState.WITHDRAWN: Text("已撤回", "withdrawn"),
    }
)


@unique
class FormField(StrEnum):
    """The fields of a `RegistrationForm`, by their names."""

    NAME = "name"
    SEX = "sex"
    BORN_ON = "born_on"
    DOCUMENT_TYPE = "document_type"
    DOCUMENT_NUMBER = "document_number"
    PHONE = "phone"
    COMMUNITY_CODE = "community_code"
    HOUSEHOLD_NUMBER = "household_number"
    ADDRESS = "address"
    HOUSEHOLD_ROLE = "household_role"
    GUARDIAN_ID = "guardian_id"
    RELATION = "relation"
    TAKES_PART_FROM = "takes_part_from"
    EVIDENCE = "evidence"


FIELD_NAMES: Final[Mapping[FormField, Text]] = MappingProxyType(
    {
        FormField.NAME: Text("姓名", "name"),
        FormField.SEX: Text("性别", "sex"),
        FormField.BORN_ON: Text("出生日期", "birth day"),
        FormField.DOCUMENT_TYPE: Text("证件类型", "kind of document"),
        FormField.DOCUMENT_NUMBER: Text("证件号码", "document number"),
        FormField.PHONE: Text("手机号码", "mobile number"),
        FormField.COMMUNITY_CODE: Text("村（社区）", "community"),
        FormField.HOUSEHOLD_NUMBER: Text("户号", "household number"),
        FormField.ADDRESS: Text("户地址", "address of the household"),
        FormField.HOUSEHOLD_ROLE: Text("与户主关系", "place in the household"),
        FormField.GUARDIAN_ID: Text("监护人", "guardian"),
        FormField.RELATION: Text("监护人与被监护人关系", "relation to the child"),
        FormField.TAKES_PART_FROM: Text("参保日期", "first day of taking part"),
        FormField.EVIDENCE: Text("证明材料", "evidence"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationForm:
    """What somebody filled in, not checked yet. When it completes an earlier one, None keeps what was there.

    An empty text takes a value back. Without `address` and `household_number` a child joins the guardian's household;
    without `community_code` it lives where the guardian lives.
    """

    name: str | None = None
    sex: Sex | None = None
    born_on: date | None = None
    document_type: CertificateKind | None = None
    document_number: str | None = None
    phone: str | None = None
    community_code: str | None = None
    household_number: str | None = None
    address: str | None = None
    household_role: HouseholdRole | None = None
    guardian_id: UUID | None = None
    relation: Relation | None = None
    takes_part_from: date | None = None
    evidence: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationContent:
    """A registration whose every field was checked; sealed as a whole, and approved as a whole.

    Exactly one of `household_number` (an existing household) and `address` (a new one) is given.
    """

    name: str
    sex: Sex
    born_on: date
    document_type: CertificateKind
    document_number: str
    phone: str | None
    community_code: str
    household_number: str | None
    address: str | None
    household_role: HouseholdRole
    guardian_id: UUID | None
    relation: Relation | None
    scheme: str
    takes_part_from: date
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReturnFault:
    """What a clerk asks to complete: the field of the form and what is wrong with it, in the clerk's words."""

    field: FormField
    text: str


@dataclass(frozen=True, slots=True)
class EarlierReturn:
    """What was asked for when something was sent back, and what every field held then (as a keyed print)."""

    fields: frozenset[FormField]
    prints: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """What has to be known of a guardian; `here` is no longer true of the dead and of those who moved away."""

    id: UUID
    born_on: date
    here: bool
    household_number: str
    community_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the registers say around a form: who files it, the guardian, the places, and others with this document."""

    filed_by_guardian: UUID | None
    """The person who files for a child of theirs, or None at a window."""
    region_prefix: str
    """What the code of the community's region must begin with."""
    guardian: Guardian | None
    community_region: str | None
    """The region of the community that is meant, or None when there is no such community."""
    household_is_known: bool
    document_is_registered: bool
    open_elsewhere: tuple[str, bool] | None
    """The number of an open registration of the same document, and whether it is the caller's own."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a form: the content, or every fault at once."""

    content: RegistrationContent | None
    faults: Sequence[DomainError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """How somebody is named whose file is to be opened: by id, by our resident number or by a document."""

    person_id: UUID | None = None
    number: str | None = None
    document_type: CertificateKind | None = None
    document_number: str | None = None


@dataclass(frozen=True, slots=True)
class CommunityRecord:
    """A village or neighbourhood (村、社区)."""

    code: str
    region: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """One person as the register knows them, identity number and phone masked."""

    id: UUID
    number: str
    name: str
    sex: Sex
    born_on: date
    died_on: date | None
    left_on: date | None
    document_type: str
    document_hint: str | None
    phone_hint: str | None
    household_id: UUID
    household_number: str
    household_role: HouseholdRole
    address: str
    community_code: str
    community_name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRecord:
    """One mandate with the names of both sides."""

    id: UUID
    kind: MandateKind
    holder_id: UUID
    holder_name: str
    subject_id: UUID
    subject_name: str
    relation: Relation
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRecord:
    """Where a registration stands, without what was declared in it."""

    id: UUID
    number: str
    channel: RegistrationChannel
    state: RegistrationState
    region: str
    subject_name: str
    guardian_id: UUID | None
    content_digest: bytes
    scheme: str
    takes_part_from: date
    submitted_at: datetime
    due_on: date
    due_is_provisional: bool
    faults: tuple[ReturnFault, ...]
    returned_times: int
    decided_at: datetime | None
    reason: str | None
    person_id: UUID | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFile:
    """A registration with what was declared in it; document number and phone masked.

    `warnings` are the numbers of residents of the same name, birth day and community; only staff are told.
    """

    record: RegistrationRecord
    content: RegistrationContent
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentWish:
    """What an approved registration asks the enrollment for."""

    person_id: UUID
    scheme: str
    takes_part_from: date
    region: str
    born_on: date
