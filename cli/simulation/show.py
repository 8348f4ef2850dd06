"""What a comparison found, as tables for the terminal, CSV files and one page; all three from the same rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cli.simulation import words
from cli.simulation.paper import ChangedValue
from domain import whatif
from domain.errors import Text
from domain.money import Money
from domain.whatif import FundSums, Group, Paid, Sums, Tally


@dataclass(frozen=True, slots=True)
class Findings:
    """A finished comparison: the digests of both books, what differs between them, and the sums."""

    region: str
    year: int
    before: str
    after: str
    changes: list[ChangedValue]
    tally: Tally


class Shown(NamedTuple):
    """One row of a table: its name, its cells, and what its bar shows (fen or people) with the text beside it."""

    name: Text
    cells: tuple[str, ...]
    bar: int
    bar_text: str


class Sheet(NamedTuple):
    """One table: headings for all cells, and rows. `bars` says what the bars show."""

    name: str
    title: Text
    bars: Text
    headings: tuple[Text, ...]
    rows: list[Shown]


_PEOPLE_HEADINGS: Final = (
    Text("人数", "people"),
    Text("人次", "cases"),
    Text("总费用", "whole cost"),
    Text("基金现行", "funds now"),
    Text("基金调整后", "funds then"),
    Text("基金变化", "funds' change"),
    Text("%", "%"),
    Text("个人变化", "people's change"),
    Text("人均", "a head"),
)
_FUND_HEADINGS: Final = (
    Text("现行受益人数", "people now"),
    Text("调整后受益人数", "people then"),
    Text("现行支出", "pays now"),
    Text("调整后支出", "pays then"),
    Text("变化", "change"),
    Text("%", "%"),
)
# The terminal shows what fits into eighty columns; the files show everything.
_PEOPLE_IN_TERMINAL: Final = (0, 5, 6, 7)
_FUNDS_IN_TERMINAL: Final = (2, 3, 4, 5)
_FUNDS_CHANGE: Final = Text("基金支出变化(元)", "Change of what the funds pay (yuan)")


def sheets_of(findings: Findings) -> list[Sheet]:
    """Make the five tables: funds, classes of people, hospital levels, tenths of cost, bands of gain and loss."""
    tally = findings.tally
    tenths = whatif.tenths_of_cost(tally)
    floors = [group.keys[0] for group in tenths]
    ceilings = [*floors[1:], None]
    tenth_rows = [
        _people(words.cost_name(number, lowest=group.keys[0], next_lowest=ceiling), group.sums)
        for number, (group, ceiling) in enumerate(zip(tenths, ceilings, strict=True), 1)
    ]
    return [
        Sheet(
            "funds",
            Text("各项基金", "Each fund"),
            _FUNDS_CHANGE,
            _FUND_HEADINGS,
            [_fund(words.fund_name(group.keys), group.sums) for group in whatif.by_fund(tally)],
        ),
        _people_sheet(
            "classes", Text("各类人员", "Classes of people"), whatif.by_person_class(tally), names=words.class_name
        ),
        _people_sheet("levels", Text("各级医院", "Hospital levels"), whatif.by_level(tally), names=words.level_name),
        Sheet(
            "tenths",
            Text("按全年费用分十档", "Tenths of people by the cost of their year"),
            _FUNDS_CHANGE,
            _PEOPLE_HEADINGS,
            tenth_rows,
        ),
        Sheet(
            "changes",
            Text("谁少付、谁多付", "Who bears less, who bears more"),
            Text("人数", "People"),
            _PEOPLE_HEADINGS,
            [_band(words.band_name(group.keys), group.sums) for group in whatif.by_change(tally)],
        ),
    ]


def summary_of(findings: Findings) -> list[Text]:
    """Say in sentences what the change means."""
    everybody, tally = whatif.whole(findings.tally), findings.tally
    before, after = everybody.before, everybody.after
    change = after.funds - before.funds
    percent = words.percent_of(change, before.funds)
    told = [
        Text(
            f"共 {everybody.persons:,} 人、{everybody.cases:,} 人次，总费用 {words.yuan(everybody.total)} 元。",
            f"{everybody.persons:,} people, {everybody.cases:,} cases, {words.yuan(everybody.total)} yuan in all.",
        ),
        Text(
            f"各项基金合计支出由 {words.yuan(before.funds)} 元变为 {words.yuan(after.funds)} 元，"
            f"{words.change_of(change)} 元({percent})。",
            f"All funds pay {words.yuan(after.funds)} instead of {words.yuan(before.funds)} yuan, "
            f"{words.change_of(change)} ({percent}).",
        ),
        Text(
            f"个人最终负担（扣除医疗互助后）变化 {words.change_of(after.left - before.left)} 元。",
            f"What people bear in the end, after mutual aid, changes by {words.change_of(after.left - before.left)}.",
        ),
    ]
    told.append(_people_told(whatif.by_change(tally)))
    if not findings.changes:
        told.append(Text("两套规则没有差别。", "The two rule books do not differ."))
    if tally.unlike:
        told.append(
            Text(
                f"注意：{tally.settled:,} 人次已有结算结果，其中 {tally.unlike:,} 人次与现行规则重算不一致。",
                f"Note: of {tally.settled:,} cases that had been settled, the rules before the change settle "
                f"{tally.unlike:,} otherwise than was paid.",
            )
        )
    return told


def _people_told(bands: Sequence[Group[Sums]]) -> Text:
    """Say how many people bear less and more; bands that hold both sides or no change are the rest."""
    less = sum(band.sums.persons for band in bands if max(map(int, band.keys)) < 0)
    more = sum(band.sums.persons for band in bands if min(map(int, band.keys)) > 0)
    rest = sum(band.sums.persons for band in bands) - less - more
    if any(min(map(int, band.keys)) <= 0 <= max(map(int, band.keys)) and len(band.keys) > 1 for band in bands):
        return Text(
            f"少付的 {less:,} 人,多付的 {more:,} 人,其余 {rest:,} 人不变或所在档人数过少,不单列。",
            f"{less:,} people bear less, {more:,} bear more; for the other {rest:,} nothing changes, or too few "
            "share their band to be shown.",
        )
    return Text(
        f"少付的 {less:,} 人,多付的 {more:,} 人,其余 {rest:,} 人不变。",
        f"{less:,} people bear less, {more:,} bear more; for the other {rest:,} nothing changes.",
    )


def print_findings(console: Console, findings: Findings) -> None:
    """Print summary and tables."""
    for text in summary_of(findings):
        console.print(f"{text.zh}\n[dim]{text.en}[/]", soft_wrap=True)
    for sheet in sheets_of(findings):
        title = f"\n[bold]{sheet.title.zh}[/] [dim]{sheet.title.en}[/]"
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
        table.add_column("", min_width=18, overflow="fold")
        places = _FUNDS_IN_TERMINAL if sheet.headings is _FUND_HEADINGS else _PEOPLE_IN_TERMINAL
        for heading in (sheet.headings[place] for place in places):
            table.add_column(f"{heading.zh}\n[dim]{heading.en}[/]", justify="right", no_wrap=True)
        for row in sheet.rows:
            table.add_row(f"{row.name.zh}\n[dim]{row.name.en}[/]", *(row.cells[place] for place in places))
        console.print(table)


def write_findings(folder: Path, findings: Findings) -> Path:
    """Write five CSV files and the page `index.html` into a folder; give the page."""
    from cli.simulation.page import page_of

    folder.mkdir(parents=True, exist_ok=True)
    tally = findings.tally
    _write_csv(folder / "funds.csv", FundSums._fields, ((group.keys, group.sums) for group in whatif.by_fund(tally)))
    for name, groups in (
        ("classes", whatif.by_person_class(tally)),
        ("levels", whatif.by_level(tally)),
        ("tenths", whatif.tenths_of_cost(tally)),
        ("changes", whatif.by_change(tally)),
    ):
        rows = ((group.keys, (*group.sums[:3], *group.sums.before, *group.sums.after)) for group in groups)
        _write_csv(folder / f"{name}.csv", _SUMS_COLUMNS, rows)
    page = folder / "index.html"
    page.write_text(page_of(findings, sheets_of(findings), summary_of(findings)), encoding="utf-8")
    return page


_COUNTS: Final = frozenset({"persons", "cases", "persons_before", "persons_after"})
_SUMS_COLUMNS: Final = (
    *Sums._fields[:3],
    *(f"{name}_before" for name in Paid._fields),
    *(f"{name}_after" for name in Paid._fields),
)


def _write_csv(file: Path, columns: Sequence[str], rows: Iterable[tuple[Sequence[str], Sequence[int]]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(("group", *columns))
        for keys, values in rows:
            cells = (value if name in _COUNTS else Money(value) for name, value in zip(columns, values, strict=True))
            out.writerow(("|".join(keys), *cells))


def _people_sheet(
    name: str, title: Text, groups: Sequence[Group[Sums]], *, names: Callable[[Sequence[str]], Text]
) -> Sheet:
    rows = [_people(names(group.keys), group.sums) for group in groups]
    return Sheet(name, title, _FUNDS_CHANGE, _PEOPLE_HEADINGS, rows)


def _people(name: Text, sums: Sums) -> Shown:
    change = sums.after.funds - sums.before.funds
    return Shown(name, _people_cells(sums), change, words.change_of(change))


def _band(name: Text, sums: Sums) -> Shown:
    return Shown(name, _people_cells(sums), sums.persons, f"{sums.persons:,}")


def _people_cells(sums: Sums) -> tuple[str, ...]:
    before, after = sums.before, sums.after
    change, left = after.funds - before.funds, after.left - before.left
    return (
        f"{sums.persons:,}",
        f"{sums.cases:,}",
        words.yuan(sums.total),
        words.yuan(before.funds),
        words.yuan(after.funds),
        words.change_of(change),
        words.percent_of(change, before.funds),
        words.change_of(left),
        words.change_of(words.half_up(left, sums.persons)),
    )


def _fund(name: Text, sums: FundSums) -> Shown:
    change = sums.after - sums.before
    cells = (
        f"{sums.persons_before:,}",
        f"{sums.persons_after:,}",
        words.yuan(sums.before),
        words.yuan(sums.after),
        words.change_of(change),
        words.percent_of(change, sums.before),
    )
    return Shown(name, cells, change, words.change_of(change))
