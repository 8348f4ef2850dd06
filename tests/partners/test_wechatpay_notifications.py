"""Notifications from the sandbox process to a real address, in every way that they can go wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from domain.money import Money
from partners import wechatpay
from partners.wechatpay import Distrust, PaymentNotice, RefundNotice, UnusableNotification
from tests.partners.test_wechatpay_signing import their_client
from tests.sandbox.world import Letter, Receiver, a_refund_of, an_order, right_now


async def create_and_pay(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver, **behaviour: object
) -> wechatpay.Order:
    order = an_order(total=78000, notify_url=receiver.url)
    await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    (await control.post(f"/sandbox/orders/{order.out_trade_no}/pay", json=behaviour)).raise_for_status()
    return order


def read(pay: wechatpay.Client, letter: Letter) -> wechatpay.Notification:
    return wechatpay.read_notification(pay.merchant, headers=letter.headers, body=letter.body, now=right_now())


async def test_a_payment_is_notified(pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver) -> None:
    order = await create_and_pay(pay, control, receiver)
    [letter] = await receiver.first(1)
    notice = read(pay, letter)
    assert isinstance(notice, PaymentNotice)
    assert (notice.transaction.out_trade_no, notice.transaction.total) == (order.out_trade_no, Money(78000))
    assert letter.path == "/callbacks/wechatpay"


async def test_wechatpayv3_reads_the_same_notification(
    merchant_file: Path,
    pay: wechatpay.Client,
    control: httpx2.AsyncClient,
    receiver: Receiver,
) -> None:
    await create_and_pay(pay, control, receiver)
    [letter] = await receiver.first(1)
    ours = read(pay, letter)
    theirs = their_client(merchant_file).callback(letter.headers, letter.body)
    assert isinstance(ours, PaymentNotice)
    assert theirs["id"] == ours.id
    assert theirs["resource"]["transaction_id"] == ours.transaction.transaction_id


async def test_fifty_at_once_are_the_same_one(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver
) -> None:
    await create_and_pay(pay, control, receiver, copies=50)
    letters = await receiver.first(50)
    assert len({read(pay, letter).id for letter in letters}) == 1


async def test_a_silent_platform_says_nothing_and_still_answers_the_inquiry(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver
) -> None:
    order = await create_and_pay(pay, control, receiver, silent=True)
    await asyncio.sleep(0.2)
    found = await pay.inquire_order(order.out_trade_no, now=right_now())
    assert receiver.letters == []
    assert isinstance(found, wechatpay.Confirmed)
    assert found.value.state is wechatpay.TradeState.SUCCESS


async def test_a_late_notification_comes_late(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver
) -> None:
    asked_at = right_now()
    await create_and_pay(pay, control, receiver, late_seconds=0.5)
    await receiver.first(1)
    assert (right_now() - asked_at).total_seconds() >= 0.5


async def test_a_notification_comes_again_until_it_is_accepted(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver
) -> None:
    receiver.script = [500, 401, 302]
    order = await create_and_pay(pay, control, receiver)
    letters = await receiver.first(4)
    await asyncio.sleep(0.2)
    told = (await control.get(f"/sandbox/orders/{order.out_trade_no}")).json()
    assert len({read(pay, letter).id for letter in letters}) == 1
    assert len({letter.headers["wechatpay-nonce"] for letter in letters}) == 4
    assert len(receiver.letters) == 4
    assert [delivery["status"] for delivery in told["notices"][0]["deliveries"]] == [500, 401, 302, 204]


@pytest.mark.parametrize(("ends", "event"), [("success", "SUCCESS"), ("abnormal", "ABNORMAL"), ("closed", "CLOSED")])
async def test_a_refund_is_notified(
    pay: wechatpay.Client,
    control: httpx2.AsyncClient,
    receiver: Receiver,
    ends: str,
    event: str,
) -> None:
    order = await create_and_pay(pay, control, receiver, refund=ends)
    await receiver.first(1)
    await pay.refund(a_refund_of(order, notify_url=receiver.url), now=right_now())
    notice = read(pay, (await receiver.first(2))[1])
    assert isinstance(notice, RefundNotice)
    assert (notice.refund.status, notice.refund.amount) == (wechatpay.RefundStatus(event), Money(78000))


async def test_a_refund_may_be_notified_before_its_payment(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver
) -> None:
    order = await create_and_pay(pay, control, receiver, refund_first=True)
    await pay.refund(a_refund_of(order, notify_url=receiver.url), now=right_now())
    kinds = [type(read(pay, letter)) for letter in await receiver.first(2)]
    assert kinds == [RefundNotice, PaymentNotice]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("mchid", Distrust.NOT_FOR_US),
        ("wrong_signature", Distrust.WRONG_SIGNATURE),
        ("unknown_key", Distrust.UNKNOWN_KEY),
        ("ciphertext", Distrust.WRONG_SEAL),
        ("stale", Distrust.STALE),
        ("signtest", Distrust.WRONG_SIGNATURE),
    ],
)
async def test_a_wrong_notification_is_refused_and_the_right_one_after_it_is_read(
    pay: wechatpay.Client,
    control: httpx2.AsyncClient,
    receiver: Receiver,
    fault: str,
    reason: Distrust,
) -> None:
    receiver.script = [401]
    order = await create_and_pay(pay, control, receiver, notice=fault, notices_spoiled=1)
    wrong, right = await receiver.first(2)
    with pytest.raises(UnusableNotification) as refused:
        read(pay, wrong)
    assert refused.value.reason is reason
    assert isinstance(notice := read(pay, right), PaymentNotice)
    assert notice.transaction.out_trade_no == order.out_trade_no


async def test_a_wrong_amount_is_the_platforms_word_and_left_to_the_books(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver
) -> None:
    await create_and_pay(pay, control, receiver, notice="amount")
    [letter] = await receiver.first(1)
    notice = read(pay, letter)
    assert isinstance(notice, PaymentNotice)
    assert notice.transaction.total == Money(78001)


async def test_a_notification_may_be_signed_with_the_next_key(
    pay: wechatpay.Client, control: httpx2.AsyncClient, receiver: Receiver
) -> None:
    next_key = pay.merchant.platform_keys[1].id
    await create_and_pay(pay, control, receiver, signing_key=next_key)
    [letter] = await receiver.first(1)
    assert letter.headers["wechatpay-serial"] == next_key
    assert isinstance(read(pay, letter), PaymentNotice)
