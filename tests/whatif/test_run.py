"""A file is settled on any number of processes with one result, or refused with the number of every bad line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.refusals import CannotStart
from cli.simulation.paper import set_values
from cli.simulation.run import BrokenCases, Plan, compare, make_plan
from domain import rules, whatif
from domain.settlement import Shelf
from tests.whatif.conftest import REGION, YEAR, by_person, compared, the_cases, write


def planned(path: Path, before: rules.Book, after: rules.Book) -> Plan:
    plan = make_plan(path, region=REGION, year=2026, before=before, after=after)
    assert plan.year == YEAR
    return plan


def run(plan: Plan, *, processes: int = 1, chunk_bytes: int = 1 << 20) -> whatif.Tally:
    return compare(plan, processes=processes, progress=lambda _done, _size: None, chunk_bytes=chunk_bytes)


def spoiled(path: Path, changes: dict[int, str]) -> Path:
    lines = path.read_text().splitlines()
    for number, text in changes.items():
        lines[number - 1] = text
    path.write_text("\n".join(lines) + "\n")
    return path


def faults_of(plan: Plan, **how: int) -> list[tuple[int, str]]:
    with pytest.raises(BrokenCases) as broken:
        run(plan, **how)
    return [(fault.line, fault.reason.en) for fault in broken.value.faults]


def test_result_depends_neither_on_processes_nor_on_chunks(
    book: rules.Book, changed: rules.Book, tmp_path: Path
) -> None:
    cases = the_cases(2500, seed=21)
    plan = planned(write(tmp_path / "cases.csv", cases), book, changed)
    expected = compared(cases, book, changed)

    assert run(plan) == expected
    assert run(plan, chunk_bytes=1) == expected
    assert run(plan, chunk_bytes=7001) == expected
    assert run(plan, processes=2, chunk_bytes=20_000) == expected
    assert run(plan, processes=3, chunk_bytes=3000) == expected


def test_progress_ends_at_the_size_of_the_file(book: rules.Book, tmp_path: Path) -> None:
    path = write(tmp_path / "cases.csv", the_cases(500))
    told: list[tuple[int, int]] = []

    compare(planned(path, book, book), processes=1, progress=lambda *done: told.append(done), chunk_bytes=5000)

    assert told == sorted(told)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("how", [{"chunk_bytes": 900}, {"chunk_bytes": 1 << 20}, {"chunk_bytes": 900, "processes": 2}])
def test_every_bad_line_is_named_wherever_it_stands(book: rules.Book, tmp_path: Path, how: dict[str, int]) -> None:
    # given
    path = write(tmp_path / "cases.csv", the_cases(60))
    lines = path.read_text().splitlines()
    bad = {9: lines[8].replace("2026-", "2025-"), 31: "nonsense", 58: lines[57].replace(",home,", ",moon,"), 40: ""}
    assert all(lines[number - 1] != text for number, text in bad.items())

    # when
    found = faults_of(planned(spoiled(path, bad), book, book), **how)

    # then
    assert {line for line, _ in found if line not in {32, 41}} == {9, 31, 40, 58}


def test_unsorted_file_is_refused_across_and_inside_chunks(book: rules.Book, tmp_path: Path) -> None:
    people = by_person(the_cases(80))
    people[3], people[4] = people[4], people[3]
    path = write(tmp_path / "cases.csv", [case for one in people for case in one])
    line = 2 + sum(map(len, people[:4]))

    for chunk_bytes in (1, 1 << 20):
        found = faults_of(planned(path, book, book), chunk_bytes=chunk_bytes)
        assert [number for number, reason in found if "ascending" in reason] == [line]


def test_person_who_comes_back_later_is_refused(book: rules.Book, tmp_path: Path) -> None:
    people = by_person(the_cases(80))
    path = write(tmp_path / "cases.csv", [*(case for one in people for case in one), people[0][0]])

    for chunk_bytes in (1, 1 << 20):
        assert [number for number, _ in faults_of(planned(path, book, book), chunk_bytes=chunk_bytes)] == [82]


def test_same_visit_twice_is_refused(book: rules.Book, tmp_path: Path) -> None:
    cases = the_cases(30)
    path = write(tmp_path / "cases.csv", [cases[0], cases[0], *cases[1:]])

    assert faults_of(planned(path, book, book)) == [
        (3, f"mdtrt_id {cases[0].episode.id} stands twice for this person.")
    ]


def test_line_that_is_not_utf8_is_named(book: rules.Book, tmp_path: Path) -> None:
    path = write(tmp_path / "cases.csv", the_cases(30))
    lines = path.read_bytes().split(b"\n")
    lines[4] = lines[4].replace(b"home", "本地".encode("gb18030"))
    path.write_bytes(b"\n".join(lines))

    assert (5, "It is not UTF-8.") in faults_of(planned(path, book, book))


def test_case_that_the_rules_cannot_settle_is_named(book: rules.Book, tmp_path: Path) -> None:
    path = write(tmp_path / "cases.csv", the_cases(50))
    lines = path.read_text().splitlines()
    cells = lines[20].split(",")
    cells[6] = "9901"
    path = spoiled(path, {21: ",".join(cells)})

    [(line, reason)] = faults_of(planned(path, book, book))

    assert line == 21
    assert "9901" in reason


def test_case_that_only_the_changed_rules_cannot_settle_is_named_as_such(book: rules.Book, tmp_path: Path) -> None:
    # given the changed rules know no emergency visits of residents
    cases = [case for case in the_cases(600) if case.person.scheme == "390"]
    emergencies = [place for place, case in enumerate(cases, 2) if case.episode.med_type == "13"]
    changed = set_values(book, ["outpatient_390.med_types[3]=1399"], region=REGION, days=YEAR)
    assert emergencies

    # when
    found = faults_of(planned(write(tmp_path / "cases.csv", cases), book, changed))

    # then
    assert all("By the changed rules" in reason for _, reason in found)
    assert {line for line, _ in found} <= set(emergencies)


def test_nine_people_are_not_compared(book: rules.Book, tmp_path: Path) -> None:
    people = by_person(the_cases(200))[:10]
    nine, ten = ([case for one in people[:count] for case in one] for count in (9, 10))

    with pytest.raises(CannotStart):
        run(planned(write(tmp_path / "nine.csv", nine), book, book))
    assert whatif.whole(run(planned(write(tmp_path / "ten.csv", ten), book, book))).persons == 10


def test_place_without_rules_is_refused(book: rules.Book, tmp_path: Path) -> None:
    path = write(tmp_path / "cases.csv", the_cases(20))

    with pytest.raises(rules.UnknownRule):
        make_plan(path, region="999999", year=2026, before=book, after=book)


def test_shelves_of_two_books_do_not_mix(book: rules.Book, changed: rules.Book) -> None:
    day = YEAR.starts
    before, after = (Shelf(one).on(day, region=REGION, scheme="390") for one in (book, changed))

    assert before.digest != after.digest
