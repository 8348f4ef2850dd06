"""Orders and refunds by the platform's rules. What breaks a rule raises the error that APIv3 answers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, cast
from urllib.parse import urlsplit

from sandbox.wechatpay import clock
from sandbox.wechatpay.errors import ApiError, wrong_parameter
from sandbox.wechatpay.keys import Platform
from sandbox.wechatpay.records import Order, Refund, Store

PAGE_SECONDS: Final = 300
REFUND_SECONDS: Final = 5
REFUND_SPACING_SECONDS: Final = 60
_REFUNDS_MAX: Final = 50
_DEFAULT_LIFE_SECONDS: Final = 7 * 86400
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
STATES: Final = {
    "NOTPAY": "订单未支付",
    "SUCCESS": "支付成功",
    "REFUND": "订单发生过退款，退款详情请查询退款单",
    "CLOSED": "订单已关闭",
}

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Trade:
    """The business of the platform over its store. `speed` makes its waits shorter."""

    platform: Platform
    store: Store
    speed: float
    bills: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Bills as they were written when somebody asked where they lie, by day: what is named is what is handed out."""

    def create(self, wish: Document, *, kind: str, now: float) -> Order:
        """Take an order, or give the same one again."""
        self._check_parties(wish)
        order = _read_order(wish, kind=kind, now=now)
        known = self.store.orders.get(order.out_trade_no)
        if known is None:
            if order.expires_at <= now:
                raise wrong_parameter("/time_expire", value=order.time_expire, issue="支付结束时间早于当前时间")
            return self.store.keep_order(order)
        if known.state in {"SUCCESS", "REFUND"}:
            raise ApiError(400, "ORDERPAID", "该订单已支付")
        if known.state == "CLOSED":
            raise ApiError(400, "ORDER_CLOSED", "该订单已关闭，请重新下单")
        if known.terms() != order.terms():
            raise ApiError(403, "OUT_TRADE_NO_USED", "商户订单号重复")
        return self.store.keep_order(replace(known, page_shown_until=now + PAGE_SECONDS))

    def find(self, out_trade_no: str, *, mchid: str) -> Order:
        if mchid != self.platform.mchid:
            raise wrong_parameter("mchid", value=mchid, issue="与签名的商户号不一致", location="query")
        order = self.store.orders.get(out_trade_no)
        if order is None:
            raise ApiError(404, "ORDER_NOT_EXIST", "订单不存在")
        return order

    def close(self, out_trade_no: str, wish: Document) -> Order:
        order = self.find(out_trade_no, mchid=_text(wish, "mchid", longest=32))
        if order.state in {"SUCCESS", "REFUND"}:
            raise ApiError(400, "ORDERPAID", "该订单已支付")
        if order.state == "CLOSED":
            raise ApiError(400, "ORDER_CLOSED", "该订单已关闭")
        return self.store.keep_order(replace(order, state="CLOSED"))

    def pay(self, out_trade_no: str, *, now: float) -> Order:
        """Let the payer pay: what happens in the payer's WeChat, which the merchant only hears of."""
        order = self.find(out_trade_no, mchid=self.platform.mchid)
        if order.state in {"SUCCESS", "REFUND"}:
            raise ApiError(400, "ORDERPAID", "该订单已支付")
        if order.state == "CLOSED" or order.expires_at <= now:
            raise ApiError(400, "ORDER_CLOSED", "订单已关闭或已超过支付结束时间")
        if self.store.behaviour(out_trade_no).poor:
            raise ApiError(403, "NOTENOUGH", "付款人余额不足")
        day = clock.written(now)[:10].replace("-", "")
        paid = replace(
            order,
            state="SUCCESS",
            paid_at=now,
            transaction_id=f"4200{secrets.randbelow(10**6):06d}{day}{secrets.randbelow(10**10):010d}",
            openid=order.openid or f"o{secrets.token_urlsafe(20)[:27]}",
        )
        return self.store.keep_order(paid)

    def refund(self, wish: Document, *, now: float) -> Refund:
        """Take a refund, or give the same one again."""
        refund = self._read_refund(wish, now=now)
        known = self.store.refunds.get(refund.out_refund_no)
        if known is not None:
            if known.terms() != refund.terms():
                raise ApiError(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
            return known
        order = self.store.orders.get(refund.out_trade_no)
        if order is None or order.state not in {"SUCCESS", "REFUND"}:
            raise ApiError(404, "RESOURCE_NOT_EXISTS", "订单不存在或未支付")
        self._check_refundable(order, refund, now=now)
        self.store.keep_order(replace(order, state="REFUND"))
        return self.store.keep_refund(refund)

    def find_refund(self, out_refund_no: str) -> Refund:
        refund = self.store.refunds.get(out_refund_no)
        if refund is None:
            raise ApiError(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return refund

    def end_refund(self, refund: Refund, *, now: float) -> Refund:
        """End a refund whose time has come."""
        succeeded_at = now if refund.ends_as == "SUCCESS" else 0
        return self.store.keep_refund(replace(refund, status=refund.ends_as, succeeded_at=succeeded_at))

    def _check_parties(self, wish: Document) -> None:
        if _text(wish, "mchid", longest=32) != self.platform.mchid:
            raise wrong_parameter("/mchid", value=wish["mchid"], issue="与签名的商户号不一致")
        if _text(wish, "appid", longest=32) != self.platform.appid:
            raise ApiError(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配，请检查后再试")

    def _check_refundable(self, order: Order, refund: Refund, *, now: float) -> None:
        earlier = self.store.refunds_of(order.out_trade_no)
        taken = sum(known.amount for known in earlier if known.status != "CLOSED")
        if refund.total != order.total:
            raise ApiError(400, "INVALID_REQUEST", "订单金额不一致，请核实后再试")
        if taken + refund.amount > order.total:
            raise ApiError(400, "INVALID_REQUEST", "累计退款金额大于订单金额，请核实后再试")
        if len(earlier) >= _REFUNDS_MAX:
            raise ApiError(400, "INVALID_REQUEST", "该订单退款次数已达上限")
        if any(now - known.created_at < REFUND_SPACING_SECONDS / self.speed for known in earlier):
            raise ApiError(429, "FREQUENCY_LIMITED", "同一订单的多次退款须间隔1分钟，请稍后用原退款单号重试")
        if self.store.behaviour(order.out_trade_no).refund == "not_enough":
            raise ApiError(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")

    def _read_refund(self, wish: Document, *, now: float) -> Refund:
        amount = _part(wish, "amount")
        if amount.get("currency") != "CNY":
            raise wrong_parameter("/amount/currency", value=amount.get("currency"), issue="只支持CNY")
        out_trade_no = _text(wish, "out_trade_no", longest=32)
        ends = self.store.behaviour(out_trade_no).refund
        return Refund(
            out_refund_no=_text(wish, "out_refund_no", longest=64, pattern=r"[0-9A-Za-z_\-|*@]+"),
            out_trade_no=out_trade_no,
            refund_id=f"5030{secrets.randbelow(10**24):024d}",
            amount=_fen(amount, "/amount/refund"),
            total=_fen(amount, "/amount/total"),
            reason=_text(wish, "reason", longest=80, required=False),
            notify_url=_url(wish, required=False),
            created_at=now,
            ends_at=0 if ends == "processing" else now + REFUND_SECONDS / self.speed,
            ends_as=ends.upper() if ends in {"abnormal", "closed"} else "SUCCESS",
        )


def order_document(platform: Platform, order: Order) -> dict[str, object]:
    """Write an order as an inquiry or a payment's notification shows it."""
    document: dict[str, object] = {
        "appid": platform.appid,
        "mchid": platform.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_state": order.state,
        "trade_state_desc": STATES[order.state],
        "payer": {"openid": order.openid} if order.openid else {},
    }
    if not order.transaction_id:
        return document | {"amount": {"total": order.total, "currency": "CNY"}}
    paid: dict[str, object] = {
        "transaction_id": order.transaction_id,
        "trade_type": "MWEB" if order.kind == "h5" else "JSAPI",
        "bank_type": "OTHERS",
        "attach": order.attach,
        "success_time": clock.written(order.paid_at),
        "amount": {
            "total": order.total,
            "payer_total": order.total,
            "currency": "CNY",
            "payer_currency": "CNY",
        },
    }
    return document | paid


def refund_document(store: Store, refund: Refund) -> dict[str, object]:
    """Write a refund as the API answers it."""
    document: dict[str, object] = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": store.orders[refund.out_trade_no].transaction_id,
        "out_trade_no": refund.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": clock.written(refund.created_at),
        "status": refund.status,
        "funds_account": "AVAILABLE",
        "amount": {
            "total": refund.total,
            "refund": refund.amount,
            "payer_total": refund.total,
            "payer_refund": refund.amount,
            "settlement_refund": refund.amount,
            "settlement_total": refund.total,
            "discount_refund": 0,
            "currency": "CNY",
        },
    }
    return document | ({"success_time": clock.written(refund.succeeded_at)} if refund.succeeded_at else {})


def _read_order(wish: Document, *, kind: str, now: float) -> Order:
    amount = _part(wish, "amount")
    if amount.get("currency", "CNY") != "CNY":
        raise wrong_parameter("/amount/currency", value=amount["currency"], issue="只支持CNY")
    if kind == "h5":
        scene = _part(wish, "scene_info")
        _text(scene, "payer_client_ip", longest=45, at="/scene_info/payer_client_ip")
        _text(_part(scene, "h5_info", at="/scene_info/h5_info"), "type", longest=32, at="/scene_info/h5_info/type")
    openid = "" if kind == "h5" else _text(_part(wish, "payer"), "openid", longest=128, at="/payer/openid")
    expires_at, written = _expiry(wish, now=now)
    return Order(
        out_trade_no=_text(wish, "out_trade_no", longest=32, pattern=r"[0-9A-Za-z_\-|*]{6,}"),
        kind=kind,
        description=_text(wish, "description", longest=127),
        total=_fen(amount, "/amount/total"),
        expires_at=expires_at,
        time_expire=written,
        notify_url=_url(wish, required=True),
        attach=_text(wish, "attach", longest=128, required=False),
        openid=openid,
        prepay_id=f"wx{clock.written(now)[:19].translate(str.maketrans('', '', '-:T'))}{secrets.token_hex(10)}",
        package=str(secrets.randbelow(10**10)),
        created_at=now,
        page_shown_until=now + PAGE_SECONDS,
    )


def _text(
    document: Document, name: str, *, longest: int, required: bool = True, pattern: str = "", at: str = ""
) -> str:
    value = document.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise wrong_parameter(at or f"/{name}", value=value, issue="缺少参数或类型不是字符串")
    if len(value) > longest:
        raise wrong_parameter(at or f"/{name}", value=value, issue=f"长度不得超过{longest}")
    if pattern and not re.fullmatch(pattern, value):
        raise wrong_parameter(at or f"/{name}", value=value, issue="含有不允许的字符或长度不足")
    return value


def _part(document: Document, name: str, *, at: str = "") -> Document:
    value = document.get(name)
    if not isinstance(value, dict):
        raise wrong_parameter(at or f"/{name}", value=value, issue="缺少参数或类型不是对象")
    return cast("Document", value)


def _fen(amount: Document, pointer: str) -> int:
    value = amount.get(pointer.rpartition("/")[2])
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise wrong_parameter(pointer, value=value, issue="必须是大于0的整数，单位为分")
    return value


def _url(wish: Document, *, required: bool) -> str:
    url = _text(wish, "notify_url", longest=256, required=required)
    address = urlsplit(url)
    allowed = address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOOPBACK)
    if url and (not allowed or address.query):
        raise wrong_parameter("/notify_url", value=url, issue="必须是不带参数的https地址（本机可用http）")
    return url


def _expiry(wish: Document, *, now: float) -> tuple[float, str]:
    written = _text(wish, "time_expire", longest=64, required=False)
    if not written:
        return now + _DEFAULT_LIFE_SECONDS, ""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise wrong_parameter("/time_expire", value=written, issue="不符合rfc3339格式") from None
    if moment.tzinfo is None:
        raise wrong_parameter("/time_expire", value=written, issue="缺少时区")
    return moment.timestamp(), written
