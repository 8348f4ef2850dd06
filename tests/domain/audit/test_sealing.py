"""Sealing misses nothing, doubles nothing, and may be done by several at once."""

from __future__ import annotations

import asyncio
import random

import asyncpg
import pytest

from domain import audit
from domain import store as database
from domain.audit import Block, Trail, calc
from domain.audit import queries as audit_queries
from domain.audit import service as audit_service
from domain.audit.values import Entry
from domain.crypto import Purpose
from tests.builders import KEYS, NOW
from tests.domain.audit.trail import look, public_keys, rows_of, seal, seal_everything, write
from verifier.examine import Fault

INSERT = (
    "INSERT INTO audit (at, actor_kind, action, subject_kind) VALUES (now(), 'SYSTEM', 'test.late', 'test')"
    " RETURNING id"
)


@pytest.fixture
async def link(store: str):
    connection = await asyncpg.connect(**database.connect_arguments(store))
    yield connection
    await connection.close()


async def test_an_empty_trail_gives_no_block(store: str) -> None:
    assert await seal() is None
    assert (await look(store)).blocks == 0


async def test_what_was_written_is_sealed_once_in_a_chain_that_verifies(store: str) -> None:
    await write(3, readings=2)
    assert rows_of(await seal()) == 5
    assert await seal() is None, "Nothing happened since."
    await write(1)
    second = await seal()

    assert second is not None
    assert (second.body.number, second.body.row_count, second.body.total) == (2, 1, 6)
    report = await look(store)
    assert (report.findings, report.blocks, report.rows, report.open_rows) == ([], 2, 6, 0)


async def test_a_row_that_commits_late_is_sealed_later_and_not_missed(store: str, link: asyncpg.Connection) -> None:
    # given a transaction that wrote first and is still open
    late = link.transaction()
    await late.start()
    late_id = await link.fetchval(INSERT)
    await write(4)

    # when a seal is made, it stops before that transaction, whose row has a smaller id than all the others
    assert await seal() is None
    assert (await look(store)).open_rows == 4
    await write(2)
    assert await seal() is None
    await late.commit()
    block = await seal()

    # then everything is in, the late row first
    assert block is not None
    assert block.body.row_count == 7
    assert block.entries[0].id == late_id
    assert (await look(store)).findings == []


async def test_a_transaction_open_across_a_seal_is_in_the_next_one(store: str, link: asyncpg.Connection) -> None:
    # given rows on both sides of the begin of a transaction that stays open across a seal
    await write(2)
    late = link.transaction()
    await late.start()
    late_id = await link.fetchval(INSERT)
    await write(3)

    first = await seal()
    assert rows_of(first) == 2, "The three came after the open one began."
    await late.commit()
    second = await seal()

    assert second is not None
    assert second.body.row_count == 4
    assert late_id in {entry.id for entry in second.entries}
    assert (await look(store)).findings == []


async def test_sealing_by_the_greatest_id_would_have_missed_it(store: str, link: asyncpg.Connection) -> None:
    """The negative control of the two tests above: the horizon is what saves the late row."""
    late = link.transaction()
    await late.start()
    await link.fetchval(INSERT)
    await write(4)
    by_id = {row["id"] for row in await database.rows("SELECT id FROM audit")}
    await late.commit()

    after = await database.rows("SELECT id FROM audit WHERE id > $1", max(by_id))
    everything = {row["id"] for row in await database.rows("SELECT id FROM audit")}
    assert not after
    assert everything - by_id


async def test_rolled_back_rows_leave_no_trace(store: str, link: asyncpg.Connection) -> None:
    gone = link.transaction()
    await gone.start()
    await link.fetchval(INSERT)
    await gone.rollback()
    await write(1)

    assert rows_of(await seal()) == 1
    assert (await look(store)).findings == []


async def test_many_sealers_at_once_seal_each_row_once(store: str) -> None:
    for _ in range(6):
        await write(2, readings=1)
    await asyncio.gather(*(seal_everything(KEYS, now=NOW) for _ in range(6)), *(write(1) for _ in range(6)))
    await seal_everything(KEYS, now=NOW)

    report = await look(store)
    assert (report.findings, report.rows, report.open_rows) == ([], 24, 0)


async def test_writers_with_pauses_and_sealers_at_once_lose_nothing(store: str) -> None:
    """Forty transactions of random length, some rolled back, with a sealer that never stops."""
    rng = random.Random(7)
    expected: set[int] = set()
    done = asyncio.Event()

    async def keep_sealing() -> None:
        while not done.is_set():
            await seal()
            await asyncio.sleep(0)

    async def write_slowly(pauses: list[float], *, commits: bool) -> None:
        connection = await asyncpg.connect(**database.connect_arguments(store))
        transaction = connection.transaction()
        await transaction.start()
        mine: set[int] = set()
        for pause in pauses:
            mine.add(await connection.fetchval(INSERT))
            await asyncio.sleep(pause)
        await (transaction.commit() if commits else transaction.rollback())
        if commits:
            expected.update(mine)
        await connection.close()

    sealer = asyncio.create_task(keep_sealing())
    plans = [([rng.random() * 0.03 for _ in range(rng.randint(1, 4))], rng.random() < 0.8) for _ in range(40)]
    for begin in range(0, 40, 8):
        await asyncio.gather(*(write_slowly(pauses, commits=commits) for pauses, commits in plans[begin : begin + 8]))
    done.set()
    await sealer
    await seal()

    blocks = await audit.list_blocks(after=0, first=1000)
    sealed = [entry.id for block in blocks for entry in block.entries]
    assert sorted(sealed) == sorted(expected)
    assert (await look(store)).findings == []


