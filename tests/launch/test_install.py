"""`make setup` works from nothing but Python, is done once, and gets over what an earlier start left behind."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

NOT_TO_BE_HAD = "--no-index\nno-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with locks that need nothing, as a clone is before its first start."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    return tmp_path


def install(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.install", *arguments],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # noqa: TID251
        capture_output=True,
        text=True,
        check=False,
    )


def test_environment_is_made_once_and_again_when_the_lock_changes(house: Path) -> None:
    first = install(house)
    made = (house / ".venv" / "installed").stat().st_mtime_ns
    second = install(house)
    kept = (house / ".venv" / "installed").stat().st_mtime_ns
    (house / "requirements.lock").write_text("# another\n", encoding="utf-8")
    third = install(house)

    assert (first.returncode, second.returncode, third.returncode) == (0, 0, 0), first.stderr
    assert second.stdout == ""
    assert made == kept
    assert (house / ".venv" / "installed").stat().st_mtime_ns != kept


def test_environment_of_development_serves_running_too(house: Path) -> None:
    install(house, "--dev")
    made = (house / ".venv" / "installed").stat().st_mtime_ns

    install(house)

    assert (house / ".venv" / "installed").stat().st_mtime_ns == made


def test_half_made_environment_is_made_anew(house: Path) -> None:
    (house / ".venv" / "bin").mkdir(parents=True)
    (house / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (house / ".venv" / "bin" / "python").chmod(0o755)

    assert install(house).returncode == 0
    assert (house / ".venv" / "installed").exists()


def test_failed_installation_is_a_sentence_with_pips_words_and_is_tried_again(house: Path) -> None:
    (house / "requirements.lock").write_text(NOT_TO_BE_HAD, encoding="utf-8")

    failed = install(house)
    stamped = (house / ".venv" / "installed").exists()
    (house / "requirements.lock").write_text("", encoding="utf-8")
    again = install(house)

    assert failed.returncode == 1
    assert "安装失败" in failed.stderr
    assert "No matching distribution found for no-such-package" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not stamped
    assert again.returncode == 0


def test_file_that_is_not_the_locked_one_is_refused(house: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text('[project]\nname = "changed"\nversion = "1"\n', encoding="utf-8")
    (house / "requirements.lock").write_text(f"changed @ {package.as_uri()}\n", encoding="utf-8")

    refused = install(house)

    assert refused.returncode == 1
    assert "hash" in refused.stderr.lower()


def test_older_python_reads_the_installer_and_is_told_its_age() -> None:
    source = (ROOT / "cli" / "install.py").read_text(encoding="utf-8")
    pretend = "import sys; sys.version_info = (3, 9, 2); from cli.install import main; sys.exit(main([]))"

    ast.parse(source, feature_version=(3, 7))
    told = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.returncode == 1
    assert "Python 3.11 or newer is needed, this is 3.9.2" in told.stderr
