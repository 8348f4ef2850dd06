"""Letting questions end that nobody decided within the time that their rule gives."""

from __future__ import annotations

from domain import approvals
from domain.actors import SYSTEM
from domain.work import perform
from workers.resources import Resources


async def run(resources: Resources) -> None:
    """Let everything end that is overdue, some at once, until nothing is left."""
    while True:
        done = await perform(approvals.expire_overdue, actor=SYSTEM, now=resources.clock(), keys=resources.keys)
        if done.result is None:
            return
