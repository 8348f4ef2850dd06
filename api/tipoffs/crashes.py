"""Telling operators of our own faults without telling when a report came, or anything of it.

The text of an exception may quote what somebody wrote, and the time of a log line is the time of a report. So only the
kind of an exception and its place in our code are kept, counted, and said together at the next full hour.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

import structlog

_HOUR_SECONDS: Final = 3600
log: Final = structlog.stdlib.get_logger("api.tipoffs")


class Crashes:
    """Counts faults of an hour."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._later: asyncio.TimerHandle | None = None

    def note(self, bug: BaseException, *, hour_has: float) -> None:
        """Count one; `hour_has` is how many seconds of this hour are over."""
        self._counted[f"{type(bug).__name__} at {_place(bug)}"] += 1
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(_HOUR_SECONDS - hour_has, self.tell)

    def tell(self) -> None:
        """Say what was counted."""
        for what, times in self._counted.items():
            log.error("tipoff_page_broke", what=what, times=times)
        self._counted.clear()
        self._later = None


def _place(bug: BaseException) -> str:
    """Name the innermost line of ours, without any value."""
    found = "?"
    trace = bug.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "site-packages" not in code.co_filename:
            found = f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
