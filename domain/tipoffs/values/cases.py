"""What reports of misused funds are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final, Protocol
from uuid import UUID

from domain.errors import Text
from domain.money import Money
from domain.tipoffs.values.second_store import Opening

EVIDENCE_FOLDER: Final = "tipoffs"
"""The word with which the names of sealed evidence begin on the shelf."""
TEXT_MAX: Final = 2_000
"""Characters of one answer in a report, and of one message."""


@unique
class TipoffState(StrEnum):
    """Where a report (举报) stands; the database knows which state follows which."""

    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    APPEALED = "APPEALED"
    TRANSFERRED = "TRANSFERRED"
    JOINED = "JOINED"
    CONFIRMED = "CONFIRMED"
    UNFOUNDED = "UNFOUNDED"
    CLOSED = "CLOSED"
    ERASED = "ERASED"

    @property
    def text(self) -> Text:
        """The state as the informant reads it."""
        return _STATES[self]


_STATES: Final[Mapping[TipoffState, Text]] = {
    TipoffState.RECEIVED: Text("已收到，正在决定是否受理", "Received; whether it is taken up is being decided"),
    TipoffState.ACCEPTED: Text("已受理，正在核查", "Taken up and being checked"),
    TipoffState.REFUSED: Text("不予受理", "Not taken up"),
    TipoffState.APPEALED: Text("已申请复核", "You asked for another look"),
    TipoffState.TRANSFERRED: Text("已移送有权处理的部门", "Handed over to the office in charge"),
    TipoffState.JOINED: Text(
        "与他人先前举报的同一事实合并办理", "Handled together with an earlier report of the same fact"
    ),
    TipoffState.CONFIRMED: Text("已查实", "Found true"),
    TipoffState.UNFOUNDED: Text("未查实", "Not found true"),
    TipoffState.CLOSED: Text("已办结", "Closed"),
    TipoffState.ERASED: Text("已办结", "Closed"),
}


@unique
class Topic(StrEnum):
    """What a report is about, as an investigator classifies it."""

    FALSE_STAY = "FALSE_STAY"
    FALSE_BILL = "FALSE_BILL"
    OVERCHARGE = "OVERCHARGE"
    CARD_MISUSE = "CARD_MISUSE"
    DRUG_RESALE = "DRUG_RESALE"
    FALSE_COVERAGE = "FALSE_COVERAGE"
    AGENCY_STAFF = "AGENCY_STAFF"
    OTHER = "OTHER"


@unique
class EnvelopeKind(StrEnum):
    """What a sealed envelope holds, and so who wrote it. Evidence comes twice: cleaned, and as it was."""

    REPORT = "REPORT"
    FROM_INFORMANT = "FROM_INFORMANT"
    TO_INFORMANT = "TO_INFORMANT"
    NOTE = "NOTE"
    CHECK = "CHECK"
    FINDING = "FINDING"
    EVIDENCE_CLEAN = "EVIDENCE_CLEAN"
    EVIDENCE_ORIGINAL = "EVIDENCE_ORIGINAL"


@unique
class KeyPurpose(StrEnum):
    """What a public key seals: cases; cases that no investigator here may see; the two halves of an identity.

    `REWARD_DESK` is the key of the process that pays rewards: accounts are sealed to it, and nothing else is.
    """

    CASE = "CASE"
    ESCALATION = "ESCALATION"
    IDENTITY_FIRST = "IDENTITY_FIRST"
    IDENTITY_SECOND = "IDENTITY_SECOND"
    REWARD_DESK = "REWARD_DESK"


@unique
class LinkKind(StrEnum):
    """What of the house a case touches, as an investigator writes down."""

    INSTITUTION = "INSTITUTION"
    CLAIM = "CLAIM"
    SETTLEMENT = "SETTLEMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Who gives their name with a report; it goes to the second store alone."""

    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody reports. No field of it is ever kept or logged in the clear, so none of it shows in a `repr`.

    `who` is a unit or a person in free words or as the register calls them; it is also what keeps the report from
    reaching those whom it names.
    """

    what: str = field(repr=False)
    who: str = field(repr=False)
    when: str = field(default="", repr=False)
    how_known: str = field(default="", repr=False)
    insider: bool = field(default=False, repr=False)
    named: Named | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A padded ciphertext, and its key wrapped once for each recipient, by the recipient's id."""

    content: bytes = field(repr=False)
    wrapped: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A recipient's public key (X25519, 32 bytes), whose it is and what it seals."""

    id: UUID
    holder_id: UUID
    purpose: KeyPurpose
    key: bytes
    fingerprint: str
    registered_on: date
    confirmed: bool
    retired: bool
    holder: str = ""
    """What its holder is called."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file of a report on its way in: both forms are sealed before they lie anywhere."""

    name: str = field(repr=False)
    cleaned: bytes = field(repr=False)
    cleaned_type: str
    original: bytes = field(repr=False)


