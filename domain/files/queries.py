"""Asking about files. A file that one may not see does not exist."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor
from domain.cleaning import MEGABYTE, FileKind, read_faults
from domain.crypto import Keyring, Purpose
from domain.files import access, calc, errors
from domain.files.values import (
    NOBODY_ELSE,
    FileForm,
    FilePurpose,
    FileRecord,
    FileState,
    KeptContent,
    Part,
    Reading,
    Shelf,
    Upload,
    Viewers,
)

_UNTOUCHED: Final = timedelta(minutes=1)
"""How long a received file is left to the process that received it."""


async def find_upload(keys: Keyring, *, file_id: UUID, ticket: str) -> Upload:
    """Give an upload to the holder of its ticket. Raises `FileNotFound` for a wrong ticket as for a wrong id."""
    upload = await get_upload(file_id=file_id) if calc.is_same(ticket, calc.ticket_of(keys, file_id=file_id)) else None
    if upload is None:
        raise errors.FileNotFound
    return upload


async def get_upload(*, file_id: UUID) -> Upload | None:
    """Give an upload by its id, for the house itself."""
    found = await store.row(
        "SELECT file.*, (SELECT count(*) FROM file_part WHERE file_id = file.id) AS parts FROM file WHERE id = $1",
        file_id,
    )
    if found is None:
        return None
    return Upload(
        id=found["id"],
        purpose=FilePurpose(found["purpose"]),
        state=FileState(found["state"]),
        size=found["size"],
        received=found["received"],
        parts=found["parts"],
        key_sealed=_bytes(found["key_sealed"]),
        session=found["upload_session"],
        expires_at=found["expires_at"],
        faults=read_faults(_json(found["faults"]), kinds=errors.STORED_KINDS),
    )


async def list_parts(*, file_id: UUID) -> list[Part]:
    """Give the parts that have arrived, in their order."""
    found = await store.rows("SELECT * FROM file_part WHERE file_id = $1 ORDER BY number", file_id)
    return [
        Part(number=row["number"], begins=row["begins"], size=row["size"], object_name=row["object_name"])
        for row in found
    ]


async def find_declared_digest(*, file_id: UUID) -> bytes | None:
    """Give the SHA-256 that the sender declared, if any."""
    found = await store.row("SELECT content_digest FROM file WHERE id = $1", file_id)
    return _bytes(found["content_digest"]) if found else None


async def describe(
    actor: Actor, *, keys: Keyring, file_ids: Collection[UUID], now: datetime, viewers: Viewers = NOBODY_ELSE
) -> list[FileRecord]:
    """Describe those of these files that the actor may see, in the order of the ids."""
    seen = access.visible_to(actor, viewers=viewers, on=now, after=1)
    found = await store.rows(
        f"SELECT {_COLUMNS} FROM {_TABLES} WHERE file.id = ANY($1::uuid[]) AND {seen.sql}",  # noqa: S608 - constants
        list(file_ids),
        *seen.values,
    )
    by_id = {row["id"]: _record(keys, row) for row in found}
    return [by_id[file_id] for file_id in dict.fromkeys(file_ids) if file_id in by_id]


async def list_attached(
    actor: Actor,
    *,
    keys: Keyring,
    subject_kind: str,
    subject_ids: Collection[UUID],
    now: datetime,
    viewers: Viewers = NOBODY_ELSE,
) -> Mapping[UUID, list[FileRecord]]:
    """Describe what is attached to each of these subjects, as far as the actor may see it, oldest first."""
    seen = access.visible_to(actor, viewers=viewers, on=now, after=2)
    found = await store.rows(
        f"SELECT here.subject_id, {_COLUMNS} FROM {_TABLES}"  # noqa: S608 - constants
        " JOIN attachment AS here ON here.file_id = file.id"
        f" WHERE here.subject_kind = $1 AND here.subject_id = ANY($2::uuid[]) AND {seen.sql}"
        " ORDER BY file.opened_at, file.id",
        subject_kind,
        list(subject_ids),
        *seen.values,
    )
    of_subject: dict[UUID, list[FileRecord]] = {subject_id: [] for subject_id in subject_ids}
    for row in found:
        of_subject[row["subject_id"]].append(_record(keys, row))
    return of_subject


async def read_bytes(
    actor: Actor,
    *,
    keys: Keyring,
    shelf: Shelf,
    file_id: UUID,
    now: datetime,
    form: FileForm = FileForm.CLEAN,
    viewers: Viewers = NOBODY_ELSE,
    at_most: int = 10 * MEGABYTE,
) -> bytes:
    """Give all bytes of a READY file, for a program that reads it: an electronic bill, above all.

    Not for showing to people, which is recorded and goes through `open_reading`. Call it outside of a transaction: the
    shelf may be far away. Raises `FileNotFound` and `FileIsNotReady`; a longer file than `at_most` is a bug.
    """
    seen = access.visible_to(actor, viewers=viewers, on=now, after=2)
    row = await store.row(
        "SELECT file.id, file.state, file.key_sealed, content.*"  # noqa: S608 - our own condition
        " FROM file LEFT JOIN file_content AS content ON content.file_id = file.id AND content.form = $2"
        f" WHERE file.id = $1 AND {seen.sql}",
        file_id,
        form.value,
        *seen.values,
    )
    if row is None:
        raise errors.FileNotFound
    if row["state"] != FileState.READY:
        raise errors.FileIsNotReady(state=row["state"])
    if row["form"] is None:
        raise errors.FileNotFound
    content = _content(row)
    assert content.size <= at_most, f"File {file_id} has {content.size} bytes, more than its reader takes."
    pieces = open_content(keys, shelf=shelf, file_id=file_id, key_sealed=bytes(row["key_sealed"]), content=content)
    return b"".join([piece async for piece in pieces])


def open_content(
    keys: Keyring, *, shelf: Shelf, file_id: UUID, key_sealed: bytes, content: KeptContent
) -> AsyncIterator[bytes]:
    """Open one form of a file, chunk by chunk."""
    key = calc.open_key(keys, key_sealed, file_id=file_id)
    return calc.open_stream(key, shelf.read(content.object_name), place=calc.place_of(file_id, content.form))


async def get_reading(*, token_id: UUID, keys: Keyring) -> Reading:
    """Give what a used reading token opens. Raises `FileIsNotReady` when the file has gone meanwhile."""
    row = await store.row(
        "SELECT file.key_sealed, file.name_sealed, file.state, content.* FROM file_reading_token AS token"
        " JOIN file ON file.id = token.file_id"
        " JOIN file_content AS content ON content.file_id = file.id AND content.form = token.form"
        " WHERE token.id = $1 AND token.used_at IS NOT NULL",
        token_id,
    )
    if row is None or row["state"] != FileState.READY:
        raise errors.FileIsNotReady(state=FileState.DELETED.value if row is None else row["state"])
    return Reading(
        file_id=row["file_id"],
        name=_name(keys, row["file_id"], row["name_sealed"]),
        content=_content(row),
        key_sealed=bytes(row["key_sealed"]),
    )


async def list_unchecked(*, now: datetime, at_most: int) -> list[UUID]:
    """Give the files that have arrived and are not checked yet: the process that received them died, or no scanner."""
    found = await store.rows(
        "SELECT id FROM file WHERE state IN ('RECEIVED', 'QUARANTINED') AND received_at < $1"
        " ORDER BY finished_at NULLS FIRST, received_at LIMIT $2",
        now - _UNTOUCHED,
        at_most,
    )
    return [row["id"] for row in found]


async def list_settled(*, at_most: int) -> list[UUID]:
    """Give settled files that still have bytes which they no longer need."""
    found = await store.rows(
        "SELECT DISTINCT file.id FROM file LEFT JOIN file_part AS part ON part.file_id = file.id"
        " LEFT JOIN file_content AS content ON content.file_id = file.id"
        " WHERE (file.state IN ('READY', 'REFUSED', 'EXPIRED', 'DELETED') AND part.file_id IS NOT NULL)"
        " OR (file.state IN ('REFUSED', 'EXPIRED', 'DELETED') AND content.file_id IS NOT NULL) LIMIT $1",
        at_most,
    )
    return [row["id"] for row in found]


async def list_idle_objects(*, file_id: UUID) -> list[str]:
    """Give the names of the objects that a settled file no longer needs."""
    found = await store.rows(
        "SELECT part.object_name FROM file_part AS part JOIN file ON file.id = part.file_id"
        " WHERE file.id = $1 AND file.state IN ('READY', 'REFUSED', 'EXPIRED', 'DELETED')"
        " UNION ALL SELECT content.object_name FROM file_content AS content JOIN file ON file.id = content.file_id"
        " WHERE file.id = $1 AND file.state IN ('REFUSED', 'EXPIRED', 'DELETED')",
        file_id,
    )
    return [row["object_name"] for row in found]


async def list_strangers(names: Sequence[str]) -> list[str]:
    """Give those of these objects that no row knows; sealed evidence of reports (`tipoffs/…`) has a room of its own."""
    found = await store.rows(
        "SELECT name FROM unnest($1::text[]) AS name"
        " WHERE name NOT LIKE 'tipoffs/%' AND NOT EXISTS (SELECT 1 FROM file_part WHERE object_name = name)"
        " AND NOT EXISTS (SELECT 1 FROM file_content WHERE object_name = name)",
        list(names),
    )
    return [row["name"] for row in found]


_COLUMNS: Final = (
    "file.id, file.purpose, file.name_sealed, file.state, file.kind, file.size, file.faults, file.opened_at,"
    " file.expires_at, clean.size AS clean_size, clean.kind AS clean_kind, clean.content_digest AS clean_digest,"
    " EXISTS (SELECT 1 FROM file_content WHERE file_id = file.id AND form = 'PREVIEW') AS has_preview"
)
_TABLES: Final = "file LEFT JOIN file_content AS clean ON clean.file_id = file.id AND clean.form = 'CLEAN'"


def _record(keys: Keyring, row: Mapping[str, Any]) -> FileRecord:
    kind = row["clean_kind"] or row["kind"]
    return FileRecord(
        id=row["id"],
        purpose=FilePurpose(row["purpose"]),
        name=_name(keys, row["id"], row["name_sealed"]),
        state=FileState(row["state"]),
        kind=FileKind(kind) if kind else None,
        size=row["clean_size"] or row["size"],
        digest=_bytes(row["clean_digest"]),
        has_preview=row["has_preview"],
        faults=read_faults(_json(row["faults"]), kinds=errors.STORED_KINDS),
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
    )


def _content(row: Mapping[str, Any]) -> KeptContent:
    return KeptContent(
        form=FileForm(row["form"]),
        kind=FileKind(row["kind"]),
        size=row["size"],
        digest=bytes(row["content_digest"]),
        object_name=row["object_name"],
    )


def _name(keys: Keyring, file_id: UUID, sealed: object) -> str:
    """Open the name that the sender gave; the name of a file that has ended is gone with its key."""
    raw = _bytes(sealed)
    return keys.unseal(Purpose.FILE, raw, place=f"file.name:{file_id}") if raw else ""


def _bytes(value: object) -> bytes | None:
    return None if value is None else bytes(value)  # pyright: ignore[reportArgumentType] - asyncpg gives buffers


def _json(value: Any) -> Any:  # noqa: ANN401 - a JSON value, as the driver gives it

    return orjson.loads(value) if isinstance(value, str | bytes) else value
