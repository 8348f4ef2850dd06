"""Whoever goes round the code meets PostgreSQL, and each of its promises is shown to bite by leaving it out once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import approvals
from domain.actors import Actor
from domain.approvals import File
from domain.ids import new_id
from domain.store import connect_arguments
from tests.builders import NOW, run
from tests.domain.approvals.people import CONTENT, ask, decide, employed, file_of, somebody


@pytest.fixture
async def link(store: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that knows nothing of our code."""
    connection = await asyncpg.connect(**connect_arguments(store))
    yield connection
    await connection.close()


@dataclass(frozen=True)
class Word:
    """A decision as a database client may write it; right unless a test changes something."""

    approval_id: UUID
    question: str
    decider_id: UUID
    position: int = 1
    collective: bool = False
    as_role: str = "REVIEWER"
    outcome: str = "APPROVE"
    reason: str | None = None
    seen: bytes = CONTENT
    at: datetime = NOW
    minutes: str | None = None
    told: dict[str, Any] | None = None

    @property
    def statement(self) -> str:
        told = {
            "question": self.question,
            "decider": str(self.decider_id),
            "outcome": self.outcome,
            "position": self.position,
            "reason": self.reason,
            "role": self.as_role,
            "minutes": self.minutes,
        }
        return json.dumps(told | (self.told or {}))


async def write(link: asyncpg.Connection, word: Word) -> None:
    await link.execute(
        "INSERT INTO approval_decision (id, approval_id, position, collective, decider_id, as_role, outcome, reason,"
        " seen_digest, statement, statement_digest, stated_at, decided_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
        new_id(),
        word.approval_id,
        word.position,
        word.collective,
        word.decider_id,
        word.as_role,
        word.outcome,
        word.reason,
        word.seen,
        word.statement,
        sha256(word.statement.encode()).digest(),
        word.at,
    )


