"""The file of a released batch is handed to the bank, once."""

from __future__ import annotations

from uuid import UUID

from workers.jobs.bank_line import desk_of
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Write it and hand it over; one that was handed over stays so."""
    await desk_of(resources).hand_over_file(UUID(payload["batch_id"]))
