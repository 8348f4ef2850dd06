"""What can never be sent is a bug where it is made, not a refusal of the platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from domain.money import Money
from partners import wechatpay
from tests.sandbox.world import a_refund_of, an_order

IMPOSSIBLE_ORDERS: dict[str, dict[str, Any]] = {
    "a short number": {"out_trade_no": "T1234"},
    "a long number": {"out_trade_no": "T" * 33},
    "a number with a sign": {"out_trade_no": "T123456/"},
    "no description": {"description": ""},
    "a long description": {"description": "长" * 128},
    "nothing": {"total": Money(0)},
    "less than nothing": {"total": Money(-1)},
    "no time zone": {"expires_at": datetime(2026, 11, 21)},  # noqa: DTZ001 - that is the fault
    "a long attachment": {"attach": "a" * 129},
    "an address with a query": {"notify_url": "https://yibao.example/a?b=1"},
    "an address with a fragment": {"notify_url": "https://yibao.example/a#b"},
    "another scheme": {"notify_url": "ftp://yibao.example/a"},
    "a long address": {"notify_url": "https://yibao.example/" + "a" * 255},
}


@pytest.mark.parametrize("change", IMPOSSIBLE_ORDERS.values(), ids=IMPOSSIBLE_ORDERS)
def test_an_impossible_order_cannot_be_made(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(an_order(), **change)


@pytest.mark.parametrize(
    "change",
    [
        {"out_refund_no": ""},
        {"out_refund_no": "R" * 65},
        {"out_refund_no": "R 1"},
        {"amount": Money(0)},
        {"amount": Money(40001)},
        {"reason": "长" * 27},
        {"notify_url": "yibao.example"},
    ],
)
def test_an_impossible_refund_cannot_be_made(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(a_refund_of(an_order(total=40000)), **change)


def test_keys_are_not_shown(merchant: wechatpay.Merchant) -> None:
    shown = repr(merchant)
    assert merchant.mchid in shown
    assert merchant.apiv3_key.decode() not in shown
    assert "RSA" not in shown


@pytest.mark.parametrize(
    "change",
    [
        {"apiv3_key": b"a" * 31},
        {"platform_keys": ()},
        {"base_url": "http://api.mch.weixin.qq.com"},
        {"private_key": generate_private_key(65537, 1024)},
    ],
)
def test_a_merchant_that_would_be_unsafe_cannot_be_made(merchant: wechatpay.Merchant, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(merchant, **change)


def test_two_keys_under_one_id_cannot_be(merchant: wechatpay.Merchant) -> None:
    with pytest.raises(ValueError, match="its own id"):
        replace(merchant, platform_keys=merchant.platform_keys[:1] * 2)


def elliptic(*, private: bool) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    if private:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"mchid": None},
        {"private_key": elliptic(private=True)},
        {"platform_keys": {"PUB_KEY_ID_1": elliptic(private=False)}},
        {"platform_keys": {}},
        {"platform_keys": []},
    ],
    ids=["no number", "a private key of another kind", "a public key of another kind", "no key", "no object"],
)
def test_a_file_that_holds_no_merchant_is_refused(merchant_file: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "merchant.json"
    file.write_bytes(orjson.dumps(orjson.loads(merchant_file.read_bytes()) | change))
    with pytest.raises(ValueError):
        wechatpay.Merchant.load(file)


def test_the_file_without_an_address_means_the_real_platform(merchant_file: Path, tmp_path: Path) -> None:
    held = orjson.loads(merchant_file.read_bytes())
    del held["base_url"]
    file = tmp_path / "merchant.json"
    file.write_bytes(orjson.dumps(held))
    assert wechatpay.Merchant.load(file).base_url == "https://api.mch.weixin.qq.com"
