"""Receipts are verified with the platform in a process of its own; no unclear answer is ever a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import pytest

from domain.money import Money
from domain.receipts import ReceiptKey, ReceiptKind, Verification
from partners import fiscal
from sandbox.fiscal import process

KEY = ReceiptKey(ReceiptKind.FISCAL, "33060126", "0000000042", "a1b2c3")
AMOUNT = Money.parse("5000.00")
TOLD = {
    "elecSetlCertType": "1",
    "elecSetlCertCode": "33060126",
    "elecSetlCertNo": "0000000042",
    "elecSetlCertChkcode": "a1b2c3",
    "billAmt": "5000.00",
}


@dataclass
class Platform:
    address: str

    def tell(self, path: str, told: dict[str, object]) -> None:
        httpx2.post(f"{self.address}/sandbox/{path}", json=told, trust_env=False).raise_for_status()

    async def verify(self, key: ReceiptKey = KEY, *, amount: Money = AMOUNT, secret: str = "s3") -> Verification | None:
        async with fiscal.Client(self.address, access_key="agency", secret=secret, seconds=1) as port:
            return await port.verify(key, amount=amount, issued_on=None, now=datetime(2026, 11, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with process.running(access_key="agency", secret="s3", any_time=True) as at:
        yield at


@pytest.fixture
def platform(address: str) -> Platform:
    made = Platform(address)
    made.tell("behaviour", {"answer": "right"})
    made.tell("receipts", {**TOLD, "rhredFlag": "0", "reimFlag": "0"})
    return made


async def test_a_receipt_that_the_issuer_knows_is_genuine(platform: Platform) -> None:
    assert await platform.verify() is Verification.GENUINE


async def test_another_amount_or_check_code_differs(platform: Platform) -> None:
    other = ReceiptKey(KEY.kind, KEY.code, KEY.number, "zzzzzz")

    assert await platform.verify(amount=Money.parse("5000.01")) is Verification.DIFFERS
    assert await platform.verify(other) is Verification.DIFFERS


async def test_an_unknown_a_reversed_and_a_used_receipt_are_told_apart(platform: Platform) -> None:
    unknown = ReceiptKey(KEY.kind, KEY.code, "0000000099", "a1b2c3")
    assert await platform.verify(unknown) is Verification.UNKNOWN_TO_ISSUER

    platform.tell("receipts", {**TOLD, "reimFlag": "1"})
    assert await platform.verify() is Verification.USED_ELSEWHERE
    platform.tell("receipts", {**TOLD, "rhredFlag": "1"})
    assert await platform.verify() is Verification.REVERSED


@pytest.mark.parametrize("answer", ["fail", "garbage", "another"])
async def test_an_unclear_answer_is_no_verdict(platform: Platform, answer: str) -> None:
    platform.tell("behaviour", {"answer": answer})

    assert await platform.verify() is None


async def test_neither_silence_nor_a_refused_signature_is_a_verdict(platform: Platform) -> None:
    assert await platform.verify(secret="wrong") is None
    platform.tell("behaviour", {"answer": "right", "slow_seconds": 2})
    assert await platform.verify() is None
