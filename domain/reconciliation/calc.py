"""Comparing a day: pure, and the same for a bank's statement and for a platform's bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Final, TypeAlias
from uuid import UUID

from domain.reconciliation.values import (
    ClosingAction,
    Comparison,
    Found,
    Match,
    MismatchKind,
    MoneyDirection,
    Movement,
    StatementLine,
    Surety,
)

_MUST_BE_SHOWN: Final = (Surety.CERTAIN, Surety.UNDECIDED)
_Key: TypeAlias = tuple[MoneyDirection, str]


def compare(day: date, *, ours: Iterable[Movement], theirs: Iterable[StatementLine]) -> Comparison:
    """Compare the statement of a day with what we hold.

    `ours` has every movement that the statement must show, and every movement of any day whose number a line names.
    A line is matched by direction and number, to the fen. What is left over on either side is a difference; nothing
    is left out, and nothing is guessed.
    """
    lines: defaultdict[_Key, list[StatementLine]] = defaultdict(list)
    for line in theirs:
        lines[line.direction, line.number].append(line)
    movements = {(movement.direction, movement.number): movement for movement in ours}
    matches: list[Match] = []
    differences: list[Found] = []
    for key, group in lines.items():
        movement = movements.get(key) if key[1] else None
        if movement is None or movement.surety is Surety.DENIED:
            differences += (_missing_here(line, movement) for line in group)
            continue
        shown = _line_of(movement, group)
        if shown.amount == movement.amount:
            matches.append(Match(movement, shown))
        differences += _differences_of(movement, group, shown=shown)
    for key, movement in movements.items():
        if key not in lines and movement.surety in _MUST_BE_SHOWN and (movement.day is None or movement.day <= day):
            differences.append(_missing_there(movement))
    return Comparison(tuple(matches), tuple(differences))


def difference_digest(difference_id: UUID, *, action: ClosingAction, outcome: str) -> bytes:
    """Fingerprint what is proposed about a difference, which itself never changes."""
    return sha256("\n".join((str(difference_id), action.value, outcome)).encode()).digest()


def _line_of(movement: Movement, group: Sequence[StatementLine]) -> StatementLine:
    """Choose the line that shows the movement: one with its very amount if there is one, else the first."""
    return next((line for line in group if line.amount == movement.amount), group[0])


def _differences_of(movement: Movement, group: Sequence[StatementLine], *, shown: StatementLine) -> Iterator[Found]:
    if shown.amount != movement.amount:
        yield _both(MismatchKind.AMOUNT, movement, shown)
    elif movement.surety is Surety.CERTAIN and movement.day is not None and shown.day > movement.day:
        yield _both(MismatchKind.LATE, movement, shown)
    for line in group:
        if line is not shown:
            yield _both(MismatchKind.DUPLICATE, movement, line)


def _both(kind: MismatchKind, movement: Movement, line: StatementLine) -> Found:
    return Found(
        kind=kind,
        direction=line.direction,
        number=line.number,
        reference=line.reference,
        our_amount=movement.amount,
        their_amount=line.amount,
        our_day=movement.day,
        their_day=line.day,
        about=movement.about,
        sends=movement.sends,
    )


def _missing_here(line: StatementLine, movement: Movement | None) -> Found:
    return Found(
        kind=MismatchKind.MISSING_HERE,
        direction=line.direction,
        number=line.number,
        reference=line.reference,
        their_amount=line.amount,
        their_day=line.day,
        about=movement.about if movement else None,
    )


def _missing_there(movement: Movement) -> Found:
    return Found(
        kind=MismatchKind.MISSING_THERE,
        direction=movement.direction,
        number=movement.number,
        our_amount=movement.amount,
        our_day=movement.day,
        about=movement.about,
        sends=movement.sends,
    )
