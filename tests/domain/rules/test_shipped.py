"""The shipped rules as a whole: sources, standing, what places need, and books that were kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain import rules
from domain.errors import Refused


@pytest.fixture(scope="module")
def book() -> rules.Book:
    return rules.load_book()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(rules.BUILT_IN, tmp_path / "rules"))


def change(folder: Path, file: str, edit: Callable[[str], str]) -> None:
    path = folder / file
    before = path.read_text("utf-8")
    after = edit(before)
    assert before != after
    path.write_text(after, encoding="utf-8")


def test_every_version_names_its_source_and_how_far_to_trust_it(book: rules.Book) -> None:
    for _, version in book.versions():
        assert version.source
        if "Made up" in version.source:
            assert version.standing is rules.Standing.DEMONSTRATION


@pytest.mark.parametrize("name", ["Made up", "question-and-answer page"])
def test_what_nobody_confirmed_is_never_called_law(book: rules.Book, name: str) -> None:
    found = [version for _, version in book.versions() if name in version.source]
    assert found
    assert {version.standing for version in found} == {rules.Standing.DEMONSTRATION}


def test_on_every_day_of_every_place_its_whole_rule_set_stands(book: rules.Book) -> None:
    """Build the rule set on each side of every date, and find everything that the place says it needs."""
    from domain.settlement import rules_in_force

    days = {
        border + timedelta(days=shift)
        for _, version in book.versions()
        for border in (version.starts, version.ends)
        if border is not None
        for shift in (-1, 0)
    }
    built = 0
    for (region, name, _), versions in book.provisions.items():
        if name != "place":
            continue
        for version in versions:
            assert isinstance(version, rules.Place)
            for day in (day for day in days if day in version.period):
                for scheme in (scheme for scheme in version.needs if scheme):
                    built += 1
                    in_force = rules_in_force(book, region=region, scheme=scheme, day=day)
                    needed = set(version.needs[scheme]) & set(rules.BENEFITS)
                    assert needed <= {terms.name for terms in in_force.benefits.values()}
    assert built > 60


def test_a_needed_provision_that_ends_too_early_is_refused(copy: Path) -> None:
    change(copy, "330900/tilt.yaml", lambda text: text.replace("    source", "    ended: 2026-01-01\n    source"))
    with pytest.raises(Refused, match="'tilt' is missing from 2026-01-01"):
        rules.load_book(copy)


def test_a_needed_provision_that_begins_too_late_is_refused(copy: Path) -> None:
    change(copy, "120000/critical_390.yaml", lambda text: text.replace("starts: 2022-01-01", "starts: 2022-02-01"))
    with pytest.raises(Refused, match="'critical' is missing from 2022-01-01"):
        rules.load_book(copy)


def test_a_need_that_is_no_provision_is_refused(copy: Path) -> None:
    change(copy, "620100/place.yaml", lambda text: text.replace("outpatient", "outpatents"))
    with pytest.raises(Refused, match="'outpatents' is no provision"):
        rules.load_book(copy)


def test_two_benefits_for_one_medical_type_are_refused(copy: Path) -> None:
    change(copy, "330900/chronic_390.yaml", lambda text: text.replace('"14"', '"11"'))
    with pytest.raises(Refused, match="outpatient and chronic of scheme 390 both take medical type 11"):
        rules.load_book(copy)


def test_a_place_without_its_heading_file_is_refused(copy: Path) -> None:
    (copy / "620100" / "place.yaml").unlink()
    with pytest.raises(Refused, match=r"no place\.yaml"):
        rules.load_book(copy)


def test_two_files_for_one_provision_are_refused(copy: Path) -> None:
    shutil.copy(copy / "330900" / "tilt.yaml", copy / "330900" / "tilt_again.yaml")
    with pytest.raises(Refused, match="has two files"):
        rules.load_book(copy)


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        (
            "341524/inpatient_380.yaml",
            "above: 3000, up_to: 5000",
            "above: 3100, up_to: 5000",
            "from 3000.00 to 3100.00",
        ),
        ("341524/inpatient_380.yaml", "above: 3000, up_to: 5000", "above: 2900, up_to: 5000", "overlaps"),
        ("341524/inpatient_380.yaml", "{above: 20000, pays", "{above: 20000, up_to: 90000, pays", "above 90000.00"),
        ("341524/inpatient_380.yaml", "any: 45%", "any: 185%", "more than the whole"),
        ("330900/inpatient_390.yaml", "tertiary: 70%", "quaternary: 70%", "by level"),
        ("330900/inpatient_390.yaml", "factor: 50%, least", "factor: 50%, less: 100, least", "either amounts"),
        ("330900/inpatient_310.yaml", "tertiary: 800}", "other: 800}", "name other levels"),
        ("330900/critical_390.yaml", 'who: {categories: ["2303", "2304", "2305"]}', "who: {}", "never reached"),
        ("330900/birth_390.yaml", 'lump_sums: {"1"', 'bands: []\n        lump_sum: {"1"', "Unknown key: lump_sum"),
        ("341524/chronic_380.yaml", "grant: 150", "grant: 501", "more than the deductible"),
        ("341524/chronic_391.yaml", "counts: year", "counts: visit", "needs a yearly deductible"),
        ("330900/approval.yaml", "{below: 2000, signers", "{below: 20000, signers", "do not rise"),
        ("330900/approval.yaml", "[reviewer, second_reviewer]", "[reviewer, reviewer]", "at least two people"),
        ("330900/reward.yaml", "most: 200000", "most: 100", "most is below least"),
        ("330900/place.yaml", "year_starts_month: 1", "year_starts_month: 13", "months 1 to 12"),
    ],
)
def test_a_provision_with_a_hole_is_refused(copy: Path, file: str, before: str, after: str, words: str) -> None:
    change(copy, file, lambda text: text.replace(before, after, 1))
    with pytest.raises(Refused, match=words):
        rules.load_book(copy)


def test_books_that_were_kept_can_still_be_read() -> None:
    for file in sorted((rules.BUILT_IN.parent / "kept").glob("*.rules")):
        assert rules.load_kept(file.stem).digest == file.stem


def test_changes_between_two_days_are_told_by_value(book: rules.Book) -> None:
    changes = rules.changes_between(book, first=date(2026, 12, 31), second=date(2027, 1, 1), region="330900")
    told = {change.kind: change.differences for change in changes}
    assert rules.Difference("classes[residents].deductible.amounts.tertiary", "800.00", "1000.00") in told["inpatient"]
    assert told.keys() == {"inpatient", "contribution"}


def test_made_up_values_are_known_by_their_paths(book: rules.Book) -> None:
    rule = book.in_force(rules.Benefit, region="330900", day=date(2027, 1, 1), scheme="390", called="outpatient")
    made_up = {path for path in rules.values_of(rule) if rules.is_demonstration(rule, path)}
    assert "med_types" in made_up
    assert all(path == "med_types" or path.startswith("classes[residents]") for path in made_up)
