"""A year of one person: splitting, order, reversal, the settlement year, and what the engine refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain import rules, settlement
from domain.errors import Refused
from domain.money import Money, Ratio
from domain.rules import Base, Counts, Level
from domain.settlement import Accumulators, Case, Episode, Line, Person, Settlement, Shelf
from domain.settlement.tables import LayerTerms, RulesInForce
from tests.reference.random_law import write_laws

# A seed says nothing about the size of its case, so there is nothing to shrink.
SEEDED = (Phase.explicit, Phase.reuse, Phase.generate)
QUICK = settings(max_examples=150, deadline=None, phases=SEEDED, suppress_health_check=list(HealthCheck))
LONG = settings(QUICK, max_examples=100_000)
SEEDS = st.integers(0, 2**63)
DAY = date(2027, 6, 1)
ZHOUSHAN = Person(region="330900", scheme="390", person_type="15", born_on=date(1980, 1, 1))


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf(rules.load_book())


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("laws")
    write_laws(folder, range(60))
    return Shelf(rules.load_book(folder))


def a_stay(fen: int, name: str = "stay", **facts: object) -> Episode:
    money = Money(fen)
    plain = Episode(
        id=name, day=DAY, med_type="21", level=Level.SECONDARY, provider="A", delivery="1", total=money, in_scope=money
    )
    return replace(plain, **facts)  # pyright: ignore[reportArgumentType] - facts are typed by their keys


def settle_all(person: Person, episodes: list[Episode], shelf: Shelf) -> tuple[Settlement, ...]:
    return settlement.settle_year(person, episodes, shelf)


def yearly_layers(in_force: RulesInForce, person: Person) -> list[LayerTerms]:
    """Layers over the year on cost in scope, without caps on a stay, that take in this person."""
    return [
        layer
        for layer in in_force.layers
        if layer.over_year
        and layer.base is Base.IN_SCOPE_LEFT
        and all(cap.purse for one in layer.classes for cap in one.caps)
    ]


def check_that_splitting_changes_no_yearly_layer(shelf: Shelf, made_up: Shelf, seed: int) -> None:
    random = Random(seed)
    person = replace(ZHOUSHAN, categories=frozenset(random.sample(["2303", "2304", "2305"], random.randint(0, 1))))
    which = shelf
    if random.random() < 0.7:
        which, person = made_up, replace(person, region=str(980_000 + random.randrange(60)))
    in_force = which.on(DAY, region=person.region, scheme="390")
    for layer in yearly_layers(in_force, person):
        others = {name: Money(0) for name in ("basic", *rules.LAYERS) if name != layer.name}
        first, second = random.randint(0, 9_000_000), random.randint(0, 9_000_000)
        parts = [a_stay(first, "1", given=others), a_stay(second, "2", given=others)]
        whole = settle_all(person, [a_stay(first + second, given=others)], which)
        split = settle_all(person, parts, which)
        assert whole[0].paid_by(layer.name).fen == sum(one.paid_by(layer.name).fen for one in split)


@QUICK
@given(seed=SEEDS)
def test_splitting_an_episode_never_changes_what_a_yearly_layer_gives(shelf: Shelf, made_up: Shelf, seed: int) -> None:
    check_that_splitting_changes_no_yearly_layer(shelf, made_up, seed)


@pytest.mark.long
@pytest.mark.timeout(0)
@LONG
@given(seed=SEEDS)
def test_splitting_changes_no_yearly_layer_in_a_hundred_thousand_episodes(
    shelf: Shelf, made_up: Shelf, seed: int
) -> None:
    check_that_splitting_changes_no_yearly_layer(shelf, made_up, seed)


def check_that_splitting_changes_no_yearly_deductible(shelf: Shelf, made_up: Shelf, seed: int) -> None:
    random = Random(seed)
    which, person = (shelf, ZHOUSHAN) if random.random() < 0.3 else (made_up, ZHOUSHAN)
    if which is made_up:
        person = replace(person, region=str(980_000 + random.randrange(60)))
    in_force = which.on(DAY, region=person.region, scheme="390")
    for med_type, terms in in_force.benefits.items():
        one = terms.classes[-1]
        plan = one.plans.get((Level.SECONDARY, rules.OffSite.HOME))
        if plan is None or not plan.bands or plan.floor >= 0 or plan.counts not in {Counts.YEAR, Counts.NONE}:
            continue
        banded = len(plan.bands) > 1 and not plan.over_year
        excess_over_year = plan.over_year and not plan.absolute
        if banded or excess_over_year or any(not cap.purse for cap in one.caps) or one.deductible_purse != one.purse:
            continue
        first, second = random.randint(0, 3_000_000), random.randint(0, 3_000_000)
        whole = settle_all(person, [a_stay(first + second, med_type=med_type)], which)
        split = settle_all(
            person, [a_stay(first, "1", med_type=med_type), a_stay(second, "2", med_type=med_type)], which
        )
        assert whole[0].fen.deductible == sum(part.fen.deductible for part in split)
        assert abs(whole[0].paid_by("basic").fen - sum(part.paid_by("basic").fen for part in split)) <= 1


@QUICK
@given(seed=SEEDS)
def test_splitting_a_visit_never_changes_a_yearly_deductible_and_moves_a_payment_by_a_fen_at_most(
    shelf: Shelf, made_up: Shelf, seed: int
) -> None:
    check_that_splitting_changes_no_yearly_deductible(shelf, made_up, seed)


@pytest.mark.long
@pytest.mark.timeout(0)
@LONG
@given(seed=SEEDS)
def test_splitting_changes_no_yearly_deductible_in_a_hundred_thousand_visits(
    shelf: Shelf, made_up: Shelf, seed: int
) -> None:
    check_that_splitting_changes_no_yearly_deductible(shelf, made_up, seed)


def test_splitting_into_whole_yuan_moves_nothing_at_all(shelf: Shelf) -> None:
    for first in range(0, 60_000, 700):
        parts = [a_stay(first * 100, "1", med_type="11"), a_stay((60_000 - first) * 100, "2", med_type="11")]
        split = settle_all(replace(ZHOUSHAN, born_on=date(2023, 1, 1)), parts, shelf)
        whole = settle_all(replace(ZHOUSHAN, born_on=date(2023, 1, 1)), [a_stay(6_000_000, med_type="11")], shelf)
        assert sum(one.fen.fund_total for one in split) == whole[0].fen.fund_total


def test_lower_rates_above_the_border_are_the_one_way_in_which_more_cost_earns_less_in_a_year(shelf: Shelf) -> None:
    """Zhoushan's rule for children pays 10 % far away, and that cost moves later visits at home above 10,000."""
    child = replace(ZHOUSHAN, born_on=date(2023, 1, 1))
    far = a_stay(0, "1 far", med_type="11", off_site=rules.OffSite.NATION_UNFILED)
    near = a_stay(10_000_00, "2 near", med_type="11", level=Level.PRIMARY)
    without = settle_all(child, [far, near], shelf)
    more = Money(1000_00)
    with_far = settle_all(child, [replace(far, total=more, in_scope=more), near], shelf)
    assert sum(one.fen.fund_total for one in without) == 7000_00
    assert sum(one.fen.fund_total for one in with_far) == 100_00 + 6300_00 + 550_00


