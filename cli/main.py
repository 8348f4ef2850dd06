"""The command `yibao`. Commands import what they need when they run, so that `--help` answers at once."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, cast

import typer

from cli.refusals import CannotStart

# Plain traces: a pretty one prints the values of variables, and those may be people's or secret.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
FORWARDED: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


@contextmanager
def _refusals() -> Generator[None]:
    """Print a refusal as its sentences and end with code 1; everything else is a bug and shows its trace."""
    try:
        yield
    except CannotStart as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal


@app.command()
def run(
    city: Annotated[int | None, typer.Option(min=100, help="How many people the synthetic city has.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port of the API.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed makes another city.")] = None,
) -> None:
    """Run the whole house here: servers, city, payment sandbox, worker and API, until Ctrl-C."""
    from cli.run import run_house
    from domain.settings import Settings

    settings = Settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    raise typer.Exit(run_house(settings, people=city, seed=seed))


@app.command()
def serve(
    processes: Annotated[int, typer.Option(min=1, help="How many processes share the port.")] = 1,
) -> None:
    """Serve the API (DATABASE_URL and REDIS_URL name its servers)."""
    from cli.serve import serve_api
    from domain.settings import Settings

    serve_api(Settings(), processes=processes)


@app.command()
def work() -> None:
    """Run the worker that takes jobs from the queue."""
    from workers.main import main

    main()


@app.command()
def migrate() -> None:
    """Bring the database to this release."""
    from cli.steps import migrate as apply
    from domain.settings import Settings

    with _refusals():
        for name in apply(Settings()):
            typer.echo(name)


@app.command()
def prepare() -> None:
    """Make what a new installation needs: keys if there are none, tables, accounts, working days."""
    from cli.reference import install_reference
    from cli.steps import make_keys
    from cli.steps import migrate as apply
    from domain.settings import Settings

    settings = Settings()
    with _refusals():
        make_keys(settings)
        for name in apply(settings):
            typer.echo(name)
        install_reference(settings)


@app.command()
def bill(
    year: Annotated[int | None, typer.Option(min=2000, max=2199, help="The year; by default the coming one.")] = None,
) -> None:
    """Make the bills of a year for everybody, or go on with a run that was stopped. Nobody is billed twice."""
    from cli.bills import bill_everybody, today, year_to_bill
    from cli.screen import Screen
    from domain.errors import Text
    from domain.settings import Settings

    wanted = year or year_to_bill(today())
    what = Text(zh=f"{wanted} 年度应缴账单", en=f"The bills of {wanted}")
    with _refusals(), Screen().counting(what) as progress:
        run = bill_everybody(Settings(), year=wanted, progress=progress)
    typer.echo(f"{wanted}: {run.persons:,} 人 people, {run.bills:,} 张新账单 new bills")


@app.command("demo-code")
def demo_code(account: Annotated[str, typer.Argument(help="Who logs in: clerk, cashier, ...")]) -> None:
    """Print the present one-time code of a member of the demonstration's staff, and for how long it is shown."""
    from cli.demonstration import code_of

    with _refusals():
        typer.echo(code_of(account))


@app.command("demo-bill")
def demo_bill(
    file: Annotated[Path, typer.Argument(help="Where to write it: .xml, .ofd or .pdf.")] = Path("bill.xml"),
    name: Annotated[str, typer.Option(help="Whose bill it is; by default the demo parent's child.")] = "",
    long: Annotated[bool, typer.Option("--long", help="Of a stay for 52,000 yuan.")] = False,
) -> None:
    """Write an electronic hospital bill that the demonstration's fiscal platform knows, to file a claim with."""
    from cli.medical_bills import write_bill
    from domain.settings import Settings

    with _refusals():
        typer.echo(write_bill(Settings().data, file=file, name=name, long=long))


@app.command("demo-list")
def demo_list(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    kind: Annotated[str, typer.Option("--of", help="Whose list: CIVIL_AFFAIRS or UNION.")] = "CIVIL_AFFAIRS",
) -> None:
    """Write a list of beneficiaries for the demonstration: whoever stands on it, and the demo parent's child."""
    from cli.beneficiary_lists import write_list
    from domain.settings import Settings

    with _refusals():
        typer.echo(write_list(Settings(), file=file, kind=kind))


@app.command()
def servers() -> None:
    """Run PostgreSQL and Valkey alone, in the data folder, and print their addresses, until Ctrl-C."""
    from cli.servers import running_servers
    from domain.settings import Settings

    with _refusals(), running_servers(Settings().data) as running:
        typer.echo(f"DATABASE_URL='{running.database_url}'\nREDIS_URL='{running.redis_url}'")
        try:
            while True:
                running.check()
                time.sleep(0.2)
        except KeyboardInterrupt:
            pass


@app.command("certificate-check")
def certificate_check(
    authority: Annotated[Path | None, typer.Option(help="Trust this authority instead of the machine's.")] = None,
) -> None:
    """Look at the certificate of YIBAO_PUBLIC_URL as the public does; end with 1 if it is unfit or ends soon."""
    from cli.certificate_check import certificate_check as check

    check(authority)


@app.command()
def stop() -> None:
    """Stop the house that runs on this data folder, from another window."""
    from cli.stopping import stop_house
    from domain.settings import Settings

    stop_house(Settings().data)


@app.command()
def clean() -> None:
    """Delete the data folder with everything in it: the city, its books, its keys."""
    from cli.stopping import delete_data
    from domain.settings import Settings

    with _refusals():
        delete_data(Settings().data)


@app.command()
def schema(file: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Print the GraphQL schema into a file."""
    from api.schema import build_schema

    # Built before the file is opened: a schema that does not build leaves the old one as it is.
    text = build_schema().as_str() + "\n"
    file.write_text(text, encoding="utf-8")


def _forward(name: str, *, what: str) -> None:
    """Offer a command that lives in a file of its own, imported only when it is called."""

    @app.command(name, help=what, context_settings=FORWARDED, add_help_option=False)
    def forwarded(context: typer.Context) -> None:
        module = importlib.import_module(f"cli.{name}")
        inner = cast("typer.Typer | None", getattr(module, "app", None))
        if inner is None:
            inner = typer.Typer(add_completion=False)
            inner.command()(cast("Callable[..., None]", getattr(module, name)))
        inner.pretty_exceptions_enable = False
        inner(args=context.args, prog_name=f"yibao {name}")

    assert callable(forwarded)


for _name, _what in (
    ("administrators", "Make the first three administrators of an empty house, once."),
    ("approvals", "Take the approvals out of the house, so that others can verify who decided what."),
    ("audit", "Seal the trail of who did and read what, take it out, and check that nobody has touched it."),
    ("certificates", "Make certificates for the house's own PostgreSQL and Valkey, where there is no authority yet."),
    ("investigators", "Make an investigator's key, and open what was sealed to it. Nothing of it leaves the machine."),
    ("keys", "Change the keys that seal personal data or sign tokens, while the house runs."),
    ("rechecks", "Take a draw of internal audit out of the house, so that others can draw again."),
    ("rewards", "Make the key of the desk that pays rewards, or run it. No other process has that key."),
    ("rules", "Ask the law: which rule holds on a day, and where it is written."),
    ("settle", "Work out what a bill costs the person and the fund, and show every step."),
    ("simulate", "Try a change of the law on a year's cases, and show what it means for funds and people."),
):
    if importlib.util.find_spec(f"cli.{_name}"):
        _forward(_name, what=_what)
