"""A year's cases as CSV: one episode a line, national column names where the field has one. Read strictly.

`docs/guides/simulate.md` describes the form for those who make such files.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, TextIO, TypeVar

from domain.errors import Text
from domain.money import Money
from domain.period import Period
from domain.rules import Level, OffSite
from domain.settlement import Episode, Person
from domain.whatif import TreatedCase

V = TypeVar("V")

REQUIRED: Final = (
    "psn_no",
    "insutype",
    "psn_type",
    "brdy",
    "mdtrt_id",
    "setl_date",
    "med_type",
    "dedc_hosp_lv",
    "medfee_sumamt",
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_catalogue",
)
OPTIONAL: Final = (
    "psn_idet_type",
    "psn_groups",
    "acct_in",
    "critical_cap_lift",
    "begndate",
    "off_site",
    "ipt_days",
    "matn_type",
)
SETTLED: Final = ("fund_pay_sumamt", "acct_pay", "psn_cash_pay")
COLUMNS: Final = (*REQUIRED, *OPTIONAL, *SETTLED)

_LEVELS: Final = {level.national: level for level in Level}
_OFF_SITE: Final = {"": OffSite.HOME, **{kind.value: kind for kind in OffSite}}
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_WORD: Final = re.compile(r"[A-Za-z0-9_]{1,40}")
_DAYS: Final = re.compile(r"\d{1,3}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PERSON_COLUMNS: Final = ("insutype", "psn_type", "brdy", "psn_idet_type", "psn_groups", "critical_cap_lift")


class Fault(NamedTuple):
    """What is wrong with one line of a file."""

    line: int
    reason: Text

    def told(self) -> Text:
        """Name the line and the reason."""
        return Text(f"第 {self.line} 行：{self.reason.zh}", f"Line {self.line}: {self.reason.en}")


class BrokenLine(Exception):
    """A line that is no case, with every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.told().en for fault in faults))
        self.faults = tuple(faults)


def read_header(line: str) -> tuple[str, ...]:
    """Read the first line; raises `BrokenLine` with every unknown, doubled and missing column."""
    columns = tuple(line.removeprefix("\ufeff").rstrip("\r\n").split(","))
    reasons = [
        Text(f"不认识的列 {name!r}。", f"Unknown column {name!r}.")
        for name in dict.fromkeys(columns)
        if name not in COLUMNS
    ]
    reasons += [
        Text(f"列 {name} 出现两次。", f"The column {name} stands twice.")
        for name in dict.fromkeys(columns)
        if columns.count(name) > 1
    ]
    reasons += [Text(f"缺少列 {name}。", f"The column {name} is missing.") for name in REQUIRED if name not in columns]
    if 0 < sum(name in columns for name in SETTLED) < len(SETTLED):
        reasons.append(Text(f"{'、'.join(SETTLED)} 三列须齐全。", f"The columns {', '.join(SETTLED)} go together."))
    if columns[0] != "psn_no":
        reasons.append(Text("第一列须为 psn_no。", "The first column must be psn_no."))
    if reasons:
        raise BrokenLine([Fault(1, reason) for reason in reasons])
    return columns


