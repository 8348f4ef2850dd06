"""Approval tiers, rewards, penalties, incentives, retirement: numbers of the sources, on the right days."""

from __future__ import annotations

from datetime import date

import pytest

from domain import rules
from domain.money import Money


@pytest.fixture(scope="module")
def book() -> rules.Book:
    return rules.load_book()


@pytest.mark.parametrize(
    ("kind", "amount", "signers"),
    [
        ("outpatient", "1999.99", 2),
        ("outpatient", "2000", 3),
        ("outpatient", "10000", 3),
        ("outpatient", "10000.01", 4),
        ("inpatient", "19999.99", 2),
        ("inpatient", "20000", 3),
        ("inpatient", "50000", 3),
        ("inpatient", "50000.01", 4),
    ],
)
def test_zhoushan_lets_more_people_sign_larger_claims(book: rules.Book, kind: str, amount: str, signers: int) -> None:
    rule = book.in_force(rules.Approval, region="330900", day=date(2027, 1, 1))
    assert len(rule.tier_of(kind, amount=Money.parse(amount)).signers) == signers
    assert (rule.working_days, rule.field_check_from) == (10, Money.yuan(100_000))


def test_a_kind_of_care_without_tiers_is_an_error(book: rules.Book) -> None:
    rule = book.in_force(rules.Approval, region="330900", day=date(2027, 1, 1))
    with pytest.raises(ValueError, match="no approval tiers"):
        rule.tier_of("dental", amount=Money(1))


@pytest.mark.parametrize(
    ("verified", "insider", "reward"),
    [
        ("1000", False, "200.00"),
        ("100000", False, "5000.00"),
        ("100000", True, "6000.00"),
        ("9000000", True, "200000.00"),
    ],
)
def test_a_reward_is_a_share_between_two_hundred_and_two_hundred_thousand(
    book: rules.Book, verified: str, *, insider: bool, reward: str
) -> None:
    rule = book.in_force(rules.Reward, region="330900", day=date(2027, 1, 1))
    assert str(rules.reward_of(rule, verified=Money.parse(verified), grade="1", insider=insider)) == reward


def test_the_nation_sets_no_shares_so_no_reward_can_be_computed(book: rules.Book) -> None:
    rule = book.in_force(rules.Reward, region="310000", day=date(2027, 1, 1))
    with pytest.raises(ValueError, match="no share"):
        rules.reward_of(rule, verified=Money.yuan(1000), grade="1")


@pytest.mark.parametrize(
    ("day", "times"),
    [(date(2021, 2, 28), (2, 5)), (date(2021, 3, 1), (3, 5)), (date(2021, 4, 30), (3, 5)), (date(2021, 5, 1), (2, 5))],
)
def test_the_fines_of_tianjin_yield_to_the_national_ones(book: rules.Book, day: date, times: tuple[int, int]) -> None:
    _, offence = book.offence("provider_fraud", region="120000", day=day)
    assert (offence.times_least, offence.times_most) == times


def test_an_offence_that_a_local_statute_does_not_name_is_found_in_the_national_one(book: rules.Book) -> None:
    statute, _ = book.offence("late_premium", region="120000", day=date(2021, 4, 1))
    assert statute.region == rules.NATIONAL
    with pytest.raises(rules.UnknownRule, match="jaywalking"):
        book.offence("jaywalking", region="120000", day=date(2021, 4, 1))


def test_retirement_asks_for_different_years_in_different_places(book: rules.Book) -> None:
    zhoushan = book.in_force(rules.Retirement, region="330900", day=date(2027, 1, 1), scheme="310")
    tianjin = book.in_force(rules.Retirement, region="120000", day=date(2027, 1, 1), scheme="310")
    assert (zhoushan.years_men, tianjin.years_men, tianjin.years_paid_min) == (20, 25, 5)


def years(*facts: tuple[bool, bool, bool]) -> list[rules.InsuredYear]:
    return [
        rules.InsuredYear(year=2025 + number, insured=insured, claimed=claimed, used=used)
        for number, (insured, claimed, used) in enumerate(facts)
    ]


CLAIMED, QUIET, USED, MISSED = (True, True, False), (True, False, False), (True, True, True), (False, False, False)


@pytest.mark.parametrize(
    ("history", "continuous", "zero_claim"),
    [
        ([CLAIMED] * 4, 0, 0),
        ([CLAIMED] * 5, 1000, 0),
        ([QUIET], 0, 1000),
        ([QUIET, QUIET, USED], 0, 0),
        ([QUIET, QUIET, USED, QUIET], 0, 1000),
        ([CLAIMED] * 6 + [MISSED, CLAIMED], 2000, 0),
        ([QUIET] * 30, 26_000, 14_000),
        ([QUIET] * 90, 40_000, 0),
    ],
)
def test_staying_insured_lifts_the_cap(
    book: rules.Book, history: list[tuple[bool, bool, bool]], continuous: int, zero_claim: int
) -> None:
    rule = book.in_force(rules.Incentive, region="330900", day=date(2030, 1, 1), scheme="390")
    lift = rules.cap_lift_of(rule, history=years(*history), cap=Money.yuan(200_000))
    assert (lift.continuous, lift.zero_claim) == (Money.yuan(continuous), Money.yuan(zero_claim))
    assert lift.total <= Money.yuan(40_000)


def test_years_before_2025_earn_no_incentive(book: rules.Book) -> None:
    rule = book.in_force(rules.Incentive, region="330900", day=date(2030, 1, 1), scheme="390")
    history = [rules.InsuredYear(year=year, insured=True, claimed=False) for year in range(2010, 2025)]
    assert rules.cap_lift_of(rule, history=history, cap=Money.yuan(200_000)).total == Money(0)


@pytest.mark.parametrize(("wage", "base"), [("100", "4462.00"), ("9000", "9000.00"), ("99999", "24930.00")])
def test_contributions_of_workers_are_held_between_two_bases(book: rules.Book, wage: str, base: str) -> None:
    rule = book.in_force(rules.EmployeeContribution, region="330900", day=date(2027, 1, 1), scheme="310")
    dues = rules.employee_dues(rule, wage=Money.parse(wage))
    assert str(dues.base) == base
    assert dues.unit == dues.base.share(rule.unit)


def test_twins_lengthen_leave_by_fifteen_days(book: rules.Book) -> None:
    rule = book.in_force(rules.Maternity, region="330900", day=date(2027, 1, 1), scheme="310")
    assert rules.allowance_of(rule, average_wage=Money.yuan(6000), birth="3", children=2).days == 128
    with pytest.raises(ValueError, match="no leave"):
        rules.allowance_of(rule, average_wage=Money.yuan(6000), birth="9")
