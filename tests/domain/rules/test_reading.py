"""The reader refuses whatever is not exactly a rule, names the place, and collects every fault."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain import rules
from domain.errors import Refused

WAITING = """\
provision: waiting
region: "990000"
scheme: "390"
name: Waiting
term: 等待期
versions:
  - starts: 2025-01-01
    source: An order, article 1
    standing: demonstration
    fixed_months: 3
    counts_years_from: 2025
    late_pays_whole_own_part: yes
    newborn: {days: 90}
"""


def faults_of(folder: Path, text: str) -> list[tuple[str, int, str]]:
    file = folder / "990000" / "waiting.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        rules.load_book(folder)
    return [
        (fault.place, fault.line, fault.reason) for fault in refused.value.faults if isinstance(fault, rules.BrokenRule)
    ]


def test_a_right_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "990000").mkdir()
    (tmp_path / "990000" / "waiting.yaml").write_text(WAITING, encoding="utf-8")
    book = rules.load_book(tmp_path)
    assert book.waiting(region="990000", day=date(2030, 1, 1)).fixed_months == 3


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        (("fixed_months: 3", "fixed_months: 3\n    fixd: 1"), "$.versions[0]", "Unknown key: fixd"),
        (("fixed_months: 3", "fixed_months: 3.0"), "$.versions[0].fixed_months", "no whole number"),
        (("fixed_months: 3", "fixed_months: [3]"), "$.versions[0].fixed_months", "Expected a text"),
        (("2025-01-01", "2025-13-01"), "$.versions[0].starts", "no day of the calendar"),
        (("2025-01-01", "2025-1-1"), "$.versions[0].starts", "no day"),
        (("    source: An order, article 1\n", ""), "$.versions[0]", "source"),
        (("demonstration\n", "hearsay\n"), "$.versions[0].standing", "none of: official, press, demonstration"),
        (("yes", "true"), "$.versions[0].late_pays_whole_own_part", "neither yes nor no"),
        (("{days: 90}", "{days: 90, weeks: 2}"), "$.versions[0].newborn", "Unknown key: weeks"),
        (("{days: 90}", "ninety"), "$.versions[0].newborn", "Expected keys and values"),
        (("fixed_months: 3", "fixed_months: 3\n    fixed_months: 4"), "$.versions[0]", "stands twice"),
        (("fixed_months: 3", "fixed_months: 3\n    exempt: NEWBORN"), "$.versions[0].exempt", "Expected a list"),
        (
            ("fixed_months: 3", "fixed_months: 3\n    demonstration: [cap]"),
            "$.versions[0].demonstration",
            "no key 'cap'",
        ),
        (("fixed_months: 3", "fixed_months: 3\n    ended: 2024-01-01"), "$.versions[0].ended", "order of their days"),
        (("fixed_months: 3", "fixed_months: 3\n    region: x"), "$.versions[0].region", "Unknown key: region"),
        (("name: Waiting", "name: Waiting\nnick: W"), "$.nick", "Unknown key: nick"),
        (('"990000"', '"990001"'), "$.region", "same region"),
        (("provision: waiting", "provision: wating"), "$.provision", "none of"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, wrong: tuple[str, str], place: str, words: str) -> None:
    assert wrong[0] in WAITING
    found = faults_of(tmp_path, WAITING.replace(*wrong, 1))
    assert any(at == place and words in reason for at, _, reason in found), found


def test_all_faults_come_at_once_with_their_lines(tmp_path: Path) -> None:
    text = WAITING.replace("fixed_months: 3", "fixed_months: three").replace("days: 90", "days: ninety")
    found = faults_of(tmp_path, text)
    assert [(place, line) for place, line, _ in found] == [
        ("$.versions[0].fixed_months", 10),
        ("$.versions[0].newborn.days", 13),
    ]


def test_aliases_are_refused(tmp_path: Path) -> None:
    text = WAITING.replace("name: Waiting", "name: &word Waiting").replace("term: 等待期", "term: *word")
    assert any("aliases" in reason for _, _, reason in faults_of(tmp_path, text))


def test_broken_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "provision: [\n")[0][1] == 2


def test_versions_out_of_order_are_refused(tmp_path: Path) -> None:
    version = WAITING.partition("versions:\n")[2]
    found = faults_of(tmp_path, WAITING + version.replace("2025-01-01", "2024-01-01"))
    assert any(place == "$.versions[1].starts" for place, _, _ in found)


def test_the_digest_follows_the_text_and_a_kept_book_comes_back(tmp_path: Path) -> None:
    folder, kept = tmp_path / "rules" / "990000", tmp_path / "kept"
    folder.mkdir(parents=True)
    (folder / "waiting.yaml").write_text(WAITING, encoding="utf-8")
    before = rules.load_book(folder.parent)
    rules.keep(before, folder=kept)
    (folder / "waiting.yaml").write_text(WAITING.replace("fixed_months: 3", "fixed_months: 2"), encoding="utf-8")
    after = rules.load_book(folder.parent)
    assert after.digest != before.digest
    again = rules.load_kept(before.digest, folder=kept)
    assert again == before
    with pytest.raises(rules.UnknownBook):
        rules.load_kept(after.digest, folder=kept)


def test_a_kept_book_whose_bytes_changed_is_no_refusal_but_an_alarm(tmp_path: Path) -> None:
    (tmp_path / "990000").mkdir()
    (tmp_path / "990000" / "waiting.yaml").write_text(WAITING, encoding="utf-8")
    book = rules.load_book(tmp_path)
    path = rules.keep(book, folder=tmp_path)
    other = path.rename(tmp_path / f"{'0' * 64}.rules")
    with pytest.raises(RuntimeError, match="its bytes were changed"):
        rules.load_kept(other.stem, folder=tmp_path)
