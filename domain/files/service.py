"""Doing things with files: tickets, parts, outcomes, attaching, readings, ends. Bytes never pass through here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import store
from domain.actors import ActorKind
from domain.cleaning import write_faults
from domain.crypto import Purpose
from domain.errors import DomainError, refuse
from domain.files import access, calc, errors
from domain.files.events import FileReceived, FileSettled
from domain.files.models import File
from domain.files.values import (
    LOOSE_LIFE,
    NOBODY_ELSE,
    POLICIES,
    TICKET_LIFE,
    TOKEN_LIFE,
    FileForm,
    FileState,
    Outcome,
    Part,
    UploadWish,
    Viewers,
)
from domain.ids import new_id
from domain.work import Work

_SECOND_TRY: Final = timedelta(minutes=2)
_BATCH: Final = 500
_WHOLE: Final = frozenset({FileState.READY, FileState.QUARANTINED})


async def open_ticket(work: Work, *, wish: UploadWish) -> UUID:
    """Let the caller send one file. Its ticket is `calc.ticket_of`, given to nobody but them.

    Refuses with every fault at once: a bad name, no bytes, too many bytes, a digest that is none, too many files.
    """
    assert work.actor.id is not None, "Only somebody with a log-in owns files; tip-offs have a store of their own."
    faults = list(calc.check_wish(wish))
    await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 17))", work.actor.key)
    loose = await store.row(
        "SELECT count(*) AS count FROM file WHERE owner = $1 AND purpose = $2"
        " AND (state IN ('RECEIVED', 'QUARANTINED', 'READY') OR (state = 'OPEN' AND expires_at > $3))"
        " AND NOT EXISTS (SELECT 1 FROM attachment WHERE file_id = file.id)",
        work.actor.key,
        wish.purpose.value,
        work.now,
    )
    policy = POLICIES[wish.purpose]
    if loose is not None and loose["count"] >= policy.loose_max:
        faults.append(errors.TooManyFiles(count_max=policy.loose_max))
    refuse(faults)
    file_id = new_id()
    await File.create(
        id=file_id,
        purpose=wish.purpose,
        owner=work.actor.key,
        name_sealed=work.keys.seal(Purpose.FILE, wish.name.strip(), place=f"file.name:{file_id}"),
        size=wish.size,
        content_digest=bytes.fromhex(wish.sha256) if wish.sha256 else None,
        state=FileState.OPEN,
        key_sealed=calc.make_key(work.keys, file_id=file_id),
        opened_at=work.now,
        expires_at=work.now + TICKET_LIFE,
    )
    await work.audit("file.open", kind="file", id=file_id, purpose=wish.purpose.value, size=wish.size)
    return file_id


async def begin_receiving(work: Work, *, file_id: UUID, session: UUID, offset: int) -> UUID:
    """Let one request write from an offset on; whatever request wrote before writes no more.

    The caller has shown the ticket (`find_upload`). Raises `UploadGoesOnElsewhere` with where to go on, and
    `FileIsNotReady` for an upload that is over.
    """
    row = await _take(file_id)
    if row.state is FileState.OPEN and row.expires_at <= work.now:
        raise errors.FileIsNotReady(state=FileState.EXPIRED.value)
    if row.state is not FileState.OPEN:
        raise errors.FileIsNotReady(state=row.state.value)
    if row.received != offset:
        raise errors.UploadGoesOnElsewhere(received=row.received)
    row.upload_session = session
    await row.save(update_fields=["upload_session"])
    return file_id


async def add_part(work: Work, *, file_id: UUID, session: UUID, part: Part) -> UUID:
    """Note a part that lies on the shelf. Raises `UploadWasTakenOver` when another request has begun since."""
    row = await _take(file_id)
    if row.state is not FileState.OPEN or row.upload_session != session or row.received != part.begins:
        raise errors.UploadWasTakenOver
    await store.rows(
        "INSERT INTO file_part (file_id, number, begins, size, object_name) VALUES ($1, $2, $3, $4, $5)",
        file_id,
        part.number,
        part.begins,
        part.size,
        part.object_name,
    )
    row.received += part.size
    if row.received == row.size:
        row.state, row.received_at, row.upload_session = FileState.RECEIVED, work.now, None
        await work.audit("file.receive", kind="file", id=file_id)
        await work.emit(FileReceived(file_id=file_id), delay=_SECOND_TRY)
    await row.save(update_fields=["received", "state", "received_at", "upload_session"])
    return file_id


async def complete(work: Work, *, file_id: UUID, outcome: Outcome) -> UUID | None:
    """Write down what came of checking a received file. None when somebody else has done so already.

    A file whose scanner gave no answer is QUARANTINED and keeps its parts. A refused one keeps nothing.
    """
    row = await _take(file_id)
    if row.state not in {FileState.RECEIVED, FileState.QUARANTINED}:
        return None
    row.finished_at = work.now
    if outcome.faults:
        row.faults = write_faults(outcome.faults)
        await _end(work, row, FileState.REFUSED, codes=[fault.code for fault in outcome.faults])
        return file_id
    assert outcome.kind is not None, "A file without faults is of a kind."
    row.kind = outcome.kind.value
    row.state = FileState.QUARANTINED if outcome.is_quarantined else FileState.READY
    await row.save(update_fields=["kind", "state", "finished_at"])
    if row.state is FileState.READY:
        await _keep_contents(file_id, outcome)
        await work.emit(FileSettled(file_id=file_id))
    await work.audit(f"file.{row.state.lower()}", kind="file", id=file_id, file_kind=row.kind)
    return file_id


async def attach(
    work: Work,
    *,
    file_ids: Sequence[UUID],
    subject_kind: str,
    subject_id: UUID,
    person_id: UUID | None = None,
    path: tuple[str, ...] = ("file_ids",),
) -> None:
    """Attach the caller's own files to something of a room; the room has checked that the caller may.

    `person_id` is whose file it is: they see every reading of it by others. Attaching twice is once. Refuses with every
    fault at once: files that are not the caller's, and files that have not arrived whole. A QUARANTINED file may be
    attached, and is read by nobody until the scanner has let it go.
    """
    ids = list(dict.fromkeys(file_ids))
    seen = access.visible_to(work.actor, viewers=NOBODY_ELSE, on=work.now, after=1)
    found = await store.rows(
        f"SELECT id, state FROM file WHERE id = ANY($1::uuid[]) AND {seen.sql} ORDER BY id FOR NO KEY UPDATE",  # noqa: S608 - our own condition
        ids,
        *seen.values,
    )
    states = {row["id"]: FileState(row["state"]) for row in found}
    faults: list[DomainError] = []
    for place, file_id in enumerate(ids):
        if file_id not in states:
            faults.append(errors.FileNotFound(path=(*path, str(place))))
        elif states[file_id] not in _WHOLE:
            faults.append(errors.FileIsNotReady(state=states[file_id].value, path=(*path, str(place))))
    refuse(faults)
    await store.rows(
        "INSERT INTO attachment (file_id, subject_kind, subject_id, person_id, attached_at)"
        " SELECT unnest($1::uuid[]), $2, $3, $4, $5 ON CONFLICT DO NOTHING",
        ids,
        subject_kind,
        subject_id,
        person_id,
        work.now,
    )
    for file_id in ids:
        await work.audit("file.attach", kind="file", id=file_id, subject_kind=subject_kind, subject_id=subject_id)


async def detach(work: Work, *, file_ids: Collection[UUID], subject_kind: str, subject_id: UUID) -> None:
    """Take files off something, for the room that attached them: a draft's papers were exchanged."""
    gone = await store.rows(
        "SELECT detached FROM detach_files($1, $2, $3::uuid[])", subject_kind, subject_id, list(file_ids)
    )
    for row in gone:
        await work.audit(
            "file.detach", kind="file", id=row["detached"], subject_kind=subject_kind, subject_id=subject_id
        )


