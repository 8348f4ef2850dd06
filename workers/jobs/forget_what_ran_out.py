"""Delete what was made for a few minutes and is over: passkeys' challenges and requests that clients pushed."""

from __future__ import annotations

from domain import factors, identity
from domain.actors import SYSTEM
from domain.work import Work, perform
from workers.resources import Resources

EVERY_HOUR = "23 * * * *"


async def run(resources: Resources) -> None:
    """Forget what is due; a second run, also at the same time, finds nothing more."""

    async def forget(work: Work) -> None:
        await factors.forget_challenges(work)
        await identity.forget_pushed_requests(work)

    await perform(forget, actor=SYSTEM, now=resources.clock(), keys=resources.keys)
