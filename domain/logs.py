"""What the house writes into its logs: structured lines without anybody's numbers in them.

Every run of eight or more digits (identity numbers, cards, phones) is masked in every value, also inside the text of
exceptions, because a database error may quote the row that it refused. What packages write by Python's own `logging`
goes the same way.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Final, TextIO

import structlog

_NUMBERS: Final = re.compile(r"(?<![0-9a-fA-F-])(\d{3})\d{5,}([\dXx])(?![0-9a-fA-F-])")


Collector = Callable[[str, str], None]
"""Takes the level and the line, at once and without raising: whoever logs waits for nobody."""
_collectors: Final[list[Collector]] = []


def configure_logs(*, collector: Collector | None = None) -> None:
    """Write one JSON line for each event to standard output, and hand it to a collector if there is one.

    Others than ourselves are heard from warnings on.
    """
    _collectors[:] = [collector] if collector else []
    structlog.configure(
        processors=_OURS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for earlier in [handler for handler in root.handlers if isinstance(handler, _StandardOutput)]:
        root.removeHandler(earlier)
    of_others = _StandardOutput()
    of_others.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_BEGIN, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_END]
        )
    )
    root.addHandler(of_others)
    root.setLevel(logging.WARNING)


class _StandardOutput(logging.StreamHandler[TextIO]):
    """Writes to what is standard output at that moment, as `print` does."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.stream = sys.stdout
        super().emit(record)


def mask_numbers(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask long numbers in every text of a log line."""
    for key, value in event.items():
        if key != "timestamp":
            event[key] = _masked(value)
    return event


def _write_and_hand_on(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
    line = str(_AS_JSON(logger, method, event))
    for collector in _collectors:
        collector(method, line)
    return line


def _masked(value: object) -> object:
    if isinstance(value, str):
        return _NUMBERS.sub(r"\1*****\2", value)
    if isinstance(value, list | tuple):
        return [_masked(part) for part in value]
    if isinstance(value, dict):
        return {key: _masked(part) for key, part in value.items()}
    return value


_AS_JSON: Final = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
_BEGIN: Final = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_END: Final = (
    structlog.processors.format_exc_info,
    mask_numbers,
    _write_and_hand_on,
)
# One list for the life of the process: loggers keep the one that they began with.
_OURS: Final = [*_BEGIN, *_END]
