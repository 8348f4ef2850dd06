"""Our values as the platform's documents, and its documents as our values."""

from __future__ import annotations

from datetime import timedelta, timezone
from enum import StrEnum
from typing import Final, TypeVar

import orjson

from partners.wechatpay.merchant import Merchant
from partners.wechatpay.reading import (
    Document,
    Unreadable,
    fen,
    moment,
    optional_moment,
    optional_part,
    optional_text,
    part,
    text,
)
from partners.wechatpay.values import Order, Refund, RefundOrder, RefundStatus, TradeState, TradeType, Transaction

_BEIJING: Final = timezone(timedelta(hours=8))
_Kind = TypeVar("_Kind", bound=StrEnum)


def h5_order(merchant: Merchant, order: Order, *, payer_ip: str) -> bytes:
    """Write an order to be paid in a browser outside WeChat."""
    scene = {"payer_client_ip": payer_ip, "h5_info": {"type": "Wap"}}
    return orjson.dumps(_order(merchant, order) | {"scene_info": scene})


def jsapi_order(merchant: Merchant, order: Order, *, openid: str) -> bytes:
    """Write an order to be paid inside WeChat by one known person."""
    return orjson.dumps(_order(merchant, order) | {"payer": {"openid": openid}})


def closing(merchant: Merchant) -> bytes:
    """Write the wish to close an order."""
    return orjson.dumps({"mchid": merchant.mchid})


def refund_order(order: RefundOrder) -> bytes:
    """Write the wish for a refund."""
    document = {
        "out_trade_no": order.out_trade_no,
        "out_refund_no": order.out_refund_no,
        "reason": order.reason,
        "notify_url": order.notify_url,
        "amount": {"refund": order.amount.fen, "total": order.total.fen, "currency": "CNY"},
    }
    return orjson.dumps(document)


def read_transaction(document: Document) -> Transaction:
    """Read an order; a paid one must say when, how and how much."""
    state = _one_of(TradeState, text(document, "trade_state"))
    trade_type = optional_text(document, "trade_type")
    amount = optional_part(document, "amount")
    payer = optional_part(document, "payer")
    paid = state in {TradeState.SUCCESS, TradeState.REFUND}
    if paid:
        amount = part(document, "amount")
        text(document, "transaction_id")
        moment(document, "success_time")
    if amount is not None and amount.get("currency", "CNY") != "CNY":
        raise Unreadable(f"The amount is in {amount.get('currency')}, not in yuan.")
    return Transaction(
        mchid=text(document, "mchid"),
        out_trade_no=text(document, "out_trade_no"),
        state=state,
        sentence=optional_text(document, "trade_state_desc") or "",
        transaction_id=optional_text(document, "transaction_id"),
        trade_type=None if trade_type is None else _one_of(TradeType, trade_type),
        total=None if amount is None or (not paid and "total" not in amount) else fen(amount, "total"),
        payer_total=None if amount is None or "payer_total" not in amount else fen(amount, "payer_total"),
        attach=optional_text(document, "attach") or "",
        paid_at=optional_moment(document, "success_time"),
        bank=optional_text(document, "bank_type"),
        openid=None if payer is None else optional_text(payer, "openid"),
    )


def read_refund(document: Document, *, status_name: str = "status") -> Refund:
    """Read a refund; callbacks call its status `refund_status`."""
    amount = part(document, "amount")
    return Refund(
        out_refund_no=text(document, "out_refund_no"),
        refund_id=text(document, "refund_id"),
        out_trade_no=text(document, "out_trade_no"),
        transaction_id=text(document, "transaction_id"),
        status=_one_of(RefundStatus, text(document, status_name)),
        amount=fen(amount, "refund"),
        total=fen(amount, "total"),
        account=optional_text(document, "user_received_account"),
        succeeded_at=optional_moment(document, "success_time"),
    )


def _order(merchant: Merchant, order: Order) -> dict[str, object]:
    document: dict[str, object] = {
        "appid": merchant.appid,
        "mchid": merchant.mchid,
        "description": order.description,
        "out_trade_no": order.out_trade_no,
        # The platform compares a repeated order text by text, so one moment is always written in one way.
        "time_expire": order.expires_at.astimezone(_BEIJING).isoformat(timespec="seconds"),
        "notify_url": order.notify_url,
        "amount": {"total": order.total.fen, "currency": "CNY"},
    }
    return document | ({"attach": order.attach} if order.attach else {})


def _one_of(kinds: type[_Kind], written: str) -> _Kind:
    try:
        return kinds(written)
    except ValueError:
        raise Unreadable(f"{written!r} is no {kinds.__name__} that we know.") from None
