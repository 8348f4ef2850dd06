"""Drawing from a seeded generator: a few quick forms of what `random.Random` does more slowly.

Whole cities are made of these, so each is one call of `random()` and a multiplication.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def words(text: str) -> tuple[str, ...]:
    """Split a list that is written as one line of words."""
    return tuple(text.split())


def pick(rng: Random, pool: Sequence[T]) -> T:
    """Draw one of several, all alike."""
    return pool[int(rng.random() * len(pool))]


def between(rng: Random, lowest: int, highest: int) -> int:
    """Draw a whole number, both ends included."""
    return lowest + int(rng.random() * (highest - lowest + 1))


def chance(rng: Random, share: float) -> bool:
    """Be true in that share of all draws."""
    return rng.random() < share
