"""The platform's daily bill is compared with our orders: what agrees, what was never told, and what does not agree."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import collection
from domain.actors import SYSTEM
from domain.collection import OrderState, RefundFacts, RefundState
from domain.store import rows
from domain.work import day_of
from partners import wechatpay
from partners.pay_desk import PlatformRefusedError
from partners.wechatpay import read_bill
from partners.wechatpay.reading import Unreadable
from tests.builders import NOW, run
from tests.domain.collection.conftest import Family, confirm, paying
from tests.domain.collection.test_refund import approved
from tests.payment_world import World, right_now
from workers.jobs import take_trade_bills
from workers.schedule import SCHEDULE


async def kinds_of(number: str) -> list[str]:
    found = await rows("SELECT kind FROM reconciliation_difference WHERE number = $1", number)
    return [row["kind"] for row in found]


async def test_what_was_paid_agrees_and_the_same_bill_again_changes_nothing(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await world.pay(order)
    await world.desk.inquire_order(order)

    for _ in range(2):
        assert await world.desk.take_trade_bill(day_of(right_now()))

    (statement,) = await rows("SELECT source, matched FROM channel_statement")
    assert (statement["source"], statement["matched"]) == ("WECHAT", 1)
    assert await kinds_of(order.number) == []
    (line,) = await rows("SELECT amount, direction FROM channel_statement_line WHERE number = $1", order.number)
    assert dict(line) == {"amount": order.amount.fen, "direction": "IN"}


async def test_an_order_of_which_we_were_never_told_is_asked_about(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await world.pay(order, silent=True)

    await world.desk.take_trade_bill(day_of(right_now()))

    assert (await world.reload(order)).state is OrderState.PAID
    assert await kinds_of(order.number) == []


async def test_what_only_we_hold_paid_is_a_difference(world: World, family: Family) -> None:
    order = await world.order(family)
    await confirm(paying(order))

    await world.desk.take_trade_bill(day_of(NOW))

    assert await kinds_of(order.number) == ["MISSING_THERE"]


async def refunded(world: World, family: Family, *, ends_as: str = "success", told: bool = True) -> RefundFacts:
    """Have the child's bill paid and given back; without `told` nobody says how it ended, nor do we ask."""
    order = await world.prepared(family)
    await world.pay(order)
    await world.desk.inquire_order(order)
    refund = await approved(family.childs_bill)
    await world.behave(refund=ends_as, silent=True)
    await world.desk.send_refund(refund.id)
    async with asyncio.timeout(10):
        while ends_as != "processing" and not await ended_at_platform(world, refund):
            await asyncio.sleep(0.05)
    if told:
        await world.desk.inquire_refund(await reload(refund))
    return await reload(refund)


async def ended_at_platform(world: World, refund: RefundFacts) -> bool:
    (there,) = (await world.at_platform_of(refund))["refunds"]
    return there["status"] != "PROCESSING"


async def reload(refund: RefundFacts) -> RefundFacts:
    found = await collection.find_refund(SYSTEM, refund_id=refund.id)
    assert found is not None
    return found


async def test_a_refund_stands_in_the_bill_and_agrees(world: World, family: Family) -> None:
    refund = await refunded(world, family)

    await world.desk.take_trade_bill(day_of(right_now()))

    assert refund.state is RefundState.DONE
    assert await kinds_of(refund.number) == []
    (statement,) = await rows("SELECT matched FROM channel_statement")
    assert statement["matched"] == 2
    (line,) = await rows("SELECT amount, direction FROM channel_statement_line WHERE number = $1", refund.number)
    assert dict(line) == {"amount": refund.amount.fen, "direction": "OUT"}


async def test_a_refund_of_whose_end_we_were_never_told_is_asked_about(world: World, family: Family) -> None:
    refund = await refunded(world, family, told=False)

    await world.desk.take_trade_bill(day_of(right_now()))

    assert refund.state is RefundState.SENDING
    assert (await reload(refund)).state is RefundState.DONE
    assert await kinds_of(refund.number) == []


async def test_a_refund_under_way_agrees_and_stays_open(world: World, family: Family) -> None:
    refund = await refunded(world, family, ends_as="processing")

    await world.desk.take_trade_bill(day_of(right_now()))

    assert (await reload(refund)).state is RefundState.SENDING
    assert await kinds_of(refund.number) == []


async def test_a_refund_that_was_taken_up_and_then_failed_is_no_difference(world: World, family: Family) -> None:
    refund = await refunded(world, family, ends_as="closed")

    await world.desk.take_trade_bill(day_of(right_now()))

    assert refund.state is RefundState.FAILED
    assert await kinds_of(refund.number) == []


