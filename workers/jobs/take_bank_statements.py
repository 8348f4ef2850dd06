"""Comparing the bank's statements with what we hold, as soon as the bank has closed a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from domain import payouts, reconciliation
from domain.work import day_of
from workers.jobs.bank_line import desk_of
from workers.resources import Resources

EVERY_HALF_HOUR: Final = "10,40 * * * *"
DAYS_AT_FIRST: Final = 7
_A_DAY: Final = timedelta(days=1)
log: Final = structlog.get_logger("workers.jobs.take_bank_statements")


async def run(resources: Resources) -> None:
    """Fetch the statement of each day that is over and was not compared, for each account, in the order of days."""
    if resources.bank is None:
        return
    desk, today = desk_of(resources), day_of(resources.clock())
    for fund in resources.bank.link.accounts:
        last = await reconciliation.find_last_day(source=payouts.source_of(fund))
        day = last + _A_DAY if last else today - DAYS_AT_FIRST * _A_DAY
        try:
            while day < today and await desk.take_statement(fund=fund, day=day):
                day += _A_DAY
        except Exception:
            log.exception("statement failed", fund=fund, day=str(day))
