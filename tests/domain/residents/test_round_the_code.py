"""Whoever goes round the code meets PostgreSQL: each promise about people is kept by the database itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import approvals, residents
from domain.store import connect_arguments
from tests.builders import NOW, a_child_of, a_clerk, a_mandate, a_registration, a_resident, a_reviewer, acting, run


@pytest.fixture
async def link(store: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that knows nothing of our code."""
    connection = await asyncpg.connect(**connect_arguments(store))
    yield connection
    await connection.close()


@pytest.fixture
async def checked(link: asyncpg.Connection) -> UUID:
    """A registration that waits for its second person."""
    registration_id = await a_registration(acting(await a_resident()))
    await run(
        lambda work: residents.check_registration(work, registration_id=registration_id, expected_version=1),
        actor=a_clerk(),
    )
    return registration_id


async def approve(registration_id: UUID) -> None:
    reviewer = a_reviewer()
    record = await residents.find_registration(reviewer, registration_id=registration_id)
    assert record is not None
    await run(
        lambda work: residents.decide_registration(
            work,
            registration_id=registration_id,
            expected_version=2,
            seen_digest=record.content_digest,
            approve=True,
        ),
        actor=reviewer,
    )


async def constraint_against(link: asyncpg.Connection, sql: str, *values: object) -> str | None:
    """Say by which constraint the database refuses a statement; a statement that passes fails the test."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await link.execute(sql, *values)
    return refused.value.constraint_name


APPROVE = """
    UPDATE registration SET state = 'APPROVED', decided_by = $2, decided_at = now(),
           person_id = (SELECT id FROM person LIMIT 1) WHERE id = $1
"""


async def test_registration_is_not_approved_without_an_approval(link: asyncpg.Connection, checked: UUID) -> None:
    assert await constraint_against(link, APPROVE, checked, uuid4()) == "registration_needs_approval"


async def test_registration_is_not_approved_by_an_approval_of_other_content(
    link: asyncpg.Connection, checked: UUID
) -> None:
    checker = a_reviewer()
    question = await approvals.find_pending(kind=approvals.ApprovalKind.REGISTRATION, subject_id=checked)
    assert question is not None
    await run(
        lambda work: approvals.decide(work, approval_id=question.id, seen_digest=question.content_digest, approve=True),
        actor=checker,
    )
    await link.execute("UPDATE registration SET content_digest = 'other' WHERE id = $1", checked)

    assert await constraint_against(link, APPROVE, checked, checker.id) == "registration_needs_approval"


async def test_registration_is_not_decided_by_who_checked_or_filed_it(link: asyncpg.Connection, checked: UUID) -> None:
    for role in ("checked_by", "applicant_id"):
        who = await link.fetchval(f"SELECT {role} FROM registration WHERE id = $1", checked)
        sql = "UPDATE registration SET state = 'REJECTED', decided_by = $2, decided_at = now() WHERE id = $1"
        assert await constraint_against(link, sql, checked, who) == "registration_maker_is_not_checker"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE registration SET subject_name = 'x'",
        "UPDATE registration SET state = 'SUBMITTED', person_id = NULL, decided_by = NULL, checked_by = NULL",
        "DELETE FROM registration",
    ],
)
async def test_finished_registration_stays_as_it_was(link: asyncpg.Connection, checked: UUID, change: str) -> None:
    await approve(checked)
    assert await constraint_against(link, change) == "registration_is_final"


async def test_content_of_a_finished_registration_may_be_sealed_anew(link: asyncpg.Connection, checked: UUID) -> None:
    await approve(checked)
    assert await link.execute("UPDATE registration SET content_sealed = 'sealed with the next key'") == "UPDATE 1"


async def test_open_registration_of_one_document_is_there_once(link: asyncpg.Connection, checked: UUID) -> None:
    sql = """
        INSERT INTO registration SELECT (jsonb_populate_record(r, jsonb_build_object('id', new_id(), 'number', 'X'))).*
        FROM registration AS r
    """
    assert await constraint_against(link, sql) == "registration_open_once"


async def test_two_people_never_share_a_document(link: asyncpg.Connection, store: str) -> None:
    one, other = await a_resident(), await a_resident()
    sql = "UPDATE person SET document_index = $2 WHERE id = $1"
    assert await constraint_against(link, sql, other.id, one.document_index) == "person_document_index_key"


async def test_mandates_of_one_kind_never_overlap_and_delegates_end(link: asyncpg.Connection, store: str) -> None:
    one, other = await a_resident(), await a_resident()
    child = await a_child_of(one)
    sql = """
        INSERT INTO mandate (id, kind, holder_id, subject_id, relation, starts, ends, evidence, granted_at)
        VALUES (new_id(), $1, $2, $3, '5', $4, $5, 'x', $6)
    """
    assert (
        await constraint_against(link, sql, "GUARDIAN", one.id, child.id, date(2026, 1, 1), None, NOW)
        == "mandate_never_twice"
    )
    assert (
        await constraint_against(link, sql, "DELEGATE", one.id, other.id, date(2026, 1, 1), None, NOW)
        == "mandate_delegate_ends"
    )
    ended = await a_mandate(holder=other, subject=child, starts=date(2026, 1, 1), ends=date(2026, 1, 1))
    assert await a_mandate(holder=other, subject=child, starts=date(2026, 1, 1))
    assert ended


async def test_return_stays_on_record(link: asyncpg.Connection, store: str) -> None:
    registration_id = await a_registration(acting(await a_resident()))
    await run(
        lambda work: residents.return_registration(
            work,
            registration_id=registration_id,
            expected_version=1,
            faults=[residents.ReturnFault(residents.FormField.NAME, "姓名与证件不符")],
        ),
        actor=a_clerk(),
    )

    assert await constraint_against(link, "DELETE FROM registration_return") == "registration_return_append_only"
    assert await constraint_against(link, "UPDATE registration_return SET faults = '[]'") == (
        "registration_return_append_only"
    )
