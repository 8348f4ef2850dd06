"""The daily trade bill (交易账单, `bill_type=ALL`): a text of one line for each payment and refund, and a summary.

Each cell begins with a backtick, so that spreadsheets leave long numbers alone. The summary has its own two lines; a
bill whose lines are not what its summary counts is unreadable. A refund stands in the bill of the day on which it was
taken up, as it stood when the bill was written; the line is never brought up to date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.money import Money, total
from partners.wechatpay.reading import Unreadable

_ZONE: Final = ZoneInfo("Asia/Shanghai")
_REFUND: Final = "REFUND"
_REFUNDED: Final = "SUCCESS"
_NEEDED: Final = frozenset(
    {
        "交易时间",
        "商户号",
        "微信订单号",
        "商户订单号",
        "交易状态",
        "订单金额",
        "微信退款单号",
        "商户退款单号",
        "申请退款金额",
        "退款状态",
    }
)


@dataclass(frozen=True, slots=True)
class TradeLine:
    """One payment or refund of a day: our number, theirs, the sum and when.

    `is_over` is False for a refund of which the bill says only that it was taken up: it was under way or stuck.
    """

    is_refund: bool
    number: str
    reference: str
    amount: Money
    at: datetime
    is_over: bool = True


@dataclass(frozen=True, slots=True)
class TradeBill:
    """A day at the platform, with the bytes that were read."""

    lines: tuple[TradeLine, ...]
    body: bytes


def read_bill(body: bytes, *, mchid: str) -> TradeBill:
    """Read a bill. Raises `Unreadable` for another merchant's, for lines that make no sense, and for wrong sums."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The bill is no UTF-8.") from None
    told = [line for line in text.splitlines() if line.strip()]
    names = [name.strip() for name in told[0].split(",")] if told else []
    if missing := _NEEDED - set(names):
        raise Unreadable(f"The bill lacks {'、'.join(sorted(missing))}.")
    at = next((place for place, line in enumerate(told) if line.startswith("总交易单数")), None)
    if at is None or len(told) != at + 2:
        raise Unreadable("The bill has no summary at its end.")
    lines = tuple(_line(names, line, mchid=mchid) for line in told[1:at])
    _check_summary(lines, names=told[at].split(","), values=_cells(told[at + 1]))
    return TradeBill(lines=lines, body=body)


def _line(names: Sequence[str], line: str, *, mchid: str) -> TradeLine:
    cells = _cells(line)
    if len(cells) != len(names):
        raise Unreadable(f"A line of the bill has {len(cells)} cells instead of {len(names)}.")
    told = dict(zip(names, cells, strict=True))
    if told["商户号"] != mchid:
        raise Unreadable(f"The bill is of merchant {told['商户号']}.")
    return _refund(told) if told["交易状态"] == _REFUND else _payment(told)


def _payment(told: Mapping[str, str]) -> TradeLine:
    return TradeLine(
        is_refund=False,
        number=told["商户订单号"],
        reference=told["微信订单号"],
        amount=_money(told["订单金额"]),
        at=_moment(told["交易时间"]),
    )


def _refund(told: Mapping[str, str]) -> TradeLine:
    return TradeLine(
        is_refund=True,
        number=told["商户退款单号"],
        reference=told["微信退款单号"],
        amount=_money(told["申请退款金额"]),
        at=_moment(told["交易时间"]),
        is_over=told["退款状态"] == _REFUNDED,
    )


def _check_summary(lines: Sequence[TradeLine], *, names: Sequence[str], values: Sequence[str]) -> None:
    told = dict(zip((name.strip() for name in names), values, strict=False))
    paid = total(line.amount for line in lines if not line.is_refund)
    back = total(line.amount for line in lines if line.is_refund)
    found = {"总交易单数": str(len(lines)), "订单总金额": str(paid), "申请退款总金额": str(back)}
    if wrong := [name for name, value in found.items() if told.get(name) != value]:
        raise Unreadable(f"The lines of the bill are not what its summary says: {'、'.join(wrong)}.")


def _cells(line: str) -> list[str]:
    """Take a line apart: cells begin with a backtick, and commas inside of a name of goods do not part them."""
    return [cell.strip() for cell in line.strip().removeprefix("`").split(",`")]


def _money(text: str) -> Money:
    try:
        return Money.parse(text)
    except ValueError:
        raise Unreadable(f"{text!r} in the bill is no amount.") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_ZONE)
    except ValueError:
        raise Unreadable(f"{text!r} in the bill is no moment.") from None
