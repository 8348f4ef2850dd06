"""`yibao rules`: check rule files, show the law of a place on a day, tell what changed between days, keep a book."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain import rules
from domain.errors import DomainError, Refused

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Folder = Annotated[Path | None, typer.Option("--rules", help="A folder of rule files; without it the built-in rules.")]
STYLES: Final = {
    rules.Standing.OFFICIAL: "green",
    rules.Standing.PRESS: "cyan",
    rules.Standing.DEMONSTRATION: "yellow",
}


@app.command()
def check(folder: Annotated[Path | None, typer.Argument(help="A folder of rule files.")] = None) -> None:
    """Read every rule file and name every fault with its path and line."""
    book = open_book(folder)
    places = {region for region, _, _ in book.provisions}
    versions = sum(1 for _ in book.versions())
    Console().print(
        f"[green]{len(book.texts)} files, {len(places)} places, {versions} versions: all is well.[/]\n"
        f"{len(book.texts)} 个文件，{len(places)} 个地区，{versions} 个版本：没有问题。\ndigest {book.digest}"
    )


@app.command()
def show(region: str, day: str, folder: Folder = None, scheme: str | None = None) -> None:
    """Show every provision in force in REGION on DAY (2027-01-31), with its source and standing."""
    on = _day(day)
    console = Console()
    shown = 0
    for kind, version in open_book(folder).versions():
        if version.region != region or on not in version.period or (scheme is not None and version.scheme != scheme):
            continue
        shown += 1
        console.print(_table(kind, version))
    if not shown:
        raise refused(rules.UnknownRule(what="any", region=region, when=on.isoformat(), scheme=scheme or ""))


@app.command()
def diff(first: str, second: str, folder: Folder = None, region: str | None = None) -> None:
    """Show what differs between the law of two days, everywhere or in one REGION."""
    changes = rules.changes_between(open_book(folder), first=_day(first), second=_day(second), region=region)
    console = Console()
    if not changes:
        console.print("没有变化。 Nothing differs.")
    for change in changes:
        version = change.after or change.before
        assert version is not None
        table = Table(title=f"{version.region} {change.kind} {version.scheme} {version.term}", title_justify="left")
        for column in ("", first, second):
            table.add_column(column, overflow="fold")
        for one in change.differences:
            table.add_row(escape(one.path), one.before or "—", one.after or "—")
        console.print(table)
        if change.after is not None:
            console.print(f"  {change.after.changes}\n  [dim]{change.after.source}[/]\n")


@app.command()
def keep(folder: Folder = None, to: Annotated[Path | None, typer.Option(help="Where books are kept.")] = None) -> None:
    """Keep the rule book under its digest, so that settlements can be explained after the rules have changed."""
    book = open_book(folder)
    path = rules.keep(book) if to is None else rules.keep(book, folder=to)
    Console().print(f"{path}")


def open_book(folder: Path | None) -> rules.Book:
    """Load a rule book for a command; prints every fault and ends with code 1 when there are any."""
    if folder is not None and not folder.is_dir():
        raise typer.BadParameter(f"{folder} is no folder.")
    try:
        return rules.load_book(folder)
    except Refused as refusal:
        raise refused(*refusal.faults) from refusal


def refused(*faults: DomainError) -> typer.Exit:
    """Print refusals in both languages and make the exit that follows."""
    console = Console(stderr=True)
    for fault in faults:
        message, remedy = fault.message(), fault.remedy()
        console.print(f"[red]{message.zh}[/]\n{message.en}", highlight=False)
        console.print(f"[dim]{remedy.zh} {remedy.en}[/]", highlight=False)
    return typer.Exit(1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2027-01-31.") from fault


def _table(kind: str, version: rules.Provision) -> Table:
    style = STYLES[version.standing]
    until = f" – {version.ends}" if version.ends else ""
    table = Table(
        title=f"[bold]{version.term}[/] {version.name}\n[dim]{kind} {version.scheme} {version.starts}{until}[/]",
        caption=f"[{style}]{version.standing.zh} {version.standing.value}[/] {version.source}",
        title_justify="left",
        caption_justify="left",
        show_header=False,
    )
    for path, value in rules.values_of(version).items():
        made_up = "[yellow]示范 demonstration[/]" if rules.is_demonstration(version, path) else ""
        table.add_row(escape(path), value, made_up)
    return table
