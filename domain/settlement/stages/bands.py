"""Walk through bands: how much of a stretch of cost is paid at which rate, exactly and in whole fen."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from domain.money import MILLION

# Above every border and every bill: the upper end of the last band.
ENDLESS: Final = 10**18
HALF: Final = MILLION // 2


class Band(NamedTuple):
    """From `above` to `up_to` fen, paid at `rate` millionths."""

    above: int
    up_to: int
    rate: int


Bands: TypeAlias = tuple[Band, ...]
Part: TypeAlias = tuple[int, int, int]


def walk(bands: Bands, *, low: int, high: int) -> tuple[int, list[Part]]:
    """Give the exact pay for the cost from `low` to `high` in millionths of a fen, and its parts by band.

    A part is the number of the band, the cost in it and its rate.
    """
    exact = 0
    parts: list[Part] = []
    for number, (above, up_to, rate) in enumerate(bands):
        if up_to <= low:
            continue
        if above >= high:
            break
        cost = (min(up_to, high)) - (max(above, low))
        exact += cost * rate
        parts.append((number, cost, rate))
    return exact, parts


def rounded(exact: int) -> int:
    """Round an exact amount that is not negative half-up to the fen."""
    return (exact + HALF) // MILLION


def cost_paid_by(bands: Bands, *, low: int, pay: int) -> int:
    """Give the cost above `low` after which `pay` fen are used up: where a cap on the payment is reached."""
    left, cost = pay * MILLION, 0
    for above, up_to, rate in bands:
        if up_to <= low:
            continue
        room = up_to - (max(above, low))
        if room * rate >= left and rate:
            return cost + left // rate
        left -= room * rate
        cost += room
    return cost
