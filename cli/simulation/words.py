"""What people read in place of codes: funds, classes of people, levels, bands; amounts with their unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.errors import Text
from domain.money import half_up
from domain.rules import Level
from domain.whatif import CHANGE_BANDS

_SCHEMES: Final = {"310": Text("职工", "workers"), "390": Text("居民", "residents")}
_LAYERS: Final = {
    "basic": Text("基本医保统筹基金", "basic fund"),
    "large": Text("大额医疗费用补助", "large-amount fund"),
    "critical": Text("大病保险", "critical illness"),
    "civil_servant": Text("公务员医疗补助", "civil servants' top-up"),
    "enterprise": Text("企业补充医疗保险", "enterprises' top-up"),
    "veteran": Text("残疾军人医疗补助", "disabled veterans"),
    "assistance": Text("医疗救助", "medical assistance"),
    "tilt": Text("倾斜救助", "tilted assistance"),
    "backstop": Text("兜底保障", "backstop"),
    "union": Text("医疗互助（费用之外）", "union mutual aid (outside the fee)"),
}
_CLASSES: Final = {
    "11": Text("在职", "at work"),
    "12": Text("退休", "retired"),
    "1204": Text("提前退休", "retired early"),
    "1401": Text("新生儿", "newborns"),
    "1402": Text("学龄前儿童", "before school"),
    "1403": Text("中小学生", "pupils"),
    "1404": Text("大学生", "students"),
    "1405": Text("未入学未成年人", "minors not at school"),
    "15": Text("成年居民", "adults"),
    "16": Text("老年居民", "the old"),
    "33": Text("残疾军人", "disabled veterans"),
    "2302": Text("建档立卡户", "registered poor"),
    "2303": Text("低保对象", "minimum income"),
    "2304": Text("特困人员", "extreme hardship"),
    "2305": Text("低收入（低保边缘）", "close to minimum income"),
    "2306": Text("因病致贫人员", "poor by illness"),
    "2307": Text("五保对象", "five guarantees"),
}
_LEVELS: Final = {level.national: Text(level.zh, level.value) for level in Level}
_BAND_YUAN: Final = tuple(f"{floor // 100:,}" for floor in CHANGE_BANDS)


def fund_name(keys: Sequence[str]) -> Text:
    """Name a fund by `390:basic`, or several that were put together."""
    return _joined([_of_scheme(key, _LAYERS) for key in keys])


def class_name(keys: Sequence[str]) -> Text:
    """Name a class of people by `390:2304`, or several that were put together."""
    return _joined([_of_scheme(key, _CLASSES) for key in keys])


def level_name(keys: Sequence[str]) -> Text:
    """Name a hospital level by its national code."""
    return _joined([_LEVELS[key] for key in keys])


def cost_name(tenth: int, *, lowest: str, next_lowest: str | None) -> Text:
    """Name a tenth of the people by the costs of their year, in yuan."""
    until = f"–{int(next_lowest):,}" if next_lowest is not None else "+"
    return Text(f"第{tenth}档 {int(lowest):,}{until}元", f"{tenth}: {int(lowest):,}{until} yuan")


def band_name(keys: Sequence[str]) -> Text:
    """Name a band of gain (negative) or loss, or neighbouring ones that were put together."""
    bands = [int(key) for key in keys]
    low, high = min(bands), max(bands)
    if low == high == 0:
        return Text("不变", "no change")
    if low < 0 < high or 0 in {low, high}:
        return Text("不变（含人数过少的相邻档）", "no change, with small bands beside it")
    least, most = min(abs(low), abs(high)), max(abs(low), abs(high))
    floor = _BAND_YUAN[least - 1]
    until = f"{_BAND_YUAN[most]}" if most < len(_BAND_YUAN) else None
    zh = f"{floor}元及以上" if until is None else f"{floor}–{until}元" if least > 1 else f"不足{until}元"
    en = f"{floor} yuan or more" if until is None else f"{floor}–{until} yuan" if least > 1 else f"below {until} yuan"
    return Text(f"少付{zh}", f"bear less, {en}") if high < 0 else Text(f"多付{zh}", f"bear more, {en}")


def yuan(fen: int) -> str:
    """Write an amount with thousands and two decimals: `-1,234.50`."""
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{part:02d}"


def change_of(fen: int) -> str:
    """Write a change with its sign: `+1,234.50`, `0.00`."""
    return f"+{yuan(fen)}" if fen > 0 else yuan(fen)


def percent_of(change: int, base: int) -> str:
    """Write a change in percent of what was before, one decimal; a dash where there was nothing."""
    if not base:
        return "—"
    tenths = half_up(change * 1000, base)
    whole, part = divmod(abs(tenths), 10)
    sign = "+" if tenths > 0 else "-" if tenths < 0 else ""
    return f"{sign}{whole}.{part}%"


def _of_scheme(key: str, names: dict[str, Text]) -> Text:
    scheme, _, code = key.partition(":")
    whose, name = _SCHEMES.get(scheme, Text(scheme, scheme)), names.get(code, Text(code or "?", code or "?"))
    return Text(f"{whose.zh}·{name.zh}", f"{whose.en}: {name.en}")


def _joined(names: Sequence[Text]) -> Text:
    if len(names) == 1:
        return names[0]
    zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
    return Text(f"合并：{zh}", f"together: {en}")
