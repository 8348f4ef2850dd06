"""Two people do the same at the same moment: exactly one of them has done it, the other is told in words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from uuid import UUID

import pytest

from domain import residents
from domain import store as database
from domain.errors import DomainError, Refused
from domain.residents import MandateKind, Relation
from tests.builders import a_clerk, a_form, a_registration, a_resident, a_reviewer, acting, run

pytestmark = pytest.mark.usefixtures("store")
AT_ONCE = 8


async def outcomes(*doing: Awaitable[UUID]) -> tuple[list[UUID], list[str]]:
    """Run all at once; give what was done and the codes of what was refused. Anything else fails the test."""
    done: list[UUID] = []
    refused: list[str] = []
    for outcome in await asyncio.gather(*doing, return_exceptions=True):
        match outcome:
            case UUID():
                done.append(outcome)
            case Refused():
                refused += [fault.code for fault in outcome.faults]
            case DomainError():
                refused.append(outcome.code)
            case _:
                raise outcome
    return done, refused


async def test_child_registered_by_many_at_once_is_registered_once() -> None:
    form = a_form()
    parents = [acting(await a_resident()) for _ in range(AT_ONCE)]

    done, refused = await outcomes(*(a_registration(parent, form=form) for parent in parents))

    assert len(done) == 1
    assert refused == ["REGISTRATION_OPEN_ALREADY"] * (AT_ONCE - 1)
    assert len(await database.rows("SELECT 1 FROM registration")) == 1


async def test_registration_checked_by_many_at_once_is_checked_once() -> None:
    registration_id = await a_registration(acting(await a_resident()))

    def check() -> Awaitable[UUID]:
        return run(
            lambda work: residents.check_registration(work, registration_id=registration_id, expected_version=1),
            actor=a_clerk(),
        )

    done, refused = await outcomes(*(check() for _ in range(AT_ONCE)))

    assert done == [registration_id]
    assert refused == ["STALE_VERSION"] * (AT_ONCE - 1)
    assert len(await database.rows("SELECT 1 FROM approval")) == 1


async def test_registration_decided_by_many_at_once_makes_one_resident() -> None:
    registration_id = await a_registration(acting(await a_resident()))
    await run(
        lambda work: residents.check_registration(work, registration_id=registration_id, expected_version=1),
        actor=a_clerk(),
    )
    record = await residents.find_registration(a_reviewer(), registration_id=registration_id)
    assert record is not None

    def decide(*, approve: bool) -> Awaitable[UUID]:
        return run(
            lambda work: residents.decide_registration(
                work,
                registration_id=registration_id,
                expected_version=2,
                seen_digest=record.content_digest,
                approve=approve,
                reason="材料不实",
            ),
            actor=a_reviewer(),
        )

    done, refused = await outcomes(*(decide(approve=number % 2 == 0) for number in range(AT_ONCE)))

    assert done == [registration_id]
    assert refused == ["STALE_VERSION"] * (AT_ONCE - 1)
    after = await residents.find_registration(a_reviewer(), registration_id=registration_id)
    assert after is not None
    people = await database.rows("SELECT 1 FROM person")
    assert len(people) == (2 if after.person_id else 1)
    assert len(await database.rows("SELECT 1 FROM pgqueuer")) == (1 if after.person_id else 0)


async def test_mandate_granted_many_times_at_once_is_granted_once() -> None:
    person, holder = await a_resident(), await a_resident(name="赵代办")

    def grant() -> Awaitable[UUID]:
        return run(
            lambda work: residents.grant_mandate(
                work,
                kind=MandateKind.FAMILY,
                holder_number=holder.number,
                holder_name=holder.name,
                relation=Relation.SIBLING,
                ends=None,
            ),
            actor=acting(person),
        )

    done, refused = await outcomes(*(grant() for _ in range(AT_ONCE)))

    assert len(done) == 1
    assert refused == ["MANDATE_EXISTS"] * (AT_ONCE - 1)
