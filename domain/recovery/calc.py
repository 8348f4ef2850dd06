"""Plans, states and digests of recoveries: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from uuid import UUID

from domain.money import ZERO, Money, total
from domain.recovery.values import Instalment, Offset, RecoveryMeasure, RecoveryState, Wish

REASON_MAX = 500
REFERENCE_MAX = 64


def is_fit_plan(instalments: Sequence[Instalment], *, left: Money, most: int, today: date) -> bool:
    """Tell whether instalments follow one another after today and are together what is left."""
    days = [today, *(one.due_on for one in instalments)]
    return (
        0 < len(instalments) <= most
        and all(earlier < later for earlier, later in pairwise(days))
        and all(one.amount > ZERO for one in instalments)
        and total(one.amount for one in instalments) == left
    )


def state_after(*, left: Money, before: RecoveryState, demanded: bool) -> RecoveryState:
    """Say where a case stands once an entry was written: closed with nothing left, and open again with something."""
    if left == ZERO:
        return RecoveryState.CLOSED
    if before is not RecoveryState.CLOSED:
        return before
    return RecoveryState.DEMANDED if demanded else RecoveryState.FOUND


def share_out(owed: Iterable[tuple[UUID, Money]], *, at_most: Money) -> Iterator[Offset]:
    """Take what is owed, case after case, from what may be set off."""
    left = at_most
    for case_id, amount in owed:
        taken = min(amount, left)
        if taken > ZERO:
            yield Offset(case_id, taken)
        left -= taken


def write_proposal(wish: Wish, *, case_id: UUID, left: Money) -> str:
    """Write a proposal as one text, for its keyed digest."""
    parts = [f"{one.due_on.isoformat()} {one.amount.fen}" for one in wish.instalments]
    return "\n".join([str(case_id), wish.measure.value, str(left.fen), *parts, wish.reason])


def is_for_plan(wish: Wish) -> bool:
    """Tell whether a proposal says instalments where it must, and only there."""
    return (wish.measure is RecoveryMeasure.INSTALMENTS) == bool(wish.instalments)
