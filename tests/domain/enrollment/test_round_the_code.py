"""Covered days are kept by PostgreSQL itself: no overlap, no rewriting, no erasing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from domain.store import connect_arguments
from tests.builders import a_resident

COVER = """
    INSERT INTO coverage (id, person_id, scheme, year, starts, ends, explanation)
    VALUES (new_id(), $1, $2, 2027, $3, $4, '[]')
"""


@pytest.fixture
async def link(store: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that knows nothing of our code."""
    connection = await asyncpg.connect(**connect_arguments(store))
    yield connection
    await connection.close()


@pytest.fixture
async def covered(link: asyncpg.Connection) -> UUID:
    """Somebody who is covered in 2027."""
    person = await a_resident()
    await link.execute(COVER, person.id, "390", date(2027, 1, 1), date(2028, 1, 1))
    return person.id


async def constraint_against(link: asyncpg.Connection, sql: str, *values: object) -> str | None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await link.execute(sql, *values)
    return refused.value.constraint_name


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (date(2027, 1, 1), date(2028, 1, 1)),
        (date(2027, 12, 31), date(2028, 6, 1)),
        (date(2026, 6, 1), date(2027, 1, 2)),
        (date(2027, 3, 1), date(2027, 3, 2)),
    ],
)
async def test_covered_days_of_one_scheme_never_overlap(
    link: asyncpg.Connection, covered: UUID, starts: date, ends: date
) -> None:
    assert await constraint_against(link, COVER, covered, "390", starts, ends) == "coverage_never_overlaps"


async def test_days_that_touch_another_scheme_and_cancelled_days_are_no_overlap(
    link: asyncpg.Connection, covered: UUID
) -> None:
    await link.execute(COVER, covered, "390", date(2028, 1, 1), date(2029, 1, 1))
    await link.execute(COVER, covered, "310", date(2027, 1, 1), date(2028, 1, 1))
    await link.execute("UPDATE coverage SET cancelled_at = now(), cancel_reason = 'x' WHERE scheme = '390'")
    await link.execute(COVER, covered, "390", date(2027, 1, 1), date(2028, 1, 1))

    assert await link.fetchval("SELECT count(*) FROM coverage WHERE cancelled_at IS NULL") == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE coverage SET ends = '2029-01-01'",
        "UPDATE coverage SET cancelled_at = now(), cancel_reason = 'x', starts = '2027-02-01'",
        "UPDATE coverage SET bill_id = new_id()",
        "DELETE FROM coverage",
    ],
)
async def test_coverage_is_never_rewritten(link: asyncpg.Connection, covered: UUID, change: str) -> None:
    assert await constraint_against(link, change) == "coverage_is_kept"


async def test_cancelled_coverage_does_not_come_back(link: asyncpg.Connection, covered: UUID) -> None:
    await link.execute("UPDATE coverage SET cancelled_at = now(), cancel_reason = 'x'")

    sql = "UPDATE coverage SET cancelled_at = NULL, cancel_reason = NULL"
    assert await constraint_against(link, sql) == "coverage_is_kept"


async def test_participations_in_one_scheme_never_overlap(link: asyncpg.Connection, covered: UUID) -> None:
    sql = "INSERT INTO participation (id, person_id, scheme, starts, reason) VALUES (new_id(), $1, '390', $2, 'x')"
    await link.execute(sql, covered, date(2026, 1, 1))

    assert await constraint_against(link, sql, covered, date(2027, 1, 1)) == "participation_never_twice"


async def test_year_is_repaired_once(link: asyncpg.Connection, covered: UUID) -> None:
    sql = "INSERT INTO repaired_year (id, person_id, scheme, year, paid_on) VALUES (new_id(), $1, '390', 2025, $2)"
    await link.execute(sql, covered, date(2026, 12, 1))

    assert await constraint_against(link, sql, covered, date(2026, 12, 2)) == "repaired_year_once"
    assert await constraint_against(link, "DELETE FROM repaired_year") == "repaired_year_append_only"
