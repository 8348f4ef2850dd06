"""`yibao simulate`: settle a year's cases by the rules and by changed rules, and show who pays what then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.refusals import CannotStart
from cli.rules import open_book, refused
from cli.screen import Screen
from cli.simulation.case_table import write_cases
from cli.simulation.paper import changed_values, lay_over, set_values
from cli.simulation.run import BrokenCases, Plan, compare, make_plan
from cli.simulation.show import Findings, print_findings, write_findings
from domain import rules
from domain.errors import DomainError, Refused, Text


def simulate(
    *,
    cases: Annotated[Path, typer.Argument(help="The year's cases in CSV; docs/guides/simulate.md describes the form.")],
    region: Annotated[str, typer.Option(help="The pooling area whose rules hold, six digits.")] = "330900",
    year: Annotated[int, typer.Option(min=2000, max=2199, help="The settlement year of the cases.")] = 2026,
    change: Annotated[Path | None, typer.Option(help="A folder of changed rule files, laid over the rules.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One value: inpatient_390.deductible.amounts.tertiary=500")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the tables (CSV) and the page (HTML) are written.")] = None,
    rules_folder: Annotated[
        Path | None, typer.Option("--rules", help="The rules before the change; without it the built-in rules.")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="By default one for each core.")] = None,
    make_cases: Annotated[int | None, typer.Option(min=1, help="Write so many made-up cases to the file.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed makes other cases.")] = 1,
) -> None:
    """Try a change of the law on a year's cases: what it means for each fund and for people. Nothing is saved."""
    screen = Screen()
    try:
        book = open_book(rules_folder)
        if make_cases is not None:
            _make_cases(screen, cases, book=book, count=make_cases, seed=seed, region=region, year=year)
            return
        cores = processes or len(os.sched_getaffinity(0))
        findings = _simulate(
            screen, cases, book=book, region=region, year=year, change=change, settings=settings or [], processes=cores
        )
        print_findings(screen.console, findings)
        if out is not None:
            written = write_findings(out, findings)
            screen.say(Text(f"已写入 {written}", f"Written: {written}"))
    except CannotStart as refusal:
        screen.refuse(refusal.text)
        raise typer.Exit(1) from refusal
    except BrokenCases as broken:
        _tell(screen, broken)
        raise typer.Exit(1) from broken
    except Refused as refusal:
        raise refused(*refusal.faults) from refusal
    except DomainError as refusal:
        raise refused(refusal) from refusal


def _make_cases(screen: Screen, file: Path, *, book: rules.Book, count: int, seed: int, region: str, year: int) -> None:
    from cli.simulation.make import made_up_cases

    if file.exists():
        raise CannotStart(Text(f"{file} 已存在，不覆盖。", f"{file} exists and is not overwritten."))
    what = Text(f"生成 {count:,} 条虚构病例", f"Making {count:,} cases of people who do not exist")
    unfinished = file.with_name(f"{file.name}.part")
    try:
        with screen.counting(what) as progress, unfinished.open("w", encoding="utf-8", newline="") as lines:
            drawn = made_up_cases(book, count=count, seed=seed, region=region, year=year, progress=progress)
            write_cases(lines, drawn)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    screen.say(Text(f"已写入 {file}", f"Written: {file}"))


def _simulate(
    screen: Screen,
    cases: Path,
    *,
    book: rules.Book,
    region: str,
    year: int,
    change: Path | None,
    settings: list[str],
    processes: int,
) -> Findings:
    if not cases.is_file():
        raise CannotStart(
            Text(f"没有文件 {cases}；可用 --make-cases 生成。", f"There is no file {cases}; --make-cases makes one.")
        )
    plan = make_plan(cases, region=region, year=year, before=book, after=book)
    changed = lay_over(book, change) if change is not None else book
    if settings:
        changed = set_values(changed, settings, region=region, days=plan.year)
    plan = Plan(cases, plan.columns, region, plan.year, before=book, after=changed)
    what = Text(f"用两套规则逐人结算，{processes} 个进程", f"Settling everybody by both rules, processes: {processes}")
    with screen.counting(what) as progress:
        tally = compare(plan, processes=processes, progress=progress)
    return Findings(
        region=region,
        year=year,
        before=book.digest,
        after=changed.digest,
        changes=changed_values(book, changed, days=plan.year),
        tally=tally,
    )


def _tell(screen: Screen, broken: BrokenCases) -> None:
    for fault in broken.faults:
        screen.refuse(fault.told())
    screen.refuse(
        Text(f"共 {len(broken.faults)} 处错误，未作任何测算。", f"{len(broken.faults)} faults; nothing was compared.")
    )
    if broken.stopped:
        screen.refuse(Text("其后的行尚未检查。", "The lines after these have not been looked at."))
