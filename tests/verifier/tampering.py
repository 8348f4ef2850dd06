"""Ways in which the owner of the tables may try to change history, each told with the place it is at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg

from domain.audit import Block, calc
from domain.audit import Trail as Table
from domain.audit.values import Entry, SealedRow
from domain.crypto import Purpose
from tests.builders import KEYS
from tests.domain.audit.trail import examine
from verifier.examine import Report
from verifier.outside import Outside

Place = tuple[str, int]
"""`audit` or `reading` and the id of the row, or `block` and its number."""
Tampering = Callable[["Scene"], Awaitable[set[Place]]]

ROW_COLUMNS = {
    "audit": {
        "at": "at + make_interval(secs => {n})",
        "actor_kind": "'SYSTEM'",
        "actor_id": "'{id}'",
        "client_id": "'console-{n}'",
        "action": "action || '{n}'",
        "subject_kind": "'person{n}'",
        "subject_id": "'{id}'",
        "detail": "detail || '{{\"amount\": {n}}}'",
        "request_id": "'request-{n}'",
        "transaction_id": "((transaction_id::text::bigint) + {n})::text::xid8",
    },
    "reading": {
        "at": "at - make_interval(secs => {n})",
        "person_id": "'{id}'",
        "reader_kind": "'SYSTEM'",
        "reader_id": "'{id}'",
        "reader_label": "'医院{n}'",
        "purpose": "purpose || '{n}'",
        "what": "what || '{n}'::text",
        "unmasked": "NOT unmasked",
        "request_id": "coalesce(request_id, '') || '{n}'",
        "transaction_id": "((transaction_id::text::bigint) + {n})::text::xid8",
    },
}
BLOCK_COLUMNS = {
    "sealed_at": "sealed_at + interval '1 second'",
    "row_count": "row_count + 1",
    "total": "total + {n}",
    "root": "sha256(root)",
    "previous": "sha256(previous)",
    "horizon_from": "((horizon_from::text::bigint) + {n})::text::xid8",
    "horizon_to": "((horizon_to::text::bigint) + {n})::text::xid8",
    "audit_floor": "audit_floor + 1",
    "audit_reached": "audit_reached + {n}",
    "reading_floor": "reading_floor + 1",
    "reading_reached": "reading_reached + {n}",
    "key_id": "'k002'",
    "signature": "",  # one bit of it is turned
    "entries": "overlay(entries PLACING sha256(entries) FROM 10)",
}


async def open_the_tables(link: asyncpg.Connection) -> None:
    """Take the guards away that an owner can take away: triggers and conditions."""
    for table in ("audit", "reading", "audit_block"):
        await link.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    checks = await link.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_block'::regclass AND contype = 'c'"
    )
    for check in checks:
        await link.execute(f"ALTER TABLE audit_block DROP CONSTRAINT {check['conname']}")


@dataclass(frozen=True, slots=True)
class Scene:
    """The trail before it is tampered with, and where to do it."""

    link: asyncpg.Connection
    rng: Random
    blocks: list[Block]

    def a_block(self, *, but_last: bool = False) -> Block:
        return self.rng.choice(self.blocks[:-1] if but_last else self.blocks)

    def a_row(self) -> tuple[Block, Entry]:
        block = self.a_block()
        return block, self.rng.choice(block.entries)

    def two_rows(self) -> tuple[Entry, Entry]:
        trail = self.rng.choice(list(Table))
        entries = [entry for block in self.blocks for entry in block.entries if entry.trail is trail]
        first, second = self.rng.sample(entries, 2)
        return first, second

    def number(self) -> int:
        return self.rng.randint(1, 10**6)

    def uuid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128))


def place(entry: Entry) -> Place:
    return entry.trail.value, entry.id


async def edit_a_row(scene: Scene) -> set[Place]:
    _, entry = scene.a_row()
    column, change = scene.rng.choice(list(ROW_COLUMNS[entry.trail].items()))
    change = change.format(n=scene.number(), id=scene.uuid())
    done = await scene.link.execute(f"UPDATE {entry.trail} SET {column} = {change} WHERE id = $1", entry.id)
    assert done == "UPDATE 1"
    return {place(entry)}


async def blank_a_column(scene: Scene) -> set[Place]:
    """NULL and the empty text must not look alike."""
    entry = scene.rng.choice([entry for block in scene.blocks for entry in block.entries])
    done = await scene.link.execute(
        f"UPDATE {entry.trail} SET request_id = CASE WHEN request_id IS NULL THEN '' END WHERE id = $1", entry.id
    )
    assert done == "UPDATE 1"
    return {place(entry)}


async def delete_rows(scene: Scene) -> set[Place]:
    trail = scene.rng.choice(list(Table))
    entries = [entry for block in scene.blocks for entry in block.entries if entry.trail is trail]
    begin = scene.rng.randrange(len(entries))
    gone = entries[begin : begin + scene.rng.randint(1, 5)]
    await scene.link.execute(f"DELETE FROM {trail} WHERE id = ANY($1)", [entry.id for entry in gone])
    return {place(scene.rng.choice(gone))}


async def cut_the_rows_at_one_end(scene: Scene) -> set[Place]:
    trail = scene.rng.choice(list(Table))
    ids = sorted(entry.id for block in scene.blocks for entry in block.entries if entry.trail is trail)
    count = scene.rng.randint(1, len(ids) - 1)
    gone = ids[:count] if scene.rng.random() < 0.5 else ids[-count:]
    await scene.link.execute(f"DELETE FROM {trail} WHERE id = ANY($1)", gone)
    return {(trail.value, scene.rng.choice(gone))}


async def empty_a_table(scene: Scene) -> set[Place]:
    trail = scene.rng.choice(list(Table))
    await scene.link.execute(f"TRUNCATE {trail}")
    return {place(scene.rng.choice([e for block in scene.blocks for e in block.entries if e.trail is trail]))}


async def insert_a_row_into_the_past(scene: Scene) -> set[Place]:
    block, entry = scene.a_row()
    others = (
        "actor_kind, action, subject_kind"
        if entry.trail is Table.AUDIT
        else "person_id, reader_kind, reader_label, purpose, what"
    )
    past = scene.rng.randrange(max(1, block.body.horizon_from), block.body.horizon_to)
    new = await scene.link.fetchval(
        f"INSERT INTO {entry.trail} (at, transaction_id, {others}) SELECT at, $2::text::xid8, {others}"
        f" FROM {entry.trail} WHERE id = $1 RETURNING id",
        entry.id,
        str(past),
    )
    return {(entry.trail.value, new)}


async def insert_a_row_where_another_is(scene: Scene) -> set[Place]:
    """Two rows of one id, which the owner can have without the primary key."""
    _, entry = scene.a_row()
    columns = ", ".join(("id", *ROW_COLUMNS[entry.trail]))
    await scene.link.execute(f"ALTER TABLE {entry.trail} DROP CONSTRAINT {entry.trail}_pkey")
    await scene.link.execute(
        f"INSERT INTO {entry.trail} ({columns}) OVERRIDING SYSTEM VALUE"
        f" SELECT {columns} FROM {entry.trail} WHERE id = $1",
        entry.id,
    )
    return {place(entry)}


async def put_another_row_in_the_place_of_a_deleted_one(scene: Scene) -> set[Place]:
    first, second = scene.two_rows()
    columns = ", ".join(ROW_COLUMNS[first.trail])
    await scene.link.execute(f"DELETE FROM {first.trail} WHERE id = $1", first.id)
    await scene.link.execute(
        f"INSERT INTO {first.trail} (id, {columns}) OVERRIDING SYSTEM VALUE"
        f" SELECT $1, {columns} FROM {first.trail} WHERE id = $2",
        first.id,
        second.id,
    )
    return {place(first)}


async def swap_the_ids_of_two_rows(scene: Scene) -> set[Place]:
    first, second = scene.two_rows()
    table = first.trail
    await scene.link.execute(f"ALTER TABLE {table} ALTER id DROP IDENTITY")
    await scene.link.execute(f"UPDATE {table} SET id = -1 WHERE id = $1", first.id)
    await scene.link.execute(f"UPDATE {table} SET id = $1 WHERE id = $2", first.id, second.id)
    await scene.link.execute(f"UPDATE {table} SET id = $1 WHERE id = -1", second.id)
    return {place(first), place(second)}


async def move_a_row_to_another_id(scene: Scene) -> set[Place]:
    _, entry = scene.a_row()
    await scene.link.execute(f"ALTER TABLE {entry.trail} ALTER id DROP IDENTITY")
    await scene.link.execute(f"UPDATE {entry.trail} SET id = $1 WHERE id = $2", 10**9 + scene.number(), entry.id)
    return {place(entry)}


async def edit_a_block(scene: Scene) -> set[Place]:
    block = scene.a_block()
    column, change = scene.rng.choice(list(BLOCK_COLUMNS.items()))
    if column == "signature":
        damaged = bytearray(block.signature)
        damaged[scene.rng.randrange(64)] ^= 1 << scene.rng.randrange(8)
        await scene.link.execute(
            "UPDATE audit_block SET signature = $1 WHERE number = $2", bytes(damaged), block.body.number
        )
    else:
        sql = f"UPDATE audit_block SET {column} = {change.format(n=scene.number())} WHERE number = $1"
        assert await scene.link.execute(sql, block.body.number) == "UPDATE 1"
    return {("block", block.body.number)}


async def delete_blocks(scene: Scene) -> set[Place]:
    begin = scene.rng.randrange(len(scene.blocks) - 1)
    gone = [
        block.body.number for block in scene.blocks[begin : min(begin + scene.rng.randint(1, 3), len(scene.blocks) - 1)]
    ]
    await scene.link.execute("DELETE FROM audit_block WHERE number = ANY($1)", gone)
    return {("block", scene.rng.choice(gone))}


async def close_the_gap_after_deleting_a_block(scene: Scene) -> set[Place]:
    block = scene.a_block(but_last=True)
    number = block.body.number
    await scene.link.execute("DELETE FROM audit_block WHERE number = $1", number)
    await scene.link.execute("UPDATE audit_block SET number = -number WHERE number > $1", number)
    await scene.link.execute("UPDATE audit_block SET number = -number - 1 WHERE number < 0")
    return {("block", number)}


async def swap_two_blocks(scene: Scene) -> set[Place]:
    first, second = (block.body.number for block in scene.rng.sample(scene.blocks, 2))
    await scene.link.execute("UPDATE audit_block SET number = -1 WHERE number = $1", first)
    await scene.link.execute("UPDATE audit_block SET number = $1 WHERE number = $2", first, second)
    await scene.link.execute("UPDATE audit_block SET number = $1 WHERE number = -1", second)
    return {("block", first), ("block", second)}


async def repeat_a_block(scene: Scene) -> set[Place]:
    block = scene.a_block()
    await scene.link.execute("ALTER TABLE audit_block DROP CONSTRAINT audit_block_pkey CASCADE")
    number = block.body.number if scene.rng.random() < 0.5 else len(scene.blocks) + 1
    copied = (
        "sealed_at, row_count, total, root, previous, horizon_from, horizon_to, audit_floor, audit_reached,"
        " reading_floor, reading_reached, key_id, signature, entries"
    )
    await scene.link.execute(
        f"INSERT INTO audit_block (number, {copied}) SELECT $1, {copied} FROM audit_block WHERE number = $2",
        number,
        block.body.number,
    )
    return {("block", number)}


async def edit_a_row_and_its_hash(scene: Scene) -> set[Place]:
    """Whoever knows how it is made mends the block's list, maybe its root, and maybe the chain behind it, too."""
    block, entry = scene.a_row()
    column = "actor_kind" if entry.trail is Table.AUDIT else "purpose"
    await scene.link.execute(f"UPDATE {entry.trail} SET {column} = 'SYSTEM' WHERE id = $1", entry.id)
    forged = replace(entry, hash=calc.hash_row(await _read(scene, entry)))
    entries = tuple(forged if each == entry else each for each in block.entries)
    mended = scene.rng.choice(("list", "root", "chain"))
    root = block.body.root if mended == "list" else calc.root_of([each.hash for each in entries])
    last = Block(replace(block.body, root=root), block.signature, entries)
    await _rewrite(scene, last)
    if mended == "chain":
        for later in scene.blocks[block.body.number :]:
            last = replace(later, body=replace(later.body, previous=calc.hash_body(last.body)))
            await _rewrite(scene, last)
    return {("block", block.body.number)}


