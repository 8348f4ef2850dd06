"""The platform as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox.processes import running_sandbox


@contextmanager
def running(merchant_file: Path, *, data: Path, port: int = 0, speed: float = 1) -> Generator[str]:
    """Start the platform, give its address once it answers, and stop it at the end.

    Raises `RuntimeError` when the process ends before it is ready; what it said went to our standard error.
    """
    places = ["--merchant", str(merchant_file.resolve()), "--data", str(data.resolve())]
    asked = [*places, "--port", str(port), "--speed", str(speed)]
    with running_sandbox("sandbox.wechatpay", asked, called="WeChat Pay") as address:
        yield address
