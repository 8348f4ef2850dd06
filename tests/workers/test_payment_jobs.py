"""What the worker does about payments when the platform is silent, slow, unclear or late."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import collection
from domain.actors import SYSTEM
from domain.collection import OrderState, RefundFacts, RefundState
from domain.store import rows
from tests.domain.collection.conftest import Family, balances, confirm, differences, paying
from tests.domain.collection.test_refund import approved
from tests.payment_world import World
from workers.jobs import JOBS, inquire_payment_orders, inquire_refunds
from workers.schedule import SCHEDULE


async def prepare(world: World, order: collection.OrderFacts) -> None:
    await JOBS["PaymentOrderCreated"](world.resources, {"order_id": str(order.id)})


async def send(world: World, refund: RefundFacts) -> None:
    await JOBS["RefundApproved"](world.resources, {"refund_id": str(refund.id)})


async def inquire(world: World) -> None:
    """Let enough time pass and run the periodic jobs."""
    await rows("UPDATE payment_order SET inquired_at = '2026-01-01' WHERE state IN ('CREATED', 'WAITING', 'UNKNOWN')")
    await rows("UPDATE refund SET inquired_at = '2026-01-01' WHERE state IN ('SENDING', 'UNKNOWN')")
    await inquire_payment_orders.run(world.resources)
    await inquire_refunds.run(world.resources)


async def test_order_that_the_edge_left_is_prepared_once(world: World, family: Family) -> None:
    order = await world.order(family)

    await asyncio.gather(*(prepare(world, order) for _ in range(3)))

    assert (await world.reload(order)).state is OrderState.WAITING
    assert (await world.at_platform(order))["order"]["total"] == 140_000


async def test_unclear_answer_is_unknown_and_asking_again_gives_the_same_page(world: World, family: Family) -> None:
    order = await world.order(family)
    await world.behave(answer="cut_after", operation="create", answers_spoiled=1)

    await prepare(world, order)
    unclear = await world.reload(order)
    await prepare(world, order)

    assert unclear.state is OrderState.UNKNOWN
    assert (await world.reload(order)).state is OrderState.WAITING


async def test_silent_platform_is_asked(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await world.pay(order, silent=True)

    await asyncio.gather(*(inquire(world) for _ in range(3)))

    assert (await world.reload(order)).state is OrderState.PAID
    assert await balances() == {"1002": 140_000, "4001": -140_000}


@pytest.mark.parametrize("answer", ["fail_after", "cut_after", "unsigned", "wrong_signature", "unknown_key", "stale"])
async def test_answer_that_is_not_believed_moves_nothing(world: World, family: Family, answer: str) -> None:
    order = await world.prepared(family)
    await world.pay(order, silent=True, answer=answer, operation="inquire", answers_spoiled=1)

    await inquire(world)
    unmoved = await world.reload(order)
    await inquire(world)

    assert unmoved.state is OrderState.WAITING
    assert (await world.reload(order)).state is OrderState.PAID


async def test_unpaid_order_stays_open_until_its_end_and_is_then_closed_on_both_sides(
    world: World, family: Family
) -> None:
    order = await world.prepared(family)
    await inquire(world)
    before = await world.reload(order)
    await world.move(order, ends_in=timedelta(seconds=-1))

    await inquire(world)

    assert before.state is OrderState.WAITING
    assert (await world.reload(order)).state is OrderState.CLOSED
    assert (await world.at_platform(order))["order"]["state"] == "CLOSED"


async def test_order_that_the_platform_never_took_is_closed_at_its_end(world: World, family: Family) -> None:
    order = await world.order(family)
    await world.behave(answer="fail_before", operation="create")
    await inquire(world)
    before = await world.reload(order)
    await world.move(order, ends_in=timedelta(seconds=-1))

    await inquire(world)

    assert before.state is OrderState.UNKNOWN
    assert (await world.reload(order)).state is OrderState.CLOSED


@pytest.mark.parametrize("answer", ["fail_before", "fail_after"])
async def test_order_without_a_page_is_prepared_again_by_the_inquiry(world: World, family: Family, answer: str) -> None:
    order = await world.order(family)
    await world.behave(answer=answer, operation="create", answers_spoiled=1)
    await prepare(world, order)
    unclear = await world.reload(order)

    await inquire(world)

    prepared = await world.reload(order)
    assert (unclear.state, unclear.pay_url) == (OrderState.UNKNOWN, None)
    assert prepared.state is OrderState.WAITING
    assert prepared.pay_url is not None


async def test_order_paid_at_the_last_moment_is_confirmed_and_not_closed(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await world.pay(order, silent=True)
    await world.move(order, ends_in=timedelta(seconds=-1))

    await world.desk.close_order(await world.reload(order))

    assert (await world.reload(order)).state is OrderState.PAID


async def test_one_broken_inquiry_does_not_stop_the_others(world: World, family: Family) -> None:
    broken = await world.prepared(family, family.mothers_bill)
    fine = await world.prepared(family, family.childs_bill)
    await world.pay(fine, silent=True)
    await world.pay(broken, silent=True)
    # Another order holds the reference already, so that writing this payment down fails.
    await rows(
        "WITH other AS (INSERT INTO payment_order (id, number, payer_account, channel, amount, state, created_at,"
        " expires_at) VALUES (new_id(), 'P-other', new_id(), 'WECHAT', 77000, 'CREATED', now(), now() + interval '1h')"
        " RETURNING id) INSERT INTO payment_item (order_id, bill_id, amount) SELECT id, $1, 77000 FROM other",
        family.mothers_bill,
    )
    other = await collection.find_order_by_number(SYSTEM, number="P-other")
    assert other is not None
    reference = (await world.at_platform(broken))["order"]["transaction_id"]
    await confirm(paying(other, reference=reference))

    await inquire(world)

    assert (await world.reload(fine)).state is OrderState.PAID
    assert (await world.reload(broken)).state is OrderState.WAITING


async def test_without_a_merchant_nothing_is_asked(world: World, family: Family) -> None:
    from dataclasses import replace

    alone = replace(world.resources, wechatpay=None)
    await inquire_payment_orders.run(alone)
    await inquire_refunds.run(alone)
    order = await world.order(family)
    with pytest.raises(RuntimeError, match="names no merchant"):
        await JOBS["PaymentOrderCreated"](alone, {"order_id": str(order.id)})


async def test_refund_is_sent_once_by_many_workers(world: World, family: Family) -> None:
    refund = await paid_and_approved(world, family)

    outcomes = await asyncio.gather(*(send(world, refund) for _ in range(4)), return_exceptions=True)
    await finish(world, refund)

    assert {type(outcome) for outcome in outcomes} <= {type(None), collection.RefundIsOver}
    assert len((await world.at_platform_of(refund))["refunds"]) == 1
    assert await balances() == {"1002": 77_000, "4001": -77_000}


@pytest.mark.parametrize("answer", ["cut_after", "fail_after", "unsigned"])
async def test_refund_with_an_unclear_answer_is_asked_about_and_not_doubled(
    world: World, family: Family, answer: str
) -> None:
    refund = await paid_and_approved(world, family, silent=True)
    await world.behave(
        out_trade_no=refund.order_number, answer=answer, operation="refund", answers_spoiled=1, silent=True
    )

    await send(world, refund)
    unclear = await the_refund(refund)
    await finish(world, refund)

    assert unclear.state is RefundState.UNKNOWN
    assert len((await world.at_platform_of(refund))["refunds"]) == 1
    assert await balances() == {"1002": 77_000, "4001": -77_000}


async def test_refund_that_never_arrived_is_sent_again(world: World, family: Family) -> None:
    refund = await paid_and_approved(world, family)
    await world.behave(answer="fail_before", operation="refund", answers_spoiled=1)

    await send(world, refund)
    unclear = await the_refund(refund)
    await finish(world, refund)

    assert unclear.state is RefundState.UNKNOWN
    assert (await the_refund(refund)).state is RefundState.DONE


async def test_empty_account_keeps_the_refund_until_there_is_money(world: World, family: Family) -> None:
    refund = await paid_and_approved(world, family)
    await world.behave(refund="not_enough")
    await send(world, refund)
    waiting = await the_refund(refund)

    await world.control.delete("/sandbox/behaviour")
    await finish(world, refund)

    assert waiting.state is RefundState.UNKNOWN
    assert (await the_refund(refund)).state is RefundState.DONE


async def test_stuck_refund_is_a_difference_for_people(world: World, family: Family) -> None:
    refund = await paid_and_approved(world, family)
    await world.behave(refund="abnormal")
    await send(world, refund)

    async with asyncio.timeout(10):
        while not await differences():
            await inquire(world)

    assert await differences() == [("REFUND", 63_000)]
    assert (await the_refund(refund)).state in {RefundState.SENDING, RefundState.UNKNOWN}
    assert await balances() == {"1002": 140_000, "4001": -140_000}


async def test_refund_that_the_platform_closes_has_failed(world: World, family: Family) -> None:
    refund = await paid_and_approved(world, family)
    await world.behave(refund="closed")
    await send(world, refund)

    async with asyncio.timeout(10):
        while (await the_refund(refund)).state is not RefundState.FAILED:
            await inquire(world)

    assert await differences() == [("REFUND", 63_000)]


async def test_periodic_jobs_run_every_minute() -> None:
    assert SCHEDULE["inquire_payment_orders"] == ("* * * * *", inquire_payment_orders.run)
    assert SCHEDULE["inquire_refunds"] == ("* * * * *", inquire_refunds.run)


async def paid_and_approved(world: World, family: Family, **behaviour: object) -> RefundFacts:
    order = await world.prepared(family)
    await world.pay(order, **behaviour)
    if behaviour.get("silent"):
        await inquire(world)
    await world.until(order, OrderState.PAID)
    return await approved(family.childs_bill)


async def finish(world: World, refund: RefundFacts) -> None:
    async with asyncio.timeout(20):
        while (await the_refund(refund)).state is not RefundState.DONE:
            await inquire(world)


async def the_refund(refund: RefundFacts) -> RefundFacts:
    found = await collection.find_refund(SYSTEM, refund_id=refund.id)
    assert found is not None
    return found