async def test_a_refund_that_we_hold_failed_and_the_bill_shows_done_is_a_difference(
    world: World, family: Family
) -> None:
    refund = await refunded(world, family, told=False)
    await run(lambda work: collection.fail_refund(work, refund_id=refund.id), actor=SYSTEM)

    await world.desk.take_trade_bill(day_of(right_now()))

    assert await kinds_of(refund.number) == ["MISSING_HERE"]


async def test_a_refund_that_we_hold_done_and_no_bill_shows_is_a_difference(world: World, family: Family) -> None:
    order = await world.order(family)
    await confirm(paying(order))
    refund = await approved(family.childs_bill)
    await run(lambda work: collection.start_sending_refund(work, refund_id=refund.id), actor=SYSTEM)
    await run(
        lambda work: collection.complete_refund(work, refund_id=refund.id, reference="50300", done_at=NOW), actor=SYSTEM
    )

    await world.desk.take_trade_bill(day_of(NOW))

    assert await kinds_of(refund.number) == ["MISSING_THERE"]


async def test_a_refund_under_a_number_that_is_not_ours_is_a_difference(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await world.pay(order)
    await world.desk.inquire_order(order)
    strange = wechatpay.RefundOrder(
        out_refund_no="R-of-nobody",
        out_trade_no=order.number,
        amount=order.amount,
        total=order.amount,
        reason="他处发起",
        notify_url="http://127.0.0.1:9/never",
    )
    await world.desk.pay.refund(strange, now=right_now())

    await world.desk.take_trade_bill(day_of(right_now()))

    assert await kinds_of("R-of-nobody") == ["MISSING_HERE"]
    assert await kinds_of(order.number) == []


async def test_a_file_with_another_digest_is_not_believed(world: World, family: Family) -> None:
    order = await world.prepared(family)
    await world.pay(order)
    await world.behave(operation="bill_file", answer="cut_after")

    with pytest.raises(PlatformRefusedError, match="SHA-1"):
        await world.desk.take_trade_bill(day_of(right_now()))

    assert await rows("SELECT 1 FROM channel_statement") == []


async def test_days_without_trade_are_compared_once(world: World) -> None:
    await take_trade_bills.run(world.resources)
    days = [row["day"] for row in await rows("SELECT day FROM channel_statement ORDER BY day")]
    await take_trade_bills.run(world.resources)

    assert len(days) == take_trade_bills.DAYS_AT_FIRST
    assert days[-1] in {day_of(right_now()) - timedelta(days=before) for before in (1, 2)}
    assert await rows("SELECT count(*) AS days FROM channel_statement") == [{"days": len(days)}]
    assert "take_trade_bills" in SCHEDULE


HEAD = (
    "交易时间,商户号,微信订单号,商户订单号,交易状态,订单金额,微信退款单号,商户退款单号,申请退款金额,退款状态,商品名称"
)
PAID = "`2026-11-01 10:00:00,`19,`42,`P1,`SUCCESS,`630.00,`0,`0,`0.00,`,`缴费,两人"
BACK = "`2026-11-01 11:00:00,`19,`42,`P1,`REFUND,`0.00,`77,`R1,`630.00,`SUCCESS,`缴费,两人"
SUMS = "总交易单数,订单总金额,申请退款总金额"


def test_a_bill_is_read_with_payments_and_refunds() -> None:
    bill = read_bill("\n".join(("\ufeff" + HEAD, PAID, BACK, SUMS, "`2,`630.00,`630.00")).encode(), mchid="19")

    assert [(line.is_refund, line.number, line.reference, str(line.amount)) for line in bill.lines] == [
        (False, "P1", "42", "630.00"),
        (True, "R1", "77", "630.00"),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (HEAD, PAID),
        (HEAD, PAID, SUMS, "`2,`630.00,`0.00"),
        (HEAD, PAID, SUMS, "`1,`630.01,`0.00"),
        (HEAD, PAID.replace("`19", "`20"), SUMS, "`1,`630.00,`0.00"),
        (HEAD, PAID.replace("630.00", "630.001"), SUMS, "`1,`630.00,`0.00"),
        (HEAD, PAID.rpartition(",`")[0], SUMS, "`1,`630.00,`0.00"),
        (HEAD.replace("订单金额", "金额"), PAID, SUMS, "`1,`630.00,`0.00"),
        (HEAD, PAID.replace("11-01", "13-01"), SUMS, "`1,`630.00,`0.00"),
    ],
)
def test_a_bill_that_makes_no_sense_is_unreadable(lines: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable):
        read_bill("\n".join(lines).encode(), mchid="19")
