"""The letter to the person: whole, in both languages, with every source, and no number that the bill does not have."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest

from domain import rules, settlement
from domain.money import Money
from domain.rules import Level, OffSite
from domain.settlement import Accumulators, Case, Episode, Person, Settlement, Shelf
from tests.reference.cases import a_year, episode_of, person_of, places_of
from tests.reference.random_law import write_laws

DAY = date(2027, 6, 1)


@pytest.fixture(scope="module")
def settled() -> Settlement:
    shelf = Shelf(rules.load_book())
    person = Person(region="330900", scheme="390", person_type="15", categories=frozenset({"2303"}))
    episode = Episode(
        id="one",
        day=DAY,
        med_type="21",
        level=Level.TERTIARY,
        off_site=OffSite.NATION_FILED,
        total=Money.yuan(52_000),
        in_scope=Money.yuan(48_000),
        own_pay=Money.yuan(2500),
        first_paid=Money.yuan(1500),
    )
    in_force = shelf.on(DAY, region="330900", scheme="390")
    return settlement.settle(Case(person, episode, Accumulators(2027)), in_force)


def test_letter_says_who_pays_what_and_where_it_is_written(settled: Settlement) -> None:
    letter = settlement.letter_of(settled)
    for words in ("52,000.00", "42,140.10", "9,859.90", "起付标准 1,000.00 元由您负担", "医疗救助", "示范数字"):
        assert words in letter.zh
    for words in (
        "You bear the deductible of 1,000.00 yuan",
        "Medical assistance pays 70%",
        "not the law of the place",
    ):
        assert words in letter.en
    assert "{" not in letter.zh + letter.en


def test_trace_has_the_national_codes_in_the_order_of_the_stages(settled: Settlement) -> None:
    codes = [row["polItemCode"] for row in settlement.trace(settled)]
    assert codes == ["101", "102", "S000", "S001", "C000", "PS01", "PL01", "MA01", "MTS1"]
    assert settlement.trace(settled)[4]["fundPayProp"] == "0.7000"


def test_printed_results_of_bands_add_up_to_what_the_fund_pays(settled: Settlement) -> None:
    paid = [step.result for step in settlement.steps_of(settled) if re.match(r"[CPM][ALS]?\d", step.code)]
    by_band = [step for step in settlement.steps_of(settled) if step.code in {"C000", "PL01", "MA01"}]
    assert paid
    assert sum(step.result.fen for step in by_band) == settled.fen.fund_total


def test_every_kind_of_step_has_its_sentence_in_both_languages(tmp_path: Path) -> None:
    """Random rule sets use every option, so that each kind of step turns up and is written out."""
    write_laws(tmp_path, range(40))
    book = rules.load_book(tmp_path)
    shelf, places = Shelf(book), places_of(book)
    kinds: set[str] = set()
    for seed in range(600):
        random = Random(seed)
        where = random.choice(places)
        plain, bills = a_year(random, where, most=2)
        person = person_of(plain, where)
        try:
            year = settlement.settle_year(
                person, [replace(episode_of(bill), id=str(number)) for number, bill in enumerate(bills)], shelf
            )
        except settlement.NoTerms:
            continue
        for one in year:
            letter = settlement.letter_of(one)
            assert "{" not in letter.zh + letter.en
            assert all(step.zh and step.en for step in settlement.steps_of(one))
            kinds |= {mark.kind for mark in one.marks}
    assert kinds >= {"own_pay", "over_limit", "first_paid", "off_site", "deductible", "deductible_year", "band"}
    assert kinds >= {"deductible_waived", "special", "grant", "lump_sum", "floor", "cap", "threshold", "layer_cap"}
    assert kinds >= {"threshold_not_met", "layer_band", "union_days", "union_sum", "account"}


def test_letter_tells_of_account_hospital_union_and_commercial_money() -> None:
    shelf = Shelf(rules.load_book())
    person = Person(region="330900", scheme="310", person_type="11", account=Money.yuan(300))
    given = {"hospital": Money.yuan(10), "commercial": Money.yuan(20), "union": Money.yuan(30)}
    episode = Episode(
        id="one",
        day=DAY,
        med_type="11",
        level=Level.PRIMARY,
        total=Money.yuan(1000),
        own_pay=Money.yuan(100),
        given=given,
    )
    in_force = shelf.on(DAY, region="330900", scheme="310")
    letter = settlement.letter_of(settlement.settle(Case(person, episode, Accumulators(2027)), in_force))
    for words in ("个人账户支付 300.00 元", "医院承担 10.00 元", "工会互助给您 30.00 元", "商业保险另行支付 20.00 元"):
        assert words in letter.zh
    for words in ("300.00 from your personal account", "hospital bears 10.00", "gives you 30.00", "pays 20.00 yuan"):
        assert words in letter.en


@pytest.mark.parametrize(
    ("yuan", "says"), [(60_000, "超过了按次计算的起付标准"), (3_000, "没有超过按次计算的起付标准")]
)
def test_a_threshold_of_one_stay_is_not_said_to_count_over_the_year(yuan: int, says: str) -> None:
    shelf = Shelf(rules.load_book())
    child = Person(
        region="330900", scheme="390", person_type="15", born_on=date(2018, 3, 20), groups=frozenset({"UNION"})
    )
    cost = Money.yuan(yuan)
    stay = Episode(id="one", day=date(2026, 6, 1), med_type="21", level=Level.TERTIARY, total=cost, in_scope=cost)

    done = settlement.settle(Case(child, stay, Accumulators(2026)), shelf.on(stay.day, region="330900", scheme="390"))

    (told,) = [step.zh for step in settlement.steps_of(done) if step.term == "职工子女医疗互助" and "起付" in step.zh]
    assert says in told
    assert "本年度" not in told