def test_order_of_episodes_on_one_day_is_defined(shelf: Shelf) -> None:
    stays = [
        a_stay(900_000, "b"),
        a_stay(1_200_000, "a", began_on=date(2027, 5, 30)),
        a_stay(500_000, "c", level=Level.TERTIARY),
    ]
    results = {
        tuple((one.case.episode.id, one.fen.fund_total) for one in settle_all(ZHOUSHAN, list(order), shelf))
        for order in permutations(stays)
    }
    assert len(results) == 1
    assert [name for name, _ in results.pop()] == ["a", "b", "c"]


def test_a_year_is_reversed_from_its_end_to_nothing(shelf: Shelf) -> None:
    person = replace(ZHOUSHAN, categories=frozenset({"2303"}))
    year = settle_all(person, [a_stay(3_000_000, str(number)) for number in range(4)], shelf)
    now = year[-1].after
    with pytest.raises(settlement.LaterSettlementStands):
        settlement.reverse(year[0], now)
    for settled in reversed(year):
        back = settlement.reverse(settled, now)
        assert all(there + here == 0 for there, here in zip(settled.fen, back.fen, strict=True))
        assert back.reverses == settled.case.episode.id
        now = back.after
    assert dict(now.purses) == {}


def test_a_settlement_that_only_read_an_accumulator_still_stands_in_the_way(shelf: Shelf) -> None:
    visits = [a_stay(100_000, "1", med_type="11"), a_stay(100_000, "2", med_type="11")]
    first, second = settle_all(ZHOUSHAN, visits, shelf)
    with pytest.raises(settlement.LaterSettlementStands):
        settlement.reverse(first, second.after)


