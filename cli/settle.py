"""`yibao settle`: settle a case written by hand and tell why, as a letter with its steps or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from cli.rules import open_book, refused
from domain import settlement
from domain.errors import DomainError, Refused


def settle(
    case: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A case file in YAML.")],
    rules: Annotated[Path | None, typer.Option(help="A folder of rule files; without it the built-in rules.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON with the national names.")] = False,
) -> None:
    """Settle every episode of a case by the rules of its day. Ends with code 2 when an expected amount differs."""
    shelf = settlement.Shelf(open_book(rules))
    try:
        file = settlement.read_case(case)
        settled = settlement.settle_year(file.insured(), file.all_episodes(), shelf, before=file.used_before())
    except Refused as refusal:
        raise refused(*refusal.faults) from refusal
    except DomainError as refusal:
        raise refused(refusal) from refusal
    differences = file.differences(settled)
    if as_json:
        content = {"what": file.what, "settlements": [_content(one) for one in settled], "differences": differences}
        typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    else:
        _print(file, settled, differences)
    if differences:
        raise typer.Exit(2)


def _content(one: settlement.Settlement) -> dict[str, object]:
    return {
        "episode": one.case.episode.id,
        "day": one.case.episode.day.isoformat(),
        "rules": one.digest,
        "setlinfo": settlement.to_national(one),
        "setldetail": settlement.fund_details(one),
        "detlcutinfo": settlement.line_details(one),
        "trace": settlement.trace(one),
        "steps": [
            {"code": step.code, "zh": step.zh, "en": step.en, "source": step.source, "standing": step.standing}
            for step in settlement.steps_of(one)
        ],
        "accumulators": {"year": one.after.year, **one.after.purses},
    }


def _print(
    file: settlement.CaseFile, settled: tuple[settlement.Settlement, ...], differences: list[dict[str, str]]
) -> None:
    console = Console()
    console.print(f"[bold]{file.what}[/]\n")
    for one in settled:
        console.print(_steps(one))
        letter = settlement.letter_of(one)
        console.print(letter.zh, highlight=False)
        console.rule()
        console.print(letter.en, highlight=False)
        console.print(_amounts(one))
    for difference in differences:
        console.print(
            f"[red]{difference['episode']}: {difference['name']} should be {difference['expected']}, "
            f"is {difference['found']}[/]"
        )


def _steps(one: settlement.Settlement) -> Table:
    table = Table(title=f"{one.case.episode.id} · {one.case.episode.day}", title_justify="left")
    for column, justify in (("码", "left"), ("基数", "right"), ("比例", "right"), ("结果", "right"), ("说明", "left")):
        table.add_column(column, justify="right" if justify == "right" else "left", overflow="fold")
    for step in settlement.steps_of(one):
        rate = "" if step.rate is None else step.rate.percent()
        table.add_row(step.code, str(step.base), rate, str(step.result), f"{step.zh}\n[dim]{step.en}[/]")
    return table


def _amounts(one: settlement.Settlement) -> Table:
    table = Table(show_header=False)
    for name, amount in settlement.to_national(one).items():
        if amount != "0.00":
            table.add_row(name, amount)
    return table
