"""Keys are changed while the house runs: nothing stops opening, and at the end nothing is left under the old root."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg
import pytest

from domain import approvals, files, identity, resealing
from domain import store as database
from domain.actors import SYSTEM
from domain.crypto import Keyring, Purpose, Suite
from domain.errors import Text
from domain.ids import new_id
from domain.money import Money
from domain.residents.models import Person
from domain.work import Work, perform
from tests.builders import NOW, a_community, a_household, a_registration, a_resident, a_reviewer, acting


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    Keyring.make().save(file)
    return file


async def fill(ring: Keyring, *, people: int = 12) -> list[Person]:
    """Put something into every sealed column."""
    residents_there = [await a_resident(keys=ring) for _ in range(people)]
    await a_registration(acting(residents_there[0]), keys=ring)

    wish = files.UploadWish(purpose=files.FilePurpose.CLAIM_PAPER, name="发票.jpg", size=1)
    sender = acting(residents_there[0])
    await perform(lambda work: files.open_ticket(work, wish=wish), actor=sender, now=NOW, keys=ring)

    async def make_key(work: Work) -> None:
        await identity.ensure_signing_key(work)

    await perform(make_key, actor=SYSTEM, now=NOW, keys=ring)
    digest = "ab" * 32
    await database.rows(
        "INSERT INTO account (id, kind, login, password_hash, display_name, created_at)"
        " VALUES ($1, 'RESIDENT', 'x', 'x', 'x', now())",
        new_id(),
    )
    await database.rows(
        "INSERT INTO oauth_client (id, client_id, name_zh, name_en, authentication, grant_types, redirect_uris, scopes,"
        " profile, created_at)"
        " VALUES ($1, 'app', 'x', 'x', 'none', '{authorization_code}', '{https://x}', '{x}', 'OAUTH21', now())",
        new_id(),
    )
    await database.rows(
        "WITH family AS (INSERT INTO oauth_grant (id, client_id, account_id, scopes, authenticated_at, started_at,"
        " expires_at, methods)"
        " SELECT $1, oauth_client.id, account.id, '{x}', now(), now(), now() + interval '1 day', '{wechat}'"
        " FROM oauth_client, account LIMIT 1 RETURNING id), next AS (INSERT INTO oauth_refresh_token"
        " (digest, grant_id, created_at) SELECT $2, id, now() FROM family)"
        " INSERT INTO oauth_refresh_token (digest, grant_id, created_at, used_at, successor, successor_digest)"
        " SELECT $3, id, now(), now(), $4, $2 FROM family",
        new_id(),
        "cd" * 32,
        digest,
        ring.seal(Purpose.TOKEN, "the successor", place=f"oauth_refresh_token.successor:{digest}"),
    )
    await a_question_with_its_meeting(ring)
    return residents_there


async def a_question_with_its_meeting(ring: Keyring) -> None:
    """Ask something that needs a discussion, and put the discussion's minutes there."""

    async def ask(work: Work) -> UUID:
        statement = approvals.Statement(title=Text("批次", "A batch"))
        kind = approvals.ApprovalKind.CLAIM
        return await approvals.ask(
            work, kind=kind, subject_id=new_id(), statement=statement, amount=Money(1), sub_kind="inpatient",
            in_doubt=True,
        )  # fmt: skip

    done = await perform(ask, actor=a_reviewer(), now=NOW, keys=ring)
    meeting_id, members = new_id(), [new_id() for _ in range(3)]
    await database.rows(
        "WITH held AS (INSERT INTO approval_meeting (id, approval_id, position, convened_by, convened_at, member_count,"
        " minutes_sealed, minutes_digest) VALUES ($1, $2, 1, $1, $3, 3, $4, sha256('x')) RETURNING approval_id)"
        " INSERT INTO approval_member SELECT approval_id, 1, unnest($5::uuid[]) FROM held",
        meeting_id,
        done.result,
        NOW,
        ring.seal(Purpose.APPROVAL, "讨论记录", place=f"approval_meeting:{meeting_id}"),
        members,
    )


