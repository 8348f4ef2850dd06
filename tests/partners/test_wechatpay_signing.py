"""What is signed, and that an independent implementation signs and opens the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3 import utils as theirs

from partners import wechatpay
from partners.wechatpay import signing
from sandbox.wechatpay import seals
from sandbox.wechatpay.keys import Platform

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
one_line = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20)
parts = st.tuples(one_line, one_line, one_line, one_line, st.binary(max_size=40))


def message(of: tuple[str, str, str, str, bytes]) -> bytes:
    method, target, timestamp, nonce, body = of
    return signing.request_message(method=method, target=target, timestamp=timestamp, nonce=nonce, body=body)


@given(parts, parts)
def test_different_requests_never_share_a_signed_message(one: tuple, other: tuple) -> None:
    assert (message(one) == message(other)) == (one == other)


@given(parts)
def test_a_signed_message_reads_back_as_its_five_parts(of: tuple) -> None:
    lines = message(of).split(b"\n", 4)
    assert [line.decode() for line in lines[:4]] == list(of[:4])
    assert lines[4] == of[4] + b"\n"


@given(st.tuples(one_line, one_line, one_line, one_line), st.integers(0, 3), st.integers(0, 20))
def test_a_line_feed_in_a_signed_line_is_a_bug(lines: tuple[str, str, str, str], which: int, where: int) -> None:
    broken = list(lines)
    broken[which] = broken[which][:where] + "\n" + broken[which][where:]
    with pytest.raises(ValueError, match="line feed"):
        message((*broken, b""))


def test_the_message_of_the_published_example_is_laid_out_the_same() -> None:
    laid_out = signing.request_message(
        method="GET",
        target="/v3/certificates",
        timestamp="1554208460",
        nonce="593BEC0C930BF1AFEB40B4A08C8FB242",
        body=b"",
    )
    assert laid_out == b"GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n"


@pytest.mark.parametrize("body", [b"", '{"description":"医保"}'.encode()])
def test_wechatpayv3_signs_a_request_with_the_same_signature(merchant: wechatpay.Merchant, body: bytes) -> None:
    target, nonce = "/v3/pay/transactions/h5?a=1", "A" * 32
    with time_machine.travel(NOON, tick=False):
        expected = theirs.build_authorization(
            target, "POST", merchant.mchid, merchant.serial, merchant.private_key, body.decode(), nonce
        )
    ours = signing.authorization(merchant, method="POST", target=target, body=body, nonce=nonce, now=NOON)
    fields = re.compile(r'(\w+)="([^"]*)"')
    assert dict(fields.findall(ours)) == dict(fields.findall(expected))
    assert ours.partition(" ")[0] == expected.partition(" ")[0] == "WECHATPAY2-SHA256-RSA2048"


async def test_wechatpayv3_signs_the_mini_programs_payment_the_same(
    merchant: wechatpay.Merchant, merchant_file: Path
) -> None:
    async with wechatpay.Client(merchant, new_nonce=lambda: "N" * 32) as pay:
        asked = pay.payment_request(wechatpay.Prepay("wx2026"), now=NOON)
    expected = their_client(merchant_file).sign([merchant.appid, asked.time_stamp, "N" * 32, "prepay_id=wx2026"])
    assert asked.arguments() == {
        "appId": merchant.appid,
        "timeStamp": str(int(NOON.timestamp())),
        "nonceStr": "N" * 32,
        "package": "prepay_id=wx2026",
        "signType": "RSA",
        "paySign": expected,
    }


def test_wechatpayv3_and_we_open_the_same_seal(merchant: wechatpay.Merchant, platform: Platform) -> None:
    sealed = seals.seal(platform, content='{"医保":1}'.encode(), original_type="transaction")
    ours = signing.open_seal(
        merchant, ciphertext=sealed["ciphertext"], nonce=sealed["nonce"], associated=sealed["associated_data"]
    )
    key = merchant.apiv3_key.decode()
    expected = theirs.aes_decrypt(sealed["nonce"], sealed["ciphertext"], sealed["associated_data"], key)
    assert ours.decode() == expected == '{"医保":1}'


@given(body=st.binary(max_size=200), bit=st.integers(0, 2047))
def test_a_signature_with_one_bit_turned_is_not_believed(
    body: bytes, bit: int, merchant: wechatpay.Merchant, platform: Platform
) -> None:
    key_id, key = next(iter(platform.keys.items()))
    headers = seals.sign(key_id=key_id, key=key, body=body, now=NOON.timestamp())
    signing.verify(merchant, headers=headers, body=body, now=NOON)
    signature = bytearray(signing.b64decode(headers["Wechatpay-Signature"]))
    signature[bit // 8] ^= 1 << bit % 8
    headers["Wechatpay-Signature"] = signing.b64encode(signature).decode()
    with pytest.raises(signing.Distrusted) as refused:
        signing.verify(merchant, headers=headers, body=body, now=NOON)
    assert refused.value.reason is wechatpay.Distrust.WRONG_SIGNATURE


def their_client(merchant_file: Path) -> WeChatPay:
    held = orjson.loads(merchant_file.read_bytes())
    key_id, key = next(iter(held["platform_keys"].items()))
    return WeChatPay(
        wechatpay_type=WeChatPayType.H5,
        mchid=held["mchid"],
        private_key=held["private_key"],
        cert_serial_no=held["serial"],
        appid=held["appid"],
        apiv3_key=held["apiv3_key"],
        public_key=key,
        public_key_id=key_id,
    )