async def constraint_against(doing: Any) -> str | None:
    """Say by which constraint the database refuses; what passes fails the test."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await doing
    return refused.value.constraint_name


async def word_on(approval_id: UUID, decider: Actor, **changed: Any) -> Word:
    file = await file_of(approval_id)
    assert decider.id is not None
    assert file.question.statement_digest is not None
    return replace(Word(approval_id, file.question.statement_digest.hex(), decider.id), **changed)


@dataclass(frozen=True)
class Scene:
    """A claim of 2,500 yuan that a reviewer asked about: B, then the centre head."""

    maker: Actor
    second: Actor
    asked: UUID
    handler: Actor

    async def file(self) -> File:
        return await file_of(self.asked)


@pytest.fixture
async def scene(link: asyncpg.Connection) -> Scene:
    maker, second, handler = somebody("REVIEWER"), somebody("REVIEWER"), somebody("REVIEWER")
    return Scene(maker, second, await ask(maker, yuan=2500, handled_by=[handler.id]), handler)


async def refused_and_let_through(link: asyncpg.Connection, promise: str, word: Word) -> None:
    """A promise refuses a word; without its trigger the same word goes through. Nothing of it stays."""
    assert await constraint_against(write(link, word)) == promise
    transaction = link.transaction()
    await transaction.start()
    await link.execute(f"DROP TRIGGER {promise} ON approval_decision")
    await write(link, word)
    await transaction.rollback()
    assert await constraint_against(write(link, word)) == promise, "The trigger is back."


async def test_a_word_that_is_right_is_taken(link: asyncpg.Connection, scene: Scene) -> None:
    """The control of all others: what they change is what is refused."""
    await write(link, await word_on(scene.asked, scene.second))
    assert (await scene.file()).question.position == 2


@pytest.mark.parametrize("who", ["maker", "handler"])
async def test_who_made_or_handled_it_does_not_decide(link: asyncpg.Connection, scene: Scene, who: str) -> None:
    word = await word_on(scene.asked, getattr(scene, who))
    await refused_and_let_through(link, "approval_maker_is_not_decider", word)


async def test_no_step_is_skipped(link: asyncpg.Connection, scene: Scene) -> None:
    word = await word_on(scene.asked, somebody("CENTRE_HEAD"), position=2, as_role="CENTRE_HEAD")
    assert await constraint_against(write(link, word)) == "approval_tiers_are_not_skipped"
    transaction = link.transaction()
    await transaction.start()
    await link.execute("DROP TRIGGER approval_tiers_are_not_skipped ON approval_decision")
    await write(link, word)
    # Even so the question stays where it was: its steps are worked out from the first one on.
    assert await link.fetchval("SELECT position FROM approval WHERE id = $1", scene.asked) == 1
    await transaction.rollback()


async def test_a_step_is_decided_in_its_role(link: asyncpg.Connection, scene: Scene) -> None:
    word = await word_on(scene.asked, scene.second, as_role="CLERK")
    await refused_and_let_through(link, "approval_is_decided_in_its_role", word)


@pytest.mark.parametrize("change", [{"seen": b"other"}, {"question": "00" * 32}])
async def test_nothing_is_decided_on_other_content(
    link: asyncpg.Connection, scene: Scene, change: dict[str, Any]
) -> None:
    await refused_and_let_through(
        link, "approval_is_of_this_content", await word_on(scene.asked, scene.second, **change)
    )


async def test_nothing_is_decided_after_the_end(link: asyncpg.Connection, scene: Scene) -> None:
    await decide(scene.second, scene.asked, approve=False)
    word = await word_on(scene.asked, somebody("REVIEWER"))
    assert await constraint_against(write(link, word)) == "approval_is_open"
    transaction = link.transaction()
    await transaction.start()
    await link.execute("DROP TRIGGER approval_is_open ON approval_decision")
    # Then the next wall stands: the step has been decided.
    assert await constraint_against(write(link, word)) == "approval_step_is_decided_once"
    await transaction.rollback()


async def test_nothing_is_decided_after_an_expiry(link: asyncpg.Connection, scene: Scene) -> None:
    about = (await scene.file()).question

    async def expire(work: Any) -> UUID | None:
        return await approvals.expire(work, kind=about.kind, subject_id=about.subject_id)

    await run(expire, actor=scene.maker)
    word = await word_on(scene.asked, scene.second)
    assert await constraint_against(write(link, word)) == "approval_is_open"
    transaction = link.transaction()
    await transaction.start()
    await link.execute("DROP TRIGGER approval_is_open ON approval_decision")
    assert await constraint_against(write(link, word)) == "approval_is_final", "An end is an end."
    await transaction.rollback()


async def test_nothing_is_decided_after_its_time_or_before_it(link: asyncpg.Connection, scene: Scene) -> None:
    ends = (await scene.file()).question.expires_at
    for at in (ends, NOW - timedelta(seconds=1)):
        word = await word_on(scene.asked, scene.second, at=at)
        await refused_and_let_through(link, "approval_has_not_lapsed", word)


async def test_nobody_decides_twice(link: asyncpg.Connection, scene: Scene) -> None:
    await write(link, await word_on(scene.asked, scene.second))
    again = await word_on(scene.asked, scene.second, position=2, as_role="CENTRE_HEAD")
    assert await constraint_against(write(link, again)) == "approval_decider_decides_once"
    transaction = link.transaction()
    await transaction.start()
    await link.execute("ALTER TABLE approval_decision DROP CONSTRAINT approval_decider_decides_once")
    await write(link, again)
    assert await link.fetchval("SELECT state FROM approval WHERE id = $1", scene.asked) == "APPROVED"
    await transaction.rollback()


async def test_a_step_is_decided_once(link: asyncpg.Connection, scene: Scene) -> None:
    await write(link, await word_on(scene.asked, scene.second))
    again = await word_on(scene.asked, somebody("REVIEWER"))
    assert await constraint_against(write(link, again)) == "approval_tiers_are_not_skipped"
    transaction = link.transaction()
    await transaction.start()
    await link.execute("DROP TRIGGER approval_tiers_are_not_skipped ON approval_decision")
    assert await constraint_against(write(link, again)) == "approval_step_is_decided_once"
    await transaction.rollback()


async def test_a_decision_says_what_it_is(link: asyncpg.Connection, scene: Scene) -> None:
    for told in ({"decider": str(uuid4())}, {"outcome": "REJECT"}, {"position": 2}, {"reason": "x"}, {"role": "CLERK"}):
        word = await word_on(scene.asked, scene.second, told=told)
        assert await constraint_against(write(link, word)) == "approval_decision_says_what_it_is", told
    rejected = await word_on(scene.asked, scene.second, outcome="REJECT")
    assert await constraint_against(write(link, rejected)) == "approval_refusal_has_reason"


async def test_a_step_that_was_passed_on_is_decided_by_its_holder(link: asyncpg.Connection) -> None:
    maker, holder, colleague = await employed("REVIEWER"), await employed("REVIEWER"), await employed("REVIEWER")
    asked = await ask(maker)
    assert colleague.id is not None
    to = colleague.id
    await run(lambda work: approvals.hand_over(work, approval_id=asked, to=to, reason="休假"), actor=holder)
    await refused_and_let_through(link, "approval_stays_with_its_holder", await word_on(asked, holder))
    await write(link, await word_on(asked, colleague))


async def test_above_its_amount_a_step_is_signed(link: asyncpg.Connection) -> None:
    second = somebody("REVIEWER")
    asked = await ask(somebody("REVIEWER"), yuan=100_000)
    await refused_and_let_through(link, "approval_is_signed_where_it_must", await word_on(asked, second))


PASS_ON = (
    "INSERT INTO approval_handover (id, approval_id, position, from_id, to_id, as_role, reason, at)"
    " VALUES (new_id(), $1, $2, $3, $4, $5, '休假', $6)"
)


@pytest.mark.parametrize(
    ("to", "position", "role", "promise"),
    [
        ("maker", 1, "REVIEWER", "approval_handover_goes_to_no_maker"),
        ("handler", 1, "REVIEWER", "approval_handover_goes_to_no_maker"),
        ("other", 2, "CENTRE_HEAD", "approval_handover_is_of_what_waits"),
        ("other", 1, "CLERK", "approval_handover_keeps_the_role"),
    ],
)
async def test_a_step_is_passed_on_as_the_promises_say(
    link: asyncpg.Connection, scene: Scene, *, to: str, position: int, role: str, promise: str
) -> None:
    receiver = getattr(scene, to).id if to != "other" else uuid4()
    given = (scene.asked, position, uuid4(), receiver, role, NOW)
    assert await constraint_against(link.execute(PASS_ON, *given)) == promise
    transaction = link.transaction()
    await transaction.start()
    await link.execute("DROP TRIGGER approval_handover_is_allowed ON approval_handover")
    await link.execute(PASS_ON, *given)
    await transaction.rollback()


async def test_a_step_is_not_passed_to_oneself_nor_to_who_has_decided(link: asyncpg.Connection, scene: Scene) -> None:
    me = uuid4()
    assert await constraint_against(link.execute(PASS_ON, scene.asked, 1, me, me, "REVIEWER", NOW)) == (
        "approval_handover_goes_to_another"
    )
    await decide(scene.second, scene.asked)
    given = (scene.asked, 2, me, scene.second.id, "CENTRE_HEAD", NOW)
    assert await constraint_against(link.execute(PASS_ON, *given)) == "approval_handover_goes_to_no_maker"


@pytest.fixture
async def discussed(link: asyncpg.Connection) -> tuple[UUID, Actor, list[Actor]]:
    """A doubtful claim with its discussion on record: the question, who asked, and the three members."""
    maker = await employed("REVIEWER")
    asked = await ask(maker, in_doubt=True)
    members = [await employed("CLERK") for _ in range(3)]
    ids = [member.id for member in members if member.id]
    await run(
        lambda work: approvals.convene(work, approval_id=asked, members=ids, minutes="讨论记录"), actor=members[0]
    )
    return asked, maker, members


async def test_only_members_vote_and_on_the_minutes(
    link: asyncpg.Connection, discussed: tuple[UUID, Actor, list[Actor]]
) -> None:
    asked, _, members = discussed
    minutes = sha256("讨论记录".encode()).hexdigest()
    vote = {"collective": True, "as_role": "CLERK", "minutes": minutes}
    promise = "approval_only_members_vote"
    await refused_and_let_through(link, promise, await word_on(asked, somebody("CLERK"), **vote))
    other = vote | {"minutes": "00" * 32}
    await refused_and_let_through(link, promise, await word_on(asked, members[0], **other))
    returned = await word_on(asked, members[0], **vote, outcome="RETURN", reason="x")
    assert await constraint_against(write(link, returned)) == "approval_meeting_sends_nothing_back"
    plain = await word_on(asked, members[0], as_role="CLERK")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await write(link, plain)
    await write(link, await word_on(asked, members[0], **vote))


async def test_members_are_distinct_no_makers_and_not_added_afterwards(
    link: asyncpg.Connection, discussed: tuple[UUID, Actor, list[Actor]]
) -> None:
    asked, maker, members = discussed
    sql = "INSERT INTO approval_member (approval_id, position, member_id) VALUES ($1, 1, $2)"
    assert await constraint_against(link.execute(sql, asked, maker.id)) == "approval_member_is_no_maker"
    assert await constraint_against(link.execute(sql, asked, uuid4())) == "approval_meeting_is_complete"
    transaction = link.transaction()
    await transaction.start()
    await link.execute("DROP TRIGGER approval_member_is_allowed ON approval_member")
    await link.execute(sql, asked, maker.id)
    await link.execute(sql, asked, uuid4())
    assert await constraint_against(link.execute(sql, asked, members[0].id)) == "approval_member_is_there_once"
    await transaction.rollback()


@pytest.mark.parametrize(("said", "there"), [(2, 2), (3, 2)])
async def test_a_meeting_has_enough_members_and_all_of_them(link: asyncpg.Connection, said: int, there: int) -> None:
    asked = await ask(somebody("REVIEWER"), in_doubt=True)

    async def meet() -> None:
        async with link.transaction():
            await link.execute(
                "INSERT INTO approval_meeting (id, approval_id, position, convened_by, convened_at, member_count,"
                " minutes_sealed, minutes_digest) VALUES (new_id(), $1, 1, new_id(), $2, $3, 'x', sha256('x'))",
                asked,
                NOW,
                said,
            )
            for _ in range(there):
                await link.execute("INSERT INTO approval_member VALUES ($1, 1, new_id())", asked)

    assert await constraint_against(meet()) == "approval_meeting_has_its_members"
    transaction = link.transaction()
    await transaction.start()
    await link.execute("DROP TRIGGER approval_meeting_has_its_members ON approval_meeting")
    await meet()
    await transaction.rollback()


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ("UPDATE approval SET content_digest = 'other'", "approval_is_final"),
        ("UPDATE approval SET maker_id = new_id()", "approval_is_final"),
        ("UPDATE approval SET subject_id = new_id()", "approval_is_final"),
        ("UPDATE approval SET handled_by = '{}'", "approval_is_final"),
        ("UPDATE approval SET amount = 1", "approval_is_final"),
        ("UPDATE approval SET step_count = 1", "approval_is_final"),
        ("UPDATE approval SET expires_at = now() + interval '9 years'", "approval_is_final"),
        ("DELETE FROM approval", "approval_is_final"),
        ("UPDATE approval SET position = 2", "approval_follows_its_decisions"),
        (
            "UPDATE approval SET state = 'APPROVED', checker_id = new_id(), decided_at = now()",
            "approval_follows_its_decisions",
        ),
        (
            "UPDATE approval SET state = 'EXPIRED', expired_by = 'TIME', decided_at = asked_at",
            "approval_lapses_in_time",
        ),
        ("UPDATE approval_step SET roles = '{CLERK}'", "approval_step_append_only"),
        ("DELETE FROM approval_step", "approval_step_append_only"),
    ],
)
async def test_what_was_asked_is_never_rewritten_nor_decided_by_hand(
    link: asyncpg.Connection, scene: Scene, change: str, promise: str
) -> None:
    assert await constraint_against(link.execute(change)) == promise
    transaction = link.transaction()
    await transaction.start()
    await link.execute("SET LOCAL session_replication_role = 'replica'")  # no triggers
    if promise != "approval_lapses_in_time" and not change.startswith("DELETE FROM approval_step"):
        await link.execute("ALTER TABLE approval DROP CONSTRAINT approval_position_is_a_step")
        await link.execute(change)
    await transaction.rollback()


@pytest.mark.parametrize("change", ["state = 'REJECTED', reason = 'x'", "reason = 'x'", "state = 'PENDING'"])
async def test_an_end_is_never_rewritten(link: asyncpg.Connection, scene: Scene, change: str) -> None:
    await decide(scene.second, scene.asked, approve=False)
    told = await constraint_against(link.execute(f"UPDATE approval SET {change}"))
    assert told in {"approval_is_final", "approval_follows_its_decisions"}
    assert await constraint_against(link.execute("UPDATE approval_decision SET reason = 'x'")) == (
        "approval_decision_append_only"
    )
    assert await constraint_against(link.execute("TRUNCATE approval_decision")) == "approval_decision_append_only"


async def test_the_encryption_of_a_finished_question_may_be_renewed(link: asyncpg.Connection, scene: Scene) -> None:
    await decide(scene.second, scene.asked, approve=False)
    assert await link.execute("UPDATE approval SET statement_sealed = 'sealed with the next key'") == "UPDATE 1"


ASKED_ANEW = """
    INSERT INTO approval SELECT (jsonb_populate_record(
        a, jsonb_build_object('id', new_id(), 'statement_digest', $1::text) || $2::jsonb)).* FROM approval AS a
