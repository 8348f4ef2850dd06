"""Stage 1: what is in scope. Lines are split by catalogue grade; a bill by totals is taken as it is stated."""

from __future__ import annotations

from typing import NamedTuple

from domain.errors import DomainError, refuse
from domain.money import MILLION, Money, half_up
from domain.settlement.errors import BillDisagrees, NoTerms
from domain.settlement.stages.bands import HALF
from domain.settlement.tables import CatalogueTerms, RulesInForce
from domain.settlement.values import Episode, Line, LineShare, Mark

OWN = "03"
PARTLY = "02"
UNKNOWN = (-1, -1)


class Bill(NamedTuple):
    """A bill after the catalogue, in fen. `special` are cost in scope with a rate of its own, `regular` the rest."""

    total: int
    own_pay: int
    over_limit: int
    first_paid: int
    in_scope: int
    special: tuple[tuple[int, int], ...]
    lines: tuple[LineShare, ...]
    marks: list[Mark]


def read_bill(episode: Episode, *, rules: RulesInForce, terms: CatalogueTerms) -> Bill:
    """Split a bill into own money, cost above limit prices, first-paid shares and cost in scope."""
    bill = _by_lines(episode, rules=rules, terms=terms) if episode.lines else _by_totals(episode)
    marks = bill.marks
    if bill.own_pay:
        marks.append(Mark("own_pay", "101", bill.own_pay, -1, bill.own_pay, terms.origin))
    if bill.over_limit:
        marks.append(Mark("over_limit", "103", bill.over_limit, -1, bill.over_limit, terms.origin))
    if bill.first_paid:
        marks.append(Mark("first_paid", "102", bill.first_paid, -1, bill.first_paid, terms.origin))
    return bill


def _by_totals(episode: Episode) -> Bill:
    total, own_pay = episode.total.fen, episode.own_pay.fen
    over_limit, first_paid = episode.over_limit.fen, episode.first_paid.fen
    outside = own_pay + over_limit + first_paid
    if episode.in_scope is None:
        in_scope = total - outside
    else:
        in_scope = episode.in_scope.fen
        own_pay += 0 if outside else total - in_scope
    if min(total, own_pay, over_limit, first_paid, in_scope) < 0 or (
        own_pay + over_limit + first_paid + in_scope != total
    ):
        found = Money(own_pay + over_limit + first_paid + in_scope)
        refuse([BillDisagrees(episode=episode.id, what="total", stated=episode.total, found=found)])
    return Bill(total, own_pay, over_limit, first_paid, in_scope, (), (), [])


def _by_lines(episode: Episode, *, rules: RulesInForce, terms: CatalogueTerms) -> Bill:
    total = own_pay = over_limit = first_paid = in_scope = 0
    shares: list[LineShare] = []
    special: list[tuple[int, int]] = []
    faults: list[DomainError] = []
    for line in episode.lines:
        amount = line.amount.fen
        total += amount
        if line.grade == OWN or not line.within_limits:
            own_pay += amount
            shares.append(LineShare(amount, 0, 0, 0))
            continue
        rate, own_rate = _rates(line, terms)
        if rate < 0:
            faults.append(_unknown_line(line, rules=rules, episode=episode))
            continue
        over = 0 if line.limit is None else _above(amount, line.limit.fen)
        rest = amount - over
        first = (rest * rate + HALF) // MILLION if rest >= 0 else half_up(rest * rate, MILLION)
        over_limit += over
        first_paid += first
        in_scope += rest - first
        shares.append(LineShare(0, over, first, rest - first))
        if own_rate >= 0:
            special.append((rest - first, own_rate))
    refuse(faults)
    _check_sums(episode, total=total, parts=(own_pay, over_limit, first_paid, in_scope))
    return Bill(total, own_pay, over_limit, first_paid, in_scope, tuple(special), tuple(shares), [])


def _rates(line: Line, terms: CatalogueTerms) -> tuple[int, int]:
    """Give the first-paid share (the item's own before the place's) and the item's own rate; -1 is unknown or none."""
    if line.special:
        first_paid, own_rate = terms.special.get(line.special, UNKNOWN)
    else:
        first_paid, own_rate = terms.first_paid_b if line.grade == PARTLY else 0, -1
    if line.first_paid is not None and (not line.special or line.special in terms.special):
        first_paid = line.first_paid.millionths
    return first_paid, own_rate


def _above(amount: int, limit: int) -> int:
    if amount >= 0:
        return amount - limit if amount > limit else 0
    return amount - limit if amount < limit else 0


def _unknown_line(line: Line, *, rules: RulesInForce, episode: Episode) -> NoTerms:
    what = "special" if line.special else "first_paid"
    value = line.special or line.name or line.code
    return NoTerms(region=rules.region, scheme=rules.scheme, day=episode.day, what=what, value=value)


def _check_sums(episode: Episode, *, total: int, parts: tuple[int, int, int, int]) -> None:
    """Refuse lines that do not make the stated total, and bills whose refunds are larger than their costs."""
    if episode.total and episode.total.fen != total:
        refuse([BillDisagrees(episode=episode.id, what="sum of lines", stated=episode.total, found=Money(total))])
    if min(parts) < 0:
        refuse([BillDisagrees(episode=episode.id, what="refunds", stated=Money(0), found=Money(min(parts)))])
