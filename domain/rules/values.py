"""The words that every provision shares: where and when it holds, where it is written, and how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.period import Period


class Standing(StrEnum):
    """How far a number may be trusted as the law of its place."""

    OFFICIAL = "official"
    PRESS = "press"
    DEMONSTRATION = "demonstration"

    @property
    def zh(self) -> str:
        """The standing in Chinese, as explanations print it."""
        return {"official": "官方文件", "press": "报刊转载", "demonstration": "示范数字，非现行规定"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One version of one provision of one place: the whole text of that time, never a patch.

    `region` is the six-digit code of the place, `scheme` the national insutype or `""` for provisions that hold
    for all schemes. `demonstration` names the keys of this version (`late_until`, `groups.relief`) whose values are
    made up for the demo city although the rest has a source; `standing` speaks of the rest.
    """

    region: str
    scheme: str
    name: str
    term: str
    starts: date
    ends: date | None = None
    source: str
    standing: Standing
    changes: str = ""
    notes: tuple[str, ...] = ()
    demonstration: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A name that stays: region, scheme and first day, e.g. `330900-390-2027-01-01`."""
        return "-".join(part for part in (self.region, self.scheme, self.starts.isoformat()) if part)

    @property
    def period(self) -> Period:
        """The days on which this version is in force."""
        return Period(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of an explanation in both languages, with the place where the rule is written."""

    zh: str
    en: str
    source: str
    standing: Standing


def zh_day(day: date) -> str:
    """Write a day for Chinese readers: `2027年5月1日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def months_of(number: int) -> str:
    """Write a number of months for English readers: `1 month`, `4 months`."""
    return "1 month" if number == 1 else f"{number} months"


class Level(StrEnum):
    """The deductible level of a hospital (national dedc_hosp_lv), which is not its grade."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    TERTIARY = "tertiary"
    OTHER = "other"

    @property
    def national(self) -> str:
        """The national code."""
        return {"primary": "1", "secondary": "2", "tertiary": "3", "other": "4"}[self.value]

    @property
    def zh(self) -> str:
        """The level as explanations print it."""
        return {"primary": "一级及以下", "secondary": "二级", "tertiary": "三级", "other": "其他"}[self.value]


class OffSite(StrEnum):
    """Where care was given and whether it was filed: a long stay, a referral and an emergency count as filed."""

    HOME = "home"
    PROVINCE_FILED = "province_filed"
    PROVINCE_UNFILED = "province_unfiled"
    NATION_FILED = "nation_filed"
    NATION_UNFILED = "nation_unfiled"

    @property
    def zh(self) -> str:
        """The kind as explanations print it."""
        return {
            "home": "统筹区内",
            "province_filed": "省内异地（已备案）",
            "province_unfiled": "省内异地（未备案）",
            "nation_filed": "跨省异地（已备案）",
            "nation_unfiled": "跨省异地（未备案）",
        }[self.value]
