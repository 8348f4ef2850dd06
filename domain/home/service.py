"""Writing down that somebody opened the first page of an adult for whom they act."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.work import Work


async def record_family_readings(work: Work, *, person_ids: Sequence[UUID]) -> UUID | None:
    """Record, once a day for each person, that their page was read by who may act for them; they see it there."""
    for person_id in person_ids:
        await work.record_reading(person_id=person_id, purpose="代办人查看首页", what=("home",))
    return None
