"""What the house writes into its logs: structured lines without anybody's numbers in them.

Every run of eight or more digits (identity numbers, cards, phones) is masked in every value, also inside the text of
exceptions, because a database error may quote the row that it refused.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

_NUMBERS: Final = re.compile(r"(?<![0-9a-fA-F-])(\d{3})\d{5,}([\dXx])(?![0-9a-fA-F-])")


def configure_logs() -> None:
    """Write one JSON line for each event to standard output."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=True,
    )


def mask_numbers(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask long numbers in every text of a log line."""
    for key, value in event.items():
        if key != "timestamp":
            event[key] = _masked(value)
    return event


def _masked(value: object) -> object:
    if isinstance(value, str):
        return _NUMBERS.sub(r"\1*****\2", value)
    if isinstance(value, list | tuple):
        return [_masked(part) for part in value]
    if isinstance(value, dict):
        return {key: _masked(part) for key, part in value.items()}
    return value
