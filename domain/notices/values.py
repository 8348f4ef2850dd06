"""What a notice is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from uuid import UUID


@unique
class NoticeChannel(StrEnum):
    """How a notice goes out besides standing in the application."""

    WECHAT = "WECHAT"
    SMS = "SMS"


@unique
class DeliveryState(StrEnum):
    """How a notice stands in one channel.

    `SENDING` is committed before the call. `WAITING` surely never left and is tried again. `SENT` the channel took it.
    `REFUSED` the channel or the person does not take it. `UNKNOWN` nobody knows, and it is never sent again.
    `GIVEN_UP` waited too long to be news. `DELIVERED` and `UNDELIVERED` are what the phone's network said of it.
    """

    SENDING = "SENDING"
    WAITING = "WAITING"
    SENT = "SENT"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    GIVEN_UP = "GIVEN_UP"
    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a notice stands in one channel, after so many tries."""

    notice_id: UUID
    channel: NoticeChannel
    state: DeliveryState
    tries: int
    detail: str


@dataclass(frozen=True, slots=True)
class Unreported:
    """A text of which the phone's network has said nothing yet: how the channel knows it."""

    notice_id: UUID
    person_id: UUID
    sent_at: datetime
    receipt: str | None


@dataclass(frozen=True, slots=True)
class NoticeWish:
    """Whether a person wants texts; `changed_at` is None where they never said so."""

    person_id: UUID
    texts: bool
    changed_at: datetime | None


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


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice on its way out: whom it is for, and what may stand on a locked screen."""

    id: UUID
    person_id: UUID
    at: datetime
    kind: str
    subject_number: str
    title: str
    body: str
