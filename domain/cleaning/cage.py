"""A process of its own for each file that strangers sent: it has a limit of memory and of time, and may die of them.

The child gets two handles of anonymous memory and one line of orders, and nothing else: no database, no keys, no
environment. What it prints is read as refusals or as the sizes of what it wrote. A child that is killed by its limits
has met a file that no honest sender makes, and that is a refusal; a child that fails in our own code is a bug.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson

from domain.cleaning.errors import FileIsTooComplex, read_faults
from domain.cleaning.values import MEGABYTE, FileKind, Limits
from domain.cleaning.vessel import Vessel
from domain.errors import DomainError

_ROOT: Final = Path(__file__).resolve().parents[2]
_STEPS_BACK: Final = 10


class CleaningFailedError(RuntimeError):
    """The child failed in our own code: a bug, not a refusal."""


class NoSpareTimeError(Exception):
    """A file that was to be cleaned in spare time only found none: nothing is known of the file."""


@dataclass(frozen=True, slots=True)
class FromCage:
    """What came out of the cage: every fault, or the sizes of what lies in the vessel, the preview behind the copy."""

    faults: tuple[DomainError, ...] = ()
    kind: FileKind | None = None
    size: int = 0
    preview_size: int = 0


@dataclass(frozen=True)
class Cage:
    """Cleans files in children, a few at once. One for each process that serves; others wait."""

    at_once: int = 2
    seconds: int = 60
    memory: int = 1536 * MEGABYTE
    _places: asyncio.Semaphore = field(init=False, repr=False, compare=False)
    _threads: ThreadPoolExecutor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", asyncio.Semaphore(self.at_once))
        threads = ThreadPoolExecutor(self.at_once, thread_name_prefix="cage", initializer=_step_back)
        object.__setattr__(self, "_threads", threads)

    async def clean(
        self,
        source: Vessel,
        into: Vessel,
        *,
        taken: Collection[FileKind],
        limits: Limits,
        in_spare_time: bool = False,
    ) -> FromCage:
        """Clean a file into another vessel, or give every fault.

        In spare time it runs when nobody else on the machine has anything to do; raises `NoSpareTimeError` when that
        was never long enough.
        """
        orders = {
            "taken": sorted(kind.value for kind in taken),
            "limits": asdict(limits),
            "source": source.handle,
            "into": into.handle,
            "memory": self.memory,
            "seconds": self.seconds,
        }
        async with self._places:
            told = await self._run(orders, in_spare_time=in_spare_time)
        if told is None:
            return FromCage(faults=(FileIsTooComplex(),))
        if bug := told.get("bug"):
            raise CleaningFailedError(bug)
        into.refresh()
        if told["faults"]:
            return FromCage(faults=read_faults(told["faults"]))
        return FromCage(kind=FileKind(told["kind"]), size=told["size"], preview_size=told["preview_size"])

    async def _run(self, orders: dict[str, Any], *, in_spare_time: bool) -> dict[str, Any] | None:
        """Run one child to its end; None when a limit ended it.

        A thread starts it, and waits: the event loop's own way of starting copies the tables of this whole process and
        stands still meanwhile, which everybody who is served here would notice.
        """
        loop = asyncio.get_running_loop()
        child = await loop.run_in_executor(self._threads, self._start, orders)
        if in_spare_time:
            _leave_all_time_to_others(child)
        try:
            printed, _ = await loop.run_in_executor(self._threads, partial(child.communicate, timeout=self.seconds))
        except subprocess.TimeoutExpired:
            if in_spare_time:
                raise NoSpareTimeError from None
            return None
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if child.returncode != 0:
            return None if child.returncode < 0 else {"bug": f"exit code {child.returncode}"}
        return orjson.loads(printed)

    @staticmethod
    def _start(orders: dict[str, Any]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own module with orders that name no one's words
            [sys.executable, "-P", "-m", "domain.cleaning", orjson.dumps(orders).decode()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(orders["source"], orders["into"]),
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
        )


def _step_back() -> None:
    """Let whoever asks for a page go before a file that somebody sent.

    On Linux a thread has a priority of its own, and a child begins with that of the thread which starts it; elsewhere
    all are alike.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _STEPS_BACK)


def _leave_all_time_to_others(child: subprocess.Popen[bytes]) -> None:
    """Let a child run only while nothing else wants to, where the system knows how.

    Behind others by its priority, it may still finish its slice of a few milliseconds before one of them goes on.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # It may have ended by now.
            os.sched_setscheduler(child.pid, os.SCHED_IDLE, os.sched_param(0))
