"""The rule of re-checks is refused where it would draw nothing, too much, or at no fixed times."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain import rules
from domain.money import Ratio
from domain.rules import RecheckTerms

SHIPPED = rules.load_book().in_force(RecheckTerms, region="330900", day=date(2026, 11, 30))


def test_the_demo_city_draws_every_month_and_more_of_what_is_risky() -> None:
    assert (SHIPPED.every_months, SHIPPED.working_days) == (1, 20)
    assert SHIPPED.shares["LOW"] < SHIPPED.shares["MEDIUM"] < SHIPPED.shares["HIGH"]


@pytest.mark.parametrize(
    "change",
    [
        {"every_months": 0},
        {"every_months": 5},
        {"every_months": 24},
        {"shares": {"LOW": Ratio(1), "HIGH": Ratio(1)}},
        {"shares": {**SHIPPED.shares, "VERY_HIGH": Ratio(1)}},
        {"shares": {**SHIPPED.shares, "LOW": Ratio(0)}},
        {"shares": {**SHIPPED.shares, "LOW": Ratio(1_000_001)}},
        {"working_days": 0},
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_followed_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(SHIPPED, **change)
