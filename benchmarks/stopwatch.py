"""A clock that runs for one part at a time: who is at work is switched when a watched function begins and ends.

It tells where the time of requests goes that come one after another, so everything between two switches, waiting
included, belongs to the part that was switched on last. Beside it runs the clock of the process's processor time, in
which nobody waits for others. It is of no use for requests that overlap.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Stopwatch:
    """Seconds for each part, and how many requests they belong to."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._processor: defaultdict[str, float] = defaultdict(float)
        self._requests = 0
        self._parts: list[str] = []
        self._switched = 0.0
        self._used = 0.0

    def begin_request(self, part: str) -> None:
        """Start the clock, on the part that everything unwatched belongs to."""
        self._parts = [part]
        self._switched, self._used = time.perf_counter(), time.process_time()

    def end_request(self) -> None:
        """Stop the clock."""
        if self._parts:
            self._switch()
            self._parts = []
            self._requests += 1

    def take(self) -> dict[str, object]:
        """Give what was measured and begin anew."""
        taken: dict[str, object] = {"requests": self._requests}
        for name, seconds in (("seconds", self._seconds), ("processor", self._processor)):
            taken[name] = {str(part): total for part, total in seconds.items()}
            seconds.clear()
        self._requests = 0
        return taken

    def watch(self, owner: object, name: str, part: str) -> None:
        """Give the time of a function, looked up as `owner.name` by whoever calls it, to a part."""
        found = vars(owner)[name]
        function = found.__func__ if isinstance(found, classmethod) else found
        watched = self._async(function, part) if iscoroutinefunction(function) else self._sync(function, part)
        setattr(owner, name, classmethod(watched) if isinstance(found, classmethod) else watched)

    def _async(self, function: Callable[P, Awaitable[T]], part: str) -> Callable[P, Awaitable[T]]:
        @wraps(function)
        async def watched(*args: P.args, **kwargs: P.kwargs) -> T:
            if not self._parts:
                return await function(*args, **kwargs)
            self._enter(part)
            try:
                return await function(*args, **kwargs)
            finally:
                self._leave()

        return watched

    def _sync(self, function: Callable[P, T], part: str) -> Callable[P, T]:
        @wraps(function)
        def watched(*args: P.args, **kwargs: P.kwargs) -> T:
            if not self._parts:
                return function(*args, **kwargs)
            self._enter(part)
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        return cast("Callable[P, T]", watched)

    def _enter(self, part: str) -> None:
        self._switch()
        self._parts.append(part)

    def _leave(self) -> None:
        self._switch()
        self._parts.pop()

    def _switch(self) -> None:
        now, used = time.perf_counter(), time.process_time()
        self._seconds[self._parts[-1]] += now - self._switched
        self._processor[self._parts[-1]] += used - self._used
        self._switched, self._used = now, used
