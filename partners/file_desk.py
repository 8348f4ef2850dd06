"""The file desk: bytes come in piece by piece, are sealed at once, and are checked when all of them are there.

The edge and the workers both stand at it. It joins the shelf, the scanner and the cage with the room `domain.files`,
which alone decides. No call to any of them happens inside a transaction, and everything is safe to do twice at once:
who comes second finds that it has been done, and drops what they had put on the shelf.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog

from domain import files
from domain.actors import SYSTEM
from domain.cleaning import Cage, FileIsTooLarge, FileKind, Limits, Vessel
from domain.crypto import Keyring
from domain.errors import DomainError
from domain.files import FileForm, FileKey, FileState, KeptContent, Outcome, Part, Shelf, Upload
from domain.ids import new_id
from domain.work import Work, perform
from partners.clamd import NoScanner, Scanner, ScannerIsDownError

PART_BYTES: Final = 1024 * 1024
"""How much of an upload is in memory at most; so much is lost when the process is killed."""
_STRAY_AGE: Final = timedelta(days=2)
_AT_A_TIME: Final = 20
_UNCHECKED: Final = frozenset({FileState.RECEIVED, FileState.QUARANTINED})
log: Final = structlog.stdlib.get_logger("files")


@dataclass(frozen=True)
class FileDesk:
    """Our side of uploads and of what is kept."""

    keys: Keyring
    shelf: Shelf
    clock: Callable[[], datetime]
    scanner: Scanner = field(default_factory=NoScanner)
    cage: Cage = field(default_factory=Cage)

    async def receive(self, file_id: UUID, pieces: AsyncIterator[bytes], *, offset: int) -> Upload:
        """Take the bytes of one request from an offset on. What has come before a failure of the network is kept.

        Raises `UploadGoesOnElsewhere`, `UploadWasTakenOver`, `FileIsNotReady`, and `FileIsTooLarge` for more bytes
        than were declared. When the last byte has come, the file is checked before this returns.
        """
        session = new_id()
        await self._run(lambda work: files.begin_receiving(work, file_id=file_id, session=session, offset=offset))
        writing = _Writing(self, await self.get(file_id), session)
        try:
            async for piece in pieces:
                await writing.add(piece)
        finally:
            await writing.flush()
        return await self.settle(file_id)

    async def get(self, file_id: UUID) -> Upload:
        """Give an upload as it stands. Raises `FileNotFound`."""
        upload = await files.get_upload(file_id=file_id)
        if upload is None:
            raise files.FileNotFound
        return upload

    async def settle(self, file_id: UUID) -> Upload:
        """Check a file that has arrived: digest, scanner, content; keep the cleaned copy or every fault.

        A file that is not waiting for this is left as it is. Without a verdict of the scanner it is QUARANTINED.
        """
        upload = await self.get(file_id)
        if upload.state not in _UNCHECKED:
            return upload
        with Vessel() as source, Vessel() as clean:
            try:
                outcome = await self._check(upload, source, clean)
            except (FileNotFoundError, files.FileNotFound):
                if (now := await self.get(file_id)).state in _UNCHECKED:
                    raise
                return now  # somebody else has finished it, and its parts are gone
        done = await self._run(lambda work: files.complete(work, file_id=file_id, outcome=outcome))
        if done is None:
            for content in outcome.contents:
                await self.shelf.drop(content.object_name)
        return await self.get(file_id)

    async def drop_idle(self, file_id: UUID) -> None:
        """Drop from the shelf what a settled file no longer needs."""
        names = await files.list_idle_objects(file_id=file_id)
        for name in names:
            await self.shelf.drop(name)
        if names:
            await self._run(lambda work: _nothing(files.forget_objects(work, file_id=file_id, names=names)))

    async def sweep(self) -> None:
        """End what nobody finished or used, check what is still unchecked, and drop what is no longer needed."""
        await self._run(lambda work: _nothing(files.expire_files(work)))
        for file_id in await files.list_unchecked(now=self.clock(), at_most=_AT_A_TIME):
            try:
                await self.settle(file_id)
            except Exception as bug:
                log.exception("file_not_checked", file_id=str(file_id), kind=type(bug).__name__)
        for file_id in await files.list_settled(at_most=_AT_A_TIME * 10):
            await self.drop_idle(file_id)

    async def drop_strays(self) -> int:
        """Drop objects that no row knows: their process was killed before it could write them down."""
        dropped = 0
        async for names in self.shelf.names(before=self.clock() - _STRAY_AGE):
            for name in await files.list_strangers(names):
                await self.shelf.drop(name)
                dropped += 1
        return dropped

    def read(self, reading: files.Reading) -> AsyncIterator[bytes]:
        """Give the bytes of one reading that was let through."""
        return files.open_content(
            self.keys,
            shelf=self.shelf,
            file_id=reading.file_id,
            key_sealed=reading.key_sealed,
            content=reading.content,
        )

    async def add_part(self, upload: Upload, session: UUID, part: Part, content: bytes) -> None:
        """Seal a part, put it on the shelf and write it down; take it off again when it came too late."""
        place = files.place_of(upload.id, part.number)
        await self.shelf.put(part.object_name, files.seal_whole(self._key(upload), content, place=place))
        try:
            await self._run(lambda work: files.add_part(work, file_id=upload.id, session=session, part=part))
        except DomainError:
            await self.shelf.drop(part.object_name)
            raise

    def _key(self, upload: Upload) -> FileKey:
        assert upload.key_sealed is not None, "An upload that is open has its key."
        return files.open_key(self.keys, upload.key_sealed, file_id=upload.id)

    async def _check(self, upload: Upload, source: Vessel, clean: Vessel) -> Outcome:
        faults: list[DomainError] = []
        declared = await files.find_declared_digest(file_id=upload.id)
        if await self._gather(upload, source) != declared and declared is not None:
            faults.append(files.FileDiffersFromDeclared())
        is_scanned = True
        try:
            if signature := await self.scanner.find(source.stream()):
                faults.append(files.FileIsInfected(signature=signature))
        except ScannerIsDownError as silence:
            log.warning("scanner_is_down", reason=str(silence))
            is_scanned = False
        policy = files.POLICIES[upload.purpose]
        made = await self.cage.clean(source, clean, taken=policy.kinds, limits=Limits(bytes_max=policy.bytes_max))
        faults += made.faults
        if faults:
            return Outcome(faults=tuple(faults))
        assert made.kind is not None, "What has no fault is of a kind."
        if not is_scanned:
            return Outcome(kind=made.kind, is_quarantined=True)
        contents = [await self._keep(upload, FileForm.CLEAN, made.kind, clean, begins=0, size=made.size)]
        if made.preview_size:
            contents.append(
                await self._keep(
                    upload, FileForm.PREVIEW, FileKind.JPEG, clean, begins=made.size, size=made.preview_size
                )
            )
        if policy.keeps_original:
            contents.append(await self._keep(upload, FileForm.ORIGINAL, made.kind, source, begins=0, size=source.size))
        return Outcome(kind=made.kind, contents=tuple(contents))

    async def _gather(self, upload: Upload, source: Vessel) -> bytes:
        """Open all parts one after the other into the vessel; give the SHA-256 of the whole."""
        digest = sha256()
        key = self._key(upload)
        for part in await files.list_parts(file_id=upload.id):
            sealed = self.shelf.read(part.object_name)
            async for piece in files.open_stream(key, sealed, place=files.place_of(upload.id, part.number)):
                digest.update(piece)
                source.add(piece)
        return digest.digest()

    async def _keep(
        self, upload: Upload, form: FileForm, kind: FileKind, vessel: Vessel, *, begins: int, size: int
    ) -> KeptContent:
        digest = sha256()
        for piece in vessel.pieces(begins=begins, size=size):
            digest.update(piece)
        name = files.new_object_name("kept")
        sealed = files.seal_stream(
            self._key(upload), vessel.stream(begins=begins, size=size), place=files.place_of(upload.id, form)
        )
        await self.shelf.put_stream(name, sealed)
        return KeptContent(
            form=form,
            kind=kind,
            size=size,
            digest=files.digest_of(self.keys, digest.hexdigest()),
            object_name=name,
        )

    async def _run(self, do: Callable[[Work], Awaitable[UUID | None]]) -> UUID | None:
        done = await perform(do, actor=SYSTEM, now=self.clock(), keys=self.keys)
        return done.result


@dataclass
class _Writing:
    """One request that writes: it holds a part at most, and knows where the next one begins."""

    desk: FileDesk
    upload: Upload
    session: UUID
    held: bytearray = field(default_factory=bytearray)
    begins: int = field(init=False)
    number: int = field(init=False)

    def __post_init__(self) -> None:
        self.begins, self.number = self.upload.received, self.upload.parts

    async def add(self, piece: bytes) -> None:
        """Take a piece; what would be more than was declared is not taken."""
        if self.begins + len(self.held) + len(piece) > self.upload.size:
            size = self.begins + len(self.held) + len(piece)
            self.held.clear()
            raise FileIsTooLarge(size=size, size_max=self.upload.size)
        self.held += piece
        if len(self.held) >= PART_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Put what is held onto the shelf."""
        if not self.held:
            return
        content = bytes(self.held)
        self.held.clear()
        part = Part(
            number=self.number,
            begins=self.begins,
            size=len(content),
            object_name=files.new_object_name("parts"),
        )
        await self.desk.add_part(self.upload, self.session, part, content)
        self.begins += part.size
        self.number += 1


async def _nothing(done: Awaitable[None]) -> None:
    await done