async def test_a_large_backlog_becomes_blocks_that_never_cut_a_transaction(store: str) -> None:
    sizes = [3, 1, 9, 2, 2, 4]
    for size in sizes:
        await write(size, readings=1)

    blocks: list[int] = []
    while sum(blocks) < sum(sizes) + len(sizes):
        if block := await seal(rows_max=5):
            blocks.append(block.body.row_count)

    # Five at most, but for the transaction that alone has ten; the one before it ends where it begins.
    assert blocks == [4, 2, 10, 3, 3, 5]
    assert (await look(store)).findings == []


async def test_one_call_seals_a_backlog_of_several_blocks(store: str) -> None:
    for _ in range(7):
        await write(2)

    # An autovacuum may hold the horizon back for a moment.
    sealed = 0
    for _ in range(100):
        sealed += await seal_everything(KEYS, now=NOW, rows_max=4)
        if sealed == 14:
            break
        await asyncio.sleep(0.1)

    assert sealed == 14
    assert (await look(store)).blocks >= 4


async def test_a_database_restored_from_a_copy_goes_on_although_it_counts_transactions_anew(
    store: str, link: asyncpg.Connection
) -> None:
    # given a trail that was written on a server with five billion transactions behind it, its last row not sealed yet
    far = 5_000_000_000
    for number in range(3):
        await database.rows(
            "INSERT INTO audit (at, transaction_id, actor_kind, action, subject_kind)"
            " VALUES (now(), $1::text::xid8, 'SYSTEM', 'test.old', 'test')",
            str(far + number),
        )
    rows = await audit_queries.list_left_over(Trail.AUDIT, begins=far)
    entries = tuple(Entry(row.trail, row.id, calc.hash_row(row)) for row in rows[:2])
    body = calc.compose_body(None, entries=entries, horizon_to=far + 2, restored=False, sealed_at=NOW, key_id="k001")
    signature = KEYS.sign(Purpose.AUDIT, calc.write_body(body).encode()).value
    await audit_service._write(Block(body, signature, entries))

    # when the house goes on here, with one transaction that commits late
    late = link.transaction()
    await late.start()
    late_id = await link.fetchval(INSERT)
    await write(2)
    anew = await seal()
    await late.commit()
    await seal()
    await write(1)
    await seal()

    # then the row left over has a block of its own, and the count begins anew after it
    assert anew is not None
    assert [entry.id for entry in anew.entries] == [rows[2].id]
    blocks = await audit.list_blocks(after=2, first=10)
    assert [block.body.row_count for block in blocks] == [3, 1]
    assert late_id in {entry.id for entry in blocks[0].entries}
    report = await look(store)
    assert (report.findings, report.open_rows, report.begun_anew_after) == ([], 0, [2])
    proof = await audit.prove_row(Trail.AUDIT, id=rows[2].id)
    assert proof is not None
    assert proof.checkpoint.number == 2


async def test_blocks_cannot_be_changed_by_the_house(store: str) -> None:
    await write(1)
    await seal()
    for statement in ("UPDATE audit_block SET total = 5", "DELETE FROM audit_block", "TRUNCATE audit_block CASCADE"):
        with pytest.raises(Exception, match="append-only"):
            await database.rows(statement)


async def test_a_new_root_key_signs_from_then_on_and_the_old_public_key_still_verifies(store: str) -> None:
    await write(1)
    await seal()
    later = KEYS.with_new_root()
    await write(1)
    await seal(keys=later)

    assert (await look(store, keys=public_keys(later))).findings == []
    unknown = (await look(store)).findings
    assert [(finding.fault, finding.block) for finding in unknown] == [(Fault.BLOCK_UNSIGNED, 2)]


async def test_every_column_of_the_trails_is_hashed(store: str) -> None:
    for trail in Trail:
        columns = await database.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position",
            trail.value,
        )
        assert [row["column_name"] for row in columns] == list(audit.COLUMNS[trail])


async def test_the_age_of_the_oldest_open_row_is_told(store: str) -> None:
    assert await audit.find_oldest_open(None) is None
    await write(1, at_minute=3)
    await write(1, at_minute=5)
    block = await seal()
    assert block is not None
    assert await audit.find_oldest_open(block.body) is None
    await write(1, at_minute=9)
    oldest = await audit.find_oldest_open(block.body)
    assert oldest is not None
    assert (oldest - NOW).total_seconds() == 540
