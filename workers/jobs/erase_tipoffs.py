"""Destroy the reports whose time of keeping is over, each in a transaction of its own."""

from __future__ import annotations

from functools import partial
from typing import Final

from domain import informants, tipoffs
from domain.actors import SYSTEM
from domain.work import day_of, perform
from partners.storage import open_shelf
from workers.resources import Resources

_AT_ONCE: Final = 50


async def run(resources: Resources) -> None:
    """Erase what is due; what another worker has erased meanwhile is no longer due."""
    settings, now = resources.settings, resources.clock()
    address = settings.informants_url or settings.database_url
    assert address, "DATABASE_URL names the database of the workers."
    due = await tipoffs.list_due_for_erasure(on=day_of(now), first=_AT_ONCE)
    if not due:
        return
    shelf = open_shelf(settings.shelf)
    key = informants.load_or_make_key(settings.informants_key_file)
    async with informants.open_store(address, key=key) as second:
        for tipoff_id in due:
            erase = partial(tipoffs.erase, tipoff_id=tipoff_id, second=second, shelf=shelf)
            await perform(erase, actor=SYSTEM, now=now, keys=resources.keys)
