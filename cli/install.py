"""`python3 -m cli.install`: the locked environment in `.venv`, made once, with nothing but Python and pip.

Runs under the Python of a fresh machine, before anything is installed: the standard library only, and no syntax that
an older Python could not read before it is told that it is too old.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
LAST_LINES = 15
BROKEN = 1


def main(arguments: list) -> int:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType] - an older Python reads this too
    """Install what running needs, or with `--dev` what development needs too; give the exit code."""
    if sys.version_info < OLDEST:
        version = ".".join(map(str, sys.version_info[:3]))
        return _refuse(
            f"需要 Python 3.11 或更新的版本，现在是 {version}。可用 make PYTHON=python3.12 run 指定。",
            f"Python 3.11 or newer is needed, this is {version}. Name another one: make PYTHON=python3.12 run",
        )
    environment = Path(".venv")
    lock = Path("requirements-dev.lock" if "--dev" in arguments else "requirements.lock")
    stamp = environment / "installed"
    if _is_installed(lock, stamp):
        return 0
    return _make_environment(environment) or _install(environment, lock) or _write(stamp, lock)


def _is_installed(lock: Path, stamp: Path) -> bool:
    """Tell whether the environment is that of the lock; development's holds everything that running needs."""
    found = stamp.read_text(encoding="utf-8") if stamp.exists() else ""
    wanted = (lock, Path("requirements-dev.lock"))
    return found in {_digest(file) for file in wanted} and _runs(stamp.parent, "import pip")


def _make_environment(environment: Path) -> int:
    if _runs(environment, "import pip"):
        return 0
    # A half-made environment of an earlier start is made anew.
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(environment)], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        return 0
    return _refuse(
        "无法建立 Python 环境。在 Debian 或 Ubuntu 上请先执行:apt install python3-venv",
        "The Python environment cannot be made. On Debian or Ubuntu, first: apt install python3-venv\n" + made.stdout,
    )


def _install(environment: Path, lock: Path) -> int:
    packages = lock.read_text(encoding="utf-8").count("==")
    command = [str(_python(environment)), "-m", "pip", "install", "--require-hashes", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", str(lock)]
    said = []
    collected = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line)
            unpacking = line.startswith("Installing collected")
            if unpacking or line.startswith(("Collecting ", "Requirement already satisfied")):
                collected += 1
                _show(min(collected, packages), packages, unpacking=unpacking)
    _end_of_line()
    if pip.returncode == 0:
        return 0
    return _refuse(
        f"按 {lock} 安装失败。请检查网络后重试，已下载的部分不会白费。",
        f"The installation of {lock} failed. Look at the network and try again; what was fetched is kept.\n"
        + "".join(said[-LAST_LINES:]),
    )


def _show(done: int, packages: int, *, unpacking: bool) -> None:
    """Show how far it is: on one line of a terminal, or in two lines of a log."""
    text = f"安装依赖(逐个核对校验值) Installing, each checked against its hash: {done}/{packages}"
    if unpacking:
        text = f"正在展开 {packages} 个依赖包 Unpacking {packages} packages … "
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
    elif unpacking or done == 1:
        print(text, flush=True)


def _end_of_line() -> None:
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def _write(stamp: Path, lock: Path) -> int:
    stamp.write_text(_digest(lock), encoding="utf-8")
    return 0


def _digest(lock: Path) -> str:
    """Name what is installed: the lock, and the Python that it was installed for."""
    return hashlib.sha256(lock.read_bytes() + repr(sys.version_info[:2]).encode()).hexdigest()


def _runs(environment: Path, statement: str) -> bool:
    python = _python(environment)
    return python.exists() and subprocess.run([str(python), "-c", statement], check=False).returncode == 0


def _python(environment: Path) -> Path:
    return environment / "bin" / "python"


def _refuse(zh: str, en: str) -> int:
    print(f"{zh}\n{en}", file=sys.stderr)
    return BROKEN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
