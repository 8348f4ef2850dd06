"""Real PostgreSQL and real Valkey from wheels, in a data folder, for a machine that has neither.

Both listen on Unix sockets in a folder that only this user can enter; no port is opened, so none can be busy. They
stop with us. The addresses are

- `postgres://postgres@/yibao?host=/folder/sockets`, which asyncpg and Tortoise both read (the host may be percent
  encoded; there is no port, as Tortoise would hand it on as a text), and
- `unix:///folder/sockets/valkey.sock?db=0`, which redis-py reads.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cli.postgres import DATABASE, USER, start_postgres, stop_postgres
from cli.processes import ended, only_one
from cli.refusals import CannotStart
from cli.valkey import start_valkey, stop_valkey
from domain.errors import Text

SOCKET_PATH_BYTES: Final = 103
"""The longest path of a Unix socket: 107 bytes on Linux, 103 on macOS."""
OPEN_TO_OTHERS: Final = 0o077

NO_SETTINGS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers answer."""

    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class Servers(Addresses):
    """Both servers while they run."""

    postgres: subprocess.Popen[bytes]
    valkey: subprocess.Popen[bytes]
    logs: Path

    def check(self) -> None:
        """Raise CannotStart when one of them has ended by itself; nothing happens while both run."""
        for name, process in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if (code := process.poll()) is not None:
                raise ended(Text(zh=name, en=name), code=code, log=self.logs / f"{name.lower()}.log")


@contextmanager
def running_servers(
    folder: Path,
    *,
    postgres_settings: Mapping[str, str] = NO_SETTINGS,
    valkey_settings: Mapping[str, str] = NO_SETTINGS,
) -> Generator[Servers]:
    """Run both servers on a data folder and stop them at the end; what an earlier killed start left is ended first.

    Call it in a thread that lives as long as the servers shall: on Linux they end with the thread that started them.
    Raises CannotStart when the folder is in use or not ours, or a server does not start.
    """
    folder = folder.expanduser().absolute()
    make_private(folder)
    logs = folder / "logs"
    make_private(logs)
    with ExitStack() as stack:
        stack.enter_context(only_one(folder / "servers.lock"))
        sockets = socket_folder(folder)
        stack.callback(_forget_short_folder, sockets, folder=folder)
        postgres = start_postgres(
            folder / "postgres", sockets=sockets, log=logs / "postgresql.log", settings=postgres_settings
        )
        stack.callback(stop_postgres, postgres)
        valkey = start_valkey(folder / "valkey", sockets=sockets, log=logs / "valkey.log", settings=valkey_settings)
        stack.callback(stop_valkey, valkey)
        at = addresses_at(sockets)
        yield Servers(at.database_url, at.redis_url, postgres=postgres, valkey=valkey, logs=logs)


def addresses_at(sockets: Path) -> Addresses:
    """Say which addresses servers with this folder of sockets have."""
    where = quote(str(sockets), safe="/")
    return Addresses(
        database_url=f"postgres://{USER}@/{DATABASE}?host={where}",
        redis_url=f"unix://{where}/valkey.sock?db=0",
    )


def socket_folder(folder: Path) -> Path:
    """Make the folder of the sockets: in the data folder, or below the system's temporary folder if it cannot be there.

    A Unix socket's path has little room, and a data folder deep in a home can be longer; a comma in it would be read
    as the border between two hosts.
    """
    name = "yibao-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    below_temporary = (Path(tempfile.gettempdir()) / name, Path("/tmp") / name)  # noqa: S108 - private, as checked below
    sockets = next(place for place in (folder / "sockets", *below_temporary) if _holds_a_socket(place))
    make_private(sockets)
    return sockets


def _forget_short_folder(sockets: Path, *, folder: Path) -> None:
    """Leave nothing of ours in the temporary folder."""
    if not sockets.is_relative_to(folder):
        shutil.rmtree(sockets, ignore_errors=True)


def _holds_a_socket(folder: Path) -> bool:
    return len(os.fsencode(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES and "," not in str(folder)


def make_private(folder: Path) -> None:
    """Make a folder that only we can enter, or make sure that an existing one is ours and nobody else's."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        if ours and found.st_mode & OPEN_TO_OTHERS:
            folder.chmod(0o700)
    except OSError as error:
        raise CannotStart(
            Text(
                zh=f"无法使用目录 {folder}:{error.strerror}。请换一个目录(YIBAO_DATA)。",
                en=f"The folder {folder} cannot be used: {error.strerror}. Choose another one with YIBAO_DATA.",
            )
        ) from error
    if not ours:
        raise CannotStart(
            Text(
                zh=f"目录 {folder} 属于另一个用户。请用该用户运行，或用 YIBAO_DATA 指定另一个目录。",
                en=f"The folder {folder} belongs to another user. "
                "Run as that user, or choose another folder with YIBAO_DATA.",
            )
        )
