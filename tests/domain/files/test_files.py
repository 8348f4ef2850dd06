"""The room of files: who may attach and see, what ends, what the database holds whatever the code does."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag

from domain import files
from domain import store as database
from domain.actors import ANYBODY, SYSTEM, Actor
from domain.cleaning import FileIsEmpty, SaidRefusal
from domain.crypto import Keyring, Suite
from domain.errors import Refused
from domain.files import FileForm, FilePurpose, FileState, Outcome, UploadWish
from domain.ids import new_id
from domain.residents.models import Person
from domain.work import Work, perform
from partners.file_desk import FileDesk
from partners.storage import Folder
from tests import made_files
from tests.builders import KEYS, NOW, a_clerk, a_guardian_of, a_resident, acting, run


@dataclass(frozen=True)
class Seen:
    """A condition of a room that attaches files."""

    sql: str
    values: tuple[object, ...] = ()


def clerks_see(actor: Actor, *, on: datetime, after: int) -> Seen:
    """Say who sees the papers of claims: the clerks of one region, here."""
    if actor.region is None:
        return Seen("false")
    return Seen(f"attachment.subject_id IS NOT NULL AND ${after + 1} = '330900'", (actor.region,))


VIEWERS = {"CLAIM": clerks_see}


@pytest.fixture
def desk(store: str, tmp_path: Path) -> FileDesk:
    return FileDesk(keys=KEYS, shelf=Folder(tmp_path), clock=lambda: NOW)


@pytest.fixture
async def person(store: str) -> Person:
    return await a_resident()


async def opened(
    sender: Actor, *, size: int, purpose: FilePurpose = FilePurpose.CLAIM_PAPER, now: datetime = NOW
) -> UUID:
    wish = UploadWish(purpose=purpose, name="发票.jpg", size=size)
    return await run(lambda work: files.open_ticket(work, wish=wish), actor=sender, now=now)


async def sent(desk: FileDesk, sender: Actor, content: bytes | None = None, **more: object) -> UUID:
    content = content or made_files.a_jpeg(side=64)
    file_id = await opened(sender, size=len(content), **more)
    upload = await desk.receive(file_id, pieces_of(content), offset=0)
    assert upload.state is FileState.READY, upload
    return file_id


async def pieces_of(content: bytes, size: int = 10_000):
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def attached(file_ids: list[UUID], *, by: Actor, subject: UUID, person: Person | None = None) -> None:
    async def attach(work: Work) -> None:
        await files.attach(
            work, file_ids=file_ids, subject_kind="CLAIM", subject_id=subject, person_id=person and person.id
        )

    await perform(attach, actor=by, now=NOW, keys=KEYS)


async def read_once(actor: Actor, file_id: UUID, *, purpose: str | None = "审核报销") -> UUID:
    token = await run(
        lambda work: files.open_reading(work, file_id=file_id, form=FileForm.CLEAN, purpose=purpose, viewers=VIEWERS),
        actor=actor,
    )
    secret = files.token_of(KEYS, token_id=token)
    return await run(lambda work: files.use_reading(work, token_id=token, secret=secret), actor=actor)


async def test_a_clerk_sees_what_is_attached_and_the_person_sees_the_clerk(desk: FileDesk, person: Person) -> None:
    sender, claim = acting(person), new_id()
    file_id = await sent(desk, sender)
    clerk = a_clerk()
    assert await files.describe(clerk, keys=KEYS, file_ids=[file_id], now=NOW, viewers=VIEWERS) == []

    await attached([file_id], by=sender, subject=claim, person=person)
    await attached([file_id], by=sender, subject=claim, person=person)

    of_claim = await files.list_attached(
        clerk, keys=KEYS, subject_kind="CLAIM", subject_ids=[claim, new_id()], now=NOW, viewers=VIEWERS
    )
    assert [record.name for record in of_claim[claim]] == ["发票.jpg"]
    elsewhere = a_clerk(region="340100")
    assert await files.describe(elsewhere, keys=KEYS, file_ids=[file_id], now=NOW, viewers=VIEWERS) == []
    await read_once(clerk, file_id)
    (reading,) = await database.rows("SELECT person_id, reader_label, purpose, what FROM reading")
    assert reading["person_id"] == person.id
    assert reading["purpose"] == "审核报销"
    assert reading["what"] == ["file", "CLAIM_PAPER", "CLEAN"]


async def test_a_clerk_says_what_for(desk: FileDesk, person: Person) -> None:
    sender = acting(person)
    file_id = await sent(desk, sender)
    await attached([file_id], by=sender, subject=new_id(), person=person)

    with pytest.raises(SaidRefusal) as refused:
        await read_once(a_clerk(), file_id, purpose=None)

    assert refused.value.code == "FILE_READING_PURPOSE"


async def test_reading_ones_own_file_is_nobodys_reading(desk: FileDesk, person: Person) -> None:
    sender = acting(person)
    file_id = await sent(desk, sender)
    await attached([file_id], by=sender, subject=new_id(), person=person)

    await read_once(sender, file_id, purpose=None)

    assert await database.rows("SELECT 1 AS one FROM reading") == []
    assert await database.rows("SELECT 1 AS one FROM audit WHERE action = 'file.read'")


async def test_only_ones_own_whole_files_are_attached_and_every_other_is_named(desk: FileDesk, person: Person) -> None:
    sender, guardian = acting(person), acting(await a_guardian_of(person))
    own, others, open_ = await sent(desk, sender), await sent(desk, guardian), await opened(sender, size=10)

    with pytest.raises(Refused) as refused:
        await attached([own, others, open_], by=sender, subject=new_id())

    told = [(fault.code, fault.path) for fault in refused.value.faults]
    assert told == [("FILE_NOT_FOUND", ("file_ids", "1")), ("FILE_NOT_READY", ("file_ids", "2"))]
    assert await database.rows("SELECT 1 AS one FROM attachment") == []


async def test_callers_without_a_log_in_own_nothing_and_see_nothing(desk: FileDesk, person: Person) -> None:
    file_id = await sent(desk, acting(person))
    await database.rows("UPDATE file SET owner = $1", ANYBODY.key)

    assert await files.describe(ANYBODY, keys=KEYS, file_ids=[file_id], now=NOW) == []
    with pytest.raises(AssertionError):
        await opened(ANYBODY, size=10)


async def test_deleting_destroys_the_key_and_then_the_bytes(desk: FileDesk, person: Person, tmp_path: Path) -> None:
    sender = acting(person)
    file_id = await sent(desk, sender)
    await run(lambda work: files.delete_file(work, file_id=file_id), actor=sender)

    (row,) = await database.rows("SELECT state, key_sealed, name_sealed FROM file")
    assert dict(row) == {"state": "DELETED", "key_sealed": None, "name_sealed": None}
    (record,) = await files.describe(sender, keys=KEYS, file_ids=[file_id], now=NOW)
    assert record.name == ""
    assert any(place.is_file() for place in tmp_path.rglob("*"))
    await desk.drop_idle(file_id)
    assert not any(place.is_file() for place in tmp_path.rglob("*"))
    assert await files.list_settled(at_most=10) == []


async def test_what_is_handed_in_is_not_deleted_but_by_its_room(desk: FileDesk, person: Person) -> None:
    sender, claim = acting(person), new_id()
    file_id = await sent(desk, sender)
    await attached([file_id], by=sender, subject=claim)
    with pytest.raises(SaidRefusal) as refused:
        await run(lambda work: files.delete_file(work, file_id=file_id), actor=sender)
    assert refused.value.code == "FILE_IN_USE"

    async def destroy(work: Work) -> None:
        await files.destroy_attached(work, subject_kind="CLAIM", subject_id=claim)

    await perform(destroy, actor=SYSTEM, now=NOW, keys=KEYS)
    (row,) = await database.rows("SELECT state, key_sealed FROM file")
    assert dict(row) == {"state": "DELETED", "key_sealed": None}


async def test_half_uploads_and_unused_files_come_to_their_end(desk: FileDesk, person: Person, tmp_path: Path) -> None:
    sender = acting(person)
    half = await opened(sender, size=5000)
    await desk.receive(half, pieces_of(bytes(3000)), offset=0)
    unused, used = await sent(desk, sender), await sent(desk, sender)
    await attached([used], by=sender, subject=new_id())

    await replace(desk, clock=lambda: NOW + timedelta(hours=25)).sweep()
    states = {row["id"]: row["state"] for row in await database.rows("SELECT id, state FROM file")}
    assert states == {half: "EXPIRED", unused: "READY", used: "READY"}
    assert await files.list_parts(file_id=half) == []

    await replace(desk, clock=lambda: NOW + timedelta(days=31)).sweep()
    states = {row["id"]: row["state"] for row in await database.rows("SELECT id, state FROM file")}
    assert states == {half: "EXPIRED", unused: "DELETED", used: "READY"}
    kept = [place for place in tmp_path.rglob("*") if place.is_file()]
    assert len(kept) == 2, "the copy and the preview of the one that is used"


async def test_an_expired_ticket_takes_nothing(desk: FileDesk, person: Person) -> None:
    file_id = await opened(acting(person), size=10)
    late = replace(desk, clock=lambda: NOW + timedelta(hours=24))

    with pytest.raises(files.FileIsNotReady):
        await late.receive(file_id, pieces_of(bytes(10)), offset=0)


async def test_what_a_killed_process_left_is_dropped_after_two_days(
    desk: FileDesk, person: Person, tmp_path: Path
) -> None:
    file_id = await sent(desk, acting(person))
    await desk.drop_idle(file_id)
    await desk.shelf.put(files.new_object_name("kept"), b"nobody knows me")
    moments = [datetime.fromtimestamp(place.stat().st_mtime, NOW.tzinfo) for place in tmp_path.rglob("*")]

    assert await replace(desk, clock=lambda: max(moments) + timedelta(days=1)).drop_strays() == 0
    assert await replace(desk, clock=lambda: max(moments) + timedelta(days=3)).drop_strays() == 1
    assert len([place for place in tmp_path.rglob("*") if place.is_file()]) == 2


async def test_checking_twice_at_once_keeps_one_copy(desk: FileDesk, person: Person, tmp_path: Path) -> None:
    import asyncio

    content = made_files.a_jpeg(side=64)
    file_id = await opened(acting(person), size=len(content))
    upload = await files.get_upload(file_id=file_id)
    assert upload is not None
    session = new_id()
    await run(lambda work: files.begin_receiving(work, file_id=file_id, session=session, offset=0), actor=SYSTEM)
    part = files.Part(number=0, begins=0, size=len(content), object_name=files.new_object_name("parts"))
    await desk.add_part(upload, session, part, content)

    outcomes = await asyncio.gather(*(desk.settle(file_id) for _ in range(3)))

    assert {outcome.state for outcome in outcomes} == {FileState.READY}
    await desk.drop_idle(file_id)
    assert len([place for place in tmp_path.rglob("*") if place.is_file()]) == 2


async def test_what_lies_on_the_shelf_opens_for_nobody_and_nothing_else(
    desk: FileDesk, person: Person, tmp_path: Path
) -> None:
    """Changed, cut off, exchanged between files or forms: it does not open."""
    first, second = await sent(desk, acting(person)), await sent(desk, acting(person))
    for file_id in (first, second):
        await desk.drop_idle(file_id)
    rows = await database.rows("SELECT file_id, form, object_name FROM file_content ORDER BY file_id, form")
    places = {(row["file_id"], row["form"]): tmp_path / row["object_name"] for row in rows}
    sound = {key: place.read_bytes() for key, place in places.items()}
    here = (first, "CLEAN")

    async def read() -> bytes:
        return await files.read_bytes(acting(person), keys=KEYS, shelf=desk.shelf, file_id=first, now=NOW)

    with pytest.raises(files.FileNotFound):
        await read()
    await database.rows("UPDATE file SET owner = $1", SYSTEM.key)

    async def read_as_house() -> bytes:
        return await files.read_bytes(SYSTEM, keys=KEYS, shelf=desk.shelf, file_id=first, now=NOW)

    assert (await read_as_house()).startswith(b"\xff\xd8")
    for bad in (
        sound[here][:-1],
        sound[here][:40],
        b"\0" + sound[here][1:],
        sound[here] + sound[here],
        sound[second, "CLEAN"],
        sound[first, "PREVIEW"],
    ):
        places[here].write_bytes(bad)
        with pytest.raises(InvalidTag):
            await read_as_house()


async def test_a_long_file_cannot_be_cut_at_a_chunk() -> None:
    keys = Keyring.make()
    key = files.open_key(keys, _key(keys), file_id=UUID(int=1))
    sealed = files.seal_whole(key, bytes(200_000), place="here")
    chunk = files.CHUNK_BYTES + 28

    async def stream(content: bytes):
        yield content

    whole = b"".join([piece async for piece in files.open_stream(key, stream(sealed), place="here")])
    assert whole == bytes(200_000)
    for bad in (sealed[:chunk], sealed[chunk:], sealed[chunk : 2 * chunk] + sealed[:chunk] + sealed[2 * chunk :]):
        with pytest.raises(InvalidTag):
            [piece async for piece in files.open_stream(key, stream(bad), place="here")]


@pytest.mark.parametrize("suite", list(Suite))
async def test_both_suites_seal_files(suite: Suite) -> None:
    keys = Keyring.make(suite=suite)
    key = files.open_key(keys, _key(keys), file_id=UUID(int=1))
    assert key.suite is suite

    async def stream(content: bytes):
        for at in range(0, len(content), 999):
            yield content[at : at + 999]

    for size in (0, 1, files.CHUNK_BYTES - 1, files.CHUNK_BYTES, files.CHUNK_BYTES + 1, 3 * files.CHUNK_BYTES):
        plain = bytes(size)
        sealed = b"".join([piece async for piece in files.seal_stream(key, stream(plain), place="p")])
        assert len(sealed) == len(files.seal_whole(key, plain, place="p"))
        opened_ = b"".join([piece async for piece in files.open_stream(key, stream(sealed), place="p")])
        assert opened_ == plain


def _key(keys: Keyring) -> bytes:
    from domain.files.calc import make_key

    return make_key(keys, file_id=UUID(int=1))


FORBIDDEN = {
    "file_never_goes_back": "UPDATE file SET state = 'OPEN' WHERE state = 'READY'",
    "file_key_lives_as_long_as_the_file": "UPDATE file SET key_sealed = NULL WHERE state = 'READY'",
    "file_receives_no_more_than_declared": "UPDATE file SET received = size + 1 WHERE state = 'OPEN'",
    "file_is_received_as_a_whole": "UPDATE file SET received = 0 WHERE state = 'READY'",
    "file_is_refused_with_a_reason": "UPDATE file SET state = 'REFUSED', key_sealed = NULL WHERE state = 'RECEIVED'",
    "file_is_ready_only_when_known": "UPDATE file SET state = 'READY' WHERE state = 'RECEIVED'",
    "attachment_is_of_a_whole_file": "INSERT INTO attachment (file_id, subject_kind, subject_id, attached_at)"
    " SELECT id, 'CLAIM', new_id(), now() FROM file WHERE state = 'OPEN'",
    "file_part_never_overlaps": "INSERT INTO file_part (file_id, number, begins, size, object_name)"
    " SELECT file_id, 99, begins, 1, 'x' FROM file_part LIMIT 1",
    "file_reading_token_is_used_once": "UPDATE file_reading_token SET used_at = now()",
}


@pytest.mark.parametrize("constraint", FORBIDDEN)
async def test_the_database_refuses_whatever_the_code_does(
    desk: FileDesk, person: Person, store: str, constraint: str
) -> None:
    sender = acting(person)
    ready = await sent(desk, sender)
    await read_once(sender, ready, purpose=None)
    await opened(sender, size=10)
    waiting = await opened(sender, size=10)
    await database.rows("UPDATE file SET state = 'RECEIVED', received = size WHERE id = $1", waiting)
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.ExclusionViolationError)) as refused:
            await link.execute(FORBIDDEN[constraint])
        assert refused.value.constraint_name == constraint
    finally:
        await link.close()


async def test_a_refusal_is_told_again_from_its_row(desk: FileDesk, person: Person) -> None:
    sender = acting(person)
    file_id = await opened(sender, size=10)
    await database.rows("UPDATE file SET state = 'RECEIVED', received = size WHERE id = $1", file_id)
    outcome = Outcome(faults=(FileIsEmpty(), files.FileIsInfected(signature="Eicar")))
    await run(lambda work: files.complete(work, file_id=file_id, outcome=outcome), actor=SYSTEM)
    again = await perform(
        lambda work: files.complete(work, file_id=file_id, outcome=outcome), actor=SYSTEM, now=NOW, keys=KEYS
    )

    assert again.result is None
    (record,) = await files.describe(sender, keys=KEYS, file_ids=[file_id], now=NOW)
    assert [str(fault) for fault in record.faults] == [str(fault) for fault in outcome.faults]


async def test_thirty_megabytes_pass_through_little_memory(desk: FileDesk, person: Person) -> None:
    """Received, opened, scanned, cleaned and read: never more of it in our memory than a few parts."""
    picture = made_files.a_jpeg(side=64)
    size = 30 * 1024 * 1024

    async def slowly():
        yield picture
        for at in range(len(picture), size, 65_536):
            yield bytes(min(65_536, size - at))

    file_id = await opened(acting(person), size=size)
    tracemalloc.start()
    try:
        upload = await desk.receive(file_id, slowly(), offset=0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert upload.state is FileState.READY
    assert most < 8 * 1024 * 1024, f"{most} bytes at once"


async def test_the_second_wall_shows_a_file_to_its_owner_and_to_those_who_see_its_person(
    database_url: str, tmp_path: Path
) -> None:
    """Asked without any condition, as a query would that forgot its own."""
    async with database.open_database(database_url, walled=True):
        desk = FileDesk(keys=KEYS, shelf=Folder(tmp_path), clock=lambda: NOW)
        person, stranger = await a_resident(), await a_resident()
        sender, clerk = acting(person), a_clerk()
        file_id = await sent(desk, sender)

        async def seen_by(actor: Actor) -> bool:
            with database.asking(actor, on=NOW.date()):
                return bool(await database.rows("SELECT 1 AS one FROM file WHERE id = $1", file_id))

        assert [await seen_by(actor) for actor in (sender, acting(stranger), clerk, ANYBODY)] == [True, *[False] * 3]
        await attached([file_id], by=sender, subject=new_id(), person=person)
        elsewhere = a_clerk(region="340100")
        assert [await seen_by(actor) for actor in (sender, acting(stranger), clerk, elsewhere, ANYBODY)] == [
            *(True, False, True, False, False)
        ]
