"""The payouts of a released batch are queued, step by step."""

from __future__ import annotations

from uuid import UUID

from domain import payouts
from domain.actors import SYSTEM
from domain.work import perform
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Run the steps, each in its own transaction; two of these at once take turns, and a stopped one goes on."""
    batch_id = UUID(payload["batch_id"])
    more = True
    while more:
        done = await perform(
            lambda work: payouts.queue_next_step(work, batch_id=batch_id),
            actor=SYSTEM,
            now=resources.clock(),
            keys=resources.keys,
        )
        more = done.result is not None
