"""The engine: who pays what for one episode, decided by the rules in force and nothing else.

`settle` goes through the stages in their order, rounds once in each, keeps a mark of every step, and asserts the
identities of the national interface before it returns. `reverse` gives back exactly what a settlement did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from domain.errors import refuse
from domain.money import Money
from domain.rules import LAYERS, Base
from domain.settlement.errors import BillDisagrees, LaterSettlementStands, NoTerms, WrongSettlementYear
from domain.settlement.shelf import Shelf
from domain.settlement.stages.account import pay_account
from domain.settlement.stages.basic import Cost, pay_basic, pay_lump_sum
from domain.settlement.stages.catalogue import Bill, read_bill
from domain.settlement.stages.deductible import deductible_of
from domain.settlement.stages.layers import pay_layer
from domain.settlement.stages.off_site import take_off
from domain.settlement.stages.union import pay_union
from domain.settlement.tables import (
    BenefitTerms,
    ClassTerms,
    LayerClassTerms,
    LayerTerms,
    RulesInForce,
    Way,
    age_of,
    way_of,
)
from domain.settlement.values import Accumulators, Case, Episode, Mark, Person, Settlement, Shares, Visit

CRITICAL: Final = "critical"
BEFORE_CRITICAL: Final = frozenset(LAYERS[: LAYERS.index(CRITICAL)])


class _Sheet:
    """What has been decided so far in one run of `settle`; it never leaves the engine."""

    __slots__ = (
        "bill",
        "changes",
        "deductible",
        "fund_total",
        "in_scope_left",
        "marks",
        "off_site_paid",
        "over_cap",
        "paid",
        "used",
    )

    def __init__(self, bill: Bill, before: Accumulators) -> None:
        self.bill = bill
        self.marks = bill.marks
        self.used = dict(before.purses)
        self.changes: list[tuple[str, int]] = []
        self.paid: list[tuple[str, int]] = []
        self.in_scope_left = bill.in_scope
        self.off_site_paid = self.deductible = self.over_cap = self.fund_total = 0

    def move(self, changes: list[tuple[str, int]]) -> None:
        """Move the accumulators."""
        used = self.used
        for purse, change in changes:
            used[purse] = used.get(purse, 0) + change
        self.changes.extend(changes)

    def pay(self, layer: str, pays: int) -> None:
        """Note what a layer pays."""
        self.paid.append((layer, pays))
        self.fund_total += pays
        self.in_scope_left = max(0, self.in_scope_left - pays)


def settle(case: Case, rules: RulesInForce) -> Settlement:
    """Settle one episode by the rules of its day.

    Raises `NoTerms` when the rules say nothing about a fact of the case, `BillDisagrees` when its amounts contradict
    each other, `WrongSettlementYear` when the accumulators are those of another year.
    """
    person, episode = case.person, case.episode
    _check_year(case, rules)
    way = way_of(rules, person, med_type=episode.med_type, age=age_of(person, episode.day))
    if way is None:
        raise _no_terms(rules, episode, "med_type", episode.med_type)
    if way.catalogue is None:
        raise _no_terms(rules, episode, "person", person.person_type)
    sheet = _Sheet(read_bill(episode, rules=rules, terms=way.catalogue), case.before)
    if "basic" in episode.given:
        _take_over(sheet, episode, "basic")
    else:
        _pay_basic(sheet, person, episode, rules=rules, way=way)
    critical_base = _pay_layers(sheet, person, episode, way=way)
    return _finish(sheet, case, rules=rules, way=way, critical_base=critical_base)


def settle_year(
    person: Person, episodes: Iterable[Episode], shelf: Shelf, *, before: Accumulators | None = None
) -> tuple[Settlement, ...]:
    """Settle the episodes of one person in their order (`Episode.order`), each by the rules of its day.

    `before` and what is in the account (`Person.account`) stand before the first; see `settle_in_order`.
    """
    ordered = sorted(episodes, key=lambda one: one.order)
    visits = (Visit(person, one, 0 if number else person.account.fen) for number, one in enumerate(ordered))
    return tuple(settle_in_order(visits, shelf, before={} if before is None else {person.scheme: before}))


def settle_in_order(
    visits: Iterable[Visit], shelf: Shelf, *, before: Mapping[str, Accumulators] = MappingProxyType({})
) -> Iterator[Settlement]:
    """Settle one person's visits, which stand in their order, each by the rules of its day.

    The accumulators of a scheme (`before`, by scheme) go from one visit to the next and begin anew with each
    settlement year of the place; what is left in the account goes from each visit to the next.
    """
    used = dict(before)
    balance = 0
    for person, episode, credit in visits:
        balance += credit
        rules = shelf.on(episode.day, region=person.region, scheme=person.scheme)
        year = rules.place.year_of(episode.day)
        spent = used.get(person.scheme)
        if spent is None or spent.year < year:
            spent = Accumulators(year)
        insured = person if person.account.fen == balance else replace(person, account=Money(balance))
        done = settle(Case(insured, episode, spent), rules)
        used[person.scheme], balance = done.after, done.fen.balance
        yield done


def reverse(settlement: Settlement, now: Accumulators) -> Settlement:
    """Take a settlement back: every amount with the other sign, the accumulators as they were before.

    `now` are the person's accumulators at this moment. Raises `LaterSettlementStands` when a later settlement built
    on this one: the last is reversed first. Settle and reverse together are nothing.
    """
    if now.year != settlement.after.year or _used(now) != _used(settlement.after):
        raise LaterSettlementStands(episode=settlement.case.episode.id)
    return replace(
        settlement,
        fen=Shares(*(-fen for fen in settlement.fen)),
        paid=tuple((name, -fen) for name, fen in settlement.paid),
        lines=tuple(type(line)(*(-fen for fen in line)) for line in settlement.lines),
        changes=tuple((purse, -change) for purse, change in settlement.changes),
        after=settlement.case.before,
        reverses=settlement.case.episode.id,
    )


def _used(accumulators: Accumulators) -> dict[str, int]:
    return {purse: amount for purse, amount in accumulators.purses.items() if amount}


def _check_year(case: Case, rules: RulesInForce) -> None:
    episode = case.episode
    assert (case.person.region, case.person.scheme) == (rules.region, rules.scheme), "These are another place's rules."
    assert episode.day in rules.period, "These rules are not in force on the day of the episode."
    year = rules.place.year_of(episode.day)
    if case.before.year != year:
        raise WrongSettlementYear(episode=episode.id, day=episode.day, year=year, accumulators_year=case.before.year)


def _pay_basic(sheet: _Sheet, person: Person, episode: Episode, *, rules: RulesInForce, way: Way) -> None:
    terms, one = way.terms, way.basic
    if one is None:
        raise _no_terms(rules, episode, "person", person.person_type)
    plan = one.plans.get((episode.level, episode.off_site))
    if plan is None:
        raise _no_plan(one, rules, episode)
    special_cost = sum(amount for amount, _ in sheet.bill.special) if sheet.bill.special else 0
    regular = sheet.bill.in_scope - special_cost
    sheet.off_site_paid, marks = take_off(regular, plan=plan, terms=terms)
    sheet.marks.extend(marks)
    sheet.in_scope_left -= sheet.off_site_paid
    if one.lump_sums:
        _pay_lump_sum(sheet, episode, rules=rules, terms=terms, one=one)
        return
    due = deductible_of(
        sheet.in_scope_left, episode=episode, person=person, terms=terms, one=one, plan=plan, used=sheet.used
    )
    cost = Cost(regular - sheet.off_site_paid, sheet.bill.special, due.paid)
    paid = pay_basic(cost, terms=terms, one=one, plan=plan, used=sheet.used)
    sheet.deductible, sheet.over_cap = due.paid, paid.over_cap
    sheet.marks.extend(due.marks)
    sheet.marks.extend(paid.marks)
    sheet.move(due.changes)
    sheet.move(paid.changes)
    sheet.pay("basic", paid.pays)


def _pay_lump_sum(
    sheet: _Sheet, episode: Episode, *, rules: RulesInForce, terms: BenefitTerms, one: ClassTerms
) -> None:
    if episode.delivery not in one.lump_sums:
        raise _no_terms(rules, episode, "delivery", episode.delivery)
    paid = pay_lump_sum(sheet.in_scope_left, delivery=episode.delivery, terms=terms, one=one, used=sheet.used)
    sheet.marks.extend(paid.marks)
    sheet.move(paid.changes)
    sheet.pay("basic", paid.pays)


def _pay_layers(sheet: _Sheet, person: Person, episode: Episode, *, way: Way) -> int:
    """Pay all layers in their order, and give the cost in scope that was left before critical illness."""
    if episode.given:
        return _pay_layers_with_given(sheet, person, episode, way=way)
    critical_base = -1
    for layer, one in way.layers:
        if critical_base < 0 and layer.name not in BEFORE_CRITICAL:
            critical_base = sheet.in_scope_left
        base = _base_of(sheet, layer.base, hospital=0)
        if base > 0:
            _pay_layer(sheet, person, base, layer=layer, one=one)
    return sheet.in_scope_left if critical_base < 0 else critical_base


def _pay_layers_with_given(sheet: _Sheet, person: Person, episode: Episode, *, way: Way) -> int:
    hospital = episode.given["hospital"].fen if "hospital" in episode.given else 0
    opened = {layer.name: (layer, one) for layer, one in way.layers}
    critical_base = 0
    for name in LAYERS:
        if name == CRITICAL:
            critical_base = sheet.in_scope_left
        if name in episode.given:
            _take_over(sheet, episode, name)
        elif name in opened:
            layer, one = opened[name]
            base = _base_of(sheet, layer.base, hospital=hospital)
            if base > 0:
                _pay_layer(sheet, person, base, layer=layer, one=one)
    return critical_base


def _pay_layer(sheet: _Sheet, person: Person, base: int, *, layer: LayerTerms, one: LayerClassTerms) -> None:
    lift = person.cap_lift.fen if layer.name == CRITICAL else 0
    paid = pay_layer(base, layer=layer, one=one, used=sheet.used, cap_lift=lift)
    sheet.marks.extend(paid.marks)
    sheet.move(paid.changes)
    if paid.pays:
        sheet.pay(layer.name, paid.pays)


def _base_of(sheet: _Sheet, base: Base, *, hospital: int) -> int:
    """Give the cost that a layer looks at."""
    match base:
        case Base.IN_SCOPE_LEFT:
            return sheet.in_scope_left
        case Base.COPAY:
            return sheet.in_scope_left - sheet.deductible
        case Base.OVER_CAP:
            return min(sheet.over_cap, sheet.in_scope_left)
        case Base.PERSONAL_COST:
            return sheet.bill.total - sheet.fund_total - hospital


def _take_over(sheet: _Sheet, episode: Episode, layer: str) -> None:
    """Take over a payment that was decided elsewhere."""
    given = episode.given[layer]
    if given.fen > sheet.bill.total - sheet.fund_total:
        left = Money(sheet.bill.total - sheet.fund_total)
        refuse([BillDisagrees(episode=episode.id, what=f"given {layer}", stated=given, found=left)])
    sheet.marks.append(Mark("given", "", given.fen, -1, given.fen, None, (layer,)))
    sheet.pay(layer, given.fen)


def _finish(sheet: _Sheet, case: Case, *, rules: RulesInForce, way: Way, critical_base: int) -> Settlement:
    """Divide what is left between account and cash, add what stands outside the fee, and check the identities."""
    person, episode, bill = case.person, case.episode, sheet.bill
    hospital = episode.given["hospital"].fen if "hospital" in episode.given else 0
    person_total = bill.total - sheet.fund_total - hospital
    in_catalogue = max(0, person_total - bill.own_pay - bill.over_limit)
    account, marks = pay_account(
        person_total,
        in_catalogue=in_catalogue,
        balance=person.account.fen,
        med_type=episode.med_type,
        terms=rules.account,
    )
    sheet.marks.extend(marks)
    union = _pay_union(sheet, episode, way=way, hospital=hospital)
    fen = Shares(
        total=bill.total,
        own_pay=bill.own_pay,
        over_limit=bill.over_limit,
        first_paid=bill.first_paid + sheet.off_site_paid,
        off_site_paid=sheet.off_site_paid,
        in_scope=bill.in_scope - sheet.off_site_paid,
        deductible=sheet.deductible,
        over_cap=sheet.over_cap,
        critical_base=critical_base,
        fund_total=sheet.fund_total,
        hospital=hospital,
        person_total=person_total,
        account=account,
        cash=person_total - account,
        balance=person.account.fen - account,
        union=union,
        commercial=episode.given["commercial"].fen if "commercial" in episode.given else 0,
    )
    _check_identities(fen, sheet.paid)
    return Settlement(
        case=case,
        digest=rules.digest,
        fen=fen,
        paid=tuple(sheet.paid),
        lines=bill.lines,
        marks=tuple(sheet.marks),
        changes=tuple(sheet.changes),
        after=Accumulators(case.before.year, sheet.used),
    )


def _pay_union(sheet: _Sheet, episode: Episode, *, way: Way, hospital: int) -> int:
    if "union" in episode.given:
        return episode.given["union"].fen
    if way.union is None:
        return 0
    union, one = way.union
    base = max(0, _base_of(sheet, union.base, hospital=hospital))
    paid = pay_union(base, days=episode.days, layer=union, one=one, used=sheet.used)
    sheet.marks.extend(paid.marks)
    sheet.move(paid.changes)
    return paid.pays


def _check_identities(fen: Shares, paid: list[tuple[str, int]]) -> None:
    """Assert what the national interface demands of every settlement, and that nobody is below zero."""
    assert fen.total == fen.fund_total + fen.person_total + fen.hospital, "The shares do not make the bill."
    assert fen.person_total == fen.account + fen.cash, "Account and cash do not make the person's share."
    funds = 0
    for _, pays in paid:
        assert pays >= 0, "A layer pays less than nothing."
        funds += pays
    assert fen.fund_total == funds, "The funds do not make the fund's share."
    assert fen.total == fen.own_pay + fen.over_limit + fen.first_paid + fen.in_scope, "The bill is not divided whole."
    assert min(fen) >= 0, "Somebody pays less than nothing."


def _no_plan(one: ClassTerms, rules: RulesInForce, episode: Episode) -> NoTerms:
    """Tell whether the hospital level or the off-site kind is what is not written down."""
    if any(level == episode.level for level, _ in one.plans):
        return _no_terms(rules, episode, "off_site", episode.off_site.value)
    return _no_terms(rules, episode, "level", episode.level.value)


def _no_terms(rules: RulesInForce, episode: Episode, what: str, value: str) -> NoTerms:
    return NoTerms(region=rules.region, scheme=rules.scheme, day=episode.day, what=what, value=value)
