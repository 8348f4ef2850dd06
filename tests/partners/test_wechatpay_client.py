"""Round trips between our client and the sandbox process, over real HTTP."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import httpx2
import pytest

from domain.money import Money
from partners import wechatpay
from partners.wechatpay import Confirmed, RefundStatus, Refused, TradeState, TradeType
from tests.sandbox.world import a_number, a_refund_of, an_order, right_now


async def create(pay: wechatpay.Client, order: wechatpay.Order) -> wechatpay.H5Page:
    outcome = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    assert isinstance(outcome, Confirmed), outcome
    return outcome.value


async def create_and_pay(pay: wechatpay.Client, control: httpx2.AsyncClient, order: wechatpay.Order) -> None:
    await create(pay, order)
    (await control.post(f"/sandbox/orders/{order.out_trade_no}/pay")).raise_for_status()


async def test_an_h5_order_is_created_paid_and_found(pay: wechatpay.Client, control: httpx2.AsyncClient) -> None:
    order = an_order(total=78001, attach="bill 7")
    page = await create(pay, order)
    before = await pay.inquire_order(order.out_trade_no, now=right_now())
    await control.post(f"/sandbox/orders/{order.out_trade_no}/pay")
    after = await pay.inquire_order(order.out_trade_no, now=right_now())
    assert page.url.startswith(f"{pay.merchant.base_url}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx")
    assert isinstance(before, Confirmed)
    assert (before.value.state, before.value.transaction_id, before.value.paid_at) == (TradeState.NOTPAY, None, None)
    assert isinstance(after, Confirmed)
    paid = after.value
    assert (paid.state, paid.trade_type, paid.attach) == (TradeState.SUCCESS, TradeType.MWEB, "bill 7")
    assert (paid.total, paid.payer_total) == (Money(78001), Money(78001))
    assert paid.paid_at is not None
    assert abs(paid.paid_at - right_now()) < timedelta(seconds=30)


async def test_a_jsapi_order_is_paid_by_what_we_sign_for_the_mini_program(
    pay: wechatpay.Client, control: httpx2.AsyncClient
) -> None:
    order = an_order()
    prepay = await pay.create_jsapi_order(order, openid="o-payer", now=right_now())
    assert isinstance(prepay, Confirmed)
    arguments = pay.payment_request(prepay.value, now=right_now()).arguments()
    forged = await control.post("/sandbox/request-payment", json=arguments | {"package": "prepay_id=wx0"})
    done = await control.post("/sandbox/request-payment", json=arguments)
    found = await pay.inquire_order(order.out_trade_no, now=right_now())
    assert (forged.status_code, forged.json()["code"]) == (400, "SIGN_ERROR")
    assert done.json()["errMsg"] == "requestPayment:ok"
    assert isinstance(found, Confirmed)
    assert (found.value.trade_type, found.value.openid) == (TradeType.JSAPI, "o-payer")


async def test_an_order_number_with_every_allowed_sign_is_signed_as_it_is_sent(pay: wechatpay.Client) -> None:
    order = an_order(out_trade_no=f"a-_|*Z{a_number()}")
    await create(pay, order)
    found = await pay.inquire_order(order.out_trade_no, now=right_now())
    assert isinstance(found, Confirmed)


async def test_a_number_never_turns_into_a_query(pay: wechatpay.Client) -> None:
    order = an_order()
    await create(pay, order)
    found = await pay.inquire_order(f"{order.out_trade_no}?a=1", now=right_now())
    assert found == Refused("ORDER_NOT_EXIST", "订单不存在")


async def test_the_same_order_again_gives_the_same_page(pay: wechatpay.Client) -> None:
    order = an_order()
    first = await create(pay, order)
    again = await create(pay, order)
    assert again == first


async def test_the_same_moment_in_another_time_zone_is_the_same_order(pay: wechatpay.Client) -> None:
    moment = (right_now() + timedelta(hours=1)).astimezone(timezone(timedelta(hours=8)))
    order = an_order(expires_at=moment)
    first = await create(pay, order)
    again = await create(pay, an_order(out_trade_no=order.out_trade_no, expires_at=moment.astimezone(UTC)))
    assert again == first


async def test_another_order_under_the_same_number_is_refused(pay: wechatpay.Client) -> None:
    order = an_order(total=40000)
    await create(pay, order)
    other = an_order(out_trade_no=order.out_trade_no, total=40001, expires_at=order.expires_at)
    outcome = await pay.create_h5_order(other, payer_ip="203.0.113.7", now=right_now())
    assert isinstance(outcome, Refused)
    assert outcome.code == "OUT_TRADE_NO_USED"


async def test_a_paid_order_is_neither_created_nor_closed_again(
    pay: wechatpay.Client, control: httpx2.AsyncClient
) -> None:
    order = an_order()
    await create_and_pay(pay, control, order)
    again = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    closed = await pay.close_order(order.out_trade_no, now=right_now())
    assert isinstance(again, Refused)
    assert isinstance(closed, Refused)
    assert (again.code, closed.code) == ("ORDERPAID", "ORDERPAID")


async def test_a_closed_order_is_found_closed_and_cannot_be_paid(
    pay: wechatpay.Client, control: httpx2.AsyncClient
) -> None:
    order = an_order()
    await create(pay, order)
    closed = await pay.close_order(order.out_trade_no, now=right_now())
    paid = await control.post(f"/sandbox/orders/{order.out_trade_no}/pay")
    found = await pay.inquire_order(order.out_trade_no, now=right_now())
    again = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    assert closed == Confirmed(wechatpay.Closed(order.out_trade_no))
    assert paid.json()["code"] == "ORDER_CLOSED"
    assert isinstance(found, Confirmed)
    assert found.value.state is TradeState.CLOSED
    assert isinstance(again, Refused)
    assert again.code == "ORDER_CLOSED"


async def test_an_order_that_was_never_made_is_a_certain_no(pay: wechatpay.Client) -> None:
    outcome = await pay.inquire_order(a_number(), now=right_now())
    assert outcome == Refused("ORDER_NOT_EXIST", "订单不存在")


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ("success", RefundStatus.SUCCESS),
        ("abnormal", RefundStatus.ABNORMAL),
        ("closed", RefundStatus.CLOSED),
        ("processing", RefundStatus.PROCESSING),
    ],
)
async def test_a_refund_is_accepted_and_ends_as_the_platform_says(
    pay: wechatpay.Client, control: httpx2.AsyncClient, ends: str, status: RefundStatus
) -> None:
    order = an_order(total=40000)
    await create_and_pay(pay, control, order)
    await control.post("/sandbox/behaviour", json={"out_trade_no": order.out_trade_no, "refund": ends})
    wish = a_refund_of(order, amount=100)
    accepted = await pay.refund(wish, now=right_now())
    again = await pay.refund(wish, now=right_now())
    ended = await until_ended(pay, wish.out_refund_no, status)
    assert isinstance(accepted, Confirmed)
    assert accepted.value.amount == Money(100)
    assert isinstance(again, Confirmed)
    assert again.value.refund_id == accepted.value.refund_id
    assert (ended.status, ended.succeeded_at is not None) == (status, status is RefundStatus.SUCCESS)


async def until_ended(pay: wechatpay.Client, out_refund_no: str, status: RefundStatus) -> wechatpay.Refund:
    found = None
    for _ in range(100):
        outcome = await pay.inquire_refund(out_refund_no, now=right_now())
        assert isinstance(outcome, Confirmed)
        found = outcome.value
        if found.status is status:
            break
    assert found is not None
    return found


async def test_refunds_that_cannot_be_are_refused(pay: wechatpay.Client, control: httpx2.AsyncClient) -> None:
    order, unpaid = an_order(total=40000), an_order()
    await create(pay, unpaid)
    await create_and_pay(pay, control, order)
    too_little_told = wechatpay.RefundOrder(
        out_refund_no=a_number(),
        out_trade_no=order.out_trade_no,
        amount=Money(1),
        total=Money(39999),
        reason="x",
        notify_url="http://127.0.0.1:9/never",
    )
    of_unpaid = await pay.refund(a_refund_of(unpaid), now=right_now())
    of_wrong_total = await pay.refund(too_little_told, now=right_now())
    await control.post("/sandbox/behaviour", json={"refund": "not_enough"})
    from_empty_account = await pay.refund(a_refund_of(order), now=right_now())
    never_asked = await pay.inquire_refund(a_number(), now=right_now())
    outcomes = (of_unpaid, of_wrong_total, from_empty_account, never_asked)
    assert [outcome.code for outcome in outcomes if isinstance(outcome, Refused)] == [
        "RESOURCE_NOT_EXISTS",
        "INVALID_REQUEST",
        "NOT_ENOUGH",
        "RESOURCE_NOT_EXISTS",
    ]


def test_the_page_leads_back_to_an_address_with_a_query_of_its_own() -> None:
    page = wechatpay.H5Page("https://wx.tenpay.com/checkmweb?prepay_id=wx1&package=2")
    there_and_back = page.returning_to("https://yibao.example/pay?bill=7&from=wx")
    assert there_and_back == (
        "https://wx.tenpay.com/checkmweb?prepay_id=wx1&package=2"
        "&redirect_url=https%3A%2F%2Fyibao.example%2Fpay%3Fbill%3D7%26from%3Dwx"
    )
