"""No reward is stuck: refused, undecided, unclaimed and returned ones all have a way on, and the books know each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain import approvals, store, tipoffs
from domain.actors import SYSTEM
from domain.informants import RecordKind
from domain.money import Money
from domain.tipoffs import RewardState
from domain.work import Work, perform
from tests.builders import KEYS, NOW
from tests.domain.tipoffs.paying import OTHER, PAYEE, Paying, paying
from tests.domain.tipoffs.people import BOOK, Desk
from tests.domain.tipoffs.test_flow import refused
from tests.domain.tipoffs.test_rewards import approve, finding_of, lately, propose
from tests.payout_world import the_payout


@pytest.fixture
async def at_the_desk(desk: Desk, tmp_path: Path) -> AsyncIterator[Paying]:
    async with paying(desk, tmp_path) as world:
        yield world


async def stands(desk: Desk, reward: UUID) -> RewardState:
    (found,) = [
        one for one in await tipoffs.list_rewards(desk.head, states=list(RewardState), first=100) if one.id == reward
    ]
    return found.state


async def reject(desk: Desk, reward: UUID) -> None:
    question = await approvals.find_pending(kind=approvals.ApprovalKind.TIPOFF_REWARD, subject_id=reward)
    assert question is not None
    await desk.do(
        approvals.decide,
        actor=lately(desk.head),
        approval_id=question.id,
        seen_digest=question.content_digest,
        approve=False,
        reason="等级认定有误",
    )


async def test_a_refused_reward_is_proposed_anew_and_decided_anew(desk: Desk) -> None:
    case, _ = await desk.found_true()
    first = await propose(desk, case.id)
    assert await refused(propose(desk, case.id)) == ["TIPOFF_REWARD"], "It is still being decided."
    await reject(desk, first)
    assert await stands(desk, first) is RewardState.REJECTED

    again = await propose(desk, case.id)
    await approve(desk, approvals.ApprovalKind.TIPOFF_REWARD, again)
    assert [await stands(desk, one) for one in (first, again)] == [RewardState.REJECTED, RewardState.APPROVED]
    assert await refused(propose(desk, case.id)) == ["TIPOFF_REWARD"], "A case has one reward."
    assert len(await store.rows("SELECT 1 FROM informants.record WHERE kind = 'REWARD'")) == 1


async def test_a_reward_that_nobody_decided_in_time_is_proposed_anew(desk: Desk) -> None:
    case, _ = await desk.found_true()
    first = await propose(desk, case.id)
    await perform(approvals.expire_overdue, actor=SYSTEM, now=NOW + timedelta(days=90), keys=KEYS)
    assert await stands(desk, first) is RewardState.LAPSED

    again = await propose(desk, case.id)
    assert await stands(desk, again) is RewardState.ASKED
    (row,) = await store.rows("SELECT state, decided_by FROM tipoff_reward WHERE id = $1", first)
    assert dict(row) == {"state": "LAPSED", "decided_by": None}


async def test_a_proposal_that_died_between_the_two_stores_bars_nobody(desk: Desk) -> None:
    case, _ = await desk.found_true()
    found = await finding_of(desk, case.id)

    async def and_then_it_breaks(work: Work) -> None:
        verified, secret = Money.parse(found["amount"]), bytes.fromhex(found["secret"])
        given = {"grade": "3", "accused": "unit", "book": BOOK, "second": desk.store}
        await tipoffs.propose_reward(work, tipoff_id=case.id, verified=verified, secret=secret, **given)
        raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        await perform(and_then_it_breaks, actor=desk.first, now=NOW, keys=KEYS)
    assert await desk.store.has(case.id, kind=RecordKind.REWARD)
    assert await store.rows("SELECT 1 FROM tipoff_reward") == []

    assert await stands(desk, await propose(desk, case.id)) is RewardState.ASKED


async def test_the_refused_reward_of_another_case_opens_no_way_for_this_one(desk: Desk) -> None:
    one, _ = await desk.found_true()
    await reject(desk, await propose(desk, one.id))
    other, _ = await desk.found_true()
    await propose(desk, other.id)

    assert await refused(propose(desk, other.id)) == ["TIPOFF_REWARD"]


async def test_an_unclaimed_reward_lapses_after_its_months_and_is_paid_no_more(at_the_desk: Paying) -> None:
    desk = at_the_desk.people
    case, receipt, reward = await at_the_desk.announced()
    at_the_desk.clock.ahead = NOW + timedelta(days=61) - at_the_desk.clock()
    await at_the_desk.reward_desk.turn_the_day()
    assert await stands(desk, reward) is RewardState.APPROVED, "The last day counts."

    at_the_desk.clock.ahead += timedelta(days=1)
    await at_the_desk.reward_desk.turn_the_day()
    assert await stands(desk, reward) is RewardState.LAPSED
    assert await refused(at_the_desk.claim(receipt)) == ["TIPOFF_REWARD_LATE"]
    assert await refused(desk.do(tipoffs.pay_reward, actor=desk.head, reward_id=reward)) == ["TIPOFF_REWARD"]
    assert (await desk.case()).id == case
    (trail,) = await store.rows(
        "SELECT actor_kind FROM audit WHERE action = 'reward.lapse' AND subject_id = $1", reward
    )
    assert trail["actor_kind"] == "SYSTEM"

    again = await propose(desk, case)
    assert await stands(desk, again) is RewardState.ASKED, "With a good reason, people decide anew."


async def test_a_claimed_reward_waits_for_its_payment_and_does_not_lapse(at_the_desk: Paying) -> None:
    desk = at_the_desk.people
    case, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    assert await stands(desk, reward) is RewardState.APPROVED, "At which hour it was claimed stays unknown."
    await at_the_desk.reward_desk.turn_the_day()
    assert await stands(desk, reward) is RewardState.CLAIMED
    at_the_desk.clock.ahead = timedelta(days=200)
    await at_the_desk.reward_desk.turn_the_day()
    assert await stands(desk, reward) is RewardState.CLAIMED

    at_the_desk.clock.ahead = timedelta()
    version = (await desk.case()).version
    close = {"tipoff_id": case, "expected_version": version, "book": BOOK, "second": desk.store}
    assert await refused(desk.do(tipoffs.close, **close)) == ["TIPOFF_REWARD_RUNS"]
    await at_the_desk.released(reward)
    await at_the_desk.reward_desk.pay()
    await at_the_desk.reward_desk.turn_the_day()
    assert await desk.do(tipoffs.close, **close) == case


async def test_a_payment_that_comes_back_after_the_case_was_closed_is_claimed_anew_or_lapses(
    at_the_desk: Paying,
) -> None:
    desk = at_the_desk.people
    case, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    payout = await at_the_desk.released(reward)
    await at_the_desk.reward_desk.pay()
    await at_the_desk.reward_desk.turn_the_day()
    version = (await desk.case()).version
    await desk.do(tipoffs.close, tipoff_id=case, expected_version=version, book=BOOK, second=desk.store)
    await at_the_desk.send_back(payout.number)
    await at_the_desk.behave(statements="any_day")
    await at_the_desk.reward_desk.take_statement(NOW.date().fromordinal(at_the_desk.clock().date().toordinal()))
    await at_the_desk.reward_desk.pay()

    assert await at_the_desk.claim(receipt, OTHER) == case
    await at_the_desk.reward_desk.turn_the_day()
    again = await at_the_desk.released(reward)
    await at_the_desk.reward_desk.pay()
    assert (await the_payout(again.id)).state.value == "CONFIRMED"


async def test_after_a_returned_payment_nobody_claims_again_the_reward_lapses(at_the_desk: Paying) -> None:
    desk = at_the_desk.people
    _, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt)
    await at_the_desk.reward_desk.turn_the_day()
    payout = await at_the_desk.released(reward)
    await at_the_desk.behave(refuse="AC04", number=payout.number)
    await at_the_desk.reward_desk.pay()
    at_the_desk.clock.ahead = timedelta(days=100)
    await at_the_desk.reward_desk.turn_the_day()

    assert await stands(desk, reward) is RewardState.LAPSED
    assert await refused(at_the_desk.claim(receipt, OTHER)) == ["TIPOFF_REWARD_LATE"]


async def test_the_order_of_the_second_store_tells_nothing_of_the_order_of_rewards(desk: Desk) -> None:
    for _ in range(6):
        case, _ = await desk.found_true()
        await propose(desk, case.id)

    async def order() -> list[tuple[UUID, str]]:
        found = await store.rows("SELECT id, xmin::text AS made FROM informants.record ORDER BY ctid")
        return [(row["id"], row["made"]) for row in found]

    before = await order()
    orders = set()
    for _ in range(4):
        await desk.store.shuffle()
        orders.add(tuple(record for record, _ in await order()))
    after = await order()
    assert len(orders) > 1, "Each night makes another order."
    assert {record for record, _ in after} == {record for record, _ in before}
    assert len({made for _, made in before}) == 6
    assert len({made for _, made in after}) == 1, "All of them were written by one transaction."
    record = await desk.store.find((await desk.case()).id, kind=RecordKind.REWARD)
    assert record is not None
    assert record.wrapped


@pytest.mark.parametrize("step", ["'CLAIMED', decided_by = made_by", "'APPROVED', decided_by = gen_random_uuid()"])
async def test_the_database_knows_no_other_way_for_a_reward(desk: Desk, step: str) -> None:
    case, _ = await desk.found_true()
    reward = await propose(desk, case.id)
    with pytest.raises(Exception, match=r"computed once and decided once|maker_is_not_decider"):
        await store.rows(f"UPDATE tipoff_reward SET state = {step} WHERE id = $1", reward)
    with pytest.raises(Exception, match="computed once and decided once"):
        await store.rows("UPDATE tipoff_reward SET state = 'LAPSED' WHERE id = $1", reward)


async def test_the_database_lets_no_reward_lapse_that_is_being_paid(at_the_desk: Paying) -> None:
    _, receipt, reward = await at_the_desk.announced()
    await at_the_desk.claim(receipt, PAYEE)
    await at_the_desk.released(reward)

    with pytest.raises(Exception, match="computed once and decided once"):
        await store.rows("UPDATE tipoff_reward SET state = 'LAPSED' WHERE id = $1", reward)
