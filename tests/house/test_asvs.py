"""The page about OWASP ASVS has a row for each requirement, names tests that exist, and counts itself rightly."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "ASVS.md"
IDS = Path(__file__).with_name("asvs_ids.txt")
ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| (\d) \| (.+?) \| (.+) \|$")
NAMED = re.compile(r"`(tests/[\w./-]+?)(?:::(\w+))?`")
COUNTS = re.compile(r"(\d+) met, (\d+) not applicable, (\d+) open\.")


@dataclass(frozen=True)
class Row:
    id: str
    level: str
    how: str

    @property
    def state(self) -> str:
        for state in ("does not apply", "open"):
            if self.how.startswith(f"{state}: "):
                return state
        return "met"


def rows_of(text: str) -> list[Row]:
    found = [ROW.match(line) for line in text.splitlines()]
    return [Row(match[1], match[2], match[4]) for match in found if match]


def counts_of(rows: list[Row]) -> tuple[int, int, int]:
    states = Counter(row.state for row in rows)
    return states["met"], states["does not apply"], states["open"]


@cache
def functions_of(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def faults_of(text: str) -> list[str]:
    """Name everything that is wrong with a page."""
    rows = rows_of(text)
    wanted = Counter(IDS.read_text("utf-8").splitlines())
    there = Counter(f"{row.id} {row.level}" for row in rows)
    faults = [f"no row, or another level: {one}" for one in (wanted - there).elements()]
    faults += [f"a row too many: {one}" for one in (there - wanted).elements()]
    # Whatever looks like a row and is not read as one would be counted nowhere.
    faults += [f"not a row: {line}" for line in text.splitlines() if line.startswith("| V") and not ROW.match(line)]
    for row in rows:
        named = NAMED.findall(row.how)
        if row.state == "met" and not named:
            faults.append(f"{row.id} names no test")
        for path, function in named:
            file = ROOT / path
            if not file.exists():
                faults.append(f"{row.id}: there is no {path}")
            elif function and function not in functions_of(file):
                faults.append(f"{row.id}: {path} has no {function}")
    return faults + _wrong_counts(text)


def _wrong_counts(text: str) -> list[str]:
    faults = []
    head, *chapters = re.split(r"^## ", text, flags=re.MULTILINE)
    for title, part, rows in [
        ("the page", head, rows_of(text)),
        *((c.split("\n")[0], c, rows_of(c)) for c in chapters),
    ]:
        told = [tuple(map(int, numbers)) for numbers in COUNTS.findall(part)]
        right = [counts_of(rows)] if rows else []
        if told != right:
            faults.append(f"{title} counts {told} and has {right}")
    return faults


def test_the_page_has_each_requirement_once_with_a_test_or_a_reason() -> None:
    assert faults_of(PAGE.read_text("utf-8")) == []


def test_the_page_leaves_no_chapter_out() -> None:
    chapters = re.findall(r"^## V(\d+) ", PAGE.read_text("utf-8"), re.MULTILINE)

    assert chapters == [str(number) for number in range(1, 18)]


def test_a_careless_page_is_noticed() -> None:
    text = PAGE.read_text("utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| V3.4.1 ")]
    careless = {
        text.replace(row + "\n", ""): "no row, or another level: V3.4.1 1",
        text.replace(row, f"{row}\n{row}"): "a row too many: V3.4.1 1",
        text.replace(row, "| V3.4.1 | 1 | HSTS | we do that |"): "V3.4.1 names no test",
        text.replace(
            row, row.replace("test_answers.py", "test_gone.py")
        ): "there is no tests/conformance/asvs/test_gone.py",
        text.replace(row, row.replace("::test_every", "::test_no_such_every")): "has no test_no_such_every",
        text.replace(row, "| V3.4.1 | 1 | HSTS | open: not yet |"): "V3 Web frontend counts",
        text.replace(row, row.replace(" | 1 | ", " | ")): "not a row",
    }

    for page, fault in careless.items():
        assert [found for found in faults_of(page) if fault in found], fault
