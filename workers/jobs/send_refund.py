"""An approved refund goes to the platform, once, under its fixed number."""

from __future__ import annotations

from uuid import UUID

from domain import collection
from domain.actors import SYSTEM
from domain.collection import Channel
from workers.jobs.payment_desk import desk_of
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Send it; one that is under way already is asked about. What was paid at the counter goes back there."""
    refund_id = UUID(payload["refund_id"])
    refund = await collection.find_refund(SYSTEM, refund_id=refund_id)
    assert refund is not None, f"There is no refund {refund_id}."
    if refund.channel is Channel.WECHAT:
        await desk_of(resources).send_refund(refund_id)
