"""A sandbox as a process of its own: started, awaited by its word, stopped at the end. One way for all of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_STOP_SECONDS: Final = 10


@contextmanager
def running_sandbox(module: str, arguments: Sequence[str], *, called: str) -> Generator[str]:
    """Start a sandbox and give the address that it says once it answers: `<called> sandbox ready at <address>`.

    Raises `RuntimeError` when the process ends before it is ready; what it said went to our standard error.
    """
    ready = f"{called} sandbox ready at "
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            if not line.startswith(ready):
                raise RuntimeError(f"The {called} sandbox did not start; it said {line!r}.")
            yield line.removeprefix(ready)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
