"""Stage 5: the layers after the basic fund, each on what the ones before have left; yearly ones by what was added.

A yearly layer pays the difference between what the year's cost earns with and without this episode, each rounded
once, so that splitting an episode never changes what the year gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from domain.settlement.stages.bands import Bands, Part, rounded, walk
from domain.settlement.tables import LayerClassTerms, LayerTerms
from domain.settlement.values import Mark


class LayerPaid(NamedTuple):
    """What a layer pays and how the accumulators move."""

    pays: int
    changes: list[tuple[str, int]]
    marks: list[Mark]


def pay_layer(
    base: int, *, layer: LayerTerms, one: LayerClassTerms, used: Mapping[str, int], cap_lift: int = 0
) -> LayerPaid:
    """Pay a layer for so much cost, all in fen; `cap_lift` raises its yearly caps."""
    before = used.get(layer.base_purse, 0) if layer.over_year else 0
    changes = [(layer.base_purse, base)] if layer.over_year and base else []
    low, high = _low(one, before), _low(one, before + base)
    marks: list[Mark] = []
    if one.threshold and before < one.threshold:
        kind = "threshold" if high > low else "threshold_not_met"
        facts = (before,) if layer.over_year else ()
        marks.append(Mark(kind, _CODES[layer.name][0], base, -1, one.threshold, layer.origin, facts))
    pays = _pay_stretch(low, high, layer=layer, one=one, marks=marks)
    limit = _limit(one, used=used, cap_lift=cap_lift)
    if 0 <= limit < pays:
        marks.append(Mark("layer_cap", _CODES[layer.name][1], pays, -1, limit, layer.origin))
        pays = limit
    changes.extend((cap.purse, pays) for cap in one.caps if cap.purse and pays)
    return LayerPaid(pays, changes, marks)


def _low(one: LayerClassTerms, cost: int) -> int:
    """Give the point on the scale of the bands that the year has reached with so much cost."""
    return max(cost, one.threshold) if one.absolute else max(0, cost - one.threshold)


def _pay_stretch(low: int, high: int, *, layer: LayerTerms, one: LayerClassTerms, marks: list[Mark]) -> int:
    if high <= low:
        return 0
    start = one.threshold if one.absolute else 0
    earned_before, _ = walk(one.bands, low=start, high=low)
    _, parts = walk(one.bands, low=low, high=high)
    return _mark_bands(parts, layer=layer, bands=one.bands, earned_before=earned_before, marks=marks)


def _mark_bands(parts: list[Part], *, layer: LayerTerms, bands: Bands, earned_before: int, marks: list[Mark]) -> int:
    exact, printed = earned_before, rounded(earned_before)
    pays = 0
    for number, cost, rate in parts:
        exact += cost * rate
        result = rounded(exact) - printed
        printed += result
        pays += result
        code = f"{_CODES[layer.name][1]}{number + 1:0{_CODES[layer.name][2]}d}"
        marks.append(Mark("layer_band", code, cost, rate, result, layer.origin, (len(bands),)))
    return pays


def _limit(one: LayerClassTerms, *, used: Mapping[str, int], cap_lift: int) -> int:
    limit = -1
    for cap in one.caps:
        left = max(0, cap.amount + cap_lift - used.get(cap.purse, 0)) if cap.purse else cap.amount
        limit = left if limit < 0 else min(limit, left)
    return limit


# Trace codes: of the threshold, the beginning of those of the bands, and the digits of their number. Those of the
# large-amount fund, critical illness and civil servants are national; the others are ours.
_CODES: dict[str, tuple[str, str, int]] = {
    "large": ("L000", "L", 3),
    "critical": ("PS01", "PL", 2),
    "civil_servant": ("GBS1", "GB", 2),
    "enterprise": ("QBS1", "QB", 2),
    "veteran": ("CJS1", "CJ", 2),
    "assistance": ("MAS1", "MA", 2),
    "tilt": ("MTS1", "MT", 2),
    "backstop": ("BDS1", "BD", 2),
    "union": ("GHS1", "GH", 2),
}
