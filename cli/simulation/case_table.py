"""A year's cases as CSV: one episode a line, national column names where the field has one. Read strictly.

`docs/guides/simulate.md` describes the form for those who make such files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Final, NamedTuple, TextIO

from cli.simulation.cells import NO_AMOUNT, READ
from domain.errors import Text
from domain.money import Money
from domain.period import Period
from domain.rules import Level, OffSite
from domain.settlement import Episode, Person
from domain.whatif import TreatedCase

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

_PERSON_COLUMNS: Final = ("insutype", "psn_type", "brdy", "psn_idet_type", "psn_groups", "critical_cap_lift")
_PERSON_FACTS: Final = itemgetter(*map(COLUMNS.index, _PERSON_COLUMNS))
_READERS: Final = tuple(READ[name] for name in COLUMNS)


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
    arrange: Callable[[Sequence[str]], tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        # An empty cell is put behind each line, and stands for every column that the file does not have.
        empty = len(self.columns)
        places = {name: place for place, name in enumerate(self.columns)}
        self.arrange = itemgetter(*(places.get(name, empty) for name in COLUMNS))

    def read(self, line: str, *, number: int) -> TreatedCase:
        """Read one line; raises `BrokenLine` with every fault of it."""
        cells = _cells(line, number=number)
        if len(cells) != len(self.columns):
            raise _broken(
                number,
                f"有 {len(cells)} 格，应为 {len(self.columns)} 格。",
                f"It has {len(cells)} cells and not {len(self.columns)}.",
            )
        cells.append("")
        texts = self.arrange(cells)
        try:
            row = _Row._make([read(text) for read, text in zip(_READERS, texts, strict=True)])
        except ValueError:
            raise BrokenLine([Fault(number, reason) for reason in self._reasons(texts)]) from None
        reasons = _contradictions(row, year=self.year)
        if reasons:
            raise BrokenLine([Fault(number, reason) for reason in reasons])
        return _case(row, person=self._person(row, texts), line=number)

    def _reasons(self, texts: Sequence[str]) -> list[Text]:
        """Read every cell again, one by one, and tell what is wrong with each."""
        reasons: list[Text] = []
        for name, read, text in zip(COLUMNS, _READERS, texts, strict=True):
            try:
                value = read(text)
            except ValueError as fault:
                reasons.append(_unreadable(name, text, fault))
                continue
            if isinstance(value, date) and name == "setl_date" and value not in self.year:
                reasons.append(_outside(value, self.year))
        return reasons

    def _person(self, row: _Row, texts: tuple[str, ...]) -> Person:
        """Give the person of the line, the same one as long as the facts about it are written alike."""
        facts = _PERSON_FACTS(texts)
        if self.kept is not None and self.kept[0] == facts:
            return self.kept[1]
        person = Person(
            region=self.region,
            scheme=row.scheme,
            person_type=row.person_type,
            born_on=row.born_on,
            categories=row.categories,
            groups=row.groups,
            cap_lift=row.cap_lift,
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


class _Row(NamedTuple):
    """The cells of a line in the order of `COLUMNS`, each read."""

    number: str
    scheme: str
    person_type: str
    born_on: date
    episode_id: str
    day: date
    med_type: str
    level: Level
    total: Money
    own_pay: Money
    over_limit: Money
    first_paid: Money
    categories: frozenset[str]
    groups: frozenset[str]
    credit: Money
    cap_lift: Money
    began_on: date | None
    off_site: OffSite
    days: int
    delivery: str
    funds: Money | None
    account: Money | None
    cash: Money | None


def _contradictions(row: _Row, *, year: Period) -> list[Text]:
    """Tell what is wrong with a line each of whose cells can be read."""
    reasons: list[Text] = []
    if row.day not in year:
        reasons.append(_outside(row.day, year))
    if row.began_on is not None and row.began_on > row.day:
        reasons.append(Text("begndate 晚于 setl_date。", "begndate is after setl_date."))
    settled = (row.funds, row.account, row.cash)
    if any(paid is not None for paid in settled):
        reasons += [
            _unreadable(name, "", ValueError(*NO_AMOUNT))
            for name, paid in zip(SETTLED, settled, strict=True)
            if paid is None
        ]
    return reasons


def _case(row: _Row, *, person: Person, line: int) -> TreatedCase:
    episode = Episode(
        id=row.episode_id,
        day=row.day,
        med_type=row.med_type,
        level=row.level,
        off_site=row.off_site,
        began_on=row.began_on,
        days=row.days,
        delivery=row.delivery,
        total=row.total,
        own_pay=row.own_pay,
        over_limit=row.over_limit,
        first_paid=row.first_paid,
    )
    settled = None
    if row.funds is not None and row.account is not None and row.cash is not None:
        settled = (row.funds.fen, row.account.fen, row.cash.fen)
    return TreatedCase(line, row.number, person, row.credit.fen, episode, settled)


def _unreadable(name: str, text: str, fault: ValueError) -> Text:
    zh, en = fault.args
    return Text(f"{name} 的值 {text!r} {zh}", f"{name}: {text!r} {en}")


def _outside(day: date, year: Period) -> Text:
    return Text(
        f"setl_date {day} 不在所选结算年度（{year.starts} 起）。",
        f"setl_date {day} is outside the settlement year that starts on {year.starts}.",
    )


def _cells(line: str, *, number: int) -> list[str]:
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader(io.StringIO(line), strict=True))
    except csv.Error as fault:
        raise _broken(number, "引号不成对。", "The quotation marks do not match.") from fault


def _broken(number: int, zh: str, en: str) -> BrokenLine:
    return BrokenLine([Fault(number, Text(zh, en))])


def read_lines(text: str) -> Iterator[str]:
    """Split a part of a file into its lines; only a line feed ends one."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    for line in lines:
        yield line.removesuffix("\r")