async def take_a_row_out_of_table_and_block(scene: Scene) -> set[Place]:
    block, entry = scene.a_row()
    entries = tuple(each for each in block.entries if each != entry)
    body = replace(block.body, row_count=len(entries), total=block.body.total - 1)
    if scene.rng.random() < 0.5:
        body = replace(body, root=calc.root_of([each.hash for each in entries]))
    await scene.link.execute(f"DELETE FROM {entry.trail} WHERE id = $1", entry.id)
    await _rewrite(scene, Block(body, block.signature, entries))
    return {("block", block.body.number)}


async def put_the_rows_of_a_block_into_another_order(scene: Scene) -> set[Place]:
    block = scene.rng.choice([block for block in scene.blocks if len(block.entries) > 1])
    entries = list(block.entries)
    at = scene.rng.randrange(len(entries) - 1)
    entries[at], entries[at + 1] = entries[at + 1], entries[at]
    root = calc.root_of([each.hash for each in entries]) if scene.rng.random() < 0.5 else block.body.root
    await _rewrite(scene, Block(replace(block.body, root=root), block.signature, tuple(entries)))
    return {("block", block.body.number)}


async def cut_the_end(scene: Scene) -> set[Place]:
    """Delete the last blocks with all their rows and whatever came later. Only a copy outside knows of them."""
    keep = scene.rng.randrange(len(scene.blocks))
    for block in scene.blocks[keep:]:
        for trail in Table:
            ids = [entry.id for entry in block.entries if entry.trail is trail]
            await scene.link.execute(f"DELETE FROM {trail} WHERE id = ANY($1)", ids)
    await scene.link.execute("DELETE FROM audit_block WHERE number > $1", keep)
    return {("block", scene.rng.randint(keep + 1, len(scene.blocks)))}


