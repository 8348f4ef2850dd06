"""A settled file gives back the bytes that it no longer needs."""

from __future__ import annotations

from uuid import UUID

from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Drop them; a second run finds none."""
    await resources.file_desk().drop_idle(UUID(payload["file_id"]))
