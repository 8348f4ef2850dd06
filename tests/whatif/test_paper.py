"""Rules are changed on paper: a folder laid over them, or single values; nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.refusals import CannotStart
from cli.simulation.paper import changed_values, days_of, lay_over, set_values
from domain import rules
from domain.errors import Refused
from domain.period import Period
from tests.whatif.conftest import REGION, YEAR

FILE = "330900/inpatient_390.yaml"


def laid(folder: Path, text: str, *, name: str = FILE) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_folder_replaces_its_files_and_leaves_the_others(book: rules.Book, tmp_path: Path) -> None:
    text = book.texts[FILE].replace("tertiary: 800", "tertiary: 900")

    changed = lay_over(book, laid(tmp_path, text))

    assert changed.texts[FILE] == text
    assert {name for name in book.texts if changed.texts[name] != book.texts[name]} == {FILE}
    assert [(one.path, one.before, one.after) for one in changed_values(book, changed, days=YEAR)] == [
        ("classes[residents].deductible.amounts.tertiary", "800.00", "900.00")
    ]


def test_whole_folder_of_the_shipped_rules_changes_nothing(book: rules.Book) -> None:
    changed = lay_over(book, rules.BUILT_IN)

    assert changed.digest == book.digest
    assert changed_values(book, changed, days=YEAR) == []


def test_broken_change_is_refused_with_its_place(book: rules.Book, tmp_path: Path) -> None:
    text = book.texts[FILE].replace("tertiary: 70%", "tertiary: 170%")

    with pytest.raises(Refused) as refusal:
        lay_over(book, laid(tmp_path, text))

    assert FILE in str(refusal.value)


@pytest.mark.parametrize("name", ["inpatient_390.yaml", "330900/deep/inpatient_390.yaml", "note.txt"])
def test_folder_without_rule_files_in_their_place_is_refused(book: rules.Book, tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotStart):
        lay_over(book, laid(tmp_path, "x", name=name))


def test_value_is_set_in_every_class_that_has_it_and_in_versions_of_the_year_only(book: rules.Book) -> None:
    changed = set_values(book, ["inpatient_390.deductible.amounts.tertiary=500"], region=REGION, days=YEAR)

    assert changed.texts[FILE] == book.texts[FILE].replace(
        "tertiary: 800}\n          following", "tertiary: 500}\n          following", 1
    )
    assert "tertiary: 1000" in changed.texts[FILE]


def test_class_and_band_are_chosen_by_name_and_number(book: rules.Book) -> None:
    setting = "inpatient_390.classes[people in extreme hardship].bands[1].pays.tertiary=75%"

    changed = set_values(book, [setting], region=REGION, days=YEAR)

    [one] = changed_values(book, changed, days=YEAR)
    assert one.path == "classes[people in extreme hardship].bands[1].pays.tertiary"
    assert (one.before, one.after) == ("70%", "75%")


def test_path_that_rules_show_prints_can_be_set(book: rules.Book) -> None:
    version = book.in_force(rules.Benefit, region=REGION, day=YEAR.starts, scheme="390", called="inpatient")
    path, value = next((path, value) for path, value in rules.values_of(version).items() if path.endswith("secondary"))

    changed = set_values(
        book,
        [f"inpatient_390.{path}=123.00" if "%" not in value else f"inpatient_390.{path}=12%"],
        region=REGION,
        days=YEAR,
    )

    assert [one.path for one in changed_values(book, changed, days=YEAR)] == [path]


@pytest.mark.parametrize(
    "setting",
    [
        "inpatient_390.deductible.amounts.quaternary=500",
        "inpatient_390.classes[nobody].deductible.amounts.tertiary=500",
        "inpatient_390.deductible=500",
        "nothing_390.deductible.amounts.tertiary=500",
        "inpatient_390=500",
        "inpatient_390.deductible.amounts.tertiary",
    ],
)
def test_setting_that_names_nothing_is_refused(book: rules.Book, setting: str) -> None:
    with pytest.raises(CannotStart):
        set_values(book, [setting], region=REGION, days=YEAR)


def test_value_that_is_no_law_is_refused(book: rules.Book) -> None:
    with pytest.raises(Refused):
        set_values(book, ["inpatient_390.bands[1].pays.tertiary=170%"], region=REGION, days=YEAR)


def test_year_of_a_place_begins_where_its_rules_say(book: rules.Book) -> None:
    assert days_of(book, region=REGION, year=2026) == YEAR
    assert days_of(book, region="310000", year=2026) != Period.of_year(2026)
