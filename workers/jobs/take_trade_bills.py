"""Comparing the payment platform's daily bills with what we hold; a day's bill is written by ten the next day."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

import structlog

from domain import collection, reconciliation
from domain.work import AGENCY_ZONE, day_of
from workers.jobs.payment_desk import desk_of
from workers.resources import Resources

EVERY_HALF_HOUR: Final = "20,50 * * * *"
WRITTEN_BY: Final = time(10, 0)
"""Before that "no bill" may mean "not yet"; after it, that nothing happened."""
DAYS_AT_FIRST: Final = 7
_A_DAY: Final = timedelta(days=1)
log: Final = structlog.get_logger("workers.jobs.take_trade_bills")


async def run(resources: Resources) -> None:
    """Fetch the bill of each day that is over and was not compared, in the order of days."""
    if resources.wechatpay is None:
        return
    now = resources.clock()
    closed = day_of(now) - (_A_DAY if now.astimezone(AGENCY_ZONE).time() >= WRITTEN_BY else 2 * _A_DAY)
    last = await reconciliation.find_last_day(source=collection.WECHAT_SOURCE)
    day = last + _A_DAY if last else closed - (DAYS_AT_FIRST - 1) * _A_DAY
    desk = desk_of(resources)
    try:
        while day <= closed and await desk.take_trade_bill(day):
            day += _A_DAY
    except Exception:
        log.exception("trade bill failed", day=str(day))
