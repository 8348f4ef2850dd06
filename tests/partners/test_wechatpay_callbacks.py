"""Each check of a callback, broken once: the letter that passes is the same but for the one thing."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from domain.money import Money
from partners import wechatpay
from partners.wechatpay import Distrust, PaymentNotice, RefundNotice, RefundStatus, TradeState, UnusableNotification
from sandbox.wechatpay import seals
from sandbox.wechatpay.keys import Platform

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Draft:
    """A callback before it is sealed and signed, so that a test can spoil it at any stage."""

    content: dict[str, Any]
    event: str = "TRANSACTION.SUCCESS"
    original_type: str = "transaction"
    envelope: Callable[[dict[str, Any]], object] = lambda _: None
    body: Callable[[bytes], bytes] = lambda body: body
    headers: Callable[[dict[str, str]], object] = lambda _: None
    key: int = 0
    sent_at: datetime = NOON

    def posted(self, platform: Platform) -> tuple[dict[str, str], bytes]:
        sealed = seals.seal(platform, content=orjson.dumps(self.content), original_type=self.original_type)
        envelope: dict[str, Any] = {
            "id": "8d3a4d0c-0000-4000-8000-000000000001",
            "create_time": "2026-11-21T20:00:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": self.event,
            "summary": "支付成功",
            "resource": sealed,
        }
        self.envelope(envelope)
        body = orjson.dumps(envelope)
        key_id, key = list(platform.keys.items())[self.key]
        headers = seals.sign(key_id=key_id, key=key, body=body, now=self.sent_at.timestamp())
        self.headers(headers)
        return headers, self.body(body)


@pytest.fixture
def paid(merchant: wechatpay.Merchant) -> Draft:
    return Draft(
        {
            "appid": merchant.appid,
            "mchid": merchant.mchid,
            "out_trade_no": "T1234567",
            "transaction_id": "4200000001202611210000000001",
            "trade_type": "MWEB",
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "bank_type": "OTHERS",
            "attach": "bill 7",
            "success_time": "2026-11-21T19:59:58+08:00",
            "payer": {"openid": "o-payer"},
            "amount": {"total": 78000, "payer_total": 77000, "currency": "CNY", "payer_currency": "CNY"},
        }
    )


@pytest.fixture
def refunded(merchant: wechatpay.Merchant) -> Draft:
    content = {
        "mchid": merchant.mchid,
        "out_trade_no": "T1234567",
        "transaction_id": "4200000001202611210000000001",
        "out_refund_no": "R1",
        "refund_id": "50300000000000000000000000001",
        "refund_status": "SUCCESS",
        "success_time": "2026-11-21T19:59:58+08:00",
        "user_received_account": "支付用户零钱",
        "amount": {"total": 78000, "refund": 40000, "payer_total": 77000, "payer_refund": 40000},
    }
    return Draft(content, event="REFUND.SUCCESS", original_type="refund")


def read(draft: Draft, merchant: wechatpay.Merchant, platform: Platform) -> wechatpay.Notification:
    headers, body = draft.posted(platform)
    return wechatpay.read_notification(merchant, headers=headers, body=body, now=NOON)


def test_a_payment_is_read(paid: Draft, merchant: wechatpay.Merchant, platform: Platform) -> None:
    notice = read(paid, merchant, platform)
    assert isinstance(notice, PaymentNotice)
    assert notice.id == "8d3a4d0c-0000-4000-8000-000000000001"
    assert notice.created_at == NOON
    transaction = notice.transaction
    assert (transaction.out_trade_no, transaction.state) == ("T1234567", TradeState.SUCCESS)
    assert (transaction.total, transaction.payer_total) == (Money(78000), Money(77000))
    assert (transaction.attach, transaction.openid) == ("bill 7", "o-payer")
    assert transaction.paid_at == NOON - timedelta(seconds=2)


@pytest.mark.parametrize("status", ["SUCCESS", "ABNORMAL", "CLOSED"])
def test_a_refund_is_read(refunded: Draft, merchant: wechatpay.Merchant, platform: Platform, status: str) -> None:
    draft = replace(refunded, event=f"REFUND.{status}", content=refunded.content | {"refund_status": status})
    notice = read(draft, merchant, platform)
    assert isinstance(notice, RefundNotice)
    assert (notice.refund.status, notice.refund.amount) == (RefundStatus(status), Money(40000))
    assert (notice.refund.out_refund_no, notice.refund.total) == ("R1", Money(78000))


@pytest.mark.parametrize("key", [0, 1])
def test_every_key_of_the_platform_is_believed_while_keys_change(
    paid: Draft, merchant: wechatpay.Merchant, platform: Platform, key: int
) -> None:
    assert isinstance(read(replace(paid, key=key), merchant, platform), PaymentNotice)


@pytest.mark.parametrize("case", ["Wechatpay-Signature", "WECHATPAY-SIGNATURE", "wechatpay-signature"])
def test_names_of_headers_are_read_in_any_case(
    paid: Draft, merchant: wechatpay.Merchant, platform: Platform, case: str
) -> None:
    def recase(headers: dict[str, str]) -> None:
        headers[case] = headers.pop("Wechatpay-Signature")

    assert isinstance(read(replace(paid, headers=recase), merchant, platform), PaymentNotice)


@pytest.mark.parametrize(("seconds", "believed"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_letter_is_believed_five_minutes_around_its_time(
    paid: Draft, merchant: wechatpay.Merchant, platform: Platform, *, seconds: int, believed: bool
) -> None:
    draft = replace(paid, sent_at=NOON + timedelta(seconds=seconds))
    if believed:
        assert isinstance(read(draft, merchant, platform), PaymentNotice)
    else:
        assert refusal(draft, merchant, platform) is Distrust.STALE


def refusal(draft: Draft, merchant: wechatpay.Merchant, platform: Platform) -> Distrust:
    with pytest.raises(UnusableNotification) as refused:
        read(draft, merchant, platform)
    return refused.value.reason


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda found: found.pop(name)


def having(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda found: found.update({name: value})


def in_resource(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda envelope: envelope["resource"].update({name: value})


def with_a_bit_turned(name: str) -> Callable[[dict[str, Any]], object]:
    def turn(found: dict[str, Any]) -> None:
        raw = bytearray(b64decode(found[name]))
        raw[len(raw) // 2] ^= 1
        found[name] = b64encode(raw).decode()

    return turn


def one_second_later(headers: dict[str, str]) -> None:
    headers["Wechatpay-Timestamp"] = str(int(headers["Wechatpay-Timestamp"]) + 1)


SPOILED_LETTERS: dict[str, tuple[dict[str, Any], Distrust]] = {
    "no timestamp": ({"headers": without("Wechatpay-Timestamp")}, Distrust.UNSIGNED),
    "no nonce": ({"headers": without("Wechatpay-Nonce")}, Distrust.UNSIGNED),
    "no serial": ({"headers": without("Wechatpay-Serial")}, Distrust.UNSIGNED),
    "no signature": ({"headers": without("Wechatpay-Signature")}, Distrust.UNSIGNED),
    "an empty signature": ({"headers": having("Wechatpay-Signature", "")}, Distrust.UNSIGNED),
    "another algorithm": (
        {"headers": having("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3")},
        Distrust.WRONG_ALGORITHM,
    ),
    "a timestamp in words": ({"headers": having("Wechatpay-Timestamp", "now")}, Distrust.STALE),
    "a timestamp in other digits": ({"headers": having("Wechatpay-Timestamp", "１７９５２６２４００")}, Distrust.STALE),
    "a key that nobody told us": ({"headers": having("Wechatpay-Serial", "PUB_KEY_ID_9")}, Distrust.UNKNOWN_KEY),
    "a turned bit in the signature": (
        {"headers": with_a_bit_turned("Wechatpay-Signature")},
        Distrust.WRONG_SIGNATURE,
    ),
    "a signature that is no base64": ({"headers": having("Wechatpay-Signature", "%%%")}, Distrust.WRONG_SIGNATURE),
    "the platform's probe": (
        {"headers": having("Wechatpay-Signature", "WECHATPAY/SIGNTEST/abcd")},
        Distrust.WRONG_SIGNATURE,
    ),
    "another timestamp": ({"headers": one_second_later}, Distrust.WRONG_SIGNATURE),
    "another nonce": ({"headers": having("Wechatpay-Nonce", "0")}, Distrust.WRONG_SIGNATURE),
    "one byte more": ({"body": lambda body: body + b" "}, Distrust.WRONG_SIGNATURE),
    "another summary": (
        {"body": lambda body: body.replace("支付成功".encode(), "支付失败".encode())},
        Distrust.WRONG_SIGNATURE,
    ),
    "a turned bit in the ciphertext": (
        {"envelope": lambda envelope: with_a_bit_turned("ciphertext")(envelope["resource"])},
        Distrust.WRONG_SEAL,
    ),
    "a ciphertext that is no base64": ({"envelope": in_resource("ciphertext", "%%%")}, Distrust.WRONG_SEAL),
    "a ciphertext shorter than its tag": ({"envelope": in_resource("ciphertext", "AAAA")}, Distrust.WRONG_SEAL),
    "other associated data": ({"envelope": in_resource("associated_data", "refund")}, Distrust.WRONG_SEAL),
    "another nonce of the seal": ({"envelope": in_resource("nonce", "0" * 12)}, Distrust.WRONG_SEAL),
    "a short nonce of the seal": ({"envelope": in_resource("nonce", "0" * 11)}, Distrust.WRONG_SEAL),
    "another resource type": ({"envelope": having("resource_type", "plain-resource")}, Distrust.UNREADABLE),
    "another cipher": ({"envelope": in_resource("algorithm", "AEAD_SM4_GCM")}, Distrust.UNREADABLE),
    "another original type": ({"envelope": in_resource("original_type", "refund")}, Distrust.UNREADABLE),
    "associated data that are no text": ({"envelope": in_resource("associated_data", 1)}, Distrust.UNREADABLE),
    "no id": ({"envelope": without("id")}, Distrust.UNREADABLE),
    "a moment without time zone": (
        {"envelope": having("create_time", "2026-11-21T20:00:00")},
        Distrust.UNREADABLE,
    ),
    "an event that we did not ask for": ({"event": "PAYSCORE.USER_PAID"}, Distrust.UNREADABLE),
    "a refund's event with a payment in it": (
        {"event": "REFUND.SUCCESS", "original_type": "refund"},
        Distrust.UNREADABLE,
    ),
}


@pytest.mark.parametrize(("spoiled", "reason"), SPOILED_LETTERS.values(), ids=SPOILED_LETTERS)
def test_a_spoiled_letter_is_refused(
    paid: Draft, merchant: wechatpay.Merchant, platform: Platform, spoiled: dict[str, Any], reason: Distrust
) -> None:
    assert refusal(replace(paid, **spoiled), merchant, platform) is reason


def test_a_letter_that_is_too_long_is_not_even_verified(
    paid: Draft, merchant: wechatpay.Merchant, platform: Platform
) -> None:
    long = replace(paid, envelope=having("summary", "长" * 30_000))
    assert refusal(long, merchant, platform) is Distrust.UNREADABLE


SPOILED_CONTENTS: dict[str, tuple[dict[str, Any], Distrust]] = {
    "another merchant": ({"mchid": "1900000000"}, Distrust.NOT_FOR_US),
    "another application": ({"appid": "wx0000000000000000"}, Distrust.NOT_FOR_US),
    "an order that is not paid": ({"trade_state": "NOTPAY"}, Distrust.UNREADABLE),
    "an order in refund": ({"trade_state": "REFUND"}, Distrust.UNREADABLE),
    "a state that nobody knows": ({"trade_state": "PAID"}, Distrust.UNREADABLE),
    "no amount": ({"amount": None}, Distrust.UNREADABLE),
    "an amount in words": ({"amount": {"total": "78000"}}, Distrust.UNREADABLE),
    "an amount in parts of a fen": ({"amount": {"total": 78000.0}}, Distrust.UNREADABLE),
    "an amount that is a truth": ({"amount": {"total": True}}, Distrust.UNREADABLE),
    "an amount below nothing": ({"amount": {"total": -1}}, Distrust.UNREADABLE),
    "dollars": ({"amount": {"total": 78000, "currency": "USD"}}, Distrust.UNREADABLE),
    "no transaction number": ({"transaction_id": ""}, Distrust.UNREADABLE),
    "no order number": ({"out_trade_no": None}, Distrust.UNREADABLE),
    "no moment of payment": ({"success_time": None}, Distrust.UNREADABLE),
}


@pytest.mark.parametrize(("change", "reason"), SPOILED_CONTENTS.values(), ids=SPOILED_CONTENTS)
def test_a_content_that_says_something_else_is_refused(
    paid: Draft, merchant: wechatpay.Merchant, platform: Platform, change: dict[str, Any], reason: Distrust
) -> None:
    assert refusal(replace(paid, content=paid.content | change), merchant, platform) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"refund_status": "CLOSED"}, Distrust.UNREADABLE),
        ({"mchid": "1900000000"}, Distrust.NOT_FOR_US),
        ({"out_refund_no": ""}, Distrust.UNREADABLE),
        ({"amount": {"total": 78000}}, Distrust.UNREADABLE),
    ],
)
def test_a_refund_that_says_something_else_is_refused(
    refunded: Draft, merchant: wechatpay.Merchant, platform: Platform, change: dict[str, Any], reason: Distrust
) -> None:
    assert refusal(replace(refunded, content=refunded.content | change), merchant, platform) is reason


def test_a_key_that_was_dropped_is_not_believed_any_more(
    paid: Draft, merchant: wechatpay.Merchant, platform: Platform
) -> None:
    later = replace(merchant, platform_keys=merchant.platform_keys[1:])
    assert refusal(paid, later, platform) is Distrust.UNKNOWN_KEY
    assert isinstance(read(replace(paid, key=1), later, platform), PaymentNotice)


def test_a_refusal_asks_the_platform_to_send_it_again() -> None:
    assert orjson.loads(wechatpay.rejection("验签失败")) == {"code": "FAIL", "message": "验签失败"}
