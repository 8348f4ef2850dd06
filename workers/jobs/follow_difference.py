"""What two people decided about a difference is done."""

from __future__ import annotations

from uuid import UUID

from domain import payouts
from domain.actors import SYSTEM
from domain.work import perform
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Send again or give up a payout that nobody decided, if that is what they said."""
    difference_id = UUID(payload["difference_id"])
    await perform(
        lambda work: payouts.follow_difference(work, difference_id=difference_id),
        actor=SYSTEM,
        now=resources.clock(),
        keys=resources.keys,
    )