@dataclass(slots=True)
class CaseReader:
    """Reads lines of one file; `year` are the days of its settlement year."""

    columns: tuple[str, ...]
    region: str
    year: Period
    kept: tuple[tuple[str, ...], Person] | None = field(default=None, init=False)

    def read(self, line: str, *, number: int) -> TreatedCase:
        """Read one line; raises `BrokenLine` with every fault of it."""
        cells = _cells(line, number=number)
        if len(cells) != len(self.columns):
            raise _broken(
                number,
                f"有 {len(cells)} 格，应为 {len(self.columns)} 格。",
                f"It has {len(cells)} cells and not {len(self.columns)}.",
            )
        row = _Row(dict(zip(self.columns, cells, strict=True)))
        day = row.take("setl_date", _day)
        if day is not None and day not in self.year:
            row.faults.append(
                Text(
                    f"setl_date {day} 不在所选结算年度({self.year.starts} 起)。",
                    f"setl_date {day} is outside the settlement year that starts on {self.year.starts}.",
                )
            )
        person = self._person(row)
        case = _case(row, person=person, day=day, line=number)
        if row.faults or case is None:
            raise BrokenLine([Fault(number, reason) for reason in row.faults])
        return case

    def _person(self, row: _Row) -> Person | None:
        facts = tuple(row.cells.get(name, "") for name in _PERSON_COLUMNS)
        if self.kept is not None and self.kept[0] == facts:
            return self.kept[1]
        born_on = row.take("brdy", _day)
        scheme, kind = row.take("insutype", _word), row.take("psn_type", _word)
        categories, groups = row.take("psn_idet_type", _words), row.take("psn_groups", _words)
        lift = row.take("critical_cap_lift", _amount)
        if row.faults or born_on is None or scheme is None or kind is None:
            return None
        person = Person(
            region=self.region,
            scheme=scheme,
            person_type=kind,
            born_on=born_on,
            categories=categories or frozenset(),
            groups=groups or frozenset(),
            cap_lift=lift or Money(0),
        )
        self.kept = (facts, person)
        return person


def write_cases(file: TextIO, cases: Iterable[TreatedCase]) -> int:
    """Write cases in the form that `CaseReader` reads, with every column; give their number."""
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(COLUMNS)
    written = 0
    for written, case in enumerate(cases, 1):  # noqa: B007 - the last number is the answer
        lines.writerow(_written(case))
    return written


def _written(case: TreatedCase) -> list[str]:
    person, episode = case.person, case.episode
    assert not episode.lines, "Bills by lines have no place in this form."
    assert not episode.given, "Payments that were decided elsewhere have no place in this form."
    values: Mapping[str, object] = {
        "psn_no": case.number,
        "insutype": person.scheme,
        "psn_type": person.person_type,
        "brdy": person.born_on,
        "mdtrt_id": episode.id,
        "setl_date": episode.day,
        "med_type": episode.med_type,
        "dedc_hosp_lv": episode.level.national,
        "medfee_sumamt": episode.total,
        "fulamt_ownpay_amt": episode.own_pay,
        "overlmt_selfpay": episode.over_limit,
        "preselfpay_catalogue": episode.first_paid,
        "psn_idet_type": "|".join(sorted(person.categories)),
        "psn_groups": "|".join(sorted(person.groups)),
        "acct_in": Money(case.account_credit),
        "critical_cap_lift": person.cap_lift,
        "begndate": episode.began_on or "",
        "off_site": episode.off_site.value,
        "ipt_days": episode.days,
        "matn_type": episode.delivery,
        **dict(zip(SETTLED, map(Money, case.settled or ()), strict=False)),
    }
    return [str(values.get(name, "")) for name in COLUMNS]


@dataclass(slots=True)
class _Row:
    """One line while it is read: cells are taken, and what is wrong with them is kept."""

    cells: dict[str, str]
    faults: list[Text] = field(default_factory=list[Text])

    def take(self, name: str, read: Callable[[str], V]) -> V | None:
        """Read a cell; a fault is noted under its name."""
        text = self.cells.get(name, "")
        try:
            return read(text)
        except ValueError as fault:
            zh, en = fault.args
            self.faults.append(Text(f"{name} 的值 {text!r} {zh}", f"{name}: {text!r} {en}"))
            return None