TAMPERINGS: tuple[Tampering, ...] = (
    edit_a_row,
    blank_a_column,
    delete_rows,
    cut_the_rows_at_one_end,
    empty_a_table,
    insert_a_row_into_the_past,
    insert_a_row_where_another_is,
    put_another_row_in_the_place_of_a_deleted_one,
    swap_the_ids_of_two_rows,
    move_a_row_to_another_id,
    edit_a_block,
    delete_blocks,
    close_the_gap_after_deleting_a_block,
    swap_two_blocks,
    repeat_a_block,
    edit_a_row_and_its_hash,
    take_a_row_out_of_table_and_block,
    put_the_rows_of_a_block_into_another_order,
)
"""Found from within. `cut_the_end` needs a copy outside."""


async def rewrite_everything(scene: Scene) -> set[Place]:
    """Change a row and seal the whole log anew with the true signing key, as a thief of the key could."""
    changed = scene.rng.choice(scene.blocks)
    await scene.link.execute("UPDATE audit SET action = 'nothing happened' WHERE id = $1", changed.entries[0].id)
    last: Block | None = None
    for block in scene.blocks:
        entries = tuple([replace(e, hash=calc.hash_row(await _read(scene, e))) for e in block.entries])
        body = replace(
            block.body,
            root=calc.root_of([entry.hash for entry in entries]),
            previous=calc.hash_body(last.body) if last else block.body.previous,
        )
        last = Block(body, KEYS.sign(Purpose.AUDIT, calc.write_body(body).encode()).value, entries)
        await _rewrite(scene, last)
        await scene.link.execute("UPDATE audit_block SET signature = $2 WHERE number = $1", body.number, last.signature)
    return {("block", changed.body.number)}


