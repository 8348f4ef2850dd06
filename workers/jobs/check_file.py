"""A file that has arrived is checked, if the process that received it could not."""

from __future__ import annotations

from uuid import UUID

from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Check it; one that was checked meanwhile is left as it is."""
    await resources.file_desk().settle(UUID(payload["file_id"]))