class EvidenceShelf(Protocol):
    """Where sealed evidence lies: a shelf that tells of a file the day on which it came, and no hour."""

    async def put_on_day(self, name: str, content: bytes, *, begins: datetime) -> None:
        """Keep some bytes under a name, and of the time the beginning of their day."""
        ...

    def read(self, name: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces; raises FileNotFoundError."""
        ...

    async def drop(self, name: str) -> None:
        """Forget a name; one that is not there is forgotten already."""
        ...

    def names(self, *, before: datetime) -> AsyncIterator[list[str]]:
        """List the names that were kept before a moment, in batches."""
        ...

    async def forget_hours(self, prefix: str, *, at: datetime) -> int:
        """Let the store's own times of what came tell the hour of this moment alone; days are those of its zone."""
        ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed envelope as the record gives it to a reader: what lies where, and the key wrapped for that reader.

    `object_name` is where the content of evidence lies on the shelf; then `content` is empty.
    """

    id: UUID
    tipoff_id: UUID
    kind: EnvelopeKind
    day: date
    content: bytes = field(repr=False)
    object_name: str | None
    wrapped: bytes = field(repr=False)
    recipient: str

    @property
    def place(self) -> str:
        """What the sealing is bound to: an envelope moved to another case opens no more."""
        return place_of(self.tipoff_id, self.id, self.kind)


def place_of(tipoff_id: UUID, envelope_id: UUID, kind: EnvelopeKind) -> str:
    """Name the place of an envelope."""
    return f"tipoff:{tipoff_id}:{envelope_id}:{kind}"


@dataclass(frozen=True, slots=True)
class Letter:
    """What the informant reads: a day and a text."""

    day: date
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What a receipt opens. One that opens nothing gives the same shape, and `found` is false."""

    found: bool
    state: TipoffState | None
    received_on: date | None
    letters: tuple[Letter, ...]
    padding: str = field(repr=False)
    """Spaces that make every answer equally long (`calc.receipts.ANSWER_BYTES`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as its investigators see it in a list: only what they have classified."""

    id: UUID
    code: str
    state: TipoffState
    region: str
    named: bool
    insider: bool
    topic: Topic | None
    received_on: date
    decide_by: date
    tell_by: date | None
    told_on: date | None
    joined_into: UUID | None
    is_first: bool
    holder_id: UUID | None
    closed_on: date | None
    keep_until: date | None
    """The first day on which it is erased; None before it is closed."""
    version: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may see a case."""

    account_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Check:
    """A visit: who was sent, who wrote its report, and who of the others confirmed it."""

    id: UUID
    tipoff_id: UUID
    ordered_by: UUID
    ordered_on: date
    members: tuple[UUID, ...]
    reported_by: UUID | None
    confirmed_by: UUID | None


@dataclass(frozen=True, slots=True)
class CaseLink:
    """What of the house a case touches; `number` is None for a reader to whom it does not exist."""

    kind: LinkKind
    number: str | None
    linked_on: date


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One thing that was done about a case; `actor` is None where the informant or the house itself did it."""

    day: date
    action: str
    before: TipoffState
    after: TipoffState
    actor: str | None


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """What stands in the clear of a finding: whether it is true, which offence, and who said and confirmed so."""

    is_true: bool
    offence: str | None
    made_by: UUID
    made_on: date
    confirmed_by: UUID | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything about a case that stands in the clear; what is sealed is given by `list_envelopes`."""

    readers: tuple[Reader, ...]
    checks: tuple[Check, ...]
    links: tuple[CaseLink, ...]
    steps: tuple[CaseStep, ...]
    finding: FindingRecord | None
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class PenaltyRange:
    """What the law threatens for a finding: fines in yuan, and months of suspended settlement."""

    offence: str
    article: str
    source: str
    fine_least: Money | None
    fine_most: Money | None
    suspended_months: tuple[int, int] | None
    banned_years: int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of published counts; `count` is None where it is too small to be published."""

    topic: Topic | None
    state: TipoffState
    count: int | None


@dataclass(frozen=True, slots=True)
class PublishedCounts:
    """What is published of a year: its reports as they stood when a quarter began, in cells of `least` or more."""

    stood_on: date
    least: int
    cells: tuple[Cell, ...]
