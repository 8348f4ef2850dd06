"""PostgreSQL and Valkey (or Redis) that speak TLS, started by the options that an installation gives them.

The servers of the wheels are built without it, so these are Debian's, which CI installs.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from cli.certificates import make_certificates
from cli.processes import NOBODY, as_nobody, is_root, tied_to_us

READY_SECONDS: Final = 30.0
POSTGRES: Final = Path("/usr/lib/postgresql")
HOST: Final = "localhost"
NOW: Final = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the clock of the machine


def certificates_in(folder: Path) -> Path:
    """Make certificates for a server here, by an authority of their own."""
    make_certificates(folder, servers=[HOST], now=NOW)
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


@contextmanager
def encrypted_postgres(
    folder: Path, *, certificates: Path, options: Sequence[str], rules: str | None = None
) -> Generator[int]:
    """Run PostgreSQL with these options; `rules` is its pg_hba.conf. Gives the port."""
    found = sorted(POSTGRES.glob("*/bin/postgres"))
    if not found:
        pytest.skip("Debian's PostgreSQL is not installed here; CI installs it and runs this.")
    folder.mkdir()
    data, own, port = folder / "data", folder / "own", free_port()
    shutil.copytree(certificates, own)
    if rules is not None:
        (own / "pg_hba.conf").write_text(rules)
    if is_root():
        nobody = pwd.getpwnam(NOBODY)
        for path in (folder, own, *own.iterdir()):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    bins = found[-1].parent
    log = folder.with_suffix(".log")
    with log.open("wb") as lines:
        made = [str(bins / "initdb"), "-D", str(data), "-U", "yibao", "--auth=trust", "--no-sync"]
        subprocess.run(_as_server(made), stdout=lines, stderr=lines, env=_environment(), check=True)
        command = [str(bins / "postgres"), "-D", str(data), "-c", f"unix_socket_directories={folder}"]
        command += ["-c", f"port={port}", *(option.replace("/own", str(own)) for option in options)]
        server = subprocess.Popen(_as_server(command), stdout=lines, stderr=lines, env=_environment())
    try:
        _wait(server, port=port, log=log)
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(READY_SECONDS)


@contextmanager
def encrypted_valkey(folder: Path, *, certificates: Path, options: Sequence[str]) -> Generator[int]:
    """Run Redis 7, whose options of TLS are Valkey's; gives the port. `/own` in an option is where certificates lie."""
    binary = next((name for name in map(shutil.which, ("valkey-server", "redis-server")) if name), None)
    if binary is None:
        pytest.skip("Debian's Redis is not installed here; CI installs it and runs this.")
    folder.mkdir()
    port, log = free_port(), folder / "log"
    command = [binary, "--bind", "127.0.0.1", "--tls-port", str(port), "--dir", str(folder)]
    command += [option.replace("/own", str(certificates)) for option in options]
    with log.open("wb") as lines:
        server = subprocess.Popen(tied_to_us(command, on_our_death=signal.SIGTERM), stdout=lines, stderr=lines)
    try:
        _wait(server, port=port, log=log)
        yield port
    finally:
        server.terminate()
        server.wait(READY_SECONDS)


def _wait(server: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0 and b"ready" in log.read_bytes().lower():
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text("utf-8", errors="replace"))


def _as_server(command: list[str]) -> list[str]:
    return (as_nobody if is_root() else tied_to_us)(command, on_our_death=signal.SIGINT)


def _environment() -> dict[str, str]:
    return {"LC_ALL": "C.UTF-8", "PATH": os.defpath}
