"""GraphQL over HTTP, as graphql-http's audit of 61 points sees it."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from api.operations import Mode
from tests.api.toy import served, toy_app

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def auditor() -> Path:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the audit is a Node package, and neither node nor npm is installed here")
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes, the installation in one
        if not (HERE / "node_modules" / "graphql-http").is_dir():
            subprocess.run([npm, "ci", "--ignore-scripts"], cwd=HERE, check=True, capture_output=True, timeout=100)
    return HERE / "audit.mjs"


def audit(auditor: Path, address: str, token: str = "") -> dict[str, str]:
    run = subprocess.run(
        ["node", str(auditor), f"{address}/graphql", token], capture_output=True, check=True, timeout=60
    )
    return {f"{result['id']} {result['name']}": result["status"] for result in json.loads(run.stdout)}


@pytest.mark.parametrize(
    ("mode", "token"), [(Mode.DEMO, ""), (Mode.TRUSTED, "Bearer dev:introspect")], ids=["demo", "developer"]
)
def test_every_audit_of_graphql_over_http_is_passed(auditor: Path, mode: Mode, token: str) -> None:
    with served(toy_app(mode)) as address:
        results = audit(auditor, address, token)

    assert len(results) == 61
    assert {name: status for name, status in results.items() if status != "ok"} == {}


def test_the_audit_finds_faults_where_there_are_some(auditor: Path) -> None:
    with served(toy_app(Mode.TRUSTED)) as address:
        results = audit(auditor, address)

    assert "error" in results.values(), "without a scope nothing but trusted documents is run"
