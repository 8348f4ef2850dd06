"""Asking the platform about refunds that are under way, and sending those that it never took."""

from __future__ import annotations

from typing import Final

import structlog

from domain import collection
from domain.actors import SYSTEM
from workers.jobs.payment_desk import desk_of
from workers.resources import Resources

AT_MOST: Final = 200
log: Final = structlog.get_logger("workers.jobs.inquire_refunds")


async def run(resources: Resources) -> None:
    """Ask about each refund that is due for it; what fails for one does not keep the others waiting."""
    if resources.wechatpay is None:
        return
    desk = desk_of(resources)
    for refund in await collection.list_refunds_to_inquire(SYSTEM, now=resources.clock(), first=AT_MOST):
        try:
            await desk.inquire_refund(refund)
        except Exception:
            log.exception("inquiry failed", refund=refund.number)
