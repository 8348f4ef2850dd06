"""A house of real processes that are killed again and again: PostgreSQL, workers, the API; and a bank that lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from cli.ports import free_port_near
from cli.postgres import start_postgres, stop_postgres
from cli.processes import start, tied_to_us
from cli.servers import addresses_at, make_private, socket_folder
from tests.builders import KEYS

ROOT: Final = Path(__file__).parents[2]
ORIGIN: Final = "http://agency.test"


@dataclass
class Database:
    """PostgreSQL with all its promises to the disk, which dies and comes back."""

    folder: Path
    sockets: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return addresses_at(self.sockets).database_url

    def stop_immediately(self) -> None:
        """Do what `pg_ctl stop -m immediate` does, and start again: nothing but what was committed is left."""
        os.kill(self._postmaster(), signal.SIGQUIT)
        self.process.wait(30)
        self.process = start_here(self.folder, self.sockets)

    def kill_a_backend(self) -> None:
        """Kill one session with SIGKILL: PostgreSQL throws all of them out and recovers by itself."""
        with suppress(psutil.NoSuchProcess):
            sessions = [
                child for child in psutil.Process(self._postmaster()).children() if "postgres yibao" in _title(child)
            ]
            if sessions:
                sessions[0].kill()

    def _postmaster(self) -> int:
        return int((self.folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])


@dataclass
class Child:
    """A process that is started again whenever it has ended."""

    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def see_to(self) -> None:
        """Start it if it does not run, as a supervisor does."""
        if self.process is None or self.process.poll() is not None:
            command = tied_to_us(self.command, on_our_death=signal.SIGKILL)
            self.process = start(command, log=self.log, environment=self.environment)
            self.starts += 1

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)


@dataclass
class House:
    """Everything that runs."""

    database: Database
    workers: tuple[Child, ...]
    api: Child
    address: str
    kills: dict[str, int] = field(default_factory=dict)

    @property
    def children(self) -> tuple[Child, ...]:
        return (*self.workers, self.api)

    def see_to_children(self) -> None:
        for child in self.children:
            child.see_to()

    def strike(self, name: str) -> None:
        """Kill one thing by its name, and count it."""
        blows: Mapping[str, Callable[[], None]] = {
            "worker": self.workers[self.kills.get("worker", 0) % len(self.workers)].kill,
            "api": self.api.kill,
            "session": self.database.kill_a_backend,
            "database": self.database.stop_immediately,
        }
        blows[name]()
        self.kills[name] = self.kills.get(name, 0) + 1
        self.see_to_children()


@contextmanager
def running_house(folder: Path, *, redis_url: str, customer_file: Path, workers: int = 2) -> Iterator[House]:
    """Start it all, and leave nothing behind."""
    for part in ("logs", "data"):
        make_private(folder / part)
    KEYS.save(folder / "keys.json")
    sockets = socket_folder(folder)
    database = Database(folder / "postgres", sockets, start_here(folder / "postgres", sockets))
    port = free_port_near("127.0.0.1", 20_000 + os.getpid() % 20_000)
    environment = _plain_environment() | {
        "DATABASE_URL": database.url,
        "REDIS_URL": redis_url,
        "YIBAO_DATA": str(folder / "data"),
        "YIBAO_KEYS": str(folder / "keys.json"),
        "YIBAO_BANK": str(customer_file),
        "YIBAO_PORT": str(port),
        "YIBAO_PUBLIC_URL": ORIGIN,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
    }

    def child(name: str, *module: str) -> Child:
        return Child((sys.executable, "-m", *module), folder / "logs" / f"{name}.log", environment)

    house = House(
        database=database,
        workers=tuple(child(f"worker{number}", "tests.faults.worker_process") for number in range(workers)),
        api=child("api", "cli", "serve"),
        address=f"http://127.0.0.1:{port}",
    )
    try:
        yield house
    finally:
        for one in house.children:
            if one.process is not None:
                one.kill()
        stop_postgres(database.process)


def start_here(folder: Path, sockets: Path) -> subprocess.Popen[bytes]:
    log = folder.parent / "logs" / "postgresql.log"
    settings = {"fsync": "on", "synchronous_commit": "on", "max_connections": "60", "shared_buffers": "64MB"}
    return start_postgres(folder, sockets=sockets, log=log, settings=settings)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _plain_environment() -> dict[str, str]:
    given = os.environ  # noqa: TID251 - the tests' own border
    return {name: value for name, value in given.items() if not name.startswith(("PG", "YIBAO"))}
