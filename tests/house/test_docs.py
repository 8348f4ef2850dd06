"""What the documents say exists, exists."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_of_a_page_leads_nowhere(page: Path) -> None:
    dead = [target for target in LINK.findall(page.read_text("utf-8")) if not (page.parent / target).exists()]

    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_that_a_page_names_can_be_made(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text("utf-8")))

    assert named <= targets


def test_every_room_and_word_has_its_line_in_the_architecture() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    rooms = {path.name for path in (ROOT / "domain").iterdir() if (path / "__init__.py").exists()}
    words = {path.stem for path in (ROOT / "domain").glob("*.py")} - {"__init__"}

    assert {name for name in (rooms - {"migrations"}) | words if f"`{name}`" not in text} == set()


def test_rooms_stand_once_and_on_the_floors_of_the_import_contract() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    floors = next(contract["layers"] for contract in contracts if contract["name"] == "The floors of the domain")
    height = {room.strip(): floor for floor, rooms in enumerate(floors) for room in re.split(r"[|:]", rooms)}

    listed = re.findall(r"^\| `(\w+)` \|", text.split("## Rooms")[1].split("\n## ")[0], re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert listed == sorted(listed, key=height.__getitem__)


def test_constraints_that_the_architecture_names_are_in_the_migrations() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    sql = "".join(file.read_text("utf-8") for file in (ROOT / "domain" / "migrations").glob("*.sql"))
    table = text.split("## Promises")[1].split("##")[0]
    named = {name for name in re.findall(r"`([a-z_]+)`", table) if "_" in name}

    assert named
    assert {name for name in named if name not in sql} == set()


def test_both_greetings_have_the_same_parts() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))

    for mark in ("\n## ", "\n| ", "```", "\n- **", "]("):
        assert english.count(mark) == chinese.count(mark), mark


def test_documents_name_no_path_of_a_machine() -> None:
    found = subprocess.run(
        ["git", "grep", "-nE", r"(^|[^A-Za-z0-9_./-])/(home|Users|root)/", "--", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""


def test_every_test_that_the_page_about_security_names_exists() -> None:
    named = re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "SECURITY.md").read_text("utf-8"))

    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []
