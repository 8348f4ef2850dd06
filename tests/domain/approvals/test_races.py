"""Several people do the same at the same moment: one effect, and everybody else is told in words."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain import approvals, store
from domain.actors import SYSTEM
from domain.approvals import ApprovalKind
from domain.errors import DomainError, Refused
from domain.work import Work
from tests.builders import NOW, run
from tests.domain.approvals.people import ask, decide, employed, somebody, state_of

pytestmark = pytest.mark.usefixtures("store")
TIMES = 50


async def outcomes(*doing: Awaitable[object]) -> tuple[int, Counter[str]]:
    """Run all at once; count what was done, and the codes of what was refused. Anything else fails the test."""
    done, refused = 0, Counter[str]()
    for outcome in await asyncio.gather(*doing, return_exceptions=True):
        match outcome:
            case Refused():
                refused.update(fault.code for fault in outcome.faults)
            case DomainError():
                refused[outcome.code] += 1
            case BaseException():
                raise outcome
            case _:
                done += 1
    return done, refused


async def rows_about(approval_id: UUID) -> int:
    return len(await store.rows("SELECT 1 FROM approval_decision WHERE approval_id = $1", approval_id))


async def test_two_checkers_at_once_decide_once() -> None:
    for number in range(TIMES):
        asked = await ask(somebody("REVIEWER"))
        first, second = somebody("REVIEWER"), somebody("REVIEWER")
        done, refused = await outcomes(decide(first, asked, approve=number % 2 == 0), decide(second, asked))
        assert (done, refused) == (1, {"APPROVAL_DECIDED": 1})
        assert await rows_about(asked) == 1


async def test_one_checker_twice_at_once_takes_one_step() -> None:
    """Who holds the roles of both steps still decides on one of them."""
    for _ in range(TIMES):
        asked = await ask(somebody("REVIEWER"), yuan=2500)
        both = somebody("REVIEWER", "CENTRE_HEAD")
        done, refused = await outcomes(decide(both, asked), decide(both, asked))
        assert (done, refused) == (1, {"APPROVAL_DECIDED_BEFORE": 1})
        assert (await rows_about(asked), await state_of(asked)) == (1, "PENDING")


async def test_approving_while_the_content_changes_is_one_or_the_other() -> None:
    ends = Counter[str]()
    for _ in range(TIMES):
        about = uuid4()
        asked = await ask(somebody("REVIEWER"), subject_id=about)

        async def change(work: Work, about: UUID = about) -> UUID | None:
            return await approvals.expire(work, kind=ApprovalKind.CLAIM, subject_id=about) or about

        _, refused = await outcomes(decide(somebody("REVIEWER"), asked), run(change, actor=somebody("REVIEWER")))
        state = await state_of(asked)
        ends[state] += 1
        assert (await rows_about(asked), dict(refused)) == (
            (1, {}) if state == "APPROVED" else (0, {"APPROVAL_DECIDED": 1})
        )
    assert ends.keys() <= {"APPROVED", "EXPIRED"}


async def test_two_clerks_asking_at_once_about_one_thing_ask_once() -> None:
    about = uuid4()
    doing = [ask(somebody("REVIEWER"), subject_id=about) for _ in range(4)]
    outcomes_of = await asyncio.gather(*doing, return_exceptions=True)
    assert sum(isinstance(outcome, UUID) for outcome in outcomes_of) == 1
    assert len(await store.rows("SELECT 1 FROM approval WHERE subject_id = $1", about)) == 1


async def test_two_workers_at_once_let_everything_overdue_end_once() -> None:
    for _ in range(5):
        await ask(somebody("REVIEWER"))
    late = NOW + timedelta(days=200)

    async def sweep() -> object:
        from domain.work import perform
        from tests.builders import KEYS

        return await perform(approvals.expire_overdue, actor=SYSTEM, now=late, keys=KEYS)

    await outcomes(*(sweep() for _ in range(4)))
    told = await store.rows("SELECT state, count(*) FROM approval GROUP BY state")
    assert [tuple(row.values()) for row in told] == [("EXPIRED", 5)]
    assert len(await store.rows("SELECT 1 FROM audit WHERE action = 'approval.lapse'")) == 5


async def test_votes_that_come_at_once_are_all_counted() -> None:
    for _ in range(10):
        asked = await ask(await employed("REVIEWER"), in_doubt=True)
        members = [await employed("CLERK") for _ in range(5)]
        ids = [member.id for member in members if member.id]

        async def meet(work: Work, asked: UUID = asked, ids: list[UUID] = ids) -> UUID:
            return await approvals.convene(work, approval_id=asked, members=ids, minutes="记录")

        await run(meet, actor=members[0])
        done, refused = await outcomes(
            *(decide(member, asked, approve=number != 0) for number, member in enumerate(members))
        )
        assert (done, refused) == (5, {})
        (row,) = await store.rows("SELECT state, position FROM approval WHERE id = $1", asked)
        assert tuple(row.values()) == ("PENDING", 2)


async def test_a_step_handed_over_while_it_is_decided_is_one_or_the_other() -> None:
    for _ in range(10):
        asked = await ask(somebody("REVIEWER"))
        holder, colleague = await employed("REVIEWER"), await employed("REVIEWER")
        assert colleague.id is not None

        async def give(work: Work, asked: UUID = asked, to: UUID = colleague.id) -> UUID:
            return await approvals.hand_over(work, approval_id=asked, to=to, reason="休假")

        done, refused = await outcomes(decide(holder, asked), run(give, actor=holder))
        assert done == 1
        assert refused.keys() < {"APPROVAL_DECIDED", "APPROVAL_HANDED_OVER"}
