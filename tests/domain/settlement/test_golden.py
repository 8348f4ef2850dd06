"""Worked examples from files: settled by rules from files, and each file says what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from domain import rules, settlement
from domain.money import Money, half_up
from domain.period import Period

CASES = Path(__file__).parents[2] / "cases"
FILES = sorted((CASES / "settlement").glob("*.yaml"))
WORKED_EXAMPLES = 30


@pytest.fixture(scope="module")
def shipped() -> rules.Book:
    return rules.load_book()


@pytest.fixture(scope="module")
def example_rules() -> rules.Book:
    return rules.load_book(CASES / "rules")


def book_for(region: str, shipped: rules.Book, example_rules: rules.Book) -> rules.Book:
    """Examples of no place, or without the standing of law, have regions that begin with 99."""
    return example_rules if region.startswith("99") else shipped


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_worked_example_comes_out_to_the_fen(file: Path, shipped: rules.Book, example_rules: rules.Book) -> None:
    case = settlement.read_case(file)
    shelf = settlement.Shelf(book_for(case.region, shipped, example_rules))
    settled = settlement.settle_year(case.insured(), case.all_episodes(), shelf, before=case.used_before())
    assert all(form.expect for form in case.episodes)
    assert case.differences(settled) == []
    assert case.what
    assert case.source


def test_an_expectation_that_is_wrong_is_noticed(shipped: rules.Book) -> None:
    text = (CASES / "settlement" / "cq-yubei-2023-low-income-edge.yaml").read_text("utf-8")
    wrong = text.replace("maf_pay: 10647.00", "maf_pay: 10647.01")
    assert wrong != text
    case = rules.read_strictly(settlement.CaseFile, file="wrong.yaml", text=wrong)
    settled = settlement.settle_year(case.insured(), case.all_episodes(), settlement.Shelf(shipped))
    assert [difference["name"] for difference in case.differences(settled)] == ["maf_pay"]


def test_share_that_a_poor_villager_bears_is_as_printed(example_rules: rules.Book) -> None:
    case = settlement.read_case(CASES / "settlement" / "sd-yishui-poverty-one-stop.yaml")
    settled = settlement.settle_year(case.insured(), case.all_episodes(), settlement.Shelf(example_rules))[0]
    assert half_up(settled.fen.person_total * 10_000, settled.fen.total) == 46


@dataclass(frozen=True, kw_only=True)
class Example:
    what: str
    place: str
    grade: str
    source: str
    note: str
    region: str


@dataclass(frozen=True, kw_only=True)
class ExpectedWait:
    months: int
    covered_from: date


@dataclass(frozen=True, kw_only=True)
class WaitExample(Example):
    year: int
    pays_on: date
    window: Period
    missed_years: tuple[int, ...]
    repaired_years: tuple[int, ...]
    expect: ExpectedWait


@dataclass(frozen=True, kw_only=True)
class ExpectedDues:
    own: Money
    account: Money


@dataclass(frozen=True, kw_only=True)
class DuesExample(Example):
    day: date
    declared: Money
    expect: ExpectedDues


@dataclass(frozen=True, kw_only=True)
class ExpectedAllowance:
    days: int
    amount: Money


@dataclass(frozen=True, kw_only=True)
class AllowanceExample(Example):
    day: date
    average_wage: Money
    birth: str
    expect: ExpectedAllowance


@pytest.mark.parametrize("file", sorted((CASES / "waiting").glob("*.yaml")), ids=lambda file: file.stem)
def test_waiting_example(file: Path, shipped: rules.Book) -> None:
    example = rules.read_strictly(WaitExample, file=file.name, text=file.read_text("utf-8"))
    rule = shipped.waiting(region=example.region, day=date(example.year, 1, 1))
    wait = rules.wait_of(
        rule,
        year=example.year,
        window=example.window,
        pays_on=example.pays_on,
        missed_years=example.missed_years,
        repaired_years=example.repaired_years,
    )
    assert (wait.months, wait.covered_from) == (example.expect.months, example.expect.covered_from)


@pytest.mark.parametrize("file", sorted((CASES / "contribution").glob("*.yaml")), ids=lambda file: file.stem)
def test_contribution_example(file: Path, shipped: rules.Book, example_rules: rules.Book) -> None:
    example = rules.read_strictly(DuesExample, file=file.name, text=file.read_text("utf-8"))
    book = book_for(example.region, shipped, example_rules)
    rule = book.in_force(rules.EmployeeContribution, region=example.region, day=example.day, scheme="310")
    dues = rules.flexible_dues(rule, declared=example.declared)
    assert (dues.own, dues.account) == (example.expect.own, example.expect.account)


@pytest.mark.parametrize("file", sorted((CASES / "maternity").glob("*.yaml")), ids=lambda file: file.stem)
def test_maternity_example(file: Path, shipped: rules.Book, example_rules: rules.Book) -> None:
    example = rules.read_strictly(AllowanceExample, file=file.name, text=file.read_text("utf-8"))
    book = book_for(example.region, shipped, example_rules)
    rule = book.in_force(rules.Maternity, region=example.region, day=example.day, scheme="310")
    allowance = rules.allowance_of(rule, average_wage=example.average_wage, birth=example.birth)
    assert (allowance.days, allowance.amount) == (example.expect.days, example.expect.amount)
    assert example.expect.amount.fen > 0


def test_no_worked_example_is_lost() -> None:
    folders = ("settlement", "waiting", "contribution", "maternity")
    assert sum(len(list((CASES / folder).glob("*.yaml"))) for folder in folders) == WORKED_EXAMPLES
