"""The whole house as `make run` brings it up: real processes, real servers, a small city."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cli.ports import free_port_near

ROOT = Path(__file__).parents[2]
READY_SECONDS = 110


@pytest.fixture
def house(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a running house; everything it started is gone afterwards."""
    port = _free_port()
    environment = os.environ | {  # noqa: TID251 - the tests' own border
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "YIBAO_DATA": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
    }
    told = (tmp_path / "told.txt").open("w+")
    running = subprocess.Popen(
        [sys.executable, "-m", "cli", "run", "--city", "300", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=told,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _wait_until_ready(running, tmp_path / "told.txt")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(timeout=30)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
        told.close()


@pytest.fixture(scope="session")
def recipe() -> ModuleType:
    """The program of the guide, whose pieces the journey is made of."""
    file = ROOT / "docs" / "guides" / "first_journey.py"
    spec = importlib.util.spec_from_file_location("first_journey", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _free_port() -> int:
    """Find a port that the system gives nobody by chance, with room above it for the house's other parts."""
    return free_port_near("127.0.0.1", 10_000 + os.getpid() * 50 % 10_000)


def _wait_until_ready(running: subprocess.Popen[bytes], told: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while "Ready" not in told.read_text():
        assert running.poll() is None, told.read_text()
        assert time.monotonic() < until, told.read_text()
        time.sleep(0.2)
