"""What the reward desk's machine does: make its key, and pay. Nothing of it runs anywhere else."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command("key")
def make_key() -> None:
    """Make another key for the desk in its file; the public half is printed, for the registry (REWARD_DESK)."""
    from domain import tipoffs
    from domain.settings import RewardDeskSettings
    from partners.reward_desk import add_key

    public = add_key(RewardDeskSettings().desk_key_file)
    typer.echo(f"public key   {public.hex()}")
    typer.echo(f"fingerprint  {tipoffs.fingerprint(public)}")


@app.command("show")
def show_keys() -> None:
    """Print the public halves of the desk's keys, the newest last."""
    from domain import tipoffs
    from domain.settings import RewardDeskSettings
    from partners.reward_desk import read_keys

    for public in read_keys(RewardDeskSettings().desk_key_file):
        typer.echo(f"{public.hex()}  {tipoffs.fingerprint(public)}")


@app.command("day")
def turn_the_day() -> None:
    """Do now what the desk does each night: say which rewards were claimed, and let lapse what nobody claimed."""
    from workers.reward_desk import turn_the_day_now

    turn_the_day_now()


@app.command("run")
def run() -> None:
    """Pay the rewards that others have released, until it is told to stop."""
    from workers.reward_desk import main

    main()
