"""What the platform tells us over real HTTP, rightly, wrongly, twice and never."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from domain import collection, ledger
from domain.actors import SYSTEM
from domain.collection import BillState, OrderState, RefundState
from domain.money import Money
from domain.store import rows
from partners import wechatpay
from tests.domain.collection.conftest import Family, balances, differences, the_bill
from tests.domain.collection.test_refund import approved
from tests.payment_world import World, right_now


async def test_payment_is_told_and_settles_the_bills(world: World, family: Family) -> None:
    order = await world.prepared(family)
    assert order.pay_url is not None
    assert order.pay_url.startswith("http")

    await world.pay(order)

    paid = await world.until(order, OrderState.PAID)
    assert paid.paid_amount == Money(140_000)
    assert await world.until_told(order) == [204]
    assert {(await the_bill(bill_id)).state for bill_id in family.bill_ids} == {BillState.PAID}
    assert await balances() == {"1002": 140_000, "4001": -140_000}


async def test_fifty_notifications_at_once_are_one_payment(world: World, family: Family) -> None:
    order = await world.prepared(family)

    await world.pay(order, copies=50)

    await world.until(order, OrderState.PAID)
    assert set(await world.until_told(order, tries=50)) == {204}
    assert await balances() == {"1002": 140_000, "4001": -140_000}
    assert await ledger.count_journal(SYSTEM, fund="390") == 1
    assert len(await rows("SELECT * FROM channel_message")) == 1
    assert await differences() == []


@pytest.mark.parametrize("notice", ["wrong_signature", "unknown_key", "stale", "ciphertext", "mchid", "signtest"])
async def test_notification_that_is_not_believed_changes_nothing(world: World, family: Family, notice: str) -> None:
    order = await world.prepared(family)

    await world.pay(order, notice=notice, notices_spoiled=2)

    answers = await world.until_told(order, tries=3)
    assert answers == [400, 400, 204]
    assert (await world.until(order, OrderState.PAID)).paid_amount == order.amount
    assert len(await rows("SELECT * FROM channel_message")) == 1
    assert await differences() == []


async def test_another_sum_lies_in_suspense(world: World, family: Family) -> None:
    order = await world.prepared(family)

    await world.pay(order, notice="amount")

    assert (await world.until(order, OrderState.DISPUTED)).paid_amount == Money(140_001)
    assert await world.until_told(order) == [204]
    assert await balances() == {"1002": 140_001, "2001": -140_001}
    assert await differences() == [("AMOUNT", 140_001)]


async def test_money_for_a_number_that_is_not_ours_is_written_down_and_not_asked_for_again(world: World) -> None:
    strange = wechatpay.Order(
        out_trade_no=f"X{right_now():%H%M%S%f}",
        description="不是我们的订单",
        total=Money(100),
        expires_at=right_now() + timedelta(minutes=10),
        notify_url=f"{world.address}/callbacks/wechatpay",
    )
    outcome = await world.desk.pay.create_h5_order(strange, payer_ip="127.0.0.1", now=right_now())
    assert isinstance(outcome, wechatpay.Confirmed)

    await world.control.post(f"/sandbox/orders/{strange.out_trade_no}/pay")

    seen = {"notices": []}
    while not any(notice["deliveries"] for notice in seen["notices"]):
        seen = (await world.control.get(f"/sandbox/orders/{strange.out_trade_no}")).json()
    assert [attempt["status"] for attempt in seen["notices"][0]["deliveries"]] == [204]
    assert await differences() == [("STRANGER", 100)]


async def test_bug_of_ours_makes_the_platform_come_again(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await rows("DELETE FROM ledger_account WHERE code = '4001'")

    await world.pay(order)
    first = (await world.until_told(order))[0]
    await ledger.install_chart()

    assert first == 500
    assert (await world.until(order, OrderState.PAID)).paid_amount == order.amount
    assert (await world.until_told(order, tries=2))[-1] == 204
    assert await balances() == {"1002": 140_000, "4001": -140_000}


async def test_incident_number_is_all_that_a_bug_tells(world: World, family: Family) -> None:
    async with httpx2.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.post(f"{world.address}/callbacks/wechatpay", content=b"{}")
        too_long = await stranger.post(f"{world.address}/callbacks/wechatpay", content=b"x" * 70_000)
        wrong_method = await stranger.get(f"{world.address}/callbacks/wechatpay")

    assert (answer.status_code, answer.json()) == (400, {"code": "FAIL", "message": "验签或解析失败"})
    assert too_long.status_code == 413
    assert wrong_method.status_code == 405


async def test_refund_is_told_and_booked_once(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await world.pay(order)
    await world.until(order, OrderState.PAID)
    refund = await approved(family.childs_bill)

    await world.desk.send_refund(refund.id)
    await world.control.post(f"/sandbox/orders/{order.number}/notify")

    done = None
    while done is None or done.state is not RefundState.DONE:
        done = await collection.find_refund(SYSTEM, refund_id=refund.id)
    await world.control.post(f"/sandbox/orders/{order.number}/notify")
    assert await balances() == {"1002": 77_000, "4001": -77_000}
    seen = await world.at_platform(order)
    assert [row["amount"] for row in seen["refunds"]] == [63_000]
