"""The platform as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sandbox.processes import running_sandbox


@contextmanager
def running(*, access_key: str, secret: str, port: int = 0, any_time: bool = False) -> Generator[str]:
    """Start the platform, give its address once it answers, and stop it at the end."""
    asked = ["--access-key", access_key, "--secret", secret, "--port", str(port)]
    asked += ["--any-time"] if any_time else []
    with running_sandbox("sandbox.fiscal", asked, called="Fiscal") as address:
        yield address
