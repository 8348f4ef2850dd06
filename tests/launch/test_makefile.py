"""The Makefile starts what exists, and what the papers tell people to type is in it."""

import importlib.util
import re
import subprocess

import pytest
from typer.main import get_command

from cli.main import app
from tests.servers import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
PAPERS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("module", sorted(set(re.findall(r"(?:python|PYTHON\)) -m ([a-z_.]+)", MAKEFILE))))
def test_modules_that_are_started_exist(module: str) -> None:
    assert importlib.util.find_spec(module), module


def test_commands_of_ours_exist() -> None:
    assert set(re.findall(r"-m cli ([a-z]+)", MAKEFILE)) <= set(get_command(app).commands)


def test_every_target_is_listed_with_a_sentence() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {line.split()[1] for line in listed.splitlines()} == TARGETS
    assert all(len(line.split()) >= 4 for line in listed.splitlines())


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_papers_tell_people_to_make_can_be_made(paper: object) -> None:
    named = re.findall(r"(?:^|`)make ([a-z][a-z-]*)", paper.read_text(encoding="utf-8"), re.MULTILINE)

    assert set(named) <= TARGETS


def test_the_audit_asks_about_every_locked_part_and_takes_silence_for_no_answer() -> None:
    asked = [line for line in MAKEFILE.splitlines() if "pip-audit --" in line]

    assert {line.rpartition(" ")[2] for line in asked} == {file.name for file in ROOT.glob("requirements*.lock")}
    assert all("--strict" in line and "--require-hashes" in line for line in asked)


def test_every_run_of_ci_that_reaches_the_advisories_asks_them() -> None:
    steps = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()

    audit, check = steps.index("    make audit"), steps.index("env -u DATABASE_URL -u REDIS_URL make check")
    assert audit < check
    assert "set -euo pipefail" in steps
