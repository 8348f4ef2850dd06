"""A small city on servers of its own, a resident in it, and the processes that answer for them."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import psutil

from api.context import read_clock
from api.oauth.tokens import AccessTokens
from benchmarks.load import request_bytes
from city.load import load_city
from cli.bills import bill_everybody, today, year_to_bill
from cli.children import answers
from cli.ports import free_port_near
from cli.processes import inherited_environment, last_lines, start, stop, tied_to_us
from cli.servers import Servers, running_servers
from domain import identity, store
from domain.actors import Actor, ActorKind
from domain.crypto import Keyring
from domain.settings import Settings
from domain.work import Work, perform

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 60.0
UVICORN: Final = ("--loop", "uvloop", "--http", "httptools", "--ws", "none", "--log-level", "warning")

PARENT: Final = (
    "SELECT account.id, person_id, name FROM account JOIN person ON person.id = person_id WHERE login = 'parent'"
)
READINGS_PER_PERSON: Final = 3


@dataclass(frozen=True, slots=True)
class City:
    """A city that is ready to be asked, and a resident who has family, bills, cover and readings there."""

    servers: Servers
    settings: Settings
    resident: Actor
    token: str

    @property
    def person_id(self) -> UUID:
        """Who the resident is."""
        assert self.resident.person_id is not None
        return self.resident.person_id

    def postgresql_seconds(self) -> float:
        """Processor time that the processes of PostgreSQL have used which are there now."""
        return sum(
            _processor_seconds(process)
            for process in psutil.Process(self.servers.postgres.pid).children(recursive=True)
        )


@dataclass(frozen=True, slots=True)
class Answering:
    """One process that answers on a port."""

    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Processor time that the process has used."""
        return _processor_seconds(self.process)


@contextmanager
def running_city(folder: Path, *, people: int) -> Generator[City]:
    """Start PostgreSQL and Valkey from the wheels in a folder and fill in a city; stop them at the end."""
    with running_servers(folder) as servers:
        keys = folder / "keys.json"
        Keyring.make().save(keys)
        settings = Settings.model_validate(
            {
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                "data": folder,
                "keys": keys,
                "public_url": "http://benchmark.localhost",
            }
        )
        asyncio.run(store.migrate(servers.database_url))
        asyncio.run(
            load_city(
                servers.database_url, people=people, seed=1, keys=Keyring.load(keys), progress=lambda _done, _all: None
            )
        )
        bill_everybody(settings, year=year_to_bill(today()), progress=lambda _people, _bills: None)
        resident, token = asyncio.run(_resident(settings))
        yield City(servers=servers, settings=settings, resident=resident, token=token)


@contextmanager
def answering(city: City, command: Sequence[str], *, name: str) -> Generator[Answering]:
    """Run a process that serves HTTP on a free port, given to it as the last argument; stop it at the end."""
    port = free_port_near(HOST, city.settings.port)
    log = city.servers.logs / f"{name}.log"
    process = start(
        tied_to_us((sys.executable, *command, str(port)), on_our_death=signal.SIGTERM),
        log=log,
        environment=_environment(city.settings, port=port),
    )
    try:
        _wait_until_ready(process, port=port, log=log)
        yield Answering(port=port, process=psutil.Process(process.pid))
    except Exception as error:
        error.add_note(f"The last lines of {name}:\n{last_lines(log)}")
        raise
    finally:
        stop(process, by=signal.SIGTERM)


def house_command() -> Sequence[str]:
    """Serve the whole application, one process, as `yibao serve` does."""
    return ("-m", "uvicorn", "--factory", "cli.serve:create_app", *UVICORN, "--no-access-log", "--port")


def bare_command() -> Sequence[str]:
    """Serve the hand-written statement with the same server, one process."""
    return ("-m", "uvicorn", "--factory", "benchmarks.bare:create_bare", *UVICORN, "--no-access-log", "--port")


def timed_command() -> Sequence[str]:
    """Serve the whole application with a stopwatch inside."""
    return ("-m", "benchmarks.timed")


def house_request(city: City, document_id: str) -> bytes:
    """Ask the API for a trusted document by its id, as the resident."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {city.token}"}
    return request_bytes(HOST, "/graphql", body=b'{"documentId":"%s"}' % document_id.encode(), headers=headers)


def bare_request(city: City) -> bytes:
    """Ask the bare route for the resident's page."""
    return request_bytes(HOST, f"/bare/{city.person_id}", body=b"", headers={})


def _processor_seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


async def _resident(settings: Settings) -> tuple[Actor, str]:
    """Find the parent of the demo families, let three people read each file, and sign a token as log-in does."""
    assert settings.database_url is not None
    # Whole seconds: PostgreSQL's JSON drops zeros at the end of a fraction and Python does not.
    now, keys = read_clock().replace(microsecond=0), Keyring.load(settings.key_file)
    tokens = AccessTokens(origin=settings.origin, keys=keys)
    async with store.open_database(settings.database_url, pool=1):
        row = await store.row(PARENT)
        assert row is not None, "Every city has the demo parent."
        resident = Actor(
            kind=ActorKind.RESIDENT,
            id=row["id"],
            scopes=frozenset(identity.RESIDENT_SCOPES),
            client_id="resident-web",
            person_id=row["person_id"],
            name=row["name"],
        )

        family = await store.rows("SELECT subject_id AS id FROM mandate WHERE holder_id = $1", row["person_id"])

        async def read_files(work: Work) -> None:
            for person_id in (row["person_id"], *(ward["id"] for ward in family)):
                for number in range(READINGS_PER_PERSON):
                    await work.record_reading(person_id=person_id, purpose=f"核对 {number}", what=("bills", "coverage"))

        clerk = Actor(kind=ActorKind.STAFF, id=uuid4(), name="甲经办", office="市医保经办中心")
        await perform(read_files, actor=clerk, now=now - timedelta(days=1), keys=keys)
        token = await tokens.sign(resident, now=now, sid=uuid4())
    return resident, token


def _environment(settings: Settings, *, port: int) -> Mapping[str, str]:
    assert settings.database_url is not None
    assert settings.redis_url is not None
    return inherited_environment() | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "YIBAO_DATA": str(settings.data),
        "YIBAO_KEYS": str(settings.key_file),
        "YIBAO_PUBLIC_URL": settings.origin,
        "YIBAO_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until_ready(process: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
    ready = answers(HOST, port, "/readyz")
    deadline = time.monotonic() + READY_SECONDS
    while not ready(log):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{log.stem} does not answer:\n{last_lines(log)}")
        time.sleep(0.05)
