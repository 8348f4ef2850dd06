"""The processes of a running house: started together, watched together, stopped in the opposite order."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from cli.processes import ended, last_lines, start, stop, tied_to_us
from cli.refusals import CannotStart
from domain.errors import Text

READY_SECONDS: Final = 90.0
LOOK_AGAIN_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Child:
    """One process of the house: what runs, and how it is known to be ready."""

    name: Text
    log_name: str
    command: Sequence[str]
    ready: Callable[[Path], bool]
    """Looks at the child's log, or anywhere else, and says whether it works now."""
    besides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What this child alone finds in its environment."""


class House:
    """The children that run now. Leaving it stops them all, the last one first, whatever happened."""

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = environment
        self._running: list[tuple[Child, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._running:
            stop(self._running.pop()[1], by=signal.SIGTERM)

    def start(self, child: Child) -> None:
        """Start a child and do not wait: they load at the same time, on all processors."""
        log = self._log(child)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        command = tied_to_us(child.command, on_our_death=signal.SIGTERM)
        self._running.append((child, start(command, log=log, environment={**self._environment, **child.besides})))

    def wait_for(self, child: Child) -> None:
        """Wait until a child is ready. Raises CannotStart with the last lines of one that ends or stays silent."""
        deadline = time.monotonic() + READY_SECONDS
        while not child.ready(self._log(child)):
            self.check()
            if time.monotonic() > deadline:
                raise _silent(child, log=self._log(child))
            time.sleep(LOOK_AGAIN_SECONDS)

    def check(self) -> None:
        """Raise CannotStart with the last lines of a child that has ended; nothing happens while all of them run."""
        for child, process in self._running:
            if (code := process.poll()) is not None:
                raise ended(child.name, code=code, log=self._log(child))

    def _log(self, child: Child) -> Path:
        return self._logs / f"{child.log_name}.log"


def says(words: str) -> Callable[[Path], bool]:
    """Make the check of a child that says in its log when it is ready."""

    def ready(log: Path) -> bool:
        return log.exists() and words.encode() in log.read_bytes()

    return ready


def answers(host: str, port: int, path: str) -> Callable[[Path], bool]:
    """Make the check of a child that says over HTTP whether it can serve."""

    def ready(_: Path) -> bool:
        try:
            connection = HTTPConnection(host, port, timeout=5.0)
            connection.request("GET", path)
            status = connection.getresponse().status
            connection.close()
        except (OSError, HTTPException):
            return False
        return status == HTTPStatus.OK

    return ready


def _silent(child: Child, *, log: Path) -> CannotStart:
    return CannotStart(
        Text(
            zh=f"{child.name.zh}在 {READY_SECONDS:.0f} 秒内没有就绪，已停止。日志见 {log}。",
            en=f"{child.name.en} was not ready within {READY_SECONDS:.0f} seconds and was stopped. "
            f"Its log is {log}; its last lines:\n{last_lines(log)}",
        )
    )
