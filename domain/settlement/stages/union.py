"""Outside the fee: mutual aid of the trade union, as a share of the own cost, by day, or as one sum.

It may be more than the person paid, so it is never taken off the person's share.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.settlement.stages.layers import LayerPaid, pay_layer
from domain.settlement.tables import LayerClassTerms, LayerTerms
from domain.settlement.values import Mark


def pay_union(base: int, *, days: int, layer: LayerTerms, one: LayerClassTerms, used: Mapping[str, int]) -> LayerPaid:
    """Pay union aid for so much own cost and so many days, within the yearly cap."""
    uncapped = one._replace(caps=())
    by_share = pay_layer(base, layer=layer, one=uncapped, used=used) if one.bands else LayerPaid(0, [], [])
    pays, marks = by_share.pays, by_share.marks
    if one.per_day >= 0 and days >= one.days_from:
        counted = days if one.days_most < 0 else min(days, one.days_most)
        marks.append(Mark("union_days", "GHD1", counted, -1, counted * one.per_day, layer.origin, (one.per_day,)))
        pays += counted * one.per_day
    if one.per_stay >= 0 and (one.per_day < 0 or days < one.days_from):
        marks.append(Mark("union_sum", "GHL1", days, -1, one.per_stay, layer.origin))
        pays += one.per_stay
    changes = by_share.changes
    for cap in one.caps:
        left = max(0, cap.amount - used.get(cap.purse, 0))
        if left < pays:
            marks.append(Mark("layer_cap", "GH", pays, -1, left, layer.origin))
            pays = left
        if pays:
            changes.append((cap.purse, pays))
    return LayerPaid(pays, changes, marks)