"""


@pytest.mark.parametrize(
    ("changed", "promise"),
    [
        ({}, "approval_one_pending"),
        ({"subject_id": str(uuid4())}, "approval_has_its_steps"),
        ({"subject_id": str(uuid4()), "state": "APPROVED"}, "approval_begins_pending"),
        ({"subject_id": str(uuid4()), "statement_sealed": None}, "approval_begins_pending"),
        ({"subject_id": str(uuid4()), "rule_source": None}, "approval_begins_pending"),
        ({"subject_id": str(uuid4()), "kind": "PARKING"}, "approval_kind_is_known"),
    ],
)
async def test_a_question_begins_whole_pending_and_once(
    link: asyncpg.Connection, scene: Scene, changed: dict[str, Any], promise: str
) -> None:
    asking = link.execute(ASKED_ANEW, rf"\x{uuid4().hex}", json.dumps(changed))
    assert await constraint_against(asking) == promise


async def test_a_step_that_the_rule_did_not_ask_for_is_not_added(link: asyncpg.Connection, scene: Scene) -> None:
    sql = "INSERT INTO approval_step VALUES ($1, 3, false, '{CLERK}', false, false)"
    assert await constraint_against(link.execute(sql, scene.asked)) == "approval_step_was_required"
    minutes = "UPDATE approval_meeting SET minutes_digest = sha256('other')"
    assert await link.execute(minutes) == "UPDATE 0"


async def test_minutes_are_never_rewritten(
    link: asyncpg.Connection, discussed: tuple[UUID, Actor, list[Actor]]
) -> None:
    change = "UPDATE approval_meeting SET minutes_digest = sha256('other')"
    assert await constraint_against(link.execute(change)) == "approval_minutes_stay"
    assert await constraint_against(link.execute("DELETE FROM approval_meeting")) in {"approval_minutes_stay", None}
    assert await link.execute("UPDATE approval_meeting SET minutes_sealed = 'sealed anew'") == "UPDATE 1"
