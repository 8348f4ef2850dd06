"""graphqler asks everything as one resident, keeps every id that it saw, and asks again with them as another.

The tool needs Python 3.12 and is no part of our environment: it gets one of its own, and where there is no such
Python the test is skipped. What it calls a possible fault is a field that answered at all; which of those fields take
ids of people is ours to say (`table.yaml`), and so is what the second resident may never read. It knows nothing of
our scalars, so its mutations would fail on a malformed UUID and are left out: tests/conformance/access asks every
mutation with ids of others, and that is the proof; this is a second opinion about the questions.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.conformance.access.test_access import ROWS
from tests.conformance.agency import Agency
from tests.conformance.town import Town

HERE: Final = Path(__file__).parent
# It draws the graph of what it found, and of many fields only with SciPy, which it forgets to ask for.
WANTED: Final = ("graphqler==2.3.8", "scipy==1.18.1")
NAMES: Final = ("python3.12", "python3.13", "python3.14")
TOOLS: Final = Path.home() / ".cache/yibao-tests/graphqler"
MINUTES: Final = 8

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(60 * (MINUTES + 4)),
]


@pytest.fixture(scope="session")
def graphqler() -> Path:
    """A Python in which the tool is installed."""
    python = TOOLS / "bin/python"
    marker = TOOLS / "installed"
    if not (marker.exists() and marker.read_text("utf-8").split() == [*WANTED]):
        newer = next((name for name in NAMES if runs(name)), None)
        if newer is None:
            pytest.skip("graphqler needs a Python 3.12 or later, and there is none here.")
        subprocess.run([newer, "-m", "venv", str(TOOLS)], check=True, capture_output=True)
        installed = subprocess.run(
            [str(python), "-m", "pip", "install", "-q", *WANTED],
            capture_output=True,
            check=False,
            text=True,
            timeout=400,
        )
        if installed.returncode != 0:
            pytest.skip("graphqler cannot be installed here.")
        marker.write_text("\n".join(WANTED), "utf-8")
    return python


def runs(name: str) -> bool:
    """Tell whether there is such a Python; a name that a manager of versions put there may lead nowhere."""
    return (
        shutil.which(name) is not None
        and subprocess.run([name, "-V"], check=False, capture_output=True).returncode == 0
    )


async def ask(python: Path, agency: Agency, folder: Path, mode: str, token: str) -> str:
    """Let the tool run in one mode as somebody; give what it printed and wrote into its logs."""
    process = await asyncio.create_subprocess_exec(
        str(python),
        "-m",
        "graphqler",
        "--mode",
        mode,
        "--url",
        f"{agency.address}/graphql",
        "--path",
        str(folder),
        "--auth",
        token,
        "--config",
        str(HERE / "config.toml"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), timeout=60 * MINUTES)
    finally:
        if process.returncode is None:
            process.kill()
    return out.decode(errors="replace")


async def test_another_resident_reads_nothing_with_the_ids_of_the_first(
    agency: Agency, town: Town, graphqler: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "graphqler"
    first = (await agency.headers(town.family.log_in))["Authorization"]
    second = (await agency.headers(town.neighbours.log_in))["Authorization"]

    said = await ask(graphqler, agency, folder, "run", first)
    seen_by_the_first = everything_in(folder)
    for log in folder.rglob("*.log"):
        log.unlink()
    # It keeps what it saw in one folder and looks for it in another.
    (kept,) = folder.rglob("objects_bucket.pkl")
    shutil.copy(kept, folder)
    said += await ask(graphqler, agency, folder, "idor", second)

    assert "Running IDOR fuzzer" in said, said[-2000:]
    assert any(own in seen_by_the_first for own in town.family.secrets), "The first one saw their own rows."
    log = (folder / "logs/idor.log").read_text("utf-8")
    possible = set(re.findall(r"Node\(\w+ \| (\w+)\)", log.rpartition("Possible IDOR nodes")[2]))
    assert "home" in possible, "The second one reads their own first page, so the tool did ask."
    assert possible & ROWS.keys() == set(), log[-2000:]
    assert [secret for secret in town.family.secrets if secret in log] == []


def everything_in(folder: Path) -> str:
    return "".join(
        file.read_text("utf-8", errors="replace")
        for file in folder.rglob("*")
        if file.is_file() and file.suffix in {".txt", ".log", ".json", ".yml"}
    )
