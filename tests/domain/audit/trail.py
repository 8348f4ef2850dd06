"""A trail with many kinds of rows in it, written as the house writes it, and a way to let the verifier look."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain import audit, store
from domain.actors import SYSTEM
from domain.audit import Block
from domain.crypto import Keyring, Purpose
from domain.ids import new_id
from domain.work import Work, perform
from tests.builders import KEYS, NOW, a_clerk
from verifier.database import examine_database
from verifier.examine import Examination, Keys, Report
from verifier.outside import Outside
from workers.jobs import seal_audit


async def write(changes: int = 1, *, readings: int = 0, detail: str = "一", at_minute: int = 0) -> None:
    """Write so many changes and readings in one transaction."""

    async def act(work: Work) -> UUID | None:
        for number in range(changes):
            await work.audit("bill.make", kind="bill", id=new_id(), number=number, detail=detail, none=None)
        for _ in range(readings):
            await work.record_reading(person_id=new_id(), purpose="核对参保", what=["name", "手机"], unmasked=True)
        return None

    now = NOW + timedelta(minutes=at_minute)
    await perform(act, actor=a_clerk(), now=now, keys=KEYS, request_id="request" if changes % 2 else None)


_OTHERS_ARE_DONE = """
SELECT NOT EXISTS (
    SELECT 1 FROM pg_stat_activity, (
        SELECT transaction_id FROM audit UNION ALL SELECT transaction_id FROM reading
        ORDER BY transaction_id DESC LIMIT 1) AS newest
    WHERE datname IS DISTINCT FROM current_database() AND backend_xid IS NOT NULL
      AND age(backend_xid) >= age(xid(newest.transaction_id))) AS done
"""


async def wait_for_other_databases() -> None:
    """Wait until no transaction of another database is older than our rows.

    The horizon is that of the whole server, and other tests run on it at the same time.
    """
    for _ in range(1500):
        if (await store.rows(_OTHERS_ARE_DONE))[0]["done"]:
            return
        await asyncio.sleep(0.02)


async def seal_everything(keys: Keyring, *, now: datetime, rows_max: int = 10_000) -> int:
    """Seal as the job does, undisturbed by the tests beside us."""
    await wait_for_other_databases()
    return await seal_audit.seal_everything(keys, now=now, rows_max=rows_max)


async def seal(*, keys: Keyring = KEYS, rows_max: int = 10_000) -> Block | None:
    """Seal once, in a transaction."""
    await wait_for_other_databases()
    sealed: list[Block | None] = []

    async def act(work: Work) -> UUID | None:
        sealed.append(await audit.seal_next_block(work.keys, now=work.now, rows_max=rows_max))
        return None

    await perform(act, actor=SYSTEM, now=NOW, keys=keys)
    return sealed[-1]


async def a_long_trail(*, blocks: int = 12) -> None:
    """Write and seal so many blocks, each of several transactions."""
    for number in range(blocks):
        for transaction in range(3):
            await write(1 + transaction, readings=(number + transaction) % 3, at_minute=number)
        await seal()


def public_keys(*rings: Keyring) -> Keys:
    """Give the public keys as an auditor has them."""
    return {
        name: Ed25519PublicKey.from_public_bytes(key)
        for ring in (rings or (KEYS,))
        for name, key in ring.public_keys(Purpose.AUDIT).items()
    }


async def examine(link: asyncpg.Connection, *, keys: Keys | None = None, outside: Outside | None = None) -> Report:
    """Let the verifier look, within the transaction that the link is in."""
    examination = Examination(keys or public_keys(), outside=outside)
    async with link.transaction():
        await examine_database(link, examination)
    return examination.finish()


async def look(url: str, *, keys: Keys | None = None, outside: Path | None = None) -> Report:
    """Let the verifier look from a connection of its own."""
    link = await asyncpg.connect(**store.connect_arguments(url))
    try:
        return await examine(link, keys=keys, outside=Outside.read(outside) if outside else None)
    finally:
        await link.close()


def rows_of(block: Block | None) -> int:
    """Count the rows of a block that must be there."""
    assert block is not None
    return block.body.row_count
