"""WeChat Pay, API version 3 (微信支付 APIv3), for a merchant who deals with the platform directly (直连商户).

    async with wechatpay.Client(merchant) as pay:
        match await pay.create_h5_order(order, payer_ip="203.0.113.7", now=now):
            case wechatpay.Confirmed(page): ...
            case wechatpay.Refused(code, sentence): ...
            case wechatpay.Unknown(doubt, detail): ...

Every call ends in one of three outcomes. `Confirmed` and `Refused` are words of the platform, proved by its
signature. `Unknown` is everything else: no answer, a lost connection, an error of theirs, an answer that cannot be
verified or read. An unknown call may have been carried out, so it is never a failure: inquire, or repeat the same
call with the same number, which the platform carries out once. Nothing is retried in here.

`read_notification` verifies and opens what the platform sends to us. Money is whole fen, moments carry a time zone,
the clock is handed in as `now`.
"""

from partners.wechatpay.bill import TradeBill, TradeLine, read_bill
from partners.wechatpay.callbacks import (
    ACCEPTED,
    Notification,
    PaymentNotice,
    RefundNotice,
    UnusableNotification,
    read_notification,
    rejection,
)
from partners.wechatpay.client import Client, Patience
from partners.wechatpay.merchant import Merchant, PlatformKey
from partners.wechatpay.outcome import Confirmed, Doubt, Outcome, Refused, Unknown
from partners.wechatpay.signing import Distrust
from partners.wechatpay.values import (
    Closed,
    H5Page,
    Order,
    PaymentRequest,
    Prepay,
    Refund,
    RefundOrder,
    RefundStatus,
    TradeState,
    TradeType,
    Transaction,
)

__all__ = [
    "ACCEPTED",
    "Client",
    "Closed",
    "Confirmed",
    "Distrust",
    "Doubt",
    "H5Page",
    "Merchant",
    "Notification",
    "Order",
    "Outcome",
    "Patience",
    "PaymentNotice",
    "PaymentRequest",
    "PlatformKey",
    "Prepay",
    "Refund",
    "RefundNotice",
    "RefundOrder",
    "RefundStatus",
    "Refused",
    "TradeBill",
    "TradeLine",
    "TradeState",
    "TradeType",
    "Transaction",
    "Unknown",
    "UnusableNotification",
    "read_bill",
    "read_notification",
    "rejection",
]
