"""Make the first three administrators of an empty house, once. Everybody after them comes by two of them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from cli.refusals import CannotStart
from cli.steps import address_of
from domain import staff, store
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.errors import DomainError, Refused
from domain.settings import Settings
from domain.staff import FirstAdministrator
from domain.work import Work, perform
from workers.resources import read_clock


def administrators(
    system: Annotated[str, typer.Option(help="Log-in name of the system administrator.")],
    security: Annotated[str, typer.Option(help="Log-in name of the security administrator.")],
    audit: Annotated[str, typer.Option(help="Log-in name of the audit administrator.")],
    office: Annotated[str, typer.Option(help="Where they work.")] = "信息科",
) -> None:
    """Make the three administrators and print their first passwords, good for three days and shown once."""
    settings = Settings()
    three = [
        FirstAdministrator(login=login, display_name=login, role=role)
        for login, role in zip((system, security, audit), staff.ADMINISTRATORS, strict=True)
    ]
    try:
        passwords = asyncio.run(_begin(settings, three, office=office))
    except (CannotStart, DomainError, Refused) as refusal:
        typer.echo(_words(refusal), err=True)
        raise typer.Exit(1) from refusal
    for login, password in passwords.items():
        typer.echo(f"{login:<24}{password}")
    typer.echo("首次密码三日内有效，只显示这一次，请分别交给三人。 Hand them over to three people; each is shown once.")


async def _begin(settings: Settings, three: list[FirstAdministrator], *, office: str) -> dict[str, str]:
    passwords: dict[str, str] = {}

    async def do(work: Work) -> None:
        begun = await staff.begin_house(work, administrators=three, office=office, region=settings.region)
        passwords.update(begun)

    async with store.open_database(address_of(settings), pool=2):
        await perform(do, actor=SYSTEM, now=read_clock(), keys=Keyring.load(settings.key_file))
    return passwords


def _words(refusal: Exception) -> str:
    faults = refusal.faults if isinstance(refusal, Refused) else (refusal,)
    lines = [
        f"{text.zh}\n{text.en}"
        for fault in faults
        if isinstance(fault, DomainError)
        for text in (fault.message(), fault.remedy())
    ]
    return "\n".join(lines) or str(refusal)
