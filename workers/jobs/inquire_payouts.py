"""Asking the bank about payouts that nobody decided, and looking after those whose sending was lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from domain import payouts
from domain.actors import SYSTEM
from domain.work import perform
from workers.jobs.bank_line import desk_of
from workers.resources import Resources

EVERY_TEN_SECONDS: Final = "* * * * * */10"  # the sixth place of a crontab line counts seconds
AT_MOST: Final = 200
STUCK_AFTER: Final = timedelta(minutes=5)
log: Final = structlog.get_logger("workers.jobs.inquire_payouts")


async def run(resources: Resources) -> None:
    """Ask about each payout that is due for it; what fails for one does not keep the others waiting."""
    if resources.bank is None:
        return
    desk, now = desk_of(resources), resources.clock()
    for payout in await payouts.list_payouts_to_inquire(SYSTEM, now=now, first=AT_MOST):
        try:
            await desk.inquire(payout)
        except Exception:
            log.exception("inquiry failed", payout=payout.number)
    for payout_id in await payouts.list_stuck_payouts(SYSTEM, before=now - STUCK_AFTER, first=AT_MOST):
        await perform(
            lambda work, stuck=payout_id: payouts.requeue_stuck(work, payout_id=stuck),
            actor=SYSTEM,
            now=now,
            keys=resources.keys,
        )
