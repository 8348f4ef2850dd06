"""What somebody with a database client tries, and which promise of the database stops it."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.domain.ledger.conftest import DAY, PostSum

Lines = list[tuple[int, str, int]]


async def insert_entry(
    link: asyncpg.Connection, *, lines: int, key: str | None = None, reverses: UUID | None = None
) -> UUID:
    entry_id = uuid4()
    await link.execute(
        "INSERT INTO entry (id, number, fund, key, reason, day, about_kind, about_id, summary, lines, reverses,"
        " made_by, made_at) VALUES ($1, $2, '390', $3, 'TEST', $4, 'test', $1, 'By hand', $5, $6, 'nobody', now())",
        entry_id,
        f"V-{entry_id}",
        key or f"test:{entry_id}",
        DAY,
        lines,
        reverses,
    )
    return entry_id


async def insert_lines(link: asyncpg.Connection, entry_id: UUID, lines: Lines, *, fund: str = "390") -> None:
    await link.executemany(
        "INSERT INTO posting (entry_id, line, fund, code, amount) VALUES ($1, $2, $3, $4, $5)",
        [(entry_id, line, fund, code, amount) for line, code, amount in lines],
    )


async def write_voucher(link: asyncpg.Connection, lines: Lines, *, count: int, reverses: UUID | None = None) -> UUID:
    async with link.transaction():
        entry_id = await insert_entry(link, lines=count, reverses=reverses)
        await insert_lines(link, entry_id, lines)
    return entry_id


async def test_balanced_voucher_is_taken(link: asyncpg.Connection) -> None:
    """The control: the same way round the code works when nothing is wrong."""
    assert await write_voucher(link, [(1, "1002", 5), (2, "4001", -5)], count=2)


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([(1, "1002", 5), (2, "4001", -4)], 2),
        ([(1, "1002", 5), (2, "4001", -5)], 3),
        ([(1, "1002", 5), (2, "4001", -3), (3, "4001", -2)], 2),
        ([], 2),
    ],
    ids=["unequal sides", "line missing", "line too many", "no line"],
)
async def test_voucher_that_does_not_balance_is_refused(link: asyncpg.Connection, lines: Lines, count: int) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await write_voucher(link, lines, count=count)
    assert refusal.value.constraint_name == "entry_balances"


async def test_voucher_across_two_funds_is_refused(link: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        async with link.transaction():
            entry_id = await insert_entry(link, lines=2)
            await insert_lines(link, entry_id, [(1, "1002", 5)])
            await insert_lines(link, entry_id, [(2, "4001", -5)], fund="310")
    assert refusal.value.constraint_name == "entry_balances"


async def test_line_added_to_an_old_voucher_is_refused(link: asyncpg.Connection, post_sum: PostSum) -> None:
    entry_id = await post_sum(100)
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await insert_lines(link, entry_id, [(3, "1002", 7), (4, "4001", -7)])
    assert refusal.value.constraint_name == "entry_balances"


async def test_lines_added_after_an_early_check_are_refused(link: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        async with link.transaction():
            entry_id = await insert_entry(link, lines=2)
            await insert_lines(link, entry_id, [(1, "1002", 5), (2, "4001", -5)])
            await link.execute("SET CONSTRAINTS ALL IMMEDIATE")
            await insert_lines(link, entry_id, [(3, "1002", 7)])
    assert refusal.value.constraint_name == "entry_balances"


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE posting SET amount = amount + 1", "posting_append_only"),
        ("UPDATE posting SET amount = -amount", "posting_append_only"),
        ("UPDATE posting SET code = '1003' WHERE line = 1", "posting_append_only"),
        ("DELETE FROM posting", "posting_append_only"),
        ("TRUNCATE posting", "posting_append_only"),
        ("UPDATE entry SET day = day - 1", "entry_append_only"),
        ("DELETE FROM entry", "entry_append_only"),
        ("TRUNCATE entry CASCADE", "entry_append_only"),
        ("UPDATE ledger_account SET kind = 'EXPENSE' WHERE code = '4001'", "account_keeps_its_kind"),
        ("DELETE FROM ledger_account WHERE code = '4001'", "posting_fund_code_fkey"),
    ],
)
async def test_history_is_not_rewritten(
    link: asyncpg.Connection, post_sum: PostSum, statement: str, constraint: str
) -> None:
    await post_sum(100)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
        await link.execute(statement)
    assert refusal.value.constraint_name == constraint
    assert await link.fetchval("SELECT sum(amount) FROM posting WHERE code = '1002'") == 100


async def test_exact_reversal_by_hand_is_taken(link: asyncpg.Connection) -> None:
    """The control of the next test."""
    entry_id = await write_voucher(link, [(1, "1002", 5), (2, "4001", -5)], count=2)
    assert await write_voucher(link, [(1, "1002", -5), (2, "4001", 5)], count=2, reverses=entry_id)


@pytest.mark.parametrize(
    "lines",
    [
        [(1, "1002", -4), (2, "4001", 4)],
        [(1, "1003", -5), (2, "4001", 5)],
        [(1, "1002", 5), (2, "4001", -5)],
        [(1, "1002", -5), (2, "4001", 5), (3, "1002", -1), (4, "4001", 1)],
    ],
    ids=["smaller", "other account", "not turned", "more lines"],
)
async def test_inexact_reversal_is_refused(link: asyncpg.Connection, lines: Lines) -> None:
    entry_id = await write_voucher(link, [(1, "1002", 5), (2, "4001", -5)], count=2)
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await write_voucher(link, lines, count=len(lines), reverses=entry_id)
    assert refusal.value.constraint_name == "reversal_is_exact"


async def test_second_reversal_by_hand_is_refused(link: asyncpg.Connection) -> None:
    entry_id = await write_voucher(link, [(1, "1002", 5), (2, "4001", -5)], count=2)
    await write_voucher(link, [(1, "1002", -5), (2, "4001", 5)], count=2, reverses=entry_id)
    with pytest.raises(asyncpg.UniqueViolationError) as refusal:
        await write_voucher(link, [(1, "1002", -5), (2, "4001", 5)], count=2, reverses=entry_id)
    assert refusal.value.constraint_name == "entry_reversed_once"


async def test_reversal_of_a_reversal_by_hand_is_refused(link: asyncpg.Connection) -> None:
    entry_id = await write_voucher(link, [(1, "1002", 5), (2, "4001", -5)], count=2)
    reversal_id = await write_voucher(link, [(1, "1002", -5), (2, "4001", 5)], count=2, reverses=entry_id)
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await write_voucher(link, [(1, "1002", 5), (2, "4001", -5)], count=2, reverses=reversal_id)
    assert refusal.value.constraint_name == "reversal_is_exact"


async def test_second_voucher_of_one_event_by_hand_is_refused(link: asyncpg.Connection, post_sum: PostSum) -> None:
    await post_sum(100, key="payment:one")
    with pytest.raises(asyncpg.UniqueViolationError) as refusal:
        await insert_entry(link, lines=2, key="payment:one")
    assert refusal.value.constraint_name == "entry_key_once"
