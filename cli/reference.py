"""What every agency has before the first person comes: its accounts, its working days, its applications."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

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
        for client in identity.demo_clients(settings.origin) if settings.demo else ():
            await identity.register_client(work, client=client)
        return None

    async with store.open_database(address_of(settings), pool=1):
        now = datetime.now(UTC)  # noqa: TID251 - read once, when the process starts
        await perform(install, actor=SYSTEM, now=now, keys=Keyring.load(settings.key_file))
