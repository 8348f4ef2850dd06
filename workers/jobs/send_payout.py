"""A queued payout goes to the bank, once, under its fixed number."""

from __future__ import annotations

from uuid import UUID

from workers.jobs.bank_line import desk_of
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Send it; one that is under way already is asked about."""
    await desk_of(resources).send_payout(UUID(payload["payout_id"]))
