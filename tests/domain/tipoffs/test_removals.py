"""What the second store holds is removed before its time by two people, and never by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain import approvals, store, tipoffs
from domain.actors import Actor
from domain.informants import RecordKind
from domain.tipoffs import OpeningReason, RemovalReason
from tests.builders import NOW
from tests.domain.tipoffs.people import A_NAME, BOOK, Desk, a_report
from tests.domain.tipoffs.test_flow import refused
from tests.domain.tipoffs.test_rewards import approve, lately


async def a_named_case(desk: Desk) -> UUID:
    await desk.report(a_report(named=A_NAME))
    return (await desk.case()).id


async def ask(desk: Desk, case_id: UUID, *, actor: Actor | None = None, **other: object) -> UUID:
    given = {"tipoff_id": case_id, "what": RecordKind.IDENTITY, "reason": RemovalReason.OWN_REQUEST}
    return await desk.do(tipoffs.ask_removal, actor=actor, **(given | other))  # type: ignore[arg-type] # of many kinds


async def test_a_name_is_removed_by_two_and_each_of_them_is_in_the_trail(desk: Desk) -> None:
    case_id = await a_named_case(desk)
    removal = await ask(desk, case_id)
    remove = {"actor": desk.leader, "opening_id": removal, "second": desk.store}
    assert await refused(desk.do(tipoffs.remove_record, **remove)) == ["TIPOFF_NOT_FOUND"], "Nobody has allowed it."
    assert await desk.store.has(case_id, kind=RecordKind.IDENTITY)

    await approve(desk, approvals.ApprovalKind.TIPOFF_OPENING, removal)
    assert await refused(desk.do(tipoffs.open_record, actor=desk.head, opening_id=removal)) == ["TIPOFF_NOT_FOUND"]
    await desk.do(tipoffs.remove_record, **remove)
    assert not await desk.store.has(case_id, kind=RecordKind.IDENTITY)
    assert await store.rows("SELECT 1 FROM informants.wrapped_key") == []
    trail = await store.rows(
        "SELECT action, actor_id FROM audit WHERE action IN ('tipoff.ask_removal', 'tipoff.remove_record',"
        " 'approval.decide') OR action LIKE 'approval.%' ORDER BY id"
    )
    people = {row["action"]: row["actor_id"] for row in trail}
    assert people["tipoff.ask_removal"] == desk.first.id
    assert people["tipoff.remove_record"] == desk.leader.id
    assert desk.head.id in {row["actor_id"] for row in trail}, "Who allowed it is in the trail, too."


async def test_one_person_with_every_post_cannot_do_both(desk: Desk) -> None:
    """Whoever asks may not allow, whatever they are; and one who goes round the code meets the database."""
    case_id = await a_named_case(desk)
    everything = replace(
        desk.first, scopes=desk.first.scopes | desk.head.scopes, roles=desk.first.roles | desk.head.roles
    )
    removal = await ask(desk, case_id, actor=everything)
    question = await approvals.find_pending(kind=approvals.ApprovalKind.TIPOFF_OPENING, subject_id=removal)
    assert question is not None
    decide = {"approval_id": question.id, "seen_digest": question.content_digest, "approve": True}
    assert await refused(desk.do(approvals.decide, actor=lately(everything), **decide)) != []
    remove = {"actor": everything, "opening_id": removal, "second": desk.store}
    assert await refused(desk.do(tipoffs.remove_record, **remove)) == ["TIPOFF_NOT_FOUND"]
    with pytest.raises(Exception, match=r"takes_two|asked for, allowed by another"):
        await store.rows("UPDATE tipoff_opening SET state = 'APPROVED', decided_by = asked_by WHERE id = $1", removal)
    assert await desk.store.has(case_id, kind=RecordKind.IDENTITY)


async def test_what_was_allowed_to_be_read_is_not_removed_by_it(desk: Desk) -> None:
    case_id = await a_named_case(desk)
    opening = await desk.do(
        tipoffs.ask_opening, tipoff_id=case_id, what=RecordKind.IDENTITY, reason=OpeningReason.ASK_WITNESS
    )
    await approve(desk, approvals.ApprovalKind.TIPOFF_OPENING, opening)

    remove = {"actor": desk.leader, "opening_id": opening, "second": desk.store}
    assert await refused(desk.do(tipoffs.remove_record, **remove)) == ["TIPOFF_NOT_FOUND"]
    assert await desk.store.has(case_id, kind=RecordKind.IDENTITY)


async def test_what_must_be_kept_stays_and_a_reward_is_never_forgotten(desk: Desk) -> None:
    case_id = await a_named_case(desk)
    early = {"reason": RemovalReason.TIME_IS_OVER}
    assert await refused(ask(desk, case_id, **early)) == ["TIPOFF_RECORD_STAYS"], "The case is not even closed."
    assert await refused(ask(desk, case_id, what=RecordKind.REWARD)) == ["TIPOFF_RECORD_STAYS"]
    with pytest.raises(Exception, match="tipoff_reward_of_a_case_is_not_removed"):
        await store.rows(
            "INSERT INTO tipoff_opening (id, tipoff_id, what, act, asked_by, asked_on, content_digest, state)"
            " VALUES (gen_random_uuid(), $1, 'REWARD', 'REMOVE', $1, '2026-11-02', '', 'ASKED')",
            case_id,
        )


async def test_once_the_time_of_keeping_is_over_the_name_is_removed(desk: Desk) -> None:
    case_id = await a_named_case(desk)
    version = (await desk.case()).version
    await desk.do(
        tipoffs.decide_intake, tipoff_id=case_id, expected_version=version, accept=False, letter="不属于", book=BOOK
    )
    await desk.do(tipoffs.close, tipoff_id=case_id, expected_version=version + 1, book=BOOK, second=desk.store)
    over = {"reason": RemovalReason.TIME_IS_OVER}
    assert await refused(ask(desk, case_id, **over)) == ["TIPOFF_RECORD_STAYS"]

    later = NOW + timedelta(days=13 * 31)
    assert await desk.do(
        tipoffs.ask_removal,
        tipoff_id=case_id,
        what=RecordKind.IDENTITY,
        reason=RemovalReason.TIME_IS_OVER,
        now=later,
    )
