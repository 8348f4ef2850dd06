"""The page on which a person pays."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import httpx2
import pytest

from partners import wechatpay
from partners.wechatpay import Confirmed, TradeState
from sandbox.wechatpay.behaviour import PRESETS
from tests.sandbox.world import Receiver, an_order, right_now

BACK = "https://yibao.example/pay?bill=7&from=微信"


async def opened(pay: wechatpay.Client, order: wechatpay.Order) -> wechatpay.H5Page:
    outcome = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    assert isinstance(outcome, Confirmed), outcome
    return outcome.value


async def state_of(pay: wechatpay.Client, order: wechatpay.Order) -> TradeState:
    outcome = await pay.inquire_order(order.out_trade_no, now=right_now())
    assert isinstance(outcome, Confirmed), outcome
    return outcome.value.state


async def decide(web: httpx2.AsyncClient, shown: httpx2.Response, **form: str) -> httpx2.Response:
    action = re.search(r'action="([^"]+)"', shown.text)
    assert action is not None
    return await web.post(action[1].replace("&amp;", "&"), data=form)


async def test_a_person_sees_what_is_paid_to_whom_and_that_no_money_moves(
    pay: wechatpay.Client, web: httpx2.AsyncClient
) -> None:
    order = an_order(total=78005, description="医保 <2027> & 家人")
    shown = await web.get((await opened(pay, order)).url)
    assert shown.status_code == 200
    assert "780.05" in shown.text
    assert "医疗保障经办机构（沙箱）" in shown.text
    assert "医保 &lt;2027&gt; &amp; 家人" in shown.text
    assert "不会转移任何真实资金" in shown.text
    assert "确认支付" in shown.text
    assert "取消" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_paying_leads_back_with_the_order_paid(
    pay: wechatpay.Client, web: httpx2.AsyncClient, receiver: Receiver
) -> None:
    order = an_order(notify_url=receiver.url)
    shown = await web.get((await opened(pay, order)).returning_to(BACK))
    answer = await decide(web, shown, decision="pay", preset="right")
    await receiver.first(1)
    assert answer.status_code == 303
    assert httpx2.URL(answer.headers["location"]) == httpx2.URL(BACK)
    assert await state_of(pay, order) is TradeState.SUCCESS


async def test_cancelling_leads_back_with_the_order_unpaid(pay: wechatpay.Client, web: httpx2.AsyncClient) -> None:
    order = an_order()
    shown = await web.get((await opened(pay, order)).returning_to(BACK))
    answer = await decide(web, shown, decision="cancel")
    assert answer.status_code == 303
    assert await state_of(pay, order) is TradeState.NOTPAY


async def test_paying_without_an_address_to_return_to_ends_on_a_page(
    pay: wechatpay.Client, web: httpx2.AsyncClient
) -> None:
    shown = await web.get((await opened(pay, an_order())).url)
    answer = await decide(web, shown, decision="pay")
    assert answer.status_code == 200
    assert "支付成功" in answer.text


async def test_the_page_never_leads_to_a_script(pay: wechatpay.Client, web: httpx2.AsyncClient) -> None:
    shown = await web.get((await opened(pay, an_order())).returning_to("javascript:alert(1)"))
    answer = await decide(web, shown, decision="cancel")
    assert answer.status_code == 200
    assert "javascript:" not in answer.text


@pytest.mark.parametrize("preset", PRESETS)
async def test_every_choice_on_the_page_is_taken_by_the_platform(
    pay: wechatpay.Client, web: httpx2.AsyncClient, preset: str
) -> None:
    order = an_order()
    shown = await web.get((await opened(pay, order)).url)
    assert f'value="{preset}"' in shown.text
    await decide(web, shown, decision="pay", preset=preset)
    told = (await web.get(f"/sandbox/orders/{order.out_trade_no}")).json()
    expected = PRESETS[preset][1]
    assert told["behaviour"]["silent"] is expected.silent
    assert told["behaviour"]["copies"] == expected.copies
    assert (told["order"]["state"] == "NOTPAY") is expected.poor


async def test_the_chosen_silence_is_kept(pay: wechatpay.Client, web: httpx2.AsyncClient, receiver: Receiver) -> None:
    order = an_order(notify_url=receiver.url)
    shown = await web.get((await opened(pay, order)).url)
    await decide(web, shown, decision="pay", preset="silent")
    await asyncio.sleep(0.2)
    assert receiver.letters == []


async def test_a_page_that_belongs_to_no_order_is_not_found(pay: wechatpay.Client, web: httpx2.AsyncClient) -> None:
    page = await opened(pay, an_order())
    shown = await web.get(page.url.replace("package=", "package=0"))
    assert shown.status_code == 404


async def test_a_paid_or_closed_order_cannot_be_paid_again(pay: wechatpay.Client, web: httpx2.AsyncClient) -> None:
    paid, closed = an_order(), an_order()
    paid_page, closed_page = await opened(pay, paid), await opened(pay, closed)
    form = await web.get(paid_page.url)
    await decide(web, form, decision="pay")
    await pay.close_order(closed.out_trade_no, now=right_now())
    again = await decide(web, form, decision="pay")
    assert "该订单已支付" in again.text
    assert "订单已支付" in (await web.get(paid_page.url)).text
    assert "订单已关闭" in (await web.get(closed_page.url)).text


async def test_an_order_past_its_time_cannot_be_paid(pay: wechatpay.Client, web: httpx2.AsyncClient) -> None:
    order = an_order(expires_at=right_now() + timedelta(seconds=4))
    page = await opened(pay, order)
    in_time = await web.get(page.url)
    await asyncio.sleep(4.1)
    too_late = await web.get(page.url)
    refused = await decide(web, in_time, decision="pay")
    assert "确认支付" in in_time.text
    assert "支付链接已过期" in too_late.text
    assert refused.status_code == 400
    assert await state_of(pay, order) is TradeState.NOTPAY
