"""Stage 3: the deductible (起付标准) in its kinds: by stay, falling by stay, by year, by visit, yearly ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from domain.money import MILLION
from domain.rules import Counts
from domain.settlement.stages.bands import HALF
from domain.settlement.tables import BenefitTerms, ClassTerms, Plan
from domain.settlement.values import Episode, Mark, Person


class Due(NamedTuple):
    """The deductible that this episode really bears, and how the accumulators move."""

    paid: int
    changes: list[tuple[str, int]]
    marks: list[Mark]


def deductible_of(
    cost: int,
    *,
    episode: Episode,
    person: Person,
    terms: BenefitTerms,
    one: ClassTerms,
    plan: Plan,
    used: Mapping[str, int],
) -> Due:
    """Give the deductible for so much cost in scope; never more than the cost."""
    if plan.counts is Counts.NONE:
        return Due(0, [], [])
    purse = one.deductible_purse
    changes: list[tuple[str, int]] = []
    due = _due(episode, plan=plan, purse=purse, used=used, changes=changes)
    if one.waived_for and not one.waived_for.isdisjoint(person.categories):
        return Due(0, changes, [Mark("deductible_waived", "S001", due, -1, 0, terms.origin)])
    spent = used.get(f"{purse}.deductible", 0)
    if plan.year_ceiling >= 0:
        due = min(due, max(0, plan.year_ceiling - spent))
    paid = min(due, cost)
    if paid:
        changes.append((f"{purse}.deductible", paid))
    kind = "deductible_year" if plan.counts is Counts.YEAR else "deductible"
    return Due(paid, changes, [Mark(kind, "S001", due, -1, paid, terms.origin, (plan.first, spent))])


def _due(episode: Episode, *, plan: Plan, purse: str, used: Mapping[str, int], changes: list[tuple[str, int]]) -> int:
    match plan.counts:
        case Counts.STAY:
            changes.append((f"{purse}.stays", 1))
            return _by_stay(plan, stays_before=used.get(f"{purse}.stays", 0))
        case Counts.YEAR:
            return max(0, plan.first - used.get(f"{purse}.deductible", 0))
        case Counts.VISIT:
            return _by_visit(episode, plan=plan, purse=purse, used=used, changes=changes)
        case Counts.NONE:
            return 0


def _by_stay(plan: Plan, *, stays_before: int) -> int:
    """Give the deductible of the first stay, or of a later one: fixed, falling by a factor, or by a step each time."""
    if stays_before == 0:
        return plan.first
    if plan.following >= 0:
        return plan.following
    if plan.factor >= 0:
        due = plan.first
        for _ in range(stays_before):
            due = (due * plan.factor + HALF) // MILLION
            if due <= plan.least:
                break
        return min(plan.first, max(due, plan.least))
    if plan.less >= 0:
        return min(plan.first, max(plan.first - plan.less * stays_before, plan.least))
    return plan.first


def _by_visit(
    episode: Episode, *, plan: Plan, purse: str, used: Mapping[str, int], changes: list[tuple[str, int]]
) -> int:
    """Ask once a day at the same provider; the accumulator remembers the last day there."""
    key, today = f"{purse}.visited.{episode.provider}", episode.day.toordinal()
    before = used.get(key, 0)
    if before == today:
        return 0
    changes.append((key, today - before))
    return plan.first
