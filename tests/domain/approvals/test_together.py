"""Steps that are passed on, and discussions in which several people vote."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain import approvals
from domain.actors import Actor
from tests.builders import NOW, run
from tests.domain.approvals.people import ask, codes_of, decide, employed, file_of, somebody, state_of, waiting_for

pytestmark = pytest.mark.usefixtures("store")


async def pass_on(
    holder: Actor, approval_id: UUID, to: Actor, *, now: datetime = NOW, days: int | None = None, reason: str = "出差"
) -> UUID:
    assert to.id is not None
    to_id, last = to.id, None if days is None else now.date() + timedelta(days=days)
    return await run(
        lambda work: approvals.hand_over(work, approval_id=approval_id, to=to_id, reason=reason, last_day=last),
        actor=holder,
        now=now,
    )


async def convene(who: Actor, approval_id: UUID, *members: Actor, minutes: str = "一致认为材料真实。") -> UUID:
    ids = [member.id for member in members if member.id is not None]
    return await run(
        lambda work: approvals.convene(work, approval_id=approval_id, members=ids, minutes=minutes), actor=who
    )


async def test_a_step_that_was_handed_over_is_decided_by_its_holder_alone() -> None:
    asked = await ask(somebody("REVIEWER"))
    holder, colleague = await employed("REVIEWER"), await employed("REVIEWER")
    await pass_on(holder, asked, colleague)

    assert await waiting_for(holder) == []
    assert await waiting_for(colleague) == [asked]
    assert await codes_of(decide(holder, asked)) == ["APPROVAL_HANDED_OVER"]
    assert await codes_of(pass_on(holder, asked, colleague)) == ["APPROVAL_HANDED_OVER"]
    await pass_on(colleague, asked, holder, now=NOW + timedelta(minutes=1))
    await decide(holder, asked, now=NOW + timedelta(minutes=2))
    assert await state_of(asked) == "APPROVED"
    assert [each.to_id for each in (await file_of(asked)).handovers] == [colleague.id, holder.id]


async def test_a_delegation_ends_with_its_last_day() -> None:
    asked = await ask(somebody("REVIEWER"))
    holder, colleague = await employed("REVIEWER"), await employed("REVIEWER")
    assert await codes_of(pass_on(holder, asked, colleague, days=0)) == ["APPROVAL_DELEGATION_ENDS_EARLY"]
    await pass_on(holder, asked, colleague, days=2)

    still, over = NOW + timedelta(days=2), NOW + timedelta(days=3)
    assert await codes_of(decide(holder, asked, now=still)) == ["APPROVAL_HANDED_OVER"]
    assert await waiting_for(holder, now=over) == [asked]
    await decide(holder, asked, now=over)


@pytest.mark.parametrize("who", ["maker", "handler", "decider"])
async def test_a_step_goes_to_nobody_who_has_touched_the_matter(who: str) -> None:
    maker, handler = await employed("REVIEWER", "CENTRE_HEAD"), await employed("CENTRE_HEAD")
    decider, head = await employed("REVIEWER", "CENTRE_HEAD"), await employed("CENTRE_HEAD")
    asked = await ask(maker, yuan=2500, handled_by=[handler.id])
    await decide(decider, asked)
    to = {"maker": maker, "handler": handler, "decider": decider}[who]
    assert await codes_of(pass_on(head, asked, to)) == ["APPROVAL_RECEIVER_TOUCHED_IT"]


async def test_a_step_goes_to_a_holder_of_its_role_who_is_at_work_here() -> None:
    asked = await ask(somebody("REVIEWER"), region="330902")
    holder = await employed("REVIEWER")
    strangers = [
        await employed("CLERK"),
        await employed("REVIEWER", region="330921"),
        await employed("REVIEWER", state="SUSPENDED"),
        somebody("REVIEWER"),
        holder,
    ]
    for to in strangers:
        assert await codes_of(pass_on(holder, asked, to)) == ["APPROVAL_RECEIVER_LACKS_ROLE"]
    assert await codes_of(pass_on(await employed("CLERK"), asked, holder)) == ["APPROVAL_STEP_OF_OTHERS"]
    assert await codes_of(pass_on(holder, asked, await employed("REVIEWER"), reason=" ")) == ["APPROVAL_REASON_MISSING"]


async def test_a_doubtful_claim_is_discussed_and_a_majority_carries_it() -> None:
    maker, second = await employed("REVIEWER"), await employed("REVIEWER")
    asked = await ask(maker, in_doubt=True)
    members = [await employed("CLERK"), await employed("REVIEWER"), await employed("ACCOUNTANT")]

    assert await codes_of(decide(members[0], asked)) == ["APPROVAL_DISCUSSION_NOT_HELD"]
    assert await codes_of(pass_on(members[0], asked, second)) == ["APPROVAL_DISCUSSION_NOT_HELD"]
    await convene(members[1], asked, *members)
    assert await codes_of(convene(members[1], asked, *members)) == ["APPROVAL_DISCUSSION_HELD"]
    assert await codes_of(decide(second, asked)) == ["APPROVAL_NOT_A_MEMBER"]
    assert (await waiting_for(second), await waiting_for(members[0])) == ([], [asked])

    await decide(members[0], asked)
    assert await codes_of(decide(members[0], asked)) == ["APPROVAL_DECIDED_BEFORE"]
    await decide(members[1], asked, approve=False, reason="金额存疑")
    assert (await file_of(asked)).question.position == 1
    await decide(members[2], asked)
    assert (await file_of(asked)).question.position == 2, "Two of three are for it."
    assert await codes_of(decide(members[1], asked)) == ["APPROVAL_DECIDED_BEFORE"]
    await decide(second, asked)
    assert await state_of(asked) == "APPROVED"
    assert (await file_of(asked)).meetings[0].minutes == "一致认为材料真实。"


async def test_a_minority_does_not_carry_it() -> None:
    asked = await ask(await employed("REVIEWER"), in_doubt=True)
    members = [await employed("CLERK") for _ in range(4)]
    await convene(members[0], asked, *members)
    for number, member in enumerate(members):
        await decide(member, asked, approve=number < 2, reason=None if number < 2 else f"理由{number}")
    question = (await file_of(asked)).question
    assert (question.state.value, question.reason) == ("REJECTED", "理由2；理由3")


async def test_a_discussion_has_enough_members_none_of_whom_has_touched_it() -> None:
    maker = await employed("REVIEWER")
    asked = await ask(maker, in_doubt=True)
    one, two, three = [await employed("CLERK") for _ in range(3)]

    assert await codes_of(convene(maker, asked, one, two, three)) == ["APPROVAL_RECEIVER_TOUCHED_IT"]
    assert await codes_of(convene(await employed("CASHIER"), asked, one, two, three)) == [
        "APPROVAL_RECEIVER_LACKS_ROLE"
    ]
    assert await codes_of(convene(one, asked, one, two)) == ["APPROVAL_DISCUSSION_TOO_SMALL"]
    assert await codes_of(convene(one, asked, one, two, two)) == ["APPROVAL_DISCUSSION_TOO_SMALL"]
    assert await codes_of(convene(one, asked, one, two, maker)) == ["APPROVAL_RECEIVER_TOUCHED_IT"]
    assert await codes_of(convene(one, asked, one, two, somebody("CLERK"), minutes=" ")) == [
        "APPROVAL_MINUTES_MISSING",
        "APPROVAL_RECEIVER_LACKS_ROLE",
    ]
    plain = await ask(maker)
    assert await codes_of(convene(await employed("REVIEWER"), plain, one, two, three)) == ["APPROVAL_NO_DISCUSSION"]


async def test_a_member_votes_for_or_against_and_sends_nothing_back() -> None:
    asked = await ask(await employed("REVIEWER"), in_doubt=True)
    members = [await employed("CLERK") for _ in range(3)]
    await convene(members[0], asked, *members)
    content = (await file_of(asked)).question.content_digest
    told = await codes_of(
        run(
            lambda work: approvals.send_back(work, approval_id=asked, seen_digest=content, reason="重做"),
            actor=members[0],
        )
    )
    assert told == ["APPROVAL_VOTE_IS_FOR_OR_AGAINST"]
    assert await codes_of(decide(members[0], uuid4())) == ["APPROVAL_NOT_FOUND"]
