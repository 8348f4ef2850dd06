"""Whatever is not proved is unknown, and what was done in spite of it is found by inquiry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import orjson
import pytest

from partners import wechatpay
from partners.wechatpay import Confirmed, Doubt, Patience, TradeState, Unknown
from sandbox.wechatpay import seals
from sandbox.wechatpay.keys import Platform
from tests.sandbox.world import Receiver, a_refund_of, an_order, right_now

IMPATIENT = Patience(connecting=0.5, reading=0.3, altogether=0.5)
SPOILED = {
    "fail_after": Doubt.THEIR_ERROR,
    "cut_after": Doubt.CONNECTION_LOST,
    "unsigned": Doubt.UNVERIFIABLE,
    "wrong_signature": Doubt.UNVERIFIABLE,
    "unknown_key": Doubt.UNVERIFIABLE,
    "stale": Doubt.UNVERIFIABLE,
}


@pytest.mark.parametrize(("answer", "doubt"), SPOILED.items())
async def test_an_order_that_was_made_behind_a_spoiled_answer_is_unknown_and_then_found(
    pay: wechatpay.Client, control: httpx2.AsyncClient, answer: str, doubt: Doubt
) -> None:
    order = an_order()
    await spoil(control, order, answer=answer, operation="create")
    outcome = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    found = await pay.inquire_order(order.out_trade_no, now=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is doubt
    assert isinstance(found, Confirmed)
    assert found.value.state is TradeState.NOTPAY


@pytest.mark.parametrize(("answer", "doubt"), SPOILED.items())
async def test_a_refund_that_was_taken_behind_a_spoiled_answer_is_unknown_and_taken_once(
    pay: wechatpay.Client, control: httpx2.AsyncClient, answer: str, doubt: Doubt
) -> None:
    order = an_order(total=40000)
    await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    await control.post(f"/sandbox/orders/{order.out_trade_no}/pay")
    await spoil(control, order, answer=answer, operation="refund", answers_spoiled=1)
    wish = a_refund_of(order)
    outcome = await pay.refund(wish, now=right_now())
    found = await pay.inquire_refund(wish.out_refund_no, now=right_now())
    again = await pay.refund(wish, now=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is doubt
    assert isinstance(found, Confirmed)
    assert isinstance(again, Confirmed)
    assert again.value.refund_id == found.value.refund_id


@pytest.mark.parametrize(("answer", "doubt"), [("fail_before", Doubt.THEIR_ERROR), ("busy", Doubt.BUSY)])
async def test_an_order_that_was_not_made_is_unknown_too_until_the_inquiry_says_no(
    pay: wechatpay.Client, control: httpx2.AsyncClient, answer: str, doubt: Doubt
) -> None:
    order = an_order()
    await spoil(control, order, answer=answer, operation="create")
    outcome = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    found = await pay.inquire_order(order.out_trade_no, now=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is doubt
    assert found == wechatpay.Refused("ORDER_NOT_EXIST", "订单不存在")


@pytest.mark.parametrize("answer", SPOILED)
async def test_every_call_has_the_same_doubts(pay: wechatpay.Client, control: httpx2.AsyncClient, answer: str) -> None:
    order = an_order()
    await spoil(control, order, answer=answer)
    wish = a_refund_of(order)
    outcomes = [
        await pay.create_jsapi_order(order, openid="o-payer", now=right_now()),
        await pay.inquire_order(order.out_trade_no, now=right_now()),
        await pay.close_order(order.out_trade_no, now=right_now()),
        await pay.refund(wish, now=right_now()),
    ]
    await control.post("/sandbox/behaviour", json={"answer": answer})
    outcomes.append(await pay.inquire_refund(wish.out_refund_no, now=right_now()))
    assert [type(outcome) for outcome in outcomes] == [Unknown] * 5


async def test_a_slow_platform_is_not_waited_for(
    merchant: wechatpay.Merchant, pay: wechatpay.Client, control: httpx2.AsyncClient
) -> None:
    order = an_order()
    await spoil(control, order, slow_seconds=0.8, operation="create")
    async with wechatpay.Client(merchant, patience=IMPATIENT) as impatient:
        outcome = await impatient.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is Doubt.TIMEOUT


async def test_a_wrong_key_of_ours_is_unknown_with_the_platforms_word_for_the_log(
    merchant: wechatpay.Merchant, platform: Platform, control: httpx2.AsyncClient
) -> None:
    async with wechatpay.Client(replace(merchant, private_key=platform.stranger)) as pay:
        outcome = await pay.inquire_order("T1234567", now=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is Doubt.UNVERIFIABLE
    assert "SIGN_ERROR" in outcome.detail


async def test_a_platform_that_is_not_there_was_not_reached(merchant: wechatpay.Merchant) -> None:
    async with somebody(b"") as address:
        pass
    async with elsewhere(merchant, address) as pay:
        outcome = await pay.close_order("T1234567", now=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is Doubt.NOT_REACHED


async def spoil(control: httpx2.AsyncClient, order: wechatpay.Order, **behaviour: object) -> None:
    answer = await control.post("/sandbox/behaviour", json={"out_trade_no": order.out_trade_no, **behaviour})
    answer.raise_for_status()


def signed(platform: Platform, status: int, body: bytes) -> bytes:
    key_id, key = next(iter(platform.keys.items()))
    headers = seals.sign(key_id=key_id, key=key, body=body, now=right_now().timestamp())
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def paid_document(merchant: wechatpay.Merchant, **changes: object) -> dict[str, Any]:
    return {
        "appid": merchant.appid,
        "mchid": merchant.mchid,
        "out_trade_no": "T1234567",
        "trade_state": "SUCCESS",
        "transaction_id": "4200",
        "success_time": "2026-11-21T19:59:58+08:00",
        "amount": {"total": 1, "currency": "CNY"},
        **changes,
    }


Written = Callable[[wechatpay.Merchant, Platform], bytes]
STRANGE_ANSWERS: dict[str, tuple[Written, Doubt | None]] = {
    "a right answer, for comparison": (lambda m, p: signed(p, 200, orjson.dumps(paid_document(m))), None),
    "about another order": (
        lambda m, p: signed(p, 200, orjson.dumps(paid_document(m, out_trade_no="T7654321"))),
        Doubt.UNREADABLE,
    ),
    "about another merchant": (
        lambda m, p: signed(p, 200, orjson.dumps(paid_document(m, mchid="1900000000"))),
        Doubt.UNREADABLE,
    ),
    "paid without a transaction number": (
        lambda m, p: signed(p, 200, orjson.dumps(paid_document(m, transaction_id=""))),
        Doubt.UNREADABLE,
    ),
    "nothing": (lambda _, p: signed(p, 200, b""), Doubt.UNREADABLE),
    "no JSON": (lambda _, p: signed(p, 200, b"<html>"), Doubt.UNREADABLE),
    "JSON that is no object": (lambda _, p: signed(p, 200, b"[1]"), Doubt.UNREADABLE),
    "an error without a code": (lambda _, p: signed(p, 400, b'{"message":"?"}'), Doubt.UNREADABLE),
    "a redirection": (lambda m, p: signed(p, 302, orjson.dumps(paid_document(m))), Doubt.UNREADABLE),
    "taken for later": (lambda m, p: signed(p, 202, orjson.dumps(paid_document(m))), Doubt.UNREADABLE),
    "their error with the code of a refusal": (
        lambda _, p: signed(p, 500, b'{"code":"ORDER_NOT_EXIST","message":"?"}'),
        Doubt.THEIR_ERROR,
    ),
    "an error page of some gateway": (
        lambda _m, _p: b"HTTP/1.1 502 Bad\r\nContent-Length: 6\r\n\r\n<html>",
        Doubt.THEIR_ERROR,
    ),
    "their error with the status of a refusal": (
        lambda _, p: signed(p, 403, b'{"code":"SYSTEM_ERROR","message":"?"}'),
        Doubt.THEIR_ERROR,
    ),
    "more than we read": (
        lambda m, p: signed(p, 200, orjson.dumps(paid_document(m, attach="a" * 300_000))),
        Doubt.UNREADABLE,
    ),
    "an unsigned refusal of some gateway": (
        lambda _m, _p: b"HTTP/1.1 400 Bad\r\nContent-Length: 35\r\n\r\n" + b'{"code":"ORDERPAID","message":"..."}',
        Doubt.UNVERIFIABLE,
    ),
    "no HTTP": (lambda _m, _p: b"hello\r\n\r\n", Doubt.CONNECTION_LOST),
    "a closed connection": (lambda _m, _p: b"", Doubt.CONNECTION_LOST),
}


@pytest.mark.parametrize(("written", "doubt"), STRANGE_ANSWERS.values(), ids=STRANGE_ANSWERS)
async def test_a_strange_answer_is_unknown(
    merchant: wechatpay.Merchant, platform: Platform, written: Written, doubt: Doubt | None
) -> None:
    async with somebody(written(merchant, platform)) as address, elsewhere(merchant, address) as pay:
        outcome = await pay.inquire_order("T1234567", now=right_now())
    assert (outcome.doubt if isinstance(outcome, Unknown) else None) is doubt, outcome


@pytest.mark.parametrize("change", [{"out_refund_no": "R2"}, {"out_trade_no": "T7654321"}, {"amount": "one fen more"}])
async def test_a_refund_other_than_asked_is_unknown(
    merchant: wechatpay.Merchant, platform: Platform, change: dict[str, str]
) -> None:
    order = an_order(total=40000)
    wish = a_refund_of(order, amount=100)
    right = refund_document(wish)
    wrong = right | ({"amount": {"refund": 101, "total": 40000}} if "amount" in change else change)
    async with somebody(signed(platform, 200, orjson.dumps(right))) as address, elsewhere(merchant, address) as pay:
        believed = await pay.refund(wish, now=right_now())
    async with somebody(signed(platform, 200, orjson.dumps(wrong))) as address, elsewhere(merchant, address) as pay:
        outcome = await pay.refund(wish, now=right_now())
    assert isinstance(believed, Confirmed)
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is Doubt.UNREADABLE


async def test_an_inquiry_answered_with_another_refund_is_unknown(
    merchant: wechatpay.Merchant, platform: Platform
) -> None:
    wish = a_refund_of(an_order())
    answer = signed(platform, 200, orjson.dumps(refund_document(wish)))
    async with somebody(answer) as address, elsewhere(merchant, address) as pay:
        believed = await pay.inquire_refund(wish.out_refund_no, now=right_now())
        outcome = await pay.inquire_refund("R2", now=right_now())
    assert isinstance(believed, Confirmed)
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is Doubt.UNREADABLE


async def test_what_is_signed_is_what_is_sent_also_behind_a_path_of_a_proxy(
    merchant: wechatpay.Merchant, platform: Platform, receiver: Receiver
) -> None:
    address = receiver.url.removesuffix("/callbacks/wechatpay") + "/proxy"
    async with elsewhere(merchant, address) as pay:
        await pay.inquire_refund("R|1@x", now=right_now())
    [letter] = await receiver.first(1)
    assert letter.path == "/proxy/v3/refund/domestic/refunds/R%7C1%40x"
    seals.check_request(
        platform,
        method="GET",
        target=letter.path,
        authorization=letter.headers["authorization"],
        body=letter.body,
        now=right_now().timestamp(),
    )


def refund_document(wish: wechatpay.RefundOrder) -> dict[str, Any]:
    return {
        "out_refund_no": wish.out_refund_no,
        "out_trade_no": wish.out_trade_no,
        "refund_id": "5030",
        "transaction_id": "4200",
        "status": "PROCESSING",
        "amount": {"refund": wish.amount.fen, "total": wish.total.fen},
    }


def elsewhere(merchant: wechatpay.Merchant, address: str) -> wechatpay.Client:
    return wechatpay.Client(replace(merchant, base_url=address))


@asynccontextmanager
async def somebody(answer: bytes) -> AsyncIterator[str]:
    """Somebody who answers every connection with these bytes and closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
