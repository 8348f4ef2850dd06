"""The platform's rules and codes, asked by an independent client that shares no code with the sandbox or with us."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import time_machine
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.type import RequestType

from tests.sandbox.world import a_number, right_now

H5, JSAPI = "/v3/pay/transactions/h5", "/v3/pay/transactions/jsapi"
REFUNDS = "/v3/refund/domestic/refunds"


@pytest.fixture
def held(merchant_file: Path) -> dict[str, Any]:
    return orjson.loads(merchant_file.read_bytes())


@pytest.fixture
def theirs(held: dict[str, Any], address: str) -> WeChatPay:
    return a_client(held, address)


def a_client(held: dict[str, Any], address: str, **changes: str) -> WeChatPay:
    key_id, key = next(iter(held["platform_keys"].items()))
    known = held | changes
    client = WeChatPay(
        wechatpay_type=WeChatPayType.H5,
        mchid=known["mchid"],
        private_key=known["private_key"],
        cert_serial_no=known["serial"],
        appid=known["appid"],
        apiv3_key=known["apiv3_key"],
        notify_url="https://yibao.example/callbacks",
        public_key=key,
        public_key_id=key_id,
        timeout=10,
    )
    client._core._gate_way = address
    return client


def asked(client: WeChatPay, path: str, document: dict[str, Any] | None = None) -> tuple[int, str]:
    method = RequestType.GET if document is None else RequestType.POST
    status, body = client._core.request(path, method, data=document)
    return status, orjson.loads(body).get("code", "") if body else ""


def a_wish(held: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {
        "appid": held["appid"],
        "mchid": held["mchid"],
        "description": "城乡居民基本医疗保险",
        "out_trade_no": a_number(),
        "notify_url": "https://yibao.example/callbacks",
        "amount": {"total": 40000, "currency": "CNY"},
        "scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}},
        **changes,
    }


def test_an_independent_client_makes_finds_and_closes_an_order(theirs: WeChatPay) -> None:
    number = a_number()
    made, page = theirs.pay(
        description="城乡居民基本医疗保险",
        out_trade_no=number,
        amount={"total": 40000},
        scene_info={"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}},
    )
    found, order = theirs.query(out_trade_no=number)
    closed, _ = theirs.close(out_trade_no=number)
    assert (made, found, closed) == (200, 200, 204)
    assert "prepay_id=wx" in orjson.loads(page)["h5_url"]
    assert orjson.loads(order)["trade_state"] == "NOTPAY"


WRONG_WISHES: dict[str, dict[str, object]] = {
    "no description": {"description": ""},
    "a long description": {"description": "长" * 128},
    "a short number": {"out_trade_no": "12345"},
    "a long number": {"out_trade_no": "1" * 33},
    "a number with a sign": {"out_trade_no": "1234567/"},
    "another merchant": {"mchid": "1900000000"},
    "nothing to pay": {"amount": {"total": 0}},
    "an amount with decimals": {"amount": {"total": 1.5}},
    "an amount in words": {"amount": {"total": "40000"}},
    "dollars": {"amount": {"total": 1, "currency": "USD"}},
    "an address with a query": {"notify_url": "https://yibao.example/callbacks?a=1"},
    "an open address": {"notify_url": "http://yibao.example/callbacks"},
    "no payer's address": {"scene_info": {"h5_info": {"type": "Wap"}}},
    "no scene": {"scene_info": None},
    "an end in the past": {"time_expire": "2020-01-01T00:00:00+08:00"},
    "an end without time zone": {"time_expire": "2099-01-01T00:00:00"},
    "an end in words": {"time_expire": "tomorrow"},
    "a long attachment": {"attach": "a" * 129},
}


@pytest.mark.parametrize("change", WRONG_WISHES.values(), ids=WRONG_WISHES)
def test_a_wrong_parameter_is_named(theirs: WeChatPay, held: dict[str, Any], change: dict[str, object]) -> None:
    status, body = theirs._core.request(H5, RequestType.POST, data=a_wish(held, **change))
    told = orjson.loads(body)
    assert (status, told["code"]) == (400, "PARAM_ERROR")
    assert told["detail"]["field"].startswith(f"/{next(iter(change))}")


def test_a_jsapi_order_needs_its_payer(theirs: WeChatPay, held: dict[str, Any]) -> None:
    assert asked(theirs, JSAPI, a_wish(held)) == (400, "PARAM_ERROR")
    assert asked(theirs, JSAPI, a_wish(held, payer={"openid": "o-payer"})) == (200, "")


def test_an_application_of_somebody_else_does_not_match(theirs: WeChatPay, held: dict[str, Any]) -> None:
    assert asked(theirs, H5, a_wish(held, appid="wx0")) == (400, "APPID_MCHID_NOT_MATCH")


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"serial": "0" * 40}, (401, "SIGN_ERROR")),
        ({"mchid": "1900000000"}, (400, "MCH_NOT_EXISTS")),
    ],
)
def test_a_stranger_is_told_so(
    held: dict[str, Any], address: str, change: dict[str, str], answer: tuple[int, str]
) -> None:
    assert asked(a_client(held, address, **change), "/v3/pay/transactions/out-trade-no/T1?mchid=1") == answer


def test_a_request_signed_with_another_key_is_refused_without_a_signature(
    held: dict[str, Any], address: str, merchant_file: Path
) -> None:
    stranger = orjson.loads(merchant_file.with_suffix(".platform.json").read_bytes())["stranger"]
    client = a_client(held, address, private_key=stranger)
    assert asked(client, f"/v3/pay/transactions/out-trade-no/T1?mchid={held['mchid']}") == (401, "SIGN_ERROR")


@pytest.mark.parametrize(("minutes", "code"), [(-6, "SIGN_ERROR"), (-4, "ORDER_NOT_EXIST"), (6, "SIGN_ERROR")])
def test_a_request_from_another_time_is_refused(
    theirs: WeChatPay, held: dict[str, Any], minutes: int, code: str
) -> None:
    with time_machine.travel(right_now() + timedelta(minutes=minutes)):
        answered = asked(theirs, f"/v3/pay/transactions/out-trade-no/nobody?mchid={held['mchid']}")
    assert answered[1] == code


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer x", 'WECHATPAY2-SHA256-RSA2048 mchid="1"', "WECHATPAY2-SHA256-RSA2048 rubbish"],
)
async def test_a_request_without_a_proper_signature_is_refused(web: Any, authorization: str) -> None:
    answer = await web.get("/v3/pay/transactions/out-trade-no/T1", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert "wechatpay-signature" not in answer.headers


async def test_two_refunds_of_one_order_are_a_minute_apart(theirs: WeChatPay, held: dict[str, Any], web: Any) -> None:
    wish = a_wish(held)
    asked(theirs, H5, wish)
    await web.post(f"/sandbox/orders/{wish['out_trade_no']}/pay")
    refund = {"out_trade_no": wish["out_trade_no"], "amount": {"refund": 1, "total": 40000, "currency": "CNY"}}
    first = asked(theirs, REFUNDS, refund | {"out_refund_no": a_number()})
    second = asked(theirs, REFUNDS, refund | {"out_refund_no": a_number()})
    assert first == (200, "")
    assert second == (429, "FREQUENCY_LIMITED")


async def test_no_more_is_given_back_than_was_paid_and_one_number_is_one_refund(
    theirs: WeChatPay, held: dict[str, Any], web: Any
) -> None:
    wish = a_wish(held)
    asked(theirs, H5, wish)
    await web.post(f"/sandbox/orders/{wish['out_trade_no']}/pay")
    number = a_number()

    def refund(amount: int, *, number: str) -> tuple[int, str]:
        sums = {"refund": amount, "total": 40000, "currency": "CNY"}
        document = {"out_trade_no": wish["out_trade_no"], "out_refund_no": number, "amount": sums}
        return asked(theirs, REFUNDS, document)

    assert refund(40001, number=a_number()) == (400, "INVALID_REQUEST")
    assert refund(30000, number=number) == (200, "")
    assert refund(30000, number=number) == (200, "")
    assert refund(30001, number=number) == (400, "INVALID_REQUEST")
    assert refund(10001, number=a_number()) == (400, "INVALID_REQUEST")


async def test_a_poor_payer_cannot_pay_and_the_order_stays_open(
    theirs: WeChatPay, held: dict[str, Any], web: Any
) -> None:
    wish = a_wish(held)
    asked(theirs, H5, wish)
    refused = await web.post(f"/sandbox/orders/{wish['out_trade_no']}/pay", json={"poor": True})
    _, body = theirs.query(out_trade_no=wish["out_trade_no"])
    assert (refused.status_code, refused.json()["code"]) == (403, "NOTENOUGH")
    assert orjson.loads(body)["trade_state"] == "NOTPAY"


@pytest.mark.parametrize(
    "wishes",
    [{"slow": 1}, {"copies": "50"}, {"answer": "loud"}, {"operation": "dance"}, {"silent": 1}, {"out_trade_no": 7}],
)
async def test_a_behaviour_that_does_not_exist_is_refused(web: Any, wishes: dict[str, object]) -> None:
    answer = await web.post("/sandbox/behaviour", json=wishes)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")
