"""An order that the edge could not prepare is prepared at the platform; one that is prepared stays as it is."""

from __future__ import annotations

from uuid import UUID

from domain import collection
from domain.actors import SYSTEM
from domain.collection import Channel, OrderState
from workers.jobs.payment_desk import desk_of
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Prepare the order unless somebody did."""
    order_id = UUID(payload["order_id"])
    order = await collection.find_order(SYSTEM, order_id=order_id)
    assert order is not None, f"There is no order {order_id}."
    if order.channel is Channel.WECHAT and order.state in (OrderState.CREATED, OrderState.UNKNOWN):
        await desk_of(resources).prepare_order(order_id)
