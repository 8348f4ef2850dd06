"""The platform as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_READY: Final = "Fiscal sandbox ready at "
_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_SECONDS: Final = 10


@contextmanager
def running(*, access_key: str, secret: str, port: int = 0, any_time: bool = False) -> Generator[str]:
    """Start the platform, give its address once it answers, and stop it at the end."""
    command = [sys.executable, "-m", "sandbox.fiscal", "--access-key", access_key, "--secret", secret]
    command += ["--port", str(port), *(["--any-time"] if any_time else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            if not line.startswith(_READY):
                raise RuntimeError(f"The fiscal sandbox did not start; it said {line!r}.")
            yield line.removeprefix(_READY)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
