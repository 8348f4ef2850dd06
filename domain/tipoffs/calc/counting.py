"""What may be counted in public: no cell from which one report could be guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.tipoffs.values import Cell, TipoffState, Topic

Counts = Mapping[tuple[Topic | None, TipoffState], int]


def publishable(counts: Counts, *, least: int) -> tuple[Cell, ...]:
    """Leave out every count below `least`, and one more where a single gap could be filled by subtraction.

    An empty cell is a count, too: it says nothing about anybody and stays. The second gap is the smallest count left
    in the same topic; where none is left, the topic as a whole is not published.
    """
    cells: list[Cell] = []
    for topic in dict.fromkeys(topic for topic, _ in counts):
        row = {state: count for (of, state), count in counts.items() if of == topic}
        hidden = _hidden(row, least=least)
        cells += [Cell(topic, state, None if state in hidden else count) for state, count in row.items()]
    return tuple(cells)


def _hidden(row: Mapping[TipoffState, int], *, least: int) -> frozenset[TipoffState]:
    small: Sequence[TipoffState] = [state for state, count in row.items() if 0 < count < least]
    if len(small) != 1:
        return frozenset(small)
    others = sorted((count, state) for state, count in row.items() if count >= least)
    return frozenset({small[0], others[0][1]} if others else row)
