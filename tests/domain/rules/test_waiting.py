"""Waiting and repair: from which day somebody is covered."""

from __future__ import annotations

from datetime import date

import pytest

from domain import rules
from domain.period import Period

WINDOW = Period(date(2026, 9, 1), date(2026, 12, 26))


@pytest.fixture(scope="module")
def zhoushan() -> rules.WaitingRule:
    return rules.load_book().waiting(region="330900", day=date(2027, 1, 1))


@pytest.fixture(scope="module")
def national() -> rules.WaitingRule:
    return rules.load_book().waiting(region="110000", day=date(2027, 1, 1))


def wait(rule: rules.WaitingRule, pays_on: date, **facts: object) -> tuple[int, date]:
    found = rules.wait_of(rule, year=2027, window=WINDOW, pays_on=pays_on, **facts)  # pyright: ignore[reportArgumentType] - facts are typed by their keys
    assert found.steps
    return found.months, found.covered_from


def test_paid_in_the_window_is_covered_from_new_year(zhoushan: rules.WaitingRule) -> None:
    assert wait(zhoushan, date(2026, 12, 25)) == (0, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("pays_on", "covered_from"),
    [
        (date(2026, 12, 26), date(2027, 2, 1)),
        (date(2027, 1, 31), date(2027, 3, 1)),
        (date(2027, 3, 10), date(2027, 5, 1)),
        (date(2027, 12, 1), date(2028, 2, 1)),
    ],
)
def test_paid_late_in_zhejiang_is_covered_from_the_third_natural_month(
    zhoushan: rules.WaitingRule, pays_on: date, covered_from: date
) -> None:
    assert wait(zhoushan, pays_on) == (2, covered_from)


def test_paid_late_elsewhere_waits_the_fixed_months(national: rules.WaitingRule) -> None:
    assert wait(national, date(2027, 3, 10)) == (3, date(2027, 6, 1))


@pytest.mark.parametrize(
    ("missed", "repaired", "months"),
    [
        ([2026], [], 3),
        ([2025, 2026], [], 4),
        ([2025, 2026], [2025], 3),
        ([2025, 2026], [2025, 2026], 3),
        ([2025], [], 0),
    ],
)
def test_missed_years_cost_months_and_repair_takes_off_all_but_the_fixed_part(
    zhoushan: rules.WaitingRule, missed: list[int], repaired: list[int], months: int
) -> None:
    assert wait(zhoushan, date(2026, 10, 1), missed_years=missed, repaired_years=repaired)[0] == months


@pytest.mark.parametrize(
    ("years", "repaired", "months"), [(3, 0, 5), (3, 3, 3), (4, 0, 6), (4, 4, 6), (5, 0, 7), (5, 5, 6)]
)
def test_four_missed_years_wait_six_months_even_after_repair(
    zhoushan: rules.WaitingRule, years: int, repaired: int, months: int
) -> None:
    missed = list(range(2031 - years, 2031))
    found = rules.wait_of(
        zhoushan,
        year=2031,
        window=Period(date(2030, 9, 1), date(2030, 12, 26)),
        pays_on=date(2030, 10, 1),
        missed_years=missed,
        repaired_years=missed[:repaired],
    )
    assert found.months == months


def test_years_before_2025_are_forgotten(zhoushan: rules.WaitingRule) -> None:
    assert wait(zhoushan, date(2026, 10, 1), missed_years=range(2015, 2027))[0] == 4


@pytest.mark.parametrize(
    ("pays_on", "expected"),
    [
        (date(2027, 6, 1), (0, date(2027, 3, 3))),
        (date(2027, 6, 2), (2, date(2027, 8, 1))),
    ],
)
def test_a_newborn_paid_within_ninety_days_is_covered_from_birth(
    zhoushan: rules.WaitingRule, pays_on: date, expected: tuple[int, date]
) -> None:
    assert wait(zhoushan, pays_on, born_on=date(2027, 3, 3)) == expected


def test_a_newborn_of_december_is_covered_for_the_new_year_from_its_first_day(zhoushan: rules.WaitingRule) -> None:
    assert wait(zhoushan, date(2027, 1, 15), born_on=date(2026, 12, 20)) == (0, date(2027, 1, 1))


def test_the_exempt_do_not_wait_and_strangers_to_the_list_do(zhoushan: rules.WaitingRule) -> None:
    assert wait(zhoushan, date(2026, 10, 1), missed_years=[2025, 2026], exempt_as="2303") == (0, date(2027, 1, 1))
    assert wait(zhoushan, date(2027, 5, 5), exempt_as="2303") == (0, date(2027, 5, 6))
    assert wait(zhoushan, date(2026, 10, 1), missed_years=[2026], exempt_as="9999")[0] == 3


def test_before_2025_nobody_waited_for_missed_years() -> None:
    rule = rules.load_book().waiting(region="330900", day=date(2024, 12, 31))
    assert wait(rule, date(2026, 10, 1), missed_years=[2025, 2026]) == (0, date(2027, 1, 1))


def test_every_step_names_its_source(zhoushan: rules.WaitingRule) -> None:
    found = rules.wait_of(zhoushan, year=2027, window=WINDOW, pays_on=date(2026, 10, 1), missed_years=[2025, 2026])
    assert all("38号" in step.source for step in found.steps)
    assert found.steps[-1].zh.endswith("自2027年5月1日起享受待遇。")
