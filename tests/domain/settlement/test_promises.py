"""What must hold for every bill under every rule set, and that two engines written apart agree to the fen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain import rules, settlement
from domain.errors import Refused
from domain.money import Money
from domain.settlement import Accumulators, Case, Settlement, Shelf
from tests.reference import settlement as reference
from tests.reference.cases import Where, a_year, episode_of, money, person_of, places_of
from tests.reference.law import Law
from tests.reference.random_law import write_laws

# A seed says nothing about the size of its case, so there is nothing to shrink.
SEEDED = (Phase.explicit, Phase.reuse, Phase.generate)
QUICK = settings(max_examples=300, deadline=None, phases=SEEDED, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**63)
Plain = dict[str, Any]
LONG = settings(max_examples=100_000, deadline=None, phases=SEEDED, suppress_health_check=list(HealthCheck))
CASES = Path(__file__).parents[2] / "cases" / "rules"
FUNDS = {
    "basic": "hifp_pay",
    "large": "hifob_pay",
    "civil_servant": "cvlserv_pay",
    "enterprise": "hifes_pay",
    "veteran": "hifdm_pay",
    "assistance": "maf_pay",
    "tilt": "maf_tilt_pay",
    "backstop": "oth_pay",
}


class World:
    """One folder of rules, read by both engines."""

    def __init__(self, folder: Path) -> None:
        book = rules.load_book(folder)
        self.shelf = Shelf(book)
        self.law = Law(folder)
        self.places = places_of(book)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[World]:
    made_up = tmp_path_factory.mktemp("laws")
    write_laws(made_up, range(120))
    return [World(rules.BUILT_IN), World(CASES), World(made_up)]


def somewhere(seed: int, worlds: list[World], *, most: int = 4) -> tuple[World, Where, Plain, list[Plain]]:
    """Choose a world, a place, a person and bills; one seed is one choice."""
    random = Random(seed)
    world = random.choice(worlds)
    where = random.choice(world.places)
    person, bills = a_year(random, where, most=most)
    return world, where, person, bills


def agree(settled: Settlement, expected: dict[str, Any], *, scheme: str) -> None:
    national = settlement.to_national(settled)
    for name, amount in (
        ("fulamt_ownpay_amt", expected["own_pay"]),
        ("overlmt_selfpay", expected["over_limit"]),
        ("preselfpay_amt", expected["first_paid"]),
        ("inscp_scp_amt", expected["in_scope"]),
        ("act_pay_dedc", expected["deductible"]),
        ("critical_base", expected["critical_base"]),
        ("fund_pay_sumamt", expected["fund_total"]),
        ("psn_part_amt", expected["person_total"]),
        ("acct_pay", expected["account"]),
        ("union_pay", expected["union"]),
    ):
        assert national[name] == str(money(amount)), name
    for layer in (*FUNDS, "critical"):
        assert settled.paid_by(layer) == money(expected.get(f"paid_{layer}", Fraction(0))), layer
    counted = {purse: amount for purse, amount in settled.after.purses.items() if amount}
    whole = {
        purse: int(amount) if is_counted(purse) else int(amount * 100) for purse, amount in expected["used"].items()
    }
    assert counted == whole


def is_counted(purse: str) -> bool:
    return purse.endswith(".stays") or ".visited." in purse


def check_two_engines_agree(worlds: list[World], seed: int) -> None:
    world, where, plain, bills = somewhere(seed, worlds)
    person = person_of(plain, where)
    used: dict[str, Fraction] = {}
    before: Accumulators | None = None
    for bill in bills:
        in_force = world.shelf.on(bill["day"], region=where.region, scheme=where.scheme)
        year = in_force.place.year_of(bill["day"])
        if before is None or before.year < year:
            before, used = Accumulators(year), {}
        case = {"region": where.region, "scheme": where.scheme, "person": plain, "episode": bill, "used": used}
        try:
            settled = settlement.settle(Case(person, episode_of(bill), before), in_force)
        except (settlement.NoTerms, Refused):
            with pytest.raises(reference.Refusal):
                reference.settle(world.law, case)
            return
        expected = reference.settle(world.law, case)
        agree(settled, expected, scheme=where.scheme)
        check_identities(settled)
        check_limits(settled, in_force)
        check_reversal(settled)
        before, used = settled.after, expected["used"]


def check_identities(settled: Settlement) -> None:
    amounts = {name: Money.parse(text).fen for name, text in settlement.to_national(settled).items()}
    funds = ("hifp_pay", "hifob_pay", "hifmi_pay", "cvlserv_pay", "hifes_pay", "hifdm_pay", "maf_pay", "maf_tilt_pay")
    assert amounts["fund_pay_sumamt"] == sum(amounts[name] for name in (*funds, "oth_pay"))
    assert amounts["medfee_sumamt"] == (amounts["fund_pay_sumamt"] + amounts["psn_part_amt"] + amounts["hosp_part_amt"])
    assert amounts["psn_part_amt"] == amounts["acct_pay"] + amounts["psn_cash_pay"]
    assert min(amounts.values()) >= 0
    lines = settled.case.episode.lines
    if lines:
        assert sum(line.amount.fen for line in lines) == amounts["medfee_sumamt"]
        for line, share in zip(lines, settled.lines, strict=True):
            assert sum(share) == line.amount.fen


def check_limits(settled: Settlement, in_force: settlement.RulesInForce) -> None:
    lift = settled.case.person.cap_lift.fen
    layers = [(one, lift) for layer in in_force.layers for one in layer.classes]
    benefits = [(one, 0) for terms in in_force.benefits.values() for one in terms.classes]
    limits: dict[str, int] = {}
    for one, more in layers + benefits:
        for cap in one.caps:
            if cap.purse.endswith(".paid"):
                limits[cap.purse] = max(limits.get(cap.purse, 0), cap.amount + more)
    for purse, limit in limits.items():
        assert settled.after.purses.get(purse, 0) <= limit, purse
    assert all(amount >= 0 for amount in settled.after.purses.values())


def check_reversal(settled: Settlement) -> None:
    back = settlement.reverse(settled, settled.after)
    assert [sum(pair) for pair in zip(settled.fen, back.fen, strict=True)] == [0] * len(settled.fen)
    assert back.after == settled.case.before


@QUICK
@given(seed=SEEDS)
def test_two_engines_agree_on_every_amount(worlds: list[World], seed: int) -> None:
    check_two_engines_agree(worlds, seed)


@pytest.mark.long
@pytest.mark.timeout(0)
@LONG
@given(seed=SEEDS)
def test_two_engines_agree_on_a_hundred_thousand_years(worlds: list[World], seed: int) -> None:
    check_two_engines_agree(worlds, seed)


def check_more_cost_never_means_less_benefit(worlds: list[World], seed: int) -> None:
    world, where, plain, bills = somewhere(seed, worlds, most=2)
    person = person_of(plain, where)
    bill = bills[-1]
    if "lines" in bill:
        return
    more = Random(seed + 1).choice((1, 7, 99, 12_345, 300_000, 9_000_000))
    in_force = world.shelf.on(bill["day"], region=where.region, scheme=where.scheme)
    try:
        before = settlement.settle_year(person, [episode_of(one) for one in bills[:-1]], world.shelf)
        year = in_force.place.year_of(bill["day"])
        used = before[-1].after if before and before[-1].after.year == year else Accumulators(year)
        episode = episode_of(bill)
        first = settlement.settle(Case(person, episode, used), in_force)
        assert episode.in_scope is not None
        larger = replace(
            episode, total=episode.total + Money(more), in_scope=episode.in_scope + Money(more), id="larger"
        )
        second = settlement.settle(Case(person, larger, used), in_force)
    except (settlement.NoTerms, rules.UnknownRule, Refused):
        return
    assert second.fen.fund_total >= first.fen.fund_total


@QUICK
@given(seed=SEEDS)
def test_more_eligible_cost_never_means_less_benefit(worlds: list[World], seed: int) -> None:
    check_more_cost_never_means_less_benefit(worlds, seed)


@pytest.mark.long
@pytest.mark.timeout(0)
@LONG
@given(seed=SEEDS)
def test_more_eligible_cost_never_means_less_benefit_in_a_hundred_thousand_bills(
    worlds: list[World], seed: int
) -> None:
    check_more_cost_never_means_less_benefit(worlds, seed)
