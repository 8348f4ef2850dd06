"""What may follow what, and the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from domain.calendar import Calendar
from domain.claims import errors
from domain.claims.values import ClaimState, ClockEntry, ClockEvent, PauseReason, Standing

_S = ClaimState
STEPS: Final[Mapping[ClaimState, frozenset[ClaimState]]] = {
    _S.DRAFT: frozenset({_S.FILED, _S.WITHDRAWN}),
    _S.FILED: frozenset({_S.RETURNED, _S.IN_REVIEW, _S.WITHDRAWN}),
    _S.RETURNED: frozenset({_S.FILED, _S.IN_REVIEW, _S.WITHDRAWN}),
    _S.IN_REVIEW: frozenset({_S.PROPOSED, _S.WITHDRAWN}),
    _S.PROPOSED: frozenset({_S.IN_REVIEW, _S.APPROVED, _S.REJECTED, _S.WITHDRAWN}),
    _S.APPROVED: frozenset({_S.SETTLED, _S.IN_REVIEW}),
    _S.SETTLED: frozenset({_S.PAID, _S.IN_REVIEW}),
    _S.PAID: frozenset({_S.SETTLED, _S.IN_REVIEW}),
    _S.REJECTED: frozenset({_S.IN_REVIEW}),
    _S.WITHDRAWN: frozenset(),
}
"""The same table stands in the database (`claim_step`); a test compares them."""


def require_step(state: ClaimState, *, to: ClaimState) -> None:
    """Refuse a step that the machine does not know."""
    if to not in STEPS[state]:
        raise errors.ClaimStepNotAllowed(state=state.value)


def require_state(state: ClaimState, *allowed: ClaimState) -> None:
    """Refuse what is done only in some states."""
    if state not in allowed:
        raise errors.ClaimStepNotAllowed(state=state.value)


def read_clock(entries: Sequence[ClockEntry], *, calendar: Calendar, limit: int, today: date) -> Standing | None:
    """Say what the clock shows today; None before it was started.

    Working days count from the day after the start (《民法典》第二百零一条); the day of a pause counts for the
    agency, the day of going on does not. `left` is negative when the limit has passed.
    """
    running: date | None = None
    used, paused = 0, None
    started = False
    for entry in entries:
        match entry.event:
            case ClockEvent.START | ClockEvent.RESUME:
                if entry.event is ClockEvent.START:
                    used = 0
                running, paused, started = entry.on_day, None, True
            case ClockEvent.PAUSE | ClockEvent.STOP:
                if running is not None:
                    used += calendar.working_days_left(running, deadline=entry.on_day)
                running, paused = None, entry.reason
    if not started:
        return None
    if running is None:
        return Standing(used, limit - used, None, is_provisional=False, paused_for=paused)
    now_used = used + calendar.working_days_left(running, deadline=max(today, running))
    due = calendar.add_working_days(running, max(limit - used, 0))
    return Standing(now_used, limit - now_used, due.day, is_provisional=due.provisional, paused_for=None)


def is_paused(entries: Sequence[ClockEntry]) -> bool:
    """Tell whether the clock stands still."""
    return bool(entries) and entries[-1].event is ClockEvent.PAUSE


def pause_of(entries: Sequence[ClockEntry]) -> PauseReason | None:
    """Give the reason for which the clock stands still."""
    return entries[-1].reason if entries and entries[-1].event is ClockEvent.PAUSE else None
