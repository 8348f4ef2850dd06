"""The bank as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_READY: Final = "Bank sandbox ready at "
_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_SECONDS: Final = 10


@contextmanager
def running(customer_file: Path, *, data: Path, port: int = 0) -> Generator[str]:
    """Start the bank, give its address once it answers, and stop it at the end. Raises `RuntimeError`."""
    places = ["--customer", str(customer_file.resolve()), "--data", str(data.resolve()), "--port", str(port)]
    command = [sys.executable, "-m", "sandbox.bank", *places]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            if not line.startswith(_READY):
                raise RuntimeError(f"The bank sandbox did not start; it said {line!r}.")
            yield line.removeprefix(_READY)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