@dataclass(frozen=True, slots=True)
class Trail:
    """A sealed trail of many blocks, with the checkpoints that were kept outside."""

    link: asyncpg.Connection
    blocks: list[Block]
    outside: Outside
    checkpoints: Path


async def tamper(trail: Trail, do: Tampering, *, rng: Random, with_outside: bool = False) -> tuple[Report, set[Place]]:
    """Tamper as the owner of the tables, with the triggers off, look, and take everything back."""
    transaction = trail.link.transaction()
    await transaction.start()
    try:
        await open_the_tables(trail.link)
        places = await do(Scene(trail.link, rng, trail.blocks))
        return await examine(trail.link, outside=trail.outside if with_outside else None), places
    finally:
        await transaction.rollback()


def places_of(report: Report) -> set[Place]:
    """Collect the rows and the blocks that the findings name."""
    named: set[Place] = set()
    for finding in report.findings:
        if finding.trail is not None and finding.id is not None:
            named.add((finding.trail, finding.id))
        elif finding.block is not None:
            named.add(("block", finding.block))
    return named


async def _read(scene: Scene, entry: Entry) -> SealedRow:
    from domain.audit.queries import COLUMNS

    forms = ", ".join(f"{form} AS {name}" for name, form in COLUMNS[entry.trail].items())
    record = await scene.link.fetchrow(f"SELECT {forms} FROM {entry.trail} AS t WHERE t.id = $1", entry.id)
    assert record is not None
    return SealedRow(entry.trail, entry.id, int(record["transaction_id"]), tuple(record.values()))


async def _rewrite(scene: Scene, block: Block) -> None:
    done = await scene.link.execute(
        "UPDATE audit_block SET row_count = $2, total = $3, root = $4, entries = $5, previous = $6 WHERE number = $1",
        block.body.number,
        block.body.row_count,
        block.body.total,
        block.body.root,
        calc.write_entries(block.entries),
        block.body.previous,
    )
    assert done == "UPDATE 1"
