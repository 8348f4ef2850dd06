"""Change the keys that seal personal data or sign tokens, while the house runs. docs/guides/keys.md tells the order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from cli.steps import address_of
from domain import identity, resealing, store
from domain.actors import SYSTEM
from domain.crypto import KeyInUseError, Keyring, Suite
from domain.settings import Settings
from domain.work import Work, perform
from workers.resources import read_clock

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command()
def rotate() -> None:
    """Begin a new root. Restart API and workers afterwards, then run `reseal`."""
    path = Settings().key_file
    later = Keyring.load(path).with_new_root()
    later.save_instead(path)
    typer.echo(f"{later.active} seals from now on. Restart API and workers, then run: yibao keys reseal")


@app.command()
def suite(name: Annotated[Suite, typer.Argument(help="How new values are sealed.")]) -> None:
    """Choose how new values are sealed. Restart API and workers afterwards, then run `reseal`."""
    path = Settings().key_file
    Keyring.load(path).with_suite(name).save_instead(path)
    typer.echo(f"New values are sealed by {name}. Restart API and workers, then run: yibao keys reseal")


@app.command()
def reseal() -> None:
    """Seal old values under the active root and suite, in small steps; stop it and start it again as you like."""
    settings = Settings()

    async def work() -> Mapping[str, int]:
        async with store.open_database(address_of(settings), pool=2):
            return await resealing.reseal_everything(Keyring.load(settings.key_file), now=read_clock())

    for column, count in asyncio.run(work()).items():
        typer.echo(f"{count:>10}  {column}")


@app.command()
def status() -> None:
    """Say how many values are sealed how."""
    settings = Settings()
    ring = Keyring.load(settings.key_file)
    typer.echo(f"{ring.active} seals now, by {ring.suite}; {', '.join(sorted(ring.roots))} open.")
    for (column, suite_name, key_id), count in _count(settings).items():
        typer.echo(f"{count:>10}  {key_id}  {suite_name}  {column}")


@app.command()
def retire(key_id: Annotated[str, typer.Argument(help="The root, like k001.")]) -> None:
    """Give an old root up for ever; refused while anything is sealed under it."""
    settings = Settings()
    left = {column: count for (column, _, used), count in _count(settings).items() if used == key_id}
    if left:
        typer.echo(f"Values are still sealed under {key_id}: {left}. Run: yibao keys reseal", err=True)
        raise typer.Exit(1)
    try:
        Keyring.load(settings.key_file).drop_from(settings.key_file, key_id=key_id)
    except KeyInUseError as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from refused


@app.command("rotate-signing")
def rotate_signing(
    *,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="Take the old keys away at once; everybody logs in or refreshes anew.")
    ] = False,
) -> None:
    """Sign access tokens with a new key. The old one stays published until the last token it signed has expired."""
    settings = Settings()

    async def do(work: Work) -> None:
        await identity.rotate_signing_key(work, leaked=leaked)

    async def rotate_now() -> list[identity.SigningKey]:
        now = read_clock()
        async with store.open_database(address_of(settings), pool=1):
            await perform(do, actor=SYSTEM, now=now, keys=Keyring.load(settings.key_file))
            return await identity.list_signing_keys(now=now)

    for key in asyncio.run(rotate_now()):
        state = "signs" if key.retired_at is None else f"verifies since {key.retired_at:%Y-%m-%d %H:%M:%S%z}"
        typer.echo(f"{key.kid}  {state}")
    typer.echo("API processes that run sign with it within a minute.")


def _count(settings: Settings) -> Mapping[tuple[str, str, str], int]:
    async def work() -> Mapping[tuple[str, str, str], int]:
        async with store.open_database(address_of(settings), pool=2):
            return await resealing.count_by_key()

    return asyncio.run(work())