async def delete_file(work: Work, *, file_id: UUID) -> UUID:
    """Delete one's own file that belongs to nothing: its key is destroyed with this transaction."""
    seen = access.visible_to(work.actor, viewers=NOBODY_ELSE, on=work.now, after=1)
    sql = f"SELECT id FROM file WHERE id = $1 AND {seen.sql}"  # noqa: S608 - our own condition
    if await store.row(sql, file_id, *seen.values) is None:
        raise errors.FileNotFound(path=("id",))
    row = await _take(file_id)
    if await store.row("SELECT 1 AS used FROM attachment WHERE file_id = $1 LIMIT 1", file_id):
        raise errors.FileIsInUse(path=("id",))
    if row.state in {FileState.REFUSED, FileState.EXPIRED, FileState.DELETED}:
        raise errors.FileIsNotReady(state=row.state.value, path=("id",))
    await _end(work, row, FileState.DELETED)
    return file_id


async def destroy_attached(work: Work, *, subject_kind: str, subject_id: UUID) -> None:
    """Destroy what is attached to something and to nothing else, when its room may keep it no longer."""
    gone = await store.rows("SELECT detached FROM detach_files($1, $2, NULL)", subject_kind, subject_id)
    for file_id in sorted(row["detached"] for row in gone):
        row = await _take(file_id)
        if await store.row("SELECT 1 AS used FROM attachment WHERE file_id = $1 LIMIT 1", file_id) is None:
            await _end(work, row, FileState.DELETED, subject_kind=subject_kind, subject_id=subject_id)


