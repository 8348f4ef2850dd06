"""Four years of contributions: the law's amounts, bills for those who owed them, books that add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import chain, pairwise

import pytest

import city
from city.rows import Bill, Coverage, Neighbourhood, Order, Participation, Person
from domain import ledger, rules
from domain.period import age_on


@pytest.fixture(scope="session")
def bills(neighbourhoods: list[Neighbourhood]) -> dict[int, Bill]:
    return {bill.serial: bill for here in neighbourhoods for bill in here.bills}


@pytest.fixture(scope="session")
def orders(neighbourhoods: list[Neighbourhood]) -> list[Order]:
    return [order for here in neighbourhoods for order in here.orders]


@pytest.fixture(scope="session")
def coverages(neighbourhoods: list[Neighbourhood]) -> list[Coverage]:
    return [coverage for here in neighbourhoods for coverage in here.coverages]


@pytest.fixture(scope="session")
def residents_scheme(neighbourhoods: list[Neighbourhood]) -> dict[int, Participation]:
    times = [time for here in neighbourhoods for time in here.participations if time.scheme == "390"]
    assert len({time.person for time in times}) == len(times)
    return {time.person: time for time in times}


@pytest.mark.parametrize(
    ("group", "own_fen", "subsidy_fen"),
    [("ADULT", 77_000, 154_000), ("MINOR", 63_000, 128_000), ("STUDENT", 20_000, 72_000)],
)
def test_the_bills_of_2026_carry_the_amounts_of_zhoushan(
    bills: dict[int, Bill], group: str, own_fen: int, subsidy_fen: int
) -> None:
    found = {(bill.own_fen, bill.subsidy_fen) for bill in bills.values() if (bill.year, bill.group) == (2026, group)}

    assert found == {(own_fen, subsidy_fen)}


def test_a_bill_names_the_standard_that_it_follows(bills: dict[int, Bill]) -> None:
    keys = {
        provision.key
        for _, provision in rules.load_book().versions()
        if isinstance(provision, rules.ContributionStandard)
    }

    assert {bill.standard for bill in bills.values()} <= keys


def test_nobody_is_billed_twice_for_a_year(bills: dict[int, Bill]) -> None:
    assert max(Counter((bill.person, bill.year) for bill in bills.values()).values()) == 1


def test_only_those_in_the_residents_scheme_are_billed(
    bills: dict[int, Bill], residents_scheme: dict[int, Participation]
) -> None:
    for bill in bills.values():
        time = residents_scheme[bill.person]
        assert time.starts.year <= bill.year
        assert time.ends is None or time.ends > date(bill.year, 1, 1)


def test_employees_and_residents_are_never_both(neighbourhoods: list[Neighbourhood]) -> None:
    times: dict[int, list[Participation]] = defaultdict(list)
    for time in chain.from_iterable(here.participations for here in neighbourhoods):
        times[time.person].append(time)

    assert any(len(both) == 2 for both in times.values())
    for both in times.values():
        for earlier, later in pairwise(both):
            assert earlier.ends is not None
            assert earlier.ends <= later.starts


def test_every_year_has_paid_late_and_missing_contributions(bills: dict[int, Bill]) -> None:
    for year in (2023, 2024, 2025, 2026):
        mine = [bill for bill in bills.values() if bill.year == year]
        late = [bill for bill in mine if bill.settled_on is not None and bill.settled_on >= bill.window_ends]
        missing = [bill for bill in mine if bill.settled_on is None]

        assert 0.003 < len(late) / len(mine) < 0.05
        assert 0.02 < len(missing) / len(mine) < 0.12


def test_bills_are_paid_between_their_first_and_last_day(bills: dict[int, Bill]) -> None:
    for bill in bills.values():
        assert bill.window_starts < bill.window_ends <= bill.payable_until
        assert bill.made_on <= city.CITY_DAY
        if bill.settled_on is not None:
            assert bill.window_starts <= bill.settled_on < bill.payable_until
            assert bill.settled_on <= city.CITY_DAY


def test_every_fen_of_a_paid_bill_was_paid_once_and_of_an_unpaid_one_never(
    bills: dict[int, Bill], orders: list[Order]
) -> None:
    paid: Counter[int] = Counter()
    for order in orders:
        for bill, fen in order.items:
            paid[bill] += fen
            assert bills[bill].settled_on == order.paid_on

    for bill in bills.values():
        assert paid[bill.serial] == (bill.own_fen - bill.relief_fen if bill.settled_on is not None else 0)


def test_who_pays_is_alive_and_grown(neighbourhoods: list[Neighbourhood], orders: list[Order]) -> None:
    people = {person.serial: person for here in neighbourhoods for person in here.people}
    for order in orders:
        payer = people[order.payer]
        assert payer.died_on is None or order.paid_on <= payer.died_on
        assert age_on(payer.born_on, order.paid_on) >= 18


def test_government_takes_over_own_parts_of_the_poor(bills: dict[int, Bill]) -> None:
    relieved = [bill for bill in bills.values() if bill.relief_fen]

    assert relieved
    assert all(bill.relief_category and bill.relief_fen <= bill.own_fen for bill in relieved)
    assert any(bill.relief_fen == bill.own_fen for bill in relieved)
    assert any(0 < bill.relief_fen < bill.own_fen for bill in relieved)
    assert all(bill.settled_on is not None for bill in relieved if bill.relief_fen == bill.own_fen)


def test_only_paid_bills_give_cover_and_never_two_at_once(bills: dict[int, Bill], coverages: list[Coverage]) -> None:
    times: dict[int, list[Coverage]] = defaultdict(list)
    for coverage in coverages:
        bill = bills[coverage.bill]
        assert bill.settled_on is not None
        assert (bill.person, bill.year) == (coverage.person, coverage.year)
        assert date(coverage.year, 1, 1) <= coverage.starts < coverage.ends <= date(coverage.year + 1, 1, 1)
        times[coverage.person].append(coverage)

    for mine in times.values():
        assert all(earlier.ends <= later.starts for earlier, later in pairwise(mine))


def test_cover_ends_with_death_departure_and_work(
    coverages: list[Coverage], residents_scheme: dict[int, Participation], neighbourhoods: list[Neighbourhood]
) -> None:
    people: dict[int, Person] = {person.serial: person for here in neighbourhoods for person in here.people}
    ended = 0
    for coverage in coverages:
        ends = residents_scheme[coverage.person].ends
        if ends is not None:
            ended += 1
            assert coverage.ends <= ends
        if left_on := people[coverage.person].left_on:
            assert coverage.ends <= left_on

    assert ended


def test_who_missed_a_year_waits_three_months_the_next(bills: dict[int, Bill], coverages: list[Coverage]) -> None:
    missed_2025 = {bill.person for bill in bills.values() if bill.year == 2025 and bill.settled_on is None}
    paid_after = [
        coverage
        for coverage in coverages
        if coverage.year == 2026 and coverage.person in missed_2025 and _in_time(bills[coverage.bill])
    ]
    # The poor never wait, and newborns, who have windows of their own, do not either.
    waits = {
        coverage.wait_months
        for coverage in paid_after
        if not bills[coverage.bill].relief_category and bills[coverage.bill].window_starts == date(2025, 9, 1)
    }

    assert waits == {3}
    assert all("等待" in coverage.explanation for coverage in paid_after if coverage.wait_months)


def test_vouchers_balance_and_add_up_to_the_bills(neighbourhoods: list[Neighbourhood], bills: dict[int, Bill]) -> None:
    totals: Counter[str] = Counter()
    for voucher in chain.from_iterable(here.vouchers for here in neighbourhoods):
        assert len(voucher.postings) >= 2
        assert sum(posting.fen for posting in voucher.postings) == 0
        assert all(posting.fen for posting in voucher.postings)
        assert voucher.day <= city.CITY_DAY
        for posting in voucher.postings:
            totals[posting.code] += posting.fen
    paid = [bill for bill in bills.values() if bill.settled_on is not None]
    own = sum(bill.own_fen for bill in paid)
    relief = sum(bill.relief_fen for bill in paid)
    subsidy = sum(bill.subsidy_fen for bill in paid)

    assert totals[ledger.INCOME_DEPOSITS] == own - relief
    assert totals[ledger.CONTRIBUTIONS] == -own
    assert totals["4101"] == -subsidy
    assert totals["1003"] == subsidy + relief


def test_each_bill_that_was_paid_for_stands_in_the_books_by_itself(
    neighbourhoods: list[Neighbourhood], orders: list[Order]
) -> None:
    postings = [posting for here in neighbourhoods for voucher in here.vouchers for posting in voucher.postings]

    booked = Counter({posting.bill: -posting.fen for posting in postings if posting.bill is not None})
    assert booked == Counter(dict(item for order in orders for item in order.items))


def test_every_payment_has_one_voucher(neighbourhoods: list[Neighbourhood], orders: list[Order]) -> None:
    booked = Counter(voucher.order for here in neighbourhoods for voucher in here.vouchers if voucher.order is not None)

    assert booked == Counter(order.serial for order in orders)


def _in_time(bill: Bill) -> bool:
    return bill.settled_on is not None and bill.settled_on < bill.window_ends
