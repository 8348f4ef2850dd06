"""The platform's daily bill is compared with our orders: what agrees, what was never told, and what does not agree."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.collection import OrderState
from domain.store import rows
from domain.work import day_of
from partners.pay_desk import PlatformRefusedError
from partners.wechatpay import read_bill
from partners.wechatpay.reading import Unreadable
from tests.builders import NOW
from tests.domain.collection.conftest import Family, confirm, paying
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


HEAD = "交易时间,商户号,微信订单号,商户订单号,交易状态,订单金额,微信退款单号,商户退款单号,申请退款金额,商品名称"
PAID = "`2026-11-01 10:00:00,`19,`42,`P1,`SUCCESS,`630.00,`0,`0,`0.00,`缴费,两人"
BACK = "`2026-11-01 11:00:00,`19,`42,`P1,`REFUND,`0.00,`77,`R1,`630.00,`缴费,两人"
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