async def open_reading(
    work: Work, *, file_id: UUID, form: FileForm, purpose: str | None, viewers: Viewers = NOBODY_ELSE
) -> UUID:
    """Let the caller read a file once, within a minute. Who reads what is not their own says what for.

    Raises `FileNotFound`, `FileIsNotReady` and `ReadingPurposeIsMissing`.
    """
    seen = access.visible_to(work.actor, viewers=viewers, on=work.now, after=2)
    row = await store.row(
        "SELECT file.state, file.owner, content.form FROM file"  # noqa: S608 - our own condition
        " LEFT JOIN file_content AS content ON content.file_id = file.id AND content.form = $2"
        f" WHERE file.id = $1 AND {seen.sql}",
        file_id,
        form.value,
        *seen.values,
    )
    if row is None or form is FileForm.ORIGINAL:
        raise errors.FileNotFound(path=("id",))
    if row["state"] != FileState.READY:
        raise errors.FileIsNotReady(state=row["state"], path=("id",))
    if row["form"] is None:
        raise errors.FileNotFound(path=("form",))
    is_own = row["owner"] == work.actor.key
    token_id = new_id()
    await store.rows(
        "INSERT INTO file_reading_token (id, file_id, form, reader, purpose, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        token_id,
        file_id,
        form.value,
        work.actor.key,
        calc.require_purpose(purpose or ("本人查看" if is_own else "")),
        work.now + TOKEN_LIFE,
    )
    return token_id


async def use_reading(work: Work, *, token_id: UUID, secret: str) -> UUID:
    """Use a reading token: once, in time, and as the caller who asked for it; anything else finds no file.

    The reading is written down for everybody whose file it is, unless they or its sender read it themselves.
    """
    if not calc.is_same(secret, calc.token_of(work.keys, token_id=token_id)):
        raise errors.FileNotFound
    used = await store.rows(
        "UPDATE file_reading_token SET used_at = $2"
        " WHERE id = $1 AND used_at IS NULL AND expires_at > $2 AND reader = $3 RETURNING file_id, form, purpose",
        token_id,
        work.now,
        work.actor.key,
    )
    if not used:
        raise errors.FileNotFound
    file_id, form, purpose = used[0]["file_id"], used[0]["form"], used[0]["purpose"]
    row = await File.get(id=file_id)
    if row.state is not FileState.READY:
        raise errors.FileIsNotReady(state=row.state.value)
    if row.owner != work.actor.key and work.actor.kind is not ActorKind.SYSTEM:
        people = await store.rows("SELECT DISTINCT person_id FROM attachment WHERE file_id = $1", file_id)
        for person_id in (found["person_id"] for found in people):
            if person_id is not None and person_id != work.actor.person_id:
                await work.record_reading(person_id=person_id, purpose=purpose, what=("file", row.purpose.value, form))
    await work.audit("file.read", kind="file", id=file_id, form=form, purpose=purpose)
    return token_id


async def expire_files(work: Work) -> None:
    """End what was begun and never finished, and what was never used; forget reading tokens that are over."""
    found = await store.rows(
        "SELECT id, state FROM file WHERE (state = 'OPEN' AND expires_at <= $1)"
        " OR (state IN ('READY', 'QUARANTINED') AND opened_at <= $2"
        " AND NOT EXISTS (SELECT 1 FROM attachment WHERE file_id = file.id))"
        " ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED",
        work.now,
        work.now - LOOSE_LIFE,
        _BATCH,
    )
    for found_row in found:
        row = await File.get(id=found_row["id"])
        await _end(work, row, FileState.EXPIRED if row.state is FileState.OPEN else FileState.DELETED)
    await store.rows("SELECT forget_reading_tokens($1)", work.now - timedelta(days=1))


async def forget_objects(_: Work, *, file_id: UUID, names: Sequence[str]) -> None:
    """Forget objects of a settled file that have been dropped from the shelf."""
    await store.rows("SELECT forget_file_objects($1, $2::text[])", file_id, list(names))


async def _take(file_id: UUID) -> File:
    row = await File.filter(id=file_id).select_for_update().first()
    if row is None:
        raise errors.FileNotFound
    return row


async def _end(work: Work, row: File, state: FileState, **detail: object) -> None:
    """End a file: its key and the name that its sender gave it go, and with the key everything that it sealed."""
    row.state = state
    row.key_sealed = row.name_sealed = row.upload_session = None
    await row.save(update_fields=["state", "key_sealed", "name_sealed", "upload_session", "faults", "finished_at"])
    await work.audit(f"file.{state.lower()}", kind="file", id=row.id, **detail)
    await work.emit(FileSettled(file_id=row.id))


async def _keep_contents(file_id: UUID, outcome: Outcome) -> None:
    for content in outcome.contents:
        await store.rows(
            "INSERT INTO file_content (file_id, form, kind, size, content_digest, object_name)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            file_id,
            content.form.value,
            content.kind.value,
            content.size,
            content.digest,
            content.object_name,
        )
