"""What every agency has before the first person comes: its accounts, its working days, its applications."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import UUID

import orjson

from cli.steps import address_of
from domain import deadlines, identity, ledger, store
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.settings import Settings
from domain.work import Work, perform


def install_reference(settings: Settings) -> None:
    """Bring the chart of accounts and the published working days; in a demonstration also its applications."""
    asyncio.run(_install(settings))


async def _install(settings: Settings) -> None:
    async def install(work: Work) -> UUID | None:
        await ledger.install_chart()
        await deadlines.install_published_days()
        for client in _demo_clients(settings) if settings.demo else ():
            await identity.register_client(work, client=client)
        return None

    async with store.open_database(address_of(settings), pool=1):
        now = datetime.now(UTC)  # noqa: TID251 - read once, when the process starts
        await perform(install, actor=SYSTEM, now=now, keys=Keyring.load(settings.key_file))


def _demo_clients(settings: Settings) -> tuple[identity.ClientRegistration, ...]:
    """Give the applications of a demonstration; the keys of the hospital and the console lie in the data folder."""
    folder = settings.data / "clients"
    return identity.demo_clients(
        settings.origin,
        hospital_key=_public_key_in(folder / "demo-hospital.json"),
        console_key=_public_key_in(folder / "console.json"),
    )


def _public_key_in(file: Path) -> Mapping[str, object]:
    """Read a private key, or make it the first time, and give its public half."""
    if not file.exists():
        private, _ = identity.make_machine_key()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(orjson.dumps(private))
    private = cast("dict[str, object]", orjson.loads(file.read_bytes()))
    return {name: value for name, value in private.items() if name != "d"}
