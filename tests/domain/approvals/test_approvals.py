"""A question is asked once on exactly one content, and decided once by somebody else."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain import approvals
from domain.actors import Actor
from domain.approvals import ApprovalKind
from domain.errors import DomainError
from tests.builders import a_clerk, a_resident, a_reviewer, acting, run

pytestmark = pytest.mark.usefixtures("store")
KIND = ApprovalKind.REGISTRATION


async def ask(actor: Actor, *, content: bytes = b"content") -> UUID:
    subject_id = uuid4()
    return await run(
        lambda work: approvals.ask(work, kind=KIND, subject_id=subject_id, content_digest=content), actor=actor
    )


async def decide(actor: Actor, approval_id: UUID, *, content: bytes = b"content", reason: str | None = "x") -> UUID:
    return await run(
        lambda work: approvals.decide(
            work, approval_id=approval_id, seen_digest=content, approve=reason is None, reason=reason
        ),
        actor=actor,
    )


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
    await decide(checker, approval_id, reason=None)
    assert await code_of(decide(a_reviewer(), approval_id)) == "APPROVAL_DECIDED"


async def test_expired_question_is_over() -> None:
    approval_id = await ask(a_clerk())
    question = (await approvals.pending(a_reviewer(), kind=KIND))[0]

    async def expire(work) -> UUID:
        expired = await approvals.expire(work, kind=KIND, subject_id=question.subject_id)
        assert expired == approval_id
        assert await approvals.expire(work, kind=KIND, subject_id=question.subject_id) is None
        return approval_id

    await run(expire, actor=a_clerk())

    assert await approvals.find_pending(kind=KIND, subject_id=question.subject_id) is None
    assert await code_of(decide(a_reviewer(), approval_id)) == "APPROVAL_DECIDED"


async def test_questions_are_shown_to_staff_but_not_to_their_maker_or_to_residents() -> None:
    maker = a_clerk()
    first, second = await ask(maker), await ask(a_clerk())

    assert [question.id for question in await approvals.pending(maker, kind=KIND)] == [second]
    assert [question.id for question in await approvals.pending(a_reviewer(), kind=KIND)] == [first, second]
    assert await approvals.pending(acting(await a_resident()), kind=KIND) == []
