"""A question is asked once on exactly one content, and decided by others, each once."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain import approvals
from domain.actors import Actor
from domain.approvals import ApprovalKind, Fact, Filter, Statement
from domain.errors import DomainError, Text
from tests.builders import NOW, a_clerk, a_resident, a_reviewer, acting, run

pytestmark = pytest.mark.usefixtures("store")
KIND = ApprovalKind.REGISTRATION
STATEMENT = Statement(Text("登记", "A registration"), (Fact("number", Text("编号", "Number"), "G1"),))
CONTENT = approvals.content_digest_of(STATEMENT)
ONLY = Filter(kinds=frozenset({KIND}))


async def ask(actor: Actor, *, subject_id: UUID | None = None) -> UUID:
    about = subject_id or uuid4()
    return await run(lambda work: approvals.ask(work, kind=KIND, subject_id=about, statement=STATEMENT), actor=actor)


async def decide(actor: Actor, approval_id: UUID, *, content: bytes = CONTENT, reason: str | None = "x") -> UUID:
    return await run(
        lambda work: approvals.decide(
            work, approval_id=approval_id, seen_digest=content, approve=reason is None, reason=reason
        ),
        actor=actor,
    )


async def waiting_for(actor: Actor) -> list[UUID]:
    return [question.id for question in await approvals.pending(actor, now=NOW, only=ONLY)]


async def code_of(doing: object) -> str:
    with pytest.raises(DomainError) as refused:
        await doing  # type: ignore[misc] # any awaitable
    return refused.value.code


async def test_question_is_decided_once_by_another() -> None:
    maker, checker = a_clerk(), a_reviewer()
    approval_id = await ask(maker)

    assert await code_of(decide(maker, approval_id)) == "APPROVAL_OWN"
    assert await code_of(decide(checker, approval_id, content=b"other")) == "APPROVAL_CONTENT_CHANGED"
    assert await code_of(decide(checker, uuid4())) == "APPROVAL_NOT_FOUND"
    assert await code_of(decide(checker, approval_id, reason="  ")) == "APPROVAL_REASON_MISSING"
    assert await code_of(decide(checker, approval_id, reason="长" * 501)) == "APPROVAL_REASON_MISSING"
    assert not await approvals.is_approved(approval_id)
    await decide(checker, approval_id, reason=None)
    assert await approvals.is_approved(approval_id)
    assert await code_of(decide(a_reviewer(), approval_id)) == "APPROVAL_DECIDED"


async def test_expired_question_is_over() -> None:
    subject_id = uuid4()
    approval_id = await ask(a_clerk(), subject_id=subject_id)

    async def expire(work) -> UUID:
        expired = await approvals.expire(work, kind=KIND, subject_id=subject_id)
        assert expired == approval_id
        assert await approvals.expire(work, kind=KIND, subject_id=subject_id) is None
        return approval_id

    await run(expire, actor=a_clerk())

    assert await approvals.find_pending(kind=KIND, subject_id=subject_id) is None
    assert await code_of(decide(a_reviewer(), approval_id)) == "APPROVAL_DECIDED"


async def test_questions_are_shown_to_staff_but_not_to_their_maker_or_to_residents() -> None:
    maker, colleague = a_reviewer(), a_reviewer()
    first, second = await ask(maker), await ask(a_clerk())

    assert await waiting_for(maker) == [second]
    assert await waiting_for(colleague) == [first, second]
    assert await waiting_for(a_clerk()) == []
    assert await waiting_for(acting(await a_resident())) == []
