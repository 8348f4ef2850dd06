"""What a file, its ticket, its parts and its contents are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final, Protocol
from uuid import UUID

from domain.actors import Actor
from domain.cleaning import BILLS, EVIDENCE, MEGABYTE, PAPERS, FileKind
from domain.errors import DomainError


@unique
class FilePurpose(StrEnum):
    """What a file is sent for; it says which kinds are taken, how large and how many."""

    CLAIM_PAPER = "CLAIM_PAPER"
    ELECTRONIC_BILL = "ELECTRONIC_BILL"
    EVIDENCE = "EVIDENCE"


@unique
class FileState(StrEnum):
    """Where a file stands. Nobody reads one that is not READY; the last three are ends, and their key is gone."""

    OPEN = "OPEN"
    RECEIVED = "RECEIVED"
    QUARANTINED = "QUARANTINED"
    READY = "READY"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    DELETED = "DELETED"


@unique
class FileForm(StrEnum):
    """As what a file is kept: cleaned for people, small for lists, and as it came for machines that check its seal."""

    CLEAN = "CLEAN"
    PREVIEW = "PREVIEW"
    ORIGINAL = "ORIGINAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be sent for a purpose."""

    kinds: frozenset[FileKind]
    bytes_max: int
    loose_max: int
    """How many files one sender may have that belong to nothing yet."""
    keeps_original: bool = False


POLICIES: Final[Mapping[FilePurpose, Policy]] = MappingProxyType(
    {
        FilePurpose.CLAIM_PAPER: Policy(kinds=PAPERS, bytes_max=30 * MEGABYTE, loose_max=60),
        FilePurpose.ELECTRONIC_BILL: Policy(kinds=BILLS, bytes_max=10 * MEGABYTE, loose_max=60, keeps_original=True),
        FilePurpose.EVIDENCE: Policy(kinds=EVIDENCE, bytes_max=100 * MEGABYTE, loose_max=20),
    }
)

TICKET_LIFE: Final = timedelta(hours=24)
"""An upload that was broken off in the evening may go on the next morning."""
TOKEN_LIFE: Final = timedelta(seconds=60)
LOOSE_LIFE: Final = timedelta(days=30)
"""A file that is attached to nothing for so long is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadWish:
    """What somebody wants to send. `size` is in bytes; `sha256` is the digest of all of them in hex, if given."""

    purpose: FilePurpose
    name: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload as the receiving side needs it. `session` is the request that may write now."""

    id: UUID
    purpose: FilePurpose
    state: FileState
    size: int
    received: int
    parts: int
    key_sealed: bytes | None
    session: UUID | None
    expires_at: datetime
    faults: tuple[DomainError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of an upload that has arrived: where it begins, how long it is in clear, and where it lies."""

    number: int
    begins: int
    size: int
    object_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptContent:
    """One form of a file: its kind, its size in clear, its keyed digest, and where it lies."""

    form: FileForm
    kind: FileKind
    size: int
    digest: bytes
    object_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a received file: its kind, or every fault. `is_quarantined` when the scanner gave no answer."""

    kind: FileKind | None = None
    faults: tuple[DomainError, ...] = ()
    contents: tuple[KeptContent, ...] = ()
    is_quarantined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A file as those may know it who may see it. `kind`, `size` and `digest` are of the cleaned copy once READY."""

    id: UUID
    purpose: FilePurpose
    name: str
    state: FileState
    kind: FileKind | None
    size: int
    digest: bytes | None
    has_preview: bool
    faults: tuple[DomainError, ...]
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading that was let through: what lies where, and the key that opens it."""

    file_id: UUID
    name: str
    content: KeptContent
    key_sealed: bytes


class Condition(Protocol):
    """A piece of SQL for a WHERE, with the values of its own `$n` places."""

    @property
    def sql(self) -> str:
        """Give the text."""
        ...

    @property
    def values(self) -> tuple[object, ...]:
        """Give the values of its places."""
        ...


class SeesSubject(Protocol):
    """Says, as SQL about `attachment.subject_id`, at which subjects of a room an actor sees the attached files."""

    def __call__(self, actor: Actor, *, on: datetime, after: int) -> Condition:
        """Give the condition; its own places follow `$after`."""
        ...


Viewers = Mapping[str, SeesSubject]
"""By the kind of the subject: who sees what is attached to it. A kind that is missing is seen by nobody but owners."""
NOBODY_ELSE: Final[Viewers] = MappingProxyType({})


class Shelf(Protocol):
    """Where sealed bytes lie: a folder or a bucket. Names are random and say nothing."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep some bytes under a name."""
        ...

    async def put_stream(self, name: str, content: AsyncIterator[bytes]) -> None:
        """Keep a stream of bytes under a name: all of it or nothing."""
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
