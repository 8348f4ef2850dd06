"""From Authlib's synchronous hooks to the event loop and back.

Authlib's server has no `async def`. It runs in a greenlet of its own; a hook that needs the database hands its
awaitable to the endpoint that waits outside, which awaits it in the running transaction and hands the result back. No
thread, no second driver, and everything a token request does is one transaction on one connection.
"""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import greenlet

T = TypeVar("T")


class _Bridged(greenlet.greenlet):
    """Marks the greenlets that `run_bridged` started, so that a hook called from elsewhere fails at once."""

    def __init__(self, function: Callable[[], object], parent: greenlet.greenlet) -> None:
        super().__init__(function, parent)
        self.gr_context = contextvars.copy_context()


def wait_for(awaitable: Awaitable[T]) -> T:
    """Wait, inside `run_bridged`, without stopping the event loop."""
    here = greenlet.getcurrent()
    if not isinstance(here, _Bridged) or here.parent is None:
        raise RuntimeError("A hook can wait only inside run_bridged.")
    return cast("T", here.parent.switch(awaitable))


async def run_bridged(function: Callable[[], T]) -> T:
    """Run a synchronous function whose hooks may call `wait_for`."""
    bridged = _Bridged(function, greenlet.getcurrent())
    asked = bridged.switch()
    while not bridged.dead:
        try:
            answer = await cast("Awaitable[object]", asked)
        except BaseException as error:  # noqa: BLE001 - the hook shall see everything, also that it was cancelled
            asked = bridged.throw(error)
        else:
            asked = bridged.switch(answer)
    return cast("T", asked)
