"""A small made-up year, the shipped rules, and a change of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import pytest

from city.episodes import treated_cases
from cli.simulation.case_table import write_cases
from cli.simulation.paper import set_values
from domain import rules, whatif
from domain.period import Period
from domain.settlement import Shelf

REGION = "330900"
YEAR = Period.of_year(2026)
CHANGE = (
    "inpatient_390.deductible.amounts.tertiary=1500",
    "critical_390.threshold=8000",
    "outpatient_310.caps[1].amount=900",
    "union_310.threshold=200",
)


def the_cases(count: int, *, seed: int = 1) -> list[whatif.TreatedCase]:
    return list(treated_cases(seed, count=count, region=REGION, year=YEAR))


def by_person(cases: Iterable[whatif.TreatedCase]) -> list[list[whatif.TreatedCase]]:
    return [list(together) for _, together in groupby(cases, key=lambda case: case.number)]


def compared(cases: Iterable[whatif.TreatedCase], before: rules.Book, after: rules.Book) -> whatif.Tally:
    comparison = whatif.Comparison(Shelf(before), Shelf(after))
    for together in by_person(cases):
        comparison.add_person(together)
    return comparison.tally


def write(path: Path, cases: Iterable[whatif.TreatedCase]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        write_cases(file, cases)
    return path


@pytest.fixture(scope="session")
def book() -> rules.Book:
    return rules.load_book()


@pytest.fixture(scope="session")
def changed(book: rules.Book) -> rules.Book:
    return set_values(book, CHANGE, region=REGION, days=YEAR)
