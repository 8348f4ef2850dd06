"""Processes that we start: they end with us, and what an earlier killed start left behind is ended first."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from cli.refusals import CannotStart
from domain.errors import Text

NOBODY: Final = "nobody"
ROOT: Final = 0
STOP_SECONDS: Final = 30.0
LAST_LINES: Final = 15


def is_root() -> bool:
    """Tell whether this process runs as root, which PostgreSQL refuses for itself."""
    return os.geteuid() == ROOT


def tied_to_us(command: Sequence[str], *, on_our_death: signal.Signals) -> list[str]:
    """Make the kernel send a signal to the command when the thread that starts it dies, even by SIGKILL.

    Only Linux can do this (`setpriv` of util-linux). Elsewhere the next start ends what was left behind.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(command)
    return [setpriv, "--pdeathsig", on_our_death.name.removeprefix("SIG"), *command]


def as_nobody(command: Sequence[str], *, on_our_death: signal.Signals) -> list[str]:
    """Let root run a command as the user `nobody`, who may still reach its files below a closed folder like /root.

    No user is made on the machine and no folder is opened to others: the command keeps one capability, to pass
    through folders, and loses the rest.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotStart(
            Text(
                zh="PostgreSQL 不能以 root 运行，而本机没有 setpriv(util-linux)。"
                "请改用普通用户运行，或安装 util-linux。",
                en="PostgreSQL refuses root and this machine has no setpriv (util-linux). "
                "Run as an ordinary user, or install util-linux.",
            )
        )
    return [
        setpriv,
        f"--reuid={NOBODY}",
        f"--regid={group_of_nobody()}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--pdeathsig",
        on_our_death.name.removeprefix("SIG"),
        *command,
    ]


def wheel_file(package: str, pattern: str) -> Path:
    """Find a server that a wheel brought, without importing the wheel's own code, which we do not need."""
    found = importlib.util.find_spec(package)
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        for file in Path(folder).glob(pattern):
            return file
    raise CannotStart(
        Text(
            zh=f"没有安装 {package}。请执行 make setup,或用 DATABASE_URL 和 REDIS_URL 指定已有的服务器。",
            en=f"{package} is not installed. Run make setup, or name your own servers in DATABASE_URL and REDIS_URL.",
        )
    )


def inherited_environment() -> dict[str, str]:
    """Give our environment for our children, less the settings for psql, which would lead them to another server."""
    given = os.environ  # noqa: TID251 - handed on as it is; what we read ourselves stands in domain/settings.py
    return {name: value for name, value in given.items() if not name.startswith("PG")}


def last_lines(log: Path) -> str:
    """Read the end of a log for the person at the keyboard."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])


def ended(name: Text, *, code: int, log: Path) -> CannotStart:
    """Say that a part of the house has ended by itself, and what it said last."""
    return CannotStart(
        Text(
            zh=f"{name.zh}已退出(代码 {code}),其余部分随之停止。日志见 {log}。",
            en=f"{name.en} ended with code {code}, so everything else was stopped. "
            f"Its log is {log}; its last lines:\n{last_lines(log)}",
        )
    )


def start(command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only us and we choose the order of stopping."""
    with log.open("ab") as lines:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals) -> None:
    """Ask a child to end and wait for it; after half a minute it is killed."""
    if process.poll() is not None:
        return
    process.send_signal(by)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_leftover(pid_file: Path, *, names: Path, by: signal.Signals) -> None:
    """End a server that a killed start left running on our folder, and forget its pid file.

    A pid that now belongs to another program (they repeat after a restart of a machine or container) is left alone:
    only a process whose command line names our folder is ours.
    """
    lines = pid_file.read_text(encoding="utf-8").splitlines() if pid_file.exists() else []
    if not lines or not lines[0].strip().isdigit():
        pid_file.unlink(missing_ok=True)
        return
    try:
        process = psutil.Process(int(lines[0]))
        if str(names) in process.cmdline():
            process.send_signal(by)
            _wait_or_kill(process)
    except psutil.NoSuchProcess:
        pass
    pid_file.unlink(missing_ok=True)


@contextmanager
def only_one(lock: Path) -> Generator[None]:
    """Hold a folder for ourselves; a second start of the same house is refused with the first one's pid."""
    with lock.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            pid = held.read().strip() or "?"
            raise CannotStart(
                Text(
                    zh=f"数据目录 {lock.parent} 正被另一个进程使用(进程号 {pid})。请先停止它(make stop),"
                    "或用 YIBAO_DATA 指定另一个目录。",
                    en=f"The data folder {lock.parent} is in use by another process (pid {pid}). "
                    "Stop it first (make stop), or choose another folder with YIBAO_DATA.",
                )
            ) from None
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


def is_held(lock: Path) -> bool:
    """Tell whether a process holds a folder now."""
    if not lock.exists():
        return False
    with lock.open("a+", encoding="utf-8") as ours:
        try:
            fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def group_of_nobody() -> str:
    """Say which group `nobody` has here: `nogroup` on Debian, `nobody` on Fedora."""
    import pwd

    return str(pwd.getpwnam(NOBODY).pw_gid)


def _wait_or_kill(process: psutil.Process) -> None:
    """Wait for the end of a process that is not our child; one that only waits to be reaped has ended."""
    deadline = time.monotonic() + STOP_SECONDS
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.02)
