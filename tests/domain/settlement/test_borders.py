"""Every date and every border in the shipped rules has a case on each side, and the engine agrees with all of them."""

from __future__ import annotations

from datetime import date

import pytest

from domain import rules, settlement
from domain.errors import DomainError
from domain.money import Money
from domain.settlement import Accumulators, Case, Episode, Person, Shelf
from tests.reference.borders import FOLDER, SETTLED, file_of, read_borders
from tests.reference.probes import Facts, Probe, probes_of

BOOK = rules.load_book()
PROBES = {(file_of(probe).relative_to(FOLDER).as_posix(), probe.name): probe for probe in probes_of(BOOK)}
WRITTEN = read_borders()


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf(BOOK)


def test_every_border_of_the_rules_is_written_down_and_nothing_else() -> None:
    """A new border without a case fails here: `python -m tests.reference.borders`, then read the difference."""
    missing, stale = PROBES.keys() - WRITTEN.keys(), WRITTEN.keys() - PROBES.keys()
    assert (sorted(missing), sorted(stale)) == ([], [])


def test_no_two_sides_have_the_same_name() -> None:
    names = [(file_of(probe), probe.name) for probe in probes_of(BOOK)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("key", sorted(WRITTEN), ids=" ".join)
def test_side_of_a_border(shelf: Shelf, key: tuple[str, str]) -> None:
    written, probe = WRITTEN[key], PROBES[key]
    assert written["facts"] == probe.facts, "The rules have changed: write the borders anew and read the difference."
    assert found(shelf, probe) == written["expect"]


def found(shelf: Shelf, probe: Probe) -> Facts:
    facts = probe.facts
    if probe.provision == "approval" and "kind" in facts:
        rule = BOOK.in_force(rules.Approval, region=probe.region, day=date.fromisoformat(probe.name.split()[0]))
        return {"signers": " ".join(rule.tier_of(facts["kind"], amount=Money.parse(facts["amount"])).signers)}
    if probe.provision == "contribution" and "born_on" in facts:
        standard = BOOK.contribution(region=probe.region, year=int(probe.name[:4]))
        return {"group": standard.group_of(born_on=date.fromisoformat(facts["born_on"]), student=False).group}
    if probe.provision in SETTLED:
        return settled(shelf, probe)
    versions = BOOK.provisions[probe.region, probe.provision, probe.scheme]
    day = date.fromisoformat(facts["day"])
    version = next((version for version in versions if day in version.period), None)
    return {"in_force": version.starts.isoformat() if version else "none"}


def settled(shelf: Shelf, probe: Probe) -> Facts:
    facts, day = probe.facts, date.fromisoformat(probe.facts["day"])
    person = Person(
        region=probe.region,
        scheme=facts["scheme"],
        person_type=facts["person_type"],
        born_on=date.fromisoformat(facts["born_on"]),
        categories=frozenset(facts.get("categories", "").split()),
        groups=frozenset(facts.get("groups", "").split()),
    )
    cost = Money.parse(facts["in_scope"])
    episode = Episode(
        id="one",
        day=day,
        med_type=facts["med_type"],
        level=rules.Level(facts["level"]),
        delivery=facts.get("delivery", ""),
        provider="A",
        total=cost,
        in_scope=cost,
        given={name: Money(0) for name in facts.get("nothing_from", "").split()},
    )
    try:
        in_force = shelf.on(day, region=probe.region, scheme=facts["scheme"])
        before = Accumulators(in_force.place.year_of(day), used_before(facts))
        done = settlement.settle(Case(person, episode, before), in_force)
    except DomainError:
        return {"refused": "yes"}
    amounts = {
        "deductible": done.fen.deductible,
        "fund_total": done.fen.fund_total,
        "person_total": done.fen.person_total,
        "union": done.fen.union,
        **{f"paid_{name}": done.paid_by(name).fen for name in ("basic", probe.provision)},
    }
    return {name: str(Money(amount)) for name, amount in amounts.items() if amount}


def used_before(facts: Facts) -> dict[str, int]:
    used: dict[str, int] = {}
    for pair in facts.get("used", "").split():
        purse, amount = pair.split("=")
        used[purse] = int(amount) if purse.endswith(".stays") else Money.parse(amount).fen
    return used
