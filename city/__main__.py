"""`python -m city`: bring a synthetic city into a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from city.demo import demo_people
from city.load import load
from domain.crypto import Keyring
from domain.errors import DomainError
from domain.settings import Settings

console = Console(highlight=False)


def main(
    people: Annotated[int, typer.Option(min=50, help="How many people live in it.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed makes another city.")] = 1,
    database_url: Annotated[str | None, typer.Option(help="Where; DATABASE_URL if not given.")] = None,
    keys: Annotated[
        Path | None, typer.Option(help="The keys that seal personal data; the house's own if not given.")
    ] = None,
) -> None:
    """Bring a synthetic city into a migrated and empty database. Nobody in it exists."""
    settings = Settings()
    address = database_url or settings.database_url
    if not address:
        console.print("DATABASE_URL is not set, and no --database-url is given.", style="red")
        raise typer.Exit(2)
    keyring = Keyring.load(keys or settings.key_file)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
            task = progress.add_task("虚构城市 people of the city", total=people)
            loaded = load(
                address,
                people=people,
                seed=seed,
                keys=keyring,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    except DomainError as refusal:
        for text in (refusal.message(), refusal.remedy()):
            console.print(f"{text.zh}\n{text.en}", style="red")
        raise typer.Exit(1) from refusal
    if not loaded.new_people:
        console.print(
            f"The database already holds a city of {loaded.people:,} people, seed {loaded.seed}. Nothing was done."
        )
        return
    console.print(f"{loaded.new_people:,} people in {loaded.seconds:.1f} s, seed {loaded.seed}.")
    for person in demo_people():
        console.print(f"  {person.account:<12}{person.password}  {person.who.zh} {person.who.en}")


if __name__ == "__main__":
    typer.run(main)