def _case(row: _Row, *, person: Person | None, day: date | None, line: int) -> TreatedCase | None:
    number, episode_id = row.take("psn_no", _number), row.take("mdtrt_id", _number)
    med_type, level = row.take("med_type", _word), row.take("dedc_hosp_lv", _level)
    off_site, began_on = row.take("off_site", _off_site), row.take("begndate", _maybe_day)
    days, delivery = row.take("ipt_days", _count), row.take("matn_type", _maybe_word)
    credit = row.take("acct_in", _amount)
    total, own_pay = row.take("medfee_sumamt", _stated), row.take("fulamt_ownpay_amt", _stated)
    over_limit, first_paid = row.take("overlmt_selfpay", _stated), row.take("preselfpay_catalogue", _stated)
    settled = _paid(row)
    if began_on is not None and day is not None and began_on > day:
        row.faults.append(Text("begndate 晚于 setl_date。", "begndate is after setl_date."))
    if row.faults or person is None or day is None or number is None or episode_id is None or med_type is None:
        return None
    assert level is not None and off_site is not None  # noqa: PT018 - both were read without a fault
    episode = Episode(
        id=episode_id,
        day=day,
        med_type=med_type,
        level=level,
        off_site=off_site,
        began_on=began_on,
        days=days or 0,
        delivery=delivery or "",
        total=total or Money(0),
        own_pay=own_pay or Money(0),
        over_limit=over_limit or Money(0),
        first_paid=first_paid or Money(0),
    )
    return TreatedCase(line, number, person, credit.fen if credit else 0, episode, settled)


def _paid(row: _Row) -> tuple[int, int, int] | None:
    texts = [row.cells.get(name, "") for name in SETTLED]
    if not any(texts):
        return None
    funds, account, cash = (row.take(name, _stated) for name in SETTLED)
    if funds is None or account is None or cash is None:
        return None
    return funds.fen, account.fen, cash.fen


def _cells(line: str, *, number: int) -> list[str]:
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader(io.StringIO(line), strict=True))
    except csv.Error as fault:
        raise _broken(number, "引号不成对。", "The quotation marks do not match.") from fault


def _broken(number: int, zh: str, en: str) -> BrokenLine:
    return BrokenLine([Fault(number, Text(zh, en))])


def _pattern(pattern: re.Pattern[str], zh: str, en: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(zh, en)
        return text

    return read


_number: Final = _pattern(_NUMBER, "应为字母、数字、- 或 _,最多 40 位。", "must be 1 to 40 letters, digits, - or _.")
_word: Final = _pattern(_WORD, "不是代码。", "is no code.")


def _maybe_word(text: str) -> str:
    return _word(text) if text else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(map(_word, text.split("|"))) if text else frozenset()


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError("不是日期，应写作 2026-03-05。", "is no day: write it as 2026-03-05.")
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise ValueError("日历上没有这一天。", "is no day of the calendar.") from fault


def _maybe_day(text: str) -> date | None:
    return _day(text) if text else None


def _stated(text: str) -> Money:
    try:
        amount = Money.parse(text)
    except ValueError as fault:
        raise ValueError("不是金额，应写作 1300.00。", "is no amount: write it as 1300.00.") from fault
    if amount.fen < 0:
        raise ValueError(
            "为负数。冲正的结算须连同原结算一并去掉。",
            "is negative: leave out reversed settlements together with what they reversed.",
        )
    return amount


def _amount(text: str) -> Money:
    return _stated(text) if text else Money(0)


def _count(text: str) -> int:
    if not text:
        return 0
    if not _DAYS.fullmatch(text):
        raise ValueError("不是天数。", "is no number of days.")
    return int(text)


def _level(text: str) -> Level:
    if text not in _LEVELS:
        raise ValueError("不是起付线医院等级 1、2、3、4。", "is none of 1, 2, 3, 4.")
    return _LEVELS[text]


def _off_site(text: str) -> OffSite:
    if text not in _OFF_SITE:
        raise ValueError(f"不是 {'、'.join(OffSite)} 之一。", f"is none of {', '.join(OffSite)}.")
    return _OFF_SITE[text]


def read_lines(text: str) -> Iterator[str]:
    """Split a part of a file into its lines; only a line feed ends one."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    for line in lines:
        yield line.removesuffix("\r")
