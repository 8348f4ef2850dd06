"""Stage 4: what the basic fund pays (统筹支付): bands, grants, lump sums, floor payment and caps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from domain.settlement.stages.bands import Part, cost_paid_by, rounded, walk
from domain.settlement.tables import BenefitTerms, CapTerms, ClassTerms, Plan
from domain.settlement.values import Mark


class Cost(NamedTuple):
    """Cost in scope in fen: `regular` goes through the bands, `special` items have rates of their own."""

    regular: int
    special: tuple[tuple[int, int], ...]
    deductible: int

    @property
    def whole(self) -> int:
        """Everything in scope."""
        return self.regular + sum(amount for amount, _ in self.special) if self.special else self.regular


class Paid(NamedTuple):
    """What the basic fund pays, the cost above its caps, and how the accumulators move."""

    pays: int
    over_cap: int
    changes: list[tuple[str, int]]
    marks: list[Mark]


def pay_basic(cost: Cost, *, terms: BenefitTerms, one: ClassTerms, plan: Plan, used: Mapping[str, int]) -> Paid:
    """Pay the cost after the deductible by the bands of the plan, within the caps."""
    marks: list[Mark] = []
    changes: list[tuple[str, int]] = []
    looked_at = cost.regular
    for cap in one.caps:
        if cap.on_base:
            looked_at = min(looked_at, max(0, cap.amount - (used.get(cap.purse, 0) if cap.purse else 0)))
    low, high = _stretch(looked_at, cost=cost, one=one, plan=plan, used=used)
    exact, parts = walk(plan.bands, low=low, high=high)
    pays = _mark_bands(parts, terms=terms, bands=len(plan.bands), marks=marks)
    assert pays == rounded(exact)
    if cost.special:
        pays += _special(cost, terms=terms, marks=marks)
    if one.grant:
        pays += _grant(looked_at, one=one, terms=terms, used=used, changes=changes, marks=marks)
    pays = min(pays, cost.whole)
    if plan.floor >= 0:
        pays = _floor(pays, cost=cost, plan=plan, terms=terms, marks=marks)
    over_cap = cost.regular - looked_at
    limit = _limit(one.caps, used=used)
    if 0 <= limit < pays:
        over_cap += max(0, high - low - cost_paid_by(plan.bands, low=low, pay=limit))
        marks.append(Mark("cap", "EC01", pays, -1, limit, terms.origin, (over_cap,)))
        pays = limit
    if one.counts_base and looked_at:
        changes.append((f"{one.purse}.base", looked_at))
    changes.extend((cap.purse, pays) for cap in one.caps if cap.purse and not cap.on_base and pays)
    return Paid(pays, over_cap, changes, marks)


def pay_lump_sum(cost: int, *, delivery: str, terms: BenefitTerms, one: ClassTerms, used: Mapping[str, int]) -> Paid:
    """Pay the fixed sum of a birth, never more than the cost in scope."""
    limit = _limit(one.caps, used=used)
    pays = min(cost, one.lump_sums[delivery])
    if limit >= 0:
        pays = min(pays, limit)
    marks = [Mark("lump_sum", "C000", cost, -1, pays, terms.origin, (one.lump_sums[delivery],))]
    return Paid(pays, 0, [(cap.purse, pays) for cap in one.caps if cap.purse and not cap.on_base and pays], marks)


def _stretch(looked_at: int, *, cost: Cost, one: ClassTerms, plan: Plan, used: Mapping[str, int]) -> tuple[int, int]:
    """Give the stretch of cost that is paid, on the scale on which the borders of the bands are measured."""
    offset = used.get(f"{one.purse}.base", 0) if plan.over_year else 0
    if plan.absolute:
        return offset + min(cost.deductible, looked_at), offset + looked_at
    if plan.over_year:
        offset = max(0, offset - used.get(f"{one.deductible_purse}.deductible", 0))
    return offset, offset + max(0, looked_at - cost.deductible)


def _mark_bands(parts: list[Part], *, terms: BenefitTerms, bands: int, marks: list[Mark]) -> int:
    """Note each band so that the printed results add up to the payment, which is rounded once."""
    exact = paid = 0
    for number, cost, rate in parts:
        exact += cost * rate
        result = rounded(exact) - paid
        paid += result
        code = "C000" if bands == 1 else f"C{number + 1:03d}"
        marks.append(Mark("band", code, cost, rate, result, terms.origin))
    return paid


def _special(cost: Cost, *, terms: BenefitTerms, marks: list[Mark]) -> int:
    """Pay items with a rate of their own; what the regular cost could not bear of the deductible falls on them."""
    unpaid = max(0, cost.deductible - cost.regular)
    pays = 0
    for amount, rate in cost.special:
        borne = min(unpaid, amount)
        unpaid -= borne
        result = rounded((amount - borne) * rate)
        marks.append(Mark("special", "C000", amount - borne, rate, result, terms.origin))
        pays += result
    return pays


def _grant(
    looked_at: int,
    *,
    one: ClassTerms,
    terms: BenefitTerms,
    used: Mapping[str, int],
    changes: list[tuple[str, int]],
    marks: list[Mark],
) -> int:
    pays = min(max(0, one.grant - used.get(f"{one.purse}.grant", 0)), looked_at)
    if pays:
        changes.append((f"{one.purse}.grant", pays))
        marks.append(Mark("grant", "C000", looked_at, -1, pays, terms.origin, (one.grant,)))
    return pays


def _floor(pays: int, *, cost: Cost, plan: Plan, terms: BenefitTerms, marks: list[Mark]) -> int:
    least = rounded(cost.whole * plan.floor)
    if least <= pays:
        return pays
    marks.append(Mark("floor", "C000", cost.whole, plan.floor, least, terms.origin, (pays,)))
    return least


def _limit(caps: tuple[CapTerms, ...], *, used: Mapping[str, int]) -> int:
    """Give the least that any cap on the payment leaves, -1 without caps."""
    limit = -1
    for cap in caps:
        if cap.on_base:
            continue
        left = max(0, cap.amount - (used.get(cap.purse, 0) if cap.purse else 0))
        limit = left if limit < 0 else min(limit, left)
    return limit
