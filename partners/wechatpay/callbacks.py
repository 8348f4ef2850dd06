"""What the platform sends to us (回调通知): believed, opened and read, or refused with a reason.

The same notification may come many times, late, out of order, or never; what it says is a fact of the platform, and
whether it is new to us is the domain's question. Answer within 5 seconds: `ACCEPTED` once the fact is safe, anything
else makes the platform send it again (15 more times over about a day).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import orjson

from partners.wechatpay import documents
from partners.wechatpay.merchant import Merchant
from partners.wechatpay.reading import Document, Unreadable, moment, parse, part, text
from partners.wechatpay.signing import SEAL_TYPE, Distrust, Distrusted, open_seal, verify
from partners.wechatpay.values import Refund, RefundStatus, TradeState, Transaction

ACCEPTED: Final = 204
"""The status that ends a notification: no content."""
BODY_BYTES_MAX: Final = 64 * 1024
_RESOURCE_TYPE: Final = "encrypt-resource"
_PAID: Final = "TRANSACTION.SUCCESS"
_REFUND_EVENTS: Final = {
    "REFUND.SUCCESS": RefundStatus.SUCCESS,
    "REFUND.ABNORMAL": RefundStatus.ABNORMAL,
    "REFUND.CLOSED": RefundStatus.CLOSED,
}


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """An order was paid. `id` is the notification's own and stays the same when it is sent again."""

    id: str
    created_at: datetime
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """A refund ended: with success, closed, or stuck (abnormal)."""

    id: str
    created_at: datetime
    refund: Refund


Notification: TypeAlias = PaymentNotice | RefundNotice


class UnusableNotification(Exception):
    """A callback that is not believed or not understood: change nothing, answer with a refusal, log the reason."""

    def __init__(self, reason: Distrust, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason: Final = reason
        self.sentence: Final = sentence


def read_notification(merchant: Merchant, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notification:
    """Read a callback from the exact bytes of its body; raise `UnusableNotification` unless every check holds.

    The signature by a known key of the platform, a time within 5 minutes of `now`, the seal of the APIv3 key, the
    constant types, the merchant number, and that event and content say the same. The amount is for the caller to
    compare with what was asked: only the books know that.
    """
    try:
        _require_small(body)
        verify(merchant, headers=headers, body=body, now=now)
        return _notification(merchant, parse(body))
    except Distrusted as error:
        raise UnusableNotification(error.reason, error.sentence) from None
    except Unreadable as error:
        raise UnusableNotification(Distrust.UNREADABLE, str(error)) from None


def rejection(sentence: str) -> bytes:
    """Write the body of an answer, with status 4xx or 5xx, that asks the platform to send it again."""
    return orjson.dumps({"code": "FAIL", "message": sentence})


def _require_small(body: bytes) -> None:
    if len(body) > BODY_BYTES_MAX:
        raise Unreadable(f"The body has more than {BODY_BYTES_MAX} bytes.")


def _notification(merchant: Merchant, envelope: Document) -> Notification:
    notice_id, created_at = text(envelope, "id"), moment(envelope, "create_time")
    event = text(envelope, "event_type")
    content = _opened(merchant, envelope, kind="refund" if event in _REFUND_EVENTS else "transaction")
    if text(content, "mchid") != merchant.mchid:
        raise Distrusted(Distrust.NOT_FOR_US, f"The notification is for the merchant {content['mchid']}.")
    if event in _REFUND_EVENTS:
        refund = documents.read_refund(content, status_name="refund_status")
        if refund.status != _REFUND_EVENTS[event]:
            raise Unreadable(f"{event} holds a refund in state {refund.status}.")
        return RefundNotice(id=notice_id, created_at=created_at, refund=refund)
    if event != _PAID:
        raise Unreadable(f"{event!r} is no event that we asked for.")
    transaction = documents.read_transaction(content)
    if transaction.state is not TradeState.SUCCESS:
        raise Unreadable(f"{event} holds an order in state {transaction.state}.")
    if text(content, "appid") != merchant.appid:
        raise Distrusted(Distrust.NOT_FOR_US, f"The notification is for the application {content['appid']}.")
    return PaymentNotice(id=notice_id, created_at=created_at, transaction=transaction)


def _opened(merchant: Merchant, envelope: Document, *, kind: str) -> Document:
    resource = part(envelope, "resource")
    constants = (
        (text(envelope, "resource_type"), _RESOURCE_TYPE),
        (text(resource, "algorithm"), SEAL_TYPE),
        (text(resource, "original_type"), kind),
    )
    for found, expected in constants:
        if found != expected:
            raise Unreadable(f"{found!r} stands where only {expected!r} may.")
    associated = resource.get("associated_data", "")
    if not isinstance(associated, str):
        raise Unreadable("associated_data is no text.")
    sealed, nonce = text(resource, "ciphertext"), text(resource, "nonce")
    return parse(open_seal(merchant, ciphertext=sealed, nonce=nonce, associated=associated))
