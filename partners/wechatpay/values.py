"""What we tell the platform and what it tells us, as frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlsplit

from domain.money import ZERO, Money

_ORDER_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
_REFUND_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_DESCRIPTION_MAX: Final = 127
_ATTACH_MAX: Final = 128
_REASON_BYTES_MAX: Final = 80
_URL_MAX: Final = 255


class TradeState(StrEnum):
    """State of an order (交易状态)."""

    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    """Paid, and a refund has begun (转入退款); how much went back, only the refund says."""
    NOTPAY = "NOTPAY"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"


class TradeType(StrEnum):
    """How an order was paid (交易类型); H5 is called MWEB."""

    JSAPI = "JSAPI"
    NATIVE = "NATIVE"
    APP = "APP"
    MICROPAY = "MICROPAY"
    MWEB = "MWEB"
    FACEPAY = "FACEPAY"


class RefundStatus(StrEnum):
    """State of a refund (退款状态)."""

    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    PROCESSING = "PROCESSING"
    ABNORMAL = "ABNORMAL"
    """The money cannot go back to the card (销户, 冻结); people must settle it on the merchant platform."""


@dataclass(frozen=True, slots=True)
class Order:
    """What we ask to be paid. `out_trade_no` is ours and names the order for ever; repeat a call with the same.

    `notify_url` takes no query. `attach` comes back unchanged in inquiries and callbacks.
    """

    out_trade_no: str
    description: str
    total: Money
    expires_at: datetime
    notify_url: str
    attach: str = ""

    def __post_init__(self) -> None:
        if not _ORDER_NUMBER.fullmatch(self.out_trade_no):
            raise ValueError(f"{self.out_trade_no!r} is no order number: 6 to 32 of 0-9 A-Z a-z _ - | *.")
        if not 1 <= len(self.description) <= _DESCRIPTION_MAX:
            raise ValueError(f"A description has 1 to {_DESCRIPTION_MAX} characters.")
        if self.total <= ZERO:
            raise ValueError(f"Nothing can be paid by {self.total} yuan.")
        if self.expires_at.tzinfo is None:
            raise ValueError("expires_at needs its time zone.")
        if len(self.attach) > _ATTACH_MAX:
            raise ValueError(f"attach has at most {_ATTACH_MAX} characters.")
        _require_plain_url(self.notify_url)


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What we ask to be given back of a paid order. The same `out_refund_no` is refunded once, however often asked."""

    out_refund_no: str
    out_trade_no: str
    amount: Money
    total: Money
    reason: str
    notify_url: str

    def __post_init__(self) -> None:
        if not _REFUND_NUMBER.fullmatch(self.out_refund_no):
            raise ValueError(f"{self.out_refund_no!r} is no refund number: at most 64 of 0-9 A-Z a-z _ - | * @.")
        if not ZERO < self.amount <= self.total:
            raise ValueError(f"Of {self.total} yuan, {self.amount} cannot be given back.")
        if len(self.reason.encode()) > _REASON_BYTES_MAX:
            raise ValueError(f"A reason has at most {_REASON_BYTES_MAX} bytes.")
        _require_plain_url(self.notify_url)


@dataclass(frozen=True, slots=True)
class H5Page:
    """The page that takes a browser outside WeChat to the payment. It opens within 5 minutes."""

    url: str

    def returning_to(self, address: str) -> str:
        """Give the page's address so that it leads back to ours; coming back proves no payment."""
        return f"{self.url}&redirect_url={quote(address, safe='')}"


@dataclass(frozen=True, slots=True)
class Prepay:
    """The order as a mini-program or a page inside WeChat needs it. Good for 2 hours."""

    prepay_id: str


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """The arguments of `wx.requestPayment`, signed by us."""

    app_id: str
    time_stamp: str
    nonce_str: str
    package: str
    pay_sign: str

    def arguments(self) -> dict[str, str]:
        """Give the arguments under the names that WeChat's JavaScript takes."""
        return {
            "appId": self.app_id,
            "timeStamp": self.time_stamp,
            "nonceStr": self.nonce_str,
            "package": self.package,
            "signType": "RSA",
            "paySign": self.pay_sign,
        }


@dataclass(frozen=True, slots=True)
class Closed:
    """An order that nobody can pay any more."""

    out_trade_no: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """An order as the platform knows it.

    What only a payment brings is None before it. `total` is what we asked, `payer_total` what the payer gave;
    the difference are coupons, and the merchant is owed `total`.
    """

    mchid: str
    out_trade_no: str
    state: TradeState
    sentence: str
    transaction_id: str | None
    trade_type: TradeType | None
    total: Money | None
    payer_total: Money | None
    attach: str
    paid_at: datetime | None
    bank: str | None
    openid: str | None


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as the platform knows it. `account` says in Chinese where the money went."""

    out_refund_no: str
    refund_id: str
    out_trade_no: str
    transaction_id: str
    status: RefundStatus
    amount: Money
    total: Money
    account: str | None
    succeeded_at: datetime | None


def _require_plain_url(url: str) -> None:
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.netloc or address.query or address.fragment:
        raise ValueError(f"{url!r} is no address for callbacks: https, without a query.")
    if len(url) > _URL_MAX:
        raise ValueError(f"An address for callbacks has at most {_URL_MAX} characters.")
