"""The daily trade bill: written when it is asked for, fetched by a token, and named with its SHA-1."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sandbox.wechatpay import clock
from sandbox.wechatpay.errors import ApiError, wrong_parameter
from sandbox.wechatpay.records import Order, Refund
from sandbox.wechatpay.trade import Trade

NAMES: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,"
    "费率,订单金额,申请退款金额,费率备注"
)
_SUMMARY: Final = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def name_bill(trade: Trade, *, day: str, base_url: str) -> dict[str, object]:
    """Answer `tradebill`: where the bill of a day lies, and its SHA-1. Raises ApiError."""
    try:
        on = datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise wrong_parameter("/query/bill_date", value=day, issue="不是日期", location="query") from None
    # The true platform gives no bill of a day that is not over; here a test or a newcomer need not wait for tomorrow.
    if on > datetime.fromtimestamp(clock.seconds(), clock.BEIJING).date():
        raise ApiError(400, "INVALID_REQUEST", "账单日期错误")
    body = write_bill(trade, day=day)
    if body is None:
        raise ApiError(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    trade.bills[day] = body
    digest = hashlib.sha1(body, usedforsecurity=False).hexdigest()
    url = f"{base_url}/v3/billdownload/file?token={token_of(trade, day=day)}.{day}"
    return {"download_url": url, "hash_type": "SHA1", "hash_value": digest}


def find_bill(trade: Trade, token: str) -> bytes | None:
    """Give the bill of a token."""
    given, _, day = token.partition(".")
    return trade.bills.get(day) if hmac.compare_digest(given, token_of(trade, day=day)) else None


def token_of(trade: Trade, *, day: str) -> str:
    """Give the token of a day."""
    return hashlib.sha256(f"{trade.platform.mchid} {day}".encode()).hexdigest()[:32]


def write_bill(trade: Trade, *, day: str) -> bytes | None:
    """Write the bill of a day; None when nothing happened on it."""
    rows = [*_payments(trade, day), *_refunds(trade, day)]
    if not rows:
        return None
    sums = (sum(row[1] for row in rows), sum(row[2] for row in rows))
    summary = (str(len(rows)), _yuan(sums[0]), _yuan(sums[1]), "0.00", "0.00", _yuan(sums[0]), _yuan(sums[1]))
    lines = [NAMES, *(_cells(row[0]) for row in rows), _SUMMARY, _cells(summary)]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


_Row = tuple[tuple[str, ...], int, int]


def _payments(trade: Trade, day: str) -> Iterator[_Row]:
    for order in trade.store.orders.values():
        if order.paid_at and _written(order.paid_at).startswith(day):
            yield (
                (
                    *(
                        _written(order.paid_at),
                        trade.platform.appid,
                        trade.platform.mchid,
                        "0",
                        "",
                        order.transaction_id,
                    ),
                    *(order.out_trade_no, order.openid, _kind(order), "SUCCESS"),
                    *("OTHERS", "CNY", _yuan(order.total), "0.00", "0", "0", "0.00", "0.00", "", "", order.description),
                    *(order.attach, "0.00000", "0.00%", _yuan(order.total), "0.00", ""),
                ),
                order.total,
                0,
            )


def _refunds(trade: Trade, day: str) -> Iterator[_Row]:
    """Write the refunds that were taken on a day, however they stand: the true bill shows them on that day alone."""
    for refund in trade.store.refunds.values():
        if _written(refund.created_at).startswith(day):
            order = trade.store.orders[refund.out_trade_no]
            amount = _yuan(refund.amount)
            yield (
                (
                    *(_written(refund.created_at), trade.platform.appid, trade.platform.mchid, "0", ""),
                    *(order.transaction_id, order.out_trade_no, order.openid),
                    *(_kind(order), "REFUND", "OTHERS", "CNY", "0.00", "0.00"),
                    *(refund.refund_id, refund.out_refund_no, amount, "0.00", "ORIGINAL", _standing(refund)),
                    *(order.description, order.attach, "0.00000", "0.00%", "0.00", amount, ""),
                ),
                0,
                refund.amount,
            )


def _standing(refund: Refund) -> str:
    return refund.status if refund.status in {"SUCCESS", "PROCESSING"} else "FAIL"


def _kind(order: Order) -> str:
    return "MWEB" if order.kind == "h5" else "JSAPI"


def _cells(values: tuple[str, ...]) -> str:
    return ",".join(f"`{value}" for value in values)


def _written(seconds: float) -> str:
    return (datetime.fromtimestamp(seconds, clock.BEIJING)).strftime("%Y-%m-%d %H:%M:%S")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
