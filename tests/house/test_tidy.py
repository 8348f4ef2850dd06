"""The house is tidy: small files, small functions, no floats, writes in one place, nothing of the workshop in it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "city", "cli", "domain", "partners", "sandbox", "workers")
ROOM_FILES = {"__init__", "values", "calc", "errors", "events", "models", "access", "queries", "service"}
# Rooms that are shaped otherwise, each for a reason that docs/ARCHITECTURE.md gives.
OTHER_SHAPES = {"cleaning", "rules", "settlement", "migrations"}
EXTRA_FILES = {"ledger": {"chart"}}  # the statutory accounts


def files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("file", list(files()), ids=lambda file: str(file.relative_to(ROOT)))
def test_file_and_functions_are_small_enough_to_read(file: Path) -> None:
    source = file.read_text()
    assert len(source.splitlines()) <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 60, f"{node.name} is longer than 60 lines"


def keys_written_twice(source: str) -> list[str]:
    """List the keys that one dictionary has twice: the later one wins, and nobody is told."""
    written = [
        [ast.unparse(key) for key in node.keys if key is not None]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Dict)
    ]
    return [key for keys in written for key in sorted(set(keys)) if keys.count(key) > 1]


@pytest.mark.parametrize("file", list(files()), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_dictionary_has_a_key_twice(file: Path) -> None:
    assert keys_written_twice(file.read_text()) == []


def test_a_key_that_is_written_twice_is_noticed() -> None:
    assert keys_written_twice("{Role.CLERK: 1, Role.HEAD: 2, Role.CLERK: 3}") == ["Role.CLERK"]


def test_no_float_decides_about_money() -> None:
    for file in files():
        if file.parts[len(ROOT.parts)] != "domain":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
            names_float = isinstance(node, ast.Name) and node.id == "float"
            if (is_float or names_float) and not (file.name == "work.py" and isinstance(node, ast.Constant)):
                pytest.fail(f"{file.relative_to(ROOT)}:{node.lineno} uses a float")


def test_rooms_have_the_same_files_and_no_others() -> None:
    for room in (ROOT / "domain").iterdir():
        if room.is_dir() and room.name not in OTHER_SHAPES | {"__pycache__"}:
            found = {file.stem for file in room.glob("*.py")}
            strangers = found - ROOM_FILES - EXTRA_FILES.get(room.name, set())
            assert not strangers, f"domain/{room.name} has {strangers}"


def test_only_service_files_write() -> None:
    writes = re.compile(r"\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b|\.(save|delete|bulk_create)\(")
    for room in (ROOT / "domain").iterdir():
        if not room.is_dir() or room.name in OTHER_SHAPES | {"__pycache__"}:
            continue
        for file in room.glob("*.py"):
            if file.stem != "service":
                assert not writes.search(file.read_text()), f"{file.relative_to(ROOT)} writes"


def test_edge_and_workers_never_touch_tables() -> None:
    touches = re.compile(r"\.(filter|get_or_none|create|save|bulk_create)\(|\bstore\.rows?\(|\bSELECT\b")
    for package in ("api", "workers"):
        for file in sorted((ROOT / package).rglob("*.py")):
            assert not touches.search(file.read_text()), f"{file.relative_to(ROOT)} touches tables"


def test_nothing_runs_at_once_inside_the_domain() -> None:
    at_once = re.compile(r"\b(gather|create_task|TaskGroup)\(")
    for file in files():
        if file.parts[len(ROOT.parts)] == "domain":
            assert not at_once.search(file.read_text()), f"{file.relative_to(ROOT)}: a transaction is one connection"


def test_repository_names_no_path_of_a_machine_and_no_registry() -> None:
    told = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            r"(^|[^A-Za-z0-9_.])/(work|root|tmp/wt)/[A-Za-z.]|files\.pythonhosted|pypi\.org/simple",
            "--",
            ".",
            ":!tests/house",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout == ""
