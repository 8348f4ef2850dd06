"""How each cell of a case file is read: the text is a value, or a `ValueError` with a sentence in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from domain.money import ZERO, Money
from domain.rules import Level, OffSite

NO_AMOUNT: Final = ("不是金额，应写作 1300.00。", "is no amount: write it as 1300.00.")
_LEVELS: Final = {level.national: level for level in Level}
_OFF_SITE: Final = {"": OffSite.HOME, **{kind.value: kind for kind in OffSite}}
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_WORD: Final = re.compile(r"[A-Za-z0-9_]{1,40}")
_DAYS: Final = re.compile(r"\d{1,3}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# Days, codes and amounts come again and again; so many of them are read once.
_KEPT: Final = 1 << 14


def _pattern(pattern: re.Pattern[str], zh: str, en: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(zh, en)
        return text

    return read


_number: Final = _pattern(_NUMBER, "应为字母、数字、- 或 _，最多 40 位。", "must be 1 to 40 letters, digits, - or _.")
_word: Final = lru_cache(_KEPT)(_pattern(_WORD, "不是代码。", "is no code."))


@lru_cache(_KEPT)
def _maybe_word(text: str) -> str:
    return _word(text) if text else ""


@lru_cache(_KEPT)
def _words(text: str) -> frozenset[str]:
    return frozenset(map(_word, text.split("|"))) if text else frozenset()


@lru_cache(_KEPT)
def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError("不是日期，应写作 2026-03-05。", "is no day: write it as 2026-03-05.")
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise ValueError("日历上没有这一天。", "is no day of the calendar.") from fault


@lru_cache(_KEPT)
def _maybe_day(text: str) -> date | None:
    return _day(text) if text else None


@lru_cache(_KEPT)
def _stated(text: str) -> Money:
    try:
        amount = Money.parse(text)
    except ValueError as fault:
        raise ValueError(*NO_AMOUNT) from fault
    if amount.fen < 0:
        raise ValueError(
            "为负数。冲正的结算须连同原结算一并去掉。",
            "is negative: leave out reversed settlements together with what they reversed.",
        )
    return amount


@lru_cache(_KEPT)
def _maybe_stated(text: str) -> Money | None:
    return _stated(text) if text else None


@lru_cache(_KEPT)
def _amount(text: str) -> Money:
    return _stated(text) if text else ZERO


@lru_cache(_KEPT)
def _count(text: str) -> int:
    if not text:
        return 0
    if not _DAYS.fullmatch(text):
        raise ValueError("不是天数。", "is no number of days.")
    return int(text)


@lru_cache(_KEPT)
def _level(text: str) -> Level:
    level = _LEVELS.get(text)
    if level is None:
        raise ValueError("不是起付线医院等级 1、2、3、4。", "is none of 1, 2, 3, 4.")
    return level


@lru_cache(_KEPT)
def _off_site(text: str) -> OffSite:
    kind = _OFF_SITE.get(text)
    if kind is None:
        raise ValueError(f"不是 {'、'.join(OffSite)} 之一。", f"is none of {', '.join(OffSite)}.")
    return kind


READ: Final[Mapping[str, Callable[[str], object]]] = {
    "psn_no": _number,
    "insutype": _word,
    "psn_type": _word,
    "brdy": _day,
    "mdtrt_id": _number,
    "setl_date": _day,
    "med_type": _word,
    "dedc_hosp_lv": _level,
    "medfee_sumamt": _stated,
    "fulamt_ownpay_amt": _stated,
    "overlmt_selfpay": _stated,
    "preselfpay_catalogue": _stated,
    "psn_idet_type": _words,
    "psn_groups": _words,
    "acct_in": _amount,
    "critical_cap_lift": _amount,
    "begndate": _maybe_day,
    "off_site": _off_site,
    "ipt_days": _count,
    "matn_type": _maybe_word,
    "fund_pay_sumamt": _maybe_stated,
    "acct_pay": _maybe_stated,
    "psn_cash_pay": _maybe_stated,
}
"""The reader of every column, by its name."""