VALUES = {
    "uuid": "gen_random_uuid()",
    "text": "'x'",
    "bytea": "decode('00', 'hex')",
    "bool": "false",
    "date": "current_date",
    "timestamptz": "now()",
    "jsonb": "'{}'",
    "_text": "'{}'",
    "_uuid": "'{}'",
    "int4": "0",
    "int8": "0",
}


async def fill_what_is_empty(store: str, ring: Keyring) -> None:
    """Make up one row for each table with sealed columns that has none; this database forgets its conditions for it."""
    filled = {column.partition(".")[0] for column, _, _ in await resealing.count_by_key()}
    link = await asyncpg.connect(**database.connect_arguments(store))
    await link.execute("SET session_replication_role = replica")
    for table in {column.table for column in resealing.COLUMNS} - filled:
        for row in await link.fetch(
            "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'", table
        ):
            await link.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{row["conname"]}"')
        needed = {
            row["column_name"]: VALUES[row["udt_name"]]
            for row in await link.fetch(
                "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name = $1 AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'",
                table,
            )
        }
        of_table = [column for column in resealing.COLUMNS if column.table == table]
        key = str(new_id())
        needed |= {of_table[0].key: f"'{key}'"}
        for column in of_table:
            sealed = ring.seal(column.purpose, "made up", place=column.place + key)
            needed[column.column] = f"decode('{sealed.hex()}', 'hex')"
        names = ", ".join(f'"{name}"' for name in needed)
        await link.execute(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(needed.values())})')
    await link.close()


@pytest.mark.parametrize("column", resealing.COLUMNS, ids=str)
def test_the_place_of_a_sealed_column_is_the_one_that_its_room_seals_for(column: resealing.SealedColumn) -> None:
    house = Path(resealing.__file__).parent
    rooms = [file for file in house.rglob("*.py") if file != Path(resealing.__file__)]
    assert any(f'"{column.place}' in file.read_text("utf-8") for file in rooms), column.place


async def test_every_sealed_column_is_sealed_anew_and_opens(store: str, path: Path) -> None:
    ring = Keyring.load(path)
    people = await fill(ring)
    await fill_what_is_empty(store, ring)
    before = await resealing.count_by_key()
    assert {column for column, _, _ in before} == {str(column) for column in resealing.COLUMNS}
    later = ring.with_new_root().with_suite(Suite.SM4_GCM)

    counts = await resealing.reseal_everything(later, now=NOW, rows_max=5)

    assert counts == {column: count for (column, _, _), count in before.items()}
    after = await resealing.count_by_key()
    assert after == {(column, "sm4-gcm", "k002"): count for column, count in counts.items()}
    only_new = later.without_root("k001")
    for person in people:
        row = await Person.get(id=person.id)
        assert row.document_sealed != person.document_sealed
        assert row.version == person.version
        assert row.document_sealed is not None
        number = only_new.unseal(Purpose.IDENTITY, row.document_sealed, place=f"person.document:{person.id}")
        assert number.startswith("330902")
    (registration,) = await database.rows("SELECT id, content_sealed FROM registration")
    content = only_new.unseal(
        Purpose.REGISTRATION, bytes(registration["content_sealed"]), place=f"registration:{registration['id']}"
    )
    assert "王新生" in content
    assert await resealing.reseal_everything(later, now=NOW) == dict.fromkeys(counts, 0)


async def test_resealing_leaves_a_row_in_the_audit_trail_for_each_step(store: str, path: Path) -> None:
    ring = Keyring.load(path)
    for _ in range(3):
        await a_resident(keys=ring, phone=None)
    await resealing.reseal_everything(ring.with_new_root(), now=NOW, rows_max=2)

    found = await database.rows("SELECT detail->>'rows' AS rows FROM audit WHERE action = 'keys.reseal' ORDER BY id")
    assert [row["rows"] for row in found] == ["2", "1"]


