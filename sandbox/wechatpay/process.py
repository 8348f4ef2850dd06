"""The platform as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_READY: Final = "WeChat Pay sandbox ready at "
_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_SECONDS: Final = 10


@contextmanager
def running(merchant_file: Path, *, data: Path, port: int = 0, speed: float = 1) -> Generator[str]:
    """Start the platform, give its address once it answers, and stop it at the end.

    Raises `RuntimeError` when the process ends before it is ready; what it said went to our standard error.
    """
    places = ["--merchant", str(merchant_file.resolve()), "--data", str(data.resolve())]
    command = [sys.executable, "-m", "sandbox.wechatpay", *places, "--port", str(port), "--speed", str(speed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            if not line.startswith(_READY):
                raise RuntimeError(f"The WeChat Pay sandbox did not start; it said {line!r}.")
            yield line.removeprefix(_READY)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