@pytest.mark.parametrize(("day", "year"), [(date(2022, 7, 1), 2022), (date(2023, 6, 30), 2022)])
def test_settlement_year_of_shanghai_runs_from_july_to_june(shelf: Shelf, day: date, year: int) -> None:
    assert shelf.on(day, region="310000", scheme="310").place.year_of(day) == year


def test_accumulators_begin_anew_with_the_settlement_year(shelf: Shelf) -> None:
    visits = [a_stay(50_000, "1", med_type="11", day=date(2026, 12, 31)), a_stay(50_000, "2", med_type="11")]
    december, june = settle_all(ZHOUSHAN, visits, shelf)
    assert december.fen.deductible == june.fen.deductible == 20_000
    assert (december.after.year, june.after.year) == (2026, 2027)


def test_accumulators_of_another_year_are_refused(shelf: Shelf) -> None:
    in_force = shelf.on(DAY, region="330900", scheme="390")
    with pytest.raises(settlement.WrongSettlementYear):
        settlement.settle(Case(ZHOUSHAN, a_stay(100), Accumulators(2026)), in_force)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda one: replace(one, med_type="9999"), "med_type"),
        (lambda one: replace(one, level=Level.OTHER), "level"),
        (lambda one: replace(one, med_type="2101", day=date(2023, 6, 1)), "level"),
    ],
)
def test_what_the_rules_do_not_mention_is_refused(
    shelf: Shelf, change: Callable[[Episode], Episode], what: str
) -> None:
    episode = change(a_stay(100_000))
    person = replace(ZHOUSHAN, region="500112") if episode.day.year == 2023 else ZHOUSHAN
    if episode.day.year == 2023:
        episode = replace(episode, level=Level.TERTIARY)
    in_force = shelf.on(episode.day, region=person.region, scheme="390")
    with pytest.raises(settlement.NoTerms) as refusal:
        settlement.settle(Case(person, episode, Accumulators(episode.day.year)), in_force)
    assert refusal.value.what == what
    assert refusal.value.message().zh
    assert refusal.value.remedy().en


def test_off_site_care_that_the_rules_do_not_mention_is_refused(shelf: Shelf) -> None:
    episode = a_stay(100_000, day=date(2023, 6, 1), off_site=rules.OffSite.NATION_FILED)
    in_force = shelf.on(episode.day, region="500112", scheme="390")
    person = replace(ZHOUSHAN, region="500112")
    with pytest.raises(settlement.NoTerms, match="off_site"):
        settlement.settle(Case(person, episode, Accumulators(2023)), in_force)


@pytest.mark.parametrize(
    "facts",
    [
        {"total": Money(100), "in_scope": Money(200)},
        {"total": Money(100), "in_scope": Money(90), "own_pay": Money(20)},
        {"total": Money(100), "lines": (Line(amount=Money(99)),)},
        {"total": Money(0), "lines": (Line(amount=Money(99)), Line(amount=Money(-100)))},
        {"given": {"basic": Money(99_999_999)}},
    ],
)
def test_a_bill_that_contradicts_itself_is_refused(shelf: Shelf, facts: dict[str, object]) -> None:
    in_force = shelf.on(DAY, region="330900", scheme="390")
    with pytest.raises(Refused):
        settlement.settle(Case(ZHOUSHAN, a_stay(10_000, **facts), Accumulators(2027)), in_force)


def test_every_line_without_a_first_paid_share_is_named_at_once(shelf: Shelf) -> None:
    day = date(2023, 6, 1)
    lines = tuple(Line(name=name, grade="02", amount=Money(100)) for name in ("x", "y"))
    in_force = shelf.on(day, region="500112", scheme="390")
    with pytest.raises(Refused) as refused:
        person = replace(ZHOUSHAN, region="500112")
        settlement.settle(Case(person, a_stay(200, day=day, lines=lines), Accumulators(2023)), in_force)
    assert [fault.value for fault in refused.value.faults if isinstance(fault, settlement.NoTerms)] == ["x", "y"]