async def test_a_value_that_somebody_changed_meanwhile_stays_as_they_wrote_it(store: str, path: Path) -> None:
    ring = Keyring.load(path)
    person = await a_resident(keys=ring)
    later = ring.with_new_root()
    # given somebody who holds the row and writes another number, still under the old root
    link = await asyncpg.connect(**database.connect_arguments(store))
    transaction = link.transaction()
    await transaction.start()
    place = f"person.phone:{person.id}"
    changed = ring.seal(Purpose.PHONE, "13900000000", place=place)
    await link.execute("UPDATE person SET phone_sealed = $1 WHERE id = $2", changed, person.id)

    # when a step runs into it
    column = next(each for each in resealing.COLUMNS if str(each) == "person.phone_sealed")
    step = asyncio.create_task(resealing.reseal_step(later, column=column, after=None, now=NOW))
    await asyncio.sleep(0.2)
    assert not step.done(), "It waits for the row."
    await transaction.commit()
    await link.close()

    # then it has left the row to the next run
    assert (await step).resealed == 0
    assert (await Person.get(id=person.id)).phone_sealed == changed
    assert (await resealing.reseal_step(later, column=column, after=None, now=NOW)).resealed == 1
    sealed = (await Person.get(id=person.id)).phone_sealed
    assert sealed is not None
    assert later.unseal(Purpose.PHONE, sealed, place=place) == "13900000000"


async def read_and_write_through_a_rotation(store: str, path: Path, people: list[tuple[object, str]]) -> int:
    """Read with a keyring from before the rotation, write with one, reseal at once; give how many were read."""
    running = Keyring.load(path)
    Keyring.load(path).with_new_root().save_instead(path)
    rng = Random(5)
    done = asyncio.Event()
    reads = 0

    async def read_on() -> None:
        nonlocal reads
        while not done.is_set():
            person, phone = rng.choice(people)
            row = await database.row("SELECT phone_sealed FROM person WHERE id = $1", person)
            assert row is not None
            assert running.unseal(Purpose.PHONE, bytes(row["phone_sealed"]), place=f"person.phone:{person}") == phone
            reads += 1

    async def write_on() -> None:
        while not done.is_set():
            person, phone = rng.choice(people)
            sealed = running.seal(Purpose.PHONE, phone, place=f"person.phone:{person}")
            await database.rows("UPDATE person SET phone_sealed = $1 WHERE id = $2", sealed, person)
            await asyncio.sleep(0.001)

    tasks = [asyncio.create_task(read_on()), asyncio.create_task(read_on()), asyncio.create_task(write_on())]
    counts = await resealing.reseal_everything(Keyring.load(path), now=NOW)
    assert counts["person.phone_sealed"] > 0
    done.set()
    await asyncio.gather(*tasks)
    # The old process has ended; what it wrote last is brought along by one more run.
    await resealing.reseal_everything(Keyring.load(path), now=NOW)
    assert {key for _, _, key in await resealing.count_by_key()} == {"k002"}
    return reads


async def test_nothing_fails_to_open_while_keys_are_rotated(store: str, path: Path) -> None:
    ring = Keyring.load(path)
    people = [await a_resident(keys=ring) for _ in range(60)]
    assert await read_and_write_through_a_rotation(store, path, [(one.id, "13957200001") for one in people]) > 0


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_hundred_thousand_rows_are_sealed_anew_while_the_house_runs(store: str, path: Path) -> None:
    ring = Keyring.load(path)
    await a_community()
    household = await a_household()
    people = [(new_id(), f"139{number:08d}") for number in range(100_000)]

    def records() -> Iterator[tuple[object, ...]]:
        for number, (person, phone) in enumerate(people):
            document = ring.seal(Purpose.IDENTITY, f"{number:018d}", place=f"person.document:{person}")
            index = ring.blind_index(Purpose.IDENTITY, str(number))
            sealed = ring.seal(Purpose.PHONE, phone, place=f"person.phone:{person}")
            yield (
                person,
                f"R{number:015d}",
                "甲",
                "jia",
                "FEMALE",
                NOW.date(),
                "01",
                document,
                index,
                sealed,
                household.id,
                "OTHER",
                household.community_code,
                NOW,
            )

    link = await asyncpg.connect(**database.connect_arguments(store))
    await link.copy_records_to_table(
        "person",
        records=list(records()),
        columns=[
            "id",
            "number",
            "name",
            "name_pinyin",
            "sex",
            "born_on",
            "document_type",
            "document_sealed",
            "document_index",
            "phone_sealed",
            "household_id",
            "household_role",
            "community_code",
            "registered_at",
        ],
    )
    await link.close()
    assert await read_and_write_through_a_rotation(store, path, people) > 100
