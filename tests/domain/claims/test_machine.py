"""The clock counts working days and stands still; the machine is the same in code and database."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from domain import store as database
from domain.calendar import Calendar, seed_days
from domain.claims import STEPS
from domain.claims.calc.machine import read_clock
from domain.claims.values import ClockEntry, ClockEvent, PauseReason
from domain.identity import StaffRole
from domain.store import rows
from tests.claim_builders import a_family, filed, proposed, staff

CALENDAR = Calendar.of(seed_days())


def entry(day: str, event: ClockEvent, reason: PauseReason | None = None) -> ClockEntry:
    return ClockEntry(date.fromisoformat(day), event, reason, None)


START, PAUSE, RESUME, STOP = ClockEvent.START, ClockEvent.PAUSE, ClockEvent.RESUME, ClockEvent.STOP


def test_ten_working_days_count_from_the_day_after() -> None:
    started = read_clock([entry("2026-11-02", START)], calendar=CALENDAR, limit=10, today=date(2026, 11, 2))
    later = read_clock([entry("2026-11-02", START)], calendar=CALENDAR, limit=10, today=date(2026, 11, 9))
    overdue = read_clock([entry("2026-11-02", START)], calendar=CALENDAR, limit=10, today=date(2026, 11, 18))

    assert started is not None
    assert later is not None
    assert overdue is not None
    assert (started.left, started.due_on) == (10, date(2026, 11, 16))
    assert (later.used, later.left) == (5, 5)
    assert overdue.left == -2


def test_days_of_a_pause_do_not_count() -> None:
    entries = [
        entry("2026-11-02", START),
        entry("2026-11-04", PAUSE, PauseReason.PAPERS),
        entry("2026-11-20", RESUME),
    ]
    during = read_clock(entries[:2], calendar=CALENDAR, limit=10, today=date(2026, 11, 18))
    after = read_clock(entries, calendar=CALENDAR, limit=10, today=date(2026, 11, 23))

    assert during is not None
    assert after is not None
    assert (during.left, during.due_on, during.paused_for) == (8, None, PauseReason.PAPERS)
    assert (after.used, after.left, after.due_on) == (3, 7, date(2026, 12, 2))


def test_a_stopped_clock_stays() -> None:
    entries = [entry("2026-11-02", START), entry("2026-11-05", STOP)]
    stopped = read_clock(entries, calendar=CALENDAR, limit=10, today=date(2027, 1, 5))

    assert stopped is not None
    assert (stopped.used, stopped.due_on) == (3, None)
    assert read_clock([], calendar=CALENDAR, limit=10, today=date(2026, 11, 2)) is None


async def test_the_machine_of_the_code_is_that_of_the_database(store: str) -> None:
    found = {(row["before"], row["after"]) for row in await rows("SELECT before, after FROM claim_step")}

    assert found == {(before.value, after.value) for before, ways in STEPS.items() for after in ways}


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE claim SET state = 'APPROVED', decided_at = now()", "claim_goes_known_ways"),
        ("UPDATE claim SET person_id = applicant_person_id", "claim_goes_known_ways"),
        ("DELETE FROM claim", "claim_goes_known_ways"),
        ("DELETE FROM claim_history", "claim_history_append_only"),
        ("UPDATE claim_clock SET on_day = '2020-01-01'", "claim_clock_append_only"),
        ("UPDATE receipt_use SET amount = 1", "receipt_use_is_kept"),
        ("UPDATE notice SET body = 'x'", "notice_is_kept"),
        (
            """INSERT INTO receipt_use SELECT gen_random_uuid(), kind, code, number, 'other', amount, 'NETWORKED',
               gen_random_uuid(), 'N1', now(), NULL, NULL, 'NOT_NEEDED' FROM receipt_use LIMIT 1""",
            "receipt_is_used_once",
        ),
    ],
)
async def test_round_the_code_the_promises_hold(store: str, statement: str, promise: str) -> None:
    await filed(await a_family())
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.UniqueViolationError)) as refused:
            await link.execute(statement)
        assert refused.value.constraint_name == promise
    finally:
        await link.close()


async def test_nobody_approves_a_proposal_that_has_no_approval(store: str) -> None:
    await proposed(await a_family(), await staff(StaffRole.CLERK))
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute("UPDATE claim SET state = 'APPROVED', decided_at = now()")
        assert refused.value.constraint_name == "claim_needs_approval"
    finally:
        await link.close()
