"""The servers of one test run: started by the first test that needs them, shared by all its processes.

`python -m tests.servers FOLDER PID` keeps them until the process PID, the test run, is gone; so they end with it even
when it is killed. With DATABASE_URL and REDIS_URL in the environment the run uses those servers and starts none.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil

from cli.servers import Addresses, running_servers

ROOT: Final = Path(__file__).resolve().parent.parent
READY_SECONDS: Final = 120.0
MEMORY: Final = Path("/dev/shm")
ROOM_IN_BYTES: Final = 2 * 1024**3

# Tests may lose their data with the machine; nothing else may.
FAST_POSTGRES: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "autovacuum": "off",
    "max_wal_size": "256MB",
}
FAST_VALKEY: Final = {"appendonly": "no"}

# The database of worker number n of the run: 15, 14, ... so that a given Redis keeps its first ones.
LAST_REDIS_DATABASE: Final = 15


def make_run_folder() -> Path:
    """Make the folder of this run: in memory where there is room, as copying a database is ten times as fast there."""
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_IN_BYTES
    return Path(tempfile.mkdtemp(prefix="yibao-tests-", dir=MEMORY if in_memory else None))


def shared_addresses(folder: Path, *, run_pid: int) -> Addresses:
    """Give the addresses of this run's servers, which are started if nobody has done so."""
    given = given_addresses()
    if given.database_url and given.redis_url:
        return given
    started = _started_addresses(folder, run_pid=run_pid)
    return Addresses(
        database_url=given.database_url or started.database_url, redis_url=given.redis_url or started.redis_url
    )


def given_addresses() -> Addresses:
    """Read which servers the person at the keyboard chose; empty texts mean the wheels' servers."""
    given = os.environ  # noqa: TID251 - the tests' own border
    return Addresses(database_url=given.get("DATABASE_URL", ""), redis_url=given.get("REDIS_URL", ""))


def stop_shared(folder: Path) -> None:
    """End what the run started and remove its folder."""
    pid_file = folder / "keeper.pid"
    if pid_file.exists():
        try:
            keeper = psutil.Process(int(pid_file.read_text(encoding="utf-8")))
            if str(folder) in keeper.cmdline():
                keeper.terminate()
                keeper.wait(READY_SECONDS)
        except (psutil.NoSuchProcess, ValueError):
            pass
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_at_a_time(folder: Path, name: str) -> Iterator[None]:
    """Let one process of the run do a thing while the others wait."""
    with (folder / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def with_database(url: str, name: str) -> str:
    """Name another database on the same server."""
    parts = urlsplit(url)
    question = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{name}{question}"


def with_redis_database(url: str, number: int) -> str:
    """Name another numbered database on the same server."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return f"{parts.scheme}://{parts.netloc}/{number}"


def _started_addresses(folder: Path, *, run_pid: int) -> Addresses:
    ready = folder / "addresses.json"
    with one_at_a_time(folder, "servers"):
        if not ready.exists():
            with (folder / "keeper.log").open("ab") as log:
                keeper = subprocess.Popen(
                    [sys.executable, "-m", "tests.servers", str(folder), str(run_pid)],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            (folder / "keeper.pid").write_text(str(keeper.pid), encoding="utf-8")
            _wait_for(ready, keeper=keeper, log=folder / "keeper.log")
    return Addresses(**json.loads(ready.read_text(encoding="utf-8")))


def _wait_for(ready: Path, *, keeper: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The servers for the tests did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.02)


def _keep(folder: Path, *, run_pid: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    place = folder / "servers"
    with running_servers(place, postgres_settings=FAST_POSTGRES, valkey_settings=FAST_VALKEY) as addresses:
        unfinished = folder / "addresses.unfinished"
        unfinished.write_text(
            json.dumps({"database_url": addresses.database_url, "redis_url": addresses.redis_url}), encoding="utf-8"
        )
        unfinished.rename(folder / "addresses.json")
        while psutil.pid_exists(run_pid):
            time.sleep(0.5)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), run_pid=int(sys.argv[2]))
