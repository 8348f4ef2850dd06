"""The scanner as a process of its own, for whoever starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_READY: Final = "clamd sandbox ready at "
_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_SECONDS: Final = 10


@contextmanager
def running(*, port: int = 0, pause: float = 0, stream_max: int | None = None) -> Generator[str]:
    """Start the scanner, give its `host:port` once it listens, and stop it at the end."""
    limits = [] if stream_max is None else ["--stream-max", str(stream_max)]
    command = [sys.executable, "-m", "sandbox.clamd", "--port", str(port), "--pause", str(pause), *limits]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            if not line.startswith(_READY):
                raise RuntimeError(f"The clamd sandbox did not start; it said {line!r}.")
            yield line.removeprefix(_READY)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
