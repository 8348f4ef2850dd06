"""Contribution standards: who pays what, for which year, and what the reader refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain import rules
from domain.errors import Refused
from domain.money import Money


@pytest.fixture(scope="module")
def book() -> rules.Book:
    return rules.load_book()


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_zhoushan_asks_what_its_notice_says(book: rules.Book, year: int) -> None:
    standard = book.contribution(region="330900", year=year)
    amounts = {group.group: (group.total, group.own) for group in standard.groups}
    assert amounts == {
        "ADULT": (Money.yuan(2310), Money.yuan(770)),
        "MINOR": (Money.yuan(1910), Money.yuan(630)),
        "STUDENT": (Money.yuan(920), Money.yuan(200)),
    }
    assert standard.standing is (rules.Standing.DEMONSTRATION if year == 2027 else rules.Standing.PRESS)


def test_the_last_day_of_the_window_of_2025_is_25_december(book: rules.Book) -> None:
    window = book.contribution(region="330900", year=2025).window
    assert date(2024, 12, 25) in window
    assert date(2024, 12, 26) not in window


@pytest.mark.parametrize(
    ("born_on", "student", "group"),
    [
        (date(2009, 1, 1), False, "ADULT"),
        (date(2009, 1, 2), False, "MINOR"),
        (date(2027, 3, 1), False, "MINOR"),
        (date(2009, 1, 2), True, "STUDENT"),
        (date(2000, 1, 1), True, "STUDENT"),
    ],
)
def test_age_on_new_year_decides_between_adult_and_minor(
    book: rules.Book, *, born_on: date, student: bool, group: str
) -> None:
    assert book.contribution(region="330900", year=2027).group_of(born_on=born_on, student=student).group == group


@pytest.mark.parametrize(
    ("year", "own", "subsidy"), [(2023, 380, 640), (2024, 400, 670), (2025, 400, 700), (2026, 400, 700)]
)
def test_the_national_minimum_is_known(book: rules.Book, year: int, own: int, subsidy: int) -> None:
    group = book.contribution(region="000000", year=year).group_of(born_on=date(1980, 1, 1), student=True)
    assert (group.own, group.subsidy) == (Money.yuan(own), Money.yuan(subsidy))


@pytest.mark.parametrize(("region", "year"), [("330900", 2024), ("330900", 2028), ("000000", 2027), ("110000", 2026)])
def test_an_unknown_place_or_year_is_named(book: rules.Book, region: str, year: int) -> None:
    with pytest.raises(rules.UnknownRule, match=region) as refusal:
        book.contribution(region=region, year=year)
    assert str(year) in refusal.value.message().zh


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("age_below: 18", "age_below: 17", "from 17 to 18 years"),
        ("age_below: 18", "age_below: 19", "overlap"),
        ("own: 770", "own: 771", "do not make the total"),
        ("age_from: 18", "age_from: 18\n        age_below: 90", "from 90 years on"),
        ("share: 50%", "share: 185%", "more than the whole"),
        ("ends: 2024-12-26", "ends: 2027-12-26", "window"),
        ("group: ADULT", "group: ELDER", "none of ADULT, MINOR, STUDENT"),
    ],
)
def test_a_standard_with_a_hole_is_refused(tmp_path: Path, before: str, after: str, words: str) -> None:
    text = (rules.BUILT_IN / "330900" / "contribution.yaml").read_text("utf-8")
    assert before in text
    (tmp_path / "330900").mkdir()
    (tmp_path / "330900" / "contribution.yaml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Refused, match=words):
        rules.load_book(tmp_path)
