"""Empty the copies of personal data whose day is over."""

from __future__ import annotations

from uuid import UUID

from domain import privacy
from domain.actors import SYSTEM
from domain.work import Work, perform
from workers.resources import Resources


async def run(resources: Resources) -> None:
    """Clear what has expired; a second run finds nothing."""

    async def clear(work: Work) -> UUID | None:
        await privacy.clear_expired_exports(work)
        return None

    await perform(clear, actor=SYSTEM, now=resources.clock(), keys=resources.keys)
