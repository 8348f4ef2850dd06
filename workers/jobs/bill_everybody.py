"""A billing run that was started goes on, step by step, until everybody was looked at."""

from __future__ import annotations

from uuid import UUID

from domain import collection
from domain.actors import SYSTEM
from domain.work import perform
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Run the steps, each in its own transaction; two of these at once take turns, and a stopped one goes on."""
    run_id = UUID(payload["run_id"])
    while not await _is_finished(run_id):
        await perform(
            lambda work: collection.bill_next_step(work, book=resources.book, run_id=run_id),
            actor=SYSTEM,
            now=resources.clock(),
            keys=resources.keys,
        )


async def _is_finished(run_id: UUID) -> bool:
    found = await collection.find_billing_run(SYSTEM, run_id=run_id)
    assert found is not None, f"There is no billing run {run_id}."
    return found.finished_at is not None
