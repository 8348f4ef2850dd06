"""Sums before and after are sums of single settlements, to the fen; nothing changes where no rule does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random

import pytest

from cli.simulation.paper import set_values
from domain import rules, settlement, whatif
from domain.money import Money
from domain.settlement import Accumulators, Case, Shelf
from tests.whatif.conftest import REGION, YEAR, by_person, compared, the_cases

TABLES: dict[str, Callable[[whatif.Tally], list[whatif.Group[whatif.Sums]]]] = {
    "classes": whatif.by_person_class,
    "levels": whatif.by_level,
    "tenths": whatif.tenths_of_cost,
    "changes": whatif.by_change,
}


class NoneAlike(dict[tuple[str, str, date, date], bool]):
    """Knows of all rules that a change touches them."""

    def __contains__(self, place: object) -> bool:
        return True

    def __missing__(self, place: tuple[str, str, date, date]) -> bool:
        return False


def one_by_one(cases: list[whatif.TreatedCase], book: rules.Book) -> Counter[str]:
    """Add up single calls of the engine, written out without the room under test."""
    shelf, sums = Shelf(book), Counter[str]()
    for together in by_person(cases):
        used: dict[str, Accumulators] = {}
        balance = 0
        for case in sorted(together, key=lambda one: one.episode.order):
            balance += case.account_credit
            person = replace(case.person, account=Money(balance))
            in_force = shelf.on(case.episode.day, region=person.region, scheme=person.scheme)
            before = used.get(person.scheme, Accumulators(2026))
            done = settlement.settle(Case(person, case.episode, before), in_force)
            used[person.scheme], balance = done.after, done.fen.balance
            for layer, pays in done.paid:
                sums[f"{person.scheme}:{layer}"] += pays
                sums[f"level {case.episode.level.national}"] += pays
                sums["funds"] += pays
            sums[f"{person.scheme}:union"] += done.fen.union
            sums["union"] += done.fen.union
            sums["account"] += done.fen.account
            sums["cash"] += done.fen.cash
    return sums


def test_sums_before_and_after_are_those_of_single_settlements(book: rules.Book, changed: rules.Book) -> None:
    # given
    cases = the_cases(4000, seed=11)

    # when
    tally = compared(cases, book, changed)

    # then
    everybody = whatif.whole(tally)
    assert everybody.cases == 4000
    assert everybody.total == sum(case.episode.total.fen for case in cases)
    levels = {group.keys: group.sums for group in whatif.by_level(tally)}
    for side, law in (("before", book), ("after", changed)):
        expected = one_by_one(cases, law)
        paid: whatif.Paid = getattr(everybody, side)
        assert (paid.funds, paid.union, paid.account, paid.cash) == tuple(
            expected[name] for name in ("funds", "union", "account", "cash")
        )
        place = whatif.FundSums._fields.index(side)
        assert {fund: row[place] for fund, row in tally.funds.items() if row[place]} == {
            name: fen for name, fen in expected.items() if ":" in name and fen
        }
        assert {keys[0]: getattr(sums, side).funds for keys, sums in levels.items()} == {
            name.removeprefix("level "): fen for name, fen in expected.items() if name.startswith("level ")
        }


def test_each_table_adds_up_to_the_whole(book: rules.Book, changed: rules.Book) -> None:
    tally = compared(the_cases(3000, seed=12), book, changed)

    everybody = whatif.whole(tally)
    for name, table in TABLES.items():
        groups = table(tally)
        assert sum(group.sums.cases for group in groups) == everybody.cases, name
        assert sum(group.sums.before.funds for group in groups) == everybody.before.funds, name
        assert sum(group.sums.after.funds for group in groups) == everybody.after.funds, name
    for name in ("tenths", "changes"):
        assert sum(group.sums.persons for group in TABLES[name](tally)) == everybody.persons
    assert sum(group.sums.before for group in whatif.by_fund(tally)) == (
        everybody.before.funds + everybody.before.union
    )


def test_no_change_is_exactly_nothing_everywhere(book: rules.Book) -> None:
    tally = compared(the_cases(2000, seed=13), book, book)

    for table in TABLES.values():
        assert all(group.sums.before == group.sums.after for group in table(tally))
    assert all(fund.sums.before == fund.sums.after for fund in whatif.by_fund(tally))
    assert [group.keys for group in whatif.by_change(tally)] == [("0",)]


def test_changed_numbers_show(book: rules.Book, changed: rules.Book) -> None:
    tally = compared(the_cases(2000, seed=13), book, changed)

    by_name = {name: whatif.FundSums(*row) for name, row in tally.funds.items()}
    assert by_name["390:basic"].after < by_name["390:basic"].before
    assert by_name["390:critical"].after > by_name["390:critical"].before
    assert by_name["310:basic"].after < by_name["310:basic"].before
    assert len(whatif.by_change(tally)) > 1


def test_change_for_residents_changes_nothing_for_workers(book: rules.Book) -> None:
    changed = set_values(book, ["inpatient_390.deductible.amounts.tertiary=1500"], region=REGION, days=YEAR)

    tally = compared(the_cases(2000, seed=13), book, changed)

    workers = {name: whatif.FundSums(*row) for name, row in tally.funds.items() if name.startswith("310:")}
    assert len(workers) > 3
    assert all(fund.before == fund.after for fund in workers.values())
    assert whatif.whole(tally).after.funds < whatif.whole(tally).before.funds


def test_order_of_a_persons_rows_does_not_matter(book: rules.Book, changed: rules.Book) -> None:
    people = by_person(the_cases(1500, seed=14))
    shuffled = [case for together in people for case in Random(1).sample(together, len(together))]
    assert [case.episode.id for case in shuffled] != [case.episode.id for together in people for case in together]

    # The opening balance stands in the first case of the year wherever its row stands.
    assert compared(shuffled, book, changed) == compared((case for one in people for case in one), book, changed)


def test_accumulators_and_account_go_from_case_to_case(book: rules.Book) -> None:
    # given a worker with two visits, the deductible of the year being 400 yuan and the account 300
    worker = next(case for case in the_cases(500) if case.person.person_type == "11" and not case.person.groups)
    visit = replace(
        worker.episode,
        med_type="11",
        total=Money.yuan(400),
        own_pay=Money(0),
        over_limit=Money(0),
        first_paid=Money(0),
        off_site=rules.OffSite.HOME,
    )
    person = replace(worker.person, categories=frozenset())
    days = (worker.episode.day, worker.episode.day)
    visits = [
        worker._replace(person=person, episode=replace(visit, id=str(place), day=day), account_credit=credit)
        for place, (day, credit) in enumerate(zip(days, (30_000, 0), strict=True))
    ]

    # when
    first, second = whatif.settle_case_by_case(visits, Shelf(book))

    # then the deductible is used up by the first and the account empty for the second
    assert (first.fen.fund_total, first.fen.account, first.fen.cash) == (0, 30_000, 10_000)
    assert second.fen.deductible == 0
    assert second.fen.fund_total > 0
    assert second.fen.account == 0


def test_merged_parts_are_the_whole(book: rules.Book, changed: rules.Book) -> None:
    people = by_person(the_cases(1200, seed=15))
    halves = [[case for one in people[start::2] for case in one] for start in (0, 1)]

    merged = whatif.Tally()
    for half in halves:
        merged.merge(compared(half, book, changed))

    assert merged == compared([case for one in people for case in one], book, changed)


def test_settled_cases_that_the_rules_settle_otherwise_are_counted(book: rules.Book) -> None:
    cases = the_cases(300, seed=16)
    paid = [
        case._replace(settled=(one.fen.fund_total, one.fen.account, one.fen.cash))
        for together in by_person(cases)
        for case, one in zip(together, whatif.settle_case_by_case(together, Shelf(book)), strict=True)
    ]
    funds, account, cash = paid[7].settled or (0, 0, 0)
    paid[7] = paid[7]._replace(settled=(funds + 1, account, cash))

    tally = compared(paid, book, book)

    assert (tally.settled, tally.unlike) == (300, 1)


def group_row(persons: int) -> list[int]:
    return [persons, persons, 100 * persons, *[0] * 6, 100 * persons, *[0] * 6, 100 * persons]


@pytest.mark.parametrize("sizes", [(50, 9, 30), (9, 9, 9), (3, 40, 4), (12, 5, 12, 1), (10, 10), (2, 60, 2, 60, 2)])
@pytest.mark.parametrize("table", list(TABLES))
def test_no_group_of_fewer_than_ten_is_shown(table: str, sizes: tuple[int, ...]) -> None:
    # given
    tally = whatif.Tally()
    named = {
        "classes": lambda place: f"class:390:{place}",
        "levels": lambda place: f"level:{place + 1}",
        "tenths": lambda place: f"cost:{place * 100}",
        "changes": lambda place: f"change:{place - len(sizes) // 2}",
    }[table]
    for place, size in enumerate(sizes):
        tally.add(named(place), group_row(size))
        tally.add("all", group_row(size))

    # when
    shown = TABLES[table](tally)

    # then
    assert all(group.sums.persons >= whatif.LEAST_PERSONS for group in shown)
    assert sum(group.sums.persons for group in shown) == sum(sizes)
    if min(sizes) >= whatif.LEAST_PERSONS:
        assert len(shown) == len(sizes)


def test_fund_that_pays_for_few_is_never_shown_alone() -> None:
    tally = whatif.Tally()
    for fund, row in {
        "390:basic": [900, 900, 5000, 4000],
        "310:veteran": [2, 2, 70, 90],
        "310:basic": [80, 80, 9, 9],
    }.items():
        tally.add_fund(fund, row)

    shown = whatif.by_fund(tally)

    assert [group.keys for group in shown] == [("390:basic",), ("310:veteran", "310:basic")]
    assert shown[1].sums == whatif.FundSums(82, 82, 79, 99)


def test_few_people_are_not_shown_at_all() -> None:
    tally = whatif.Tally()
    tally.add("class:390:15", group_row(9))
    tally.add("all", group_row(9))

    assert all(table(tally) == [] for table in TABLES.values())


@pytest.mark.parametrize(
    ("change", "band"),
    [(0, 0), (1, 1), (9_999, 1), (10_000, 2), (-9_999, -1), (-10_000, -2), (4_999_999, 5), (5_000_000, 6)],
)
def test_band_holds_its_lower_border(change: int, band: int) -> None:
    assert whatif.change_band(change) == band


def test_settling_once_where_the_change_leaves_the_rules_alone_gives_the_sums_of_settling_twice(
    book: rules.Book,
) -> None:
    # given a change for residents only, and a comparison that is told that no rules are alike
    cases = the_cases(3000, seed=5)
    residents_only = set_values(book, ["critical_390.threshold=8000"], region=REGION, days=YEAR)
    in_force = [
        Shelf(one).on(YEAR.starts, region=REGION, scheme=scheme)
        for scheme in ("310", "390")
        for one in (book, residents_only)
    ]
    thorough = whatif.Comparison(Shelf(book), Shelf(residents_only), alike=NoneAlike())

    # when
    for together in by_person(cases):
        thorough.add_person(together)

    # then
    assert settlement.are_alike(in_force[0], in_force[1])
    assert not settlement.are_alike(in_force[2], in_force[3])
    assert compared(cases, book, residents_only) == thorough.tally
