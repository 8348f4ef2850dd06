"""The platform as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_READY: Final = "SMS sandbox ready at "
_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_SECONDS: Final = 10


@contextmanager
def running(account_file: Path, *, port: int = 0) -> Generator[str]:
    """Start the platform, give its address once it answers, and stop it at the end.

    Raises `RuntimeError` when the process ends before it is ready; what it said went to our standard error.
    """
    command = [sys.executable, "-m", "sandbox.sms", "--account", str(account_file.resolve()), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            if not line.startswith(_READY):
                raise RuntimeError(f"The SMS sandbox did not start; it said {line!r}.")
            yield line.removeprefix(_READY)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