@pytest.mark.parametrize(
    ("facts", "own_pay", "over_limit", "first_paid", "in_scope"),
    [
        ({"grade": "01"}, 0, 0, 0, 10_001),
        ({"grade": "02"}, 0, 0, 500, 9501),
        ({"grade": "02", "first_paid": Ratio.parse("20%")}, 0, 0, 2000, 8001),
        ({"grade": "03"}, 10_001, 0, 0, 0),
        ({"grade": "01", "within_limits": False}, 10_001, 0, 0, 0),
        ({"grade": "01", "limit": Money(9000)}, 0, 1001, 0, 9000),
        ({"grade": "01", "limit": Money(20_000)}, 0, 0, 0, 10_001),
        ({"grade": "02", "limit": Money(9000)}, 0, 1001, 450, 8550),
        ({"grade": "02", "special": "imported_prosthesis"}, 0, 0, 2000, 8001),
    ],
)
def test_a_line_is_split_by_its_grade_limit_and_share(
    shelf: Shelf, *, facts: dict[str, object], own_pay: int, over_limit: int, first_paid: int, in_scope: int
) -> None:
    line = replace(Line(amount=Money(10_001)), **facts)  # pyright: ignore[reportArgumentType] - typed by their keys
    in_force = shelf.on(DAY, region="330900", scheme="390")
    settled = settlement.settle(Case(ZHOUSHAN, a_stay(0, lines=(line,)), Accumulators(2027)), in_force)
    assert settled.lines == ((own_pay, over_limit, first_paid, in_scope),)


def test_a_refund_line_takes_off_exactly_what_its_line_put_on(shelf: Shelf) -> None:
    in_force = shelf.on(DAY, region="330900", scheme="390")
    drug = Line(name="drug", grade="02", amount=Money(33_333), limit=Money(30_001))
    back = replace(drug, amount=Money(-33_333), limit=Money(-30_001))
    bed = Line(name="bed", grade="01", amount=Money(100_000))
    one = settlement.settle(Case(ZHOUSHAN, a_stay(0, lines=(bed,)), Accumulators(2027)), in_force)
    refunded = settlement.settle(Case(ZHOUSHAN, a_stay(0, lines=(bed, drug, back)), Accumulators(2027)), in_force)
    assert refunded.fen == one.fen


@pytest.mark.parametrize(
    ("price", "count", "amount"), [("0.005", "1", "0.01"), ("12.345678", "3.5", "43.21"), ("0.0049", "1", "0.00")]
)
def test_a_line_is_price_times_count_rounded_half_up(price: str, count: str, amount: str) -> None:
    assert str(settlement.amount_of(price=price, count=count)) == amount


def test_a_union_sum_may_exceed_what_the_person_paid_and_leaves_the_bill_alone(tmp_path: Path) -> None:
    text = (rules.BUILT_IN / "330900" / "union_310.yaml").read_text("utf-8")
    for file in rules.BUILT_IN.rglob("*.yaml"):
        target = tmp_path / file.relative_to(rules.BUILT_IN)
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.read_text("utf-8"), encoding="utf-8")
    lump = text.replace("threshold: 1000", "per_stay: 9000")
    assert lump != text
    (tmp_path / "330900" / "union_310.yaml").write_text(lump, encoding="utf-8")
    member = Person(region="330900", scheme="310", person_type="11", groups=frozenset({"UNION"}))
    settled = settlement.settle_year(member, [a_stay(200_000)], Shelf(rules.load_book(tmp_path)))[0]
    assert settled.fen.union > settled.fen.person_total > 0
    assert settled.fen.total == settled.fen.fund_total + settled.fen.person_total


def test_what_is_in_the_account_is_spent_once_in_a_year(shelf: Shelf) -> None:
    worker = Person(region="330900", scheme="310", person_type="11", account=Money(10_000))
    visits = [a_stay(30_000, f"visit {number}", med_type="11") for number in (1, 2)]
    first, second = settle_all(worker, visits, shelf)
    assert (first.fen.account, first.fen.balance) == (10_000, 0)
    assert (second.fen.account, second.fen.balance) == (0, 0)
    assert second.fen.cash > 0
