"""Whether samples of waiting can be told apart: the test of Kolmogorov and Smirnov, on every pair of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import exp, sqrt


def chance_that_alike(samples: Mapping[str, Sequence[float]]) -> float:
    """Give the probability that samples of one and the same thing differ at least as much as the most different pair.

    Each pair is tested, so the smallest probability counts as often as there are pairs (Bonferroni).
    """
    pairs = list(combinations(samples.values(), 2))
    return min(1.0, len(pairs) * min(chance_of_distance(one, other) for one, other in pairs))


def chance_of_distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the probability of at least this distance between two samples of one distribution (asymptotic)."""
    size = sqrt(len(one) * len(other) / (len(one) + len(other)))
    reach = (size + 0.12 + 0.11 / size) * distance(one, other)
    if reach < 0.2:  # The series below does not converge there; the distance is as small as distances get.
        return 1.0
    return min(1.0, max(0.0, 2 * sum((-1) ** (k - 1) * exp(-2 * k * k * reach * reach) for k in range(1, 101))))


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the largest difference between the shares of two samples that are not above a value."""
    ordered, further = sorted(one), sorted(other)
    at = beside = 0
    most = 0.0
    while at < len(ordered) and beside < len(further):
        value = min(ordered[at], further[beside])
        while at < len(ordered) and ordered[at] <= value:
            at += 1
        while beside < len(further) and further[beside] <= value:
            beside += 1
        most = max(most, abs(at / len(ordered) - beside / len(further)))
    return most
