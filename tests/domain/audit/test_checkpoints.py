"""Signed heads leave the database after each seal, once, whoever delivers them, and a changed past is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from domain import audit
from domain import store as database
from domain.audit import Checkpoint, CheckpointFile, CheckpointsDisagree
from domain.rules import load_book
from domain.settings import Settings
from tests.builders import KEYS, NOW
from tests.domain.audit.trail import a_long_trail, look, seal, wait_for_other_databases, write
from workers.jobs import seal_audit
from workers.main import build_queue
from workers.resources import Resources


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit-checkpoints.jsonl"


async def test_every_block_is_delivered_once(store: str, file: Path) -> None:
    outside = CheckpointFile(file)
    assert outside.find_last() is None
    assert await audit.deliver_checkpoints(outside) == 0
    await a_long_trail(blocks=3)
    assert await audit.deliver_checkpoints(outside) == 3
    assert await audit.deliver_checkpoints(outside) == 0
    await a_long_trail(blocks=2)
    assert await audit.deliver_checkpoints(outside) == 2

    assert len(file.read_bytes().splitlines()) == 5
    report = await look(store, outside=file)
    assert (report.findings, report.blocks) == ([], 5)


async def test_several_who_deliver_at_once_write_each_line_once(store: str, file: Path) -> None:
    await a_long_trail(blocks=6)
    await asyncio.gather(*(audit.deliver_checkpoints(CheckpointFile(file)) for _ in range(5)))
    assert len(file.read_bytes().splitlines()) == 6
    assert (await look(store, outside=file)).findings == []


async def test_a_line_that_a_crash_left_unfinished_is_written_again(store: str, file: Path) -> None:
    await a_long_trail(blocks=3)
    await audit.deliver_checkpoints(CheckpointFile(file))
    file.write_bytes(file.read_bytes()[:-40])

    last = CheckpointFile(file).find_last()
    assert last is not None
    assert last.number == 2
    assert (await look(store, outside=file)).findings == []
    assert await audit.deliver_checkpoints(CheckpointFile(file)) == 1
    assert len(file.read_bytes().splitlines()) == 3
    assert (await look(store, outside=file)).findings == []


async def test_a_database_that_was_taken_back_is_noticed_and_nothing_is_overwritten(store: str, file: Path) -> None:
    await a_long_trail(blocks=3)
    await audit.deliver_checkpoints(CheckpointFile(file))
    kept = file.read_bytes()
    await _as_owner(store, "DELETE FROM audit_block WHERE number = 3")
    with pytest.raises(CheckpointsDisagree):
        await audit.deliver_checkpoints(CheckpointFile(file))

    # The sealer goes on and makes another block 3.
    await write(1)
    await seal()
    with pytest.raises(CheckpointsDisagree):
        await audit.deliver_checkpoints(CheckpointFile(file))
    assert file.read_bytes() == kept


async def test_a_store_refuses_another_head_under_a_number_that_it_keeps(store: str, file: Path) -> None:
    await a_long_trail(blocks=1)
    outside = CheckpointFile(file)
    await audit.deliver_checkpoints(outside)
    last = outside.find_last()
    assert last is not None
    outside.keep([last])
    with pytest.raises(CheckpointsDisagree):
        outside.keep([replace(last, body="another")])
    assert outside.find_last() == last


async def test_any_store_behind_the_port_serves(store: str) -> None:
    class Printed:
        """Somebody who prints them."""

        def __init__(self) -> None:
            self.lines: list[Checkpoint] = []

        def find_last(self) -> Checkpoint | None:
            return self.lines[-1] if self.lines else None

        def keep(self, checkpoints: Sequence[Checkpoint]) -> None:
            self.lines += checkpoints

    printed = Printed()
    await a_long_trail(blocks=3)
    assert await audit.deliver_checkpoints(printed) == 3
    assert [one.number for one in printed.lines] == [1, 2, 3]


def resources_in(folder: Path) -> Resources:
    return Resources(settings=Settings(data=folder), keys=KEYS, book=load_book(), wechatpay=None, clock=lambda: NOW)


async def test_the_job_seals_and_delivers(store: str, tmp_path: Path, file: Path) -> None:
    await write(3, readings=1)
    await wait_for_other_databases()
    await seal_audit.run(resources_in(tmp_path))
    report = await look(store, outside=file)
    assert (report.findings, report.rows, report.open_rows) == ([], 4, 0)


async def test_the_worker_seals_by_itself_within_ten_seconds(store: str, tmp_path: Path, file: Path) -> None:
    """The periodic table of the worker, run by the real queue."""
    await write(2)
    link = await asyncpg.connect(**database.connect_arguments(store))
    queue = build_queue(link, resources_in(tmp_path))
    loop = asyncio.get_running_loop()
    latest = loop.time() + 10
    running = asyncio.create_task(queue.run())
    try:
        while not file.exists() or not file.read_bytes():
            assert not running.done(), running
            assert loop.time() < latest
            await asyncio.sleep(0.1)
    finally:
        queue.shutdown.set()
        await asyncio.wait_for(running, 20)
        await link.close()
    assert (await look(store, outside=file)).open_rows == 0


async def _as_owner(url: str, statement: str) -> None:
    link = await asyncpg.connect(**database.connect_arguments(url))
    try:
        await link.execute("ALTER TABLE audit_block DISABLE TRIGGER USER")
        await link.execute(statement)
        await link.execute("ALTER TABLE audit_block ENABLE TRIGGER USER")
    finally:
        await link.close()
