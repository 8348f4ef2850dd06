"""The platform's own clock. It is another company's, so it is not ours to hand in."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))


def seconds() -> float:
    """Give the seconds since 1970."""
    return time.time()


def written(moment: float) -> str:
    """Write a moment as the platform does: whole seconds, Beijing time."""
    return datetime.fromtimestamp(moment, BEIJING).isoformat(timespec="seconds")
