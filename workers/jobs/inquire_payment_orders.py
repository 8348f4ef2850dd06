"""Asking the platform about open orders, so that no payment is lost with its callback and no order stays open."""

from __future__ import annotations

from typing import Final

import structlog

from domain import collection
from domain.actors import SYSTEM
from workers.jobs.payment_desk import desk_of
from workers.resources import Resources

AT_MOST: Final = 200
log: Final = structlog.get_logger("workers.jobs.inquire_payment_orders")


async def run(resources: Resources) -> None:
    """Ask about each order that is due for it; what fails for one does not keep the others waiting."""
    if resources.wechatpay is None:
        return
    desk = desk_of(resources)
    for order in await collection.list_orders_to_inquire(SYSTEM, now=resources.clock(), first=AT_MOST):
        try:
            await desk.inquire_order(order)
        except Exception:
            log.exception("inquiry failed", order=order.number)
