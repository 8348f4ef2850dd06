"""The platform as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox.processes import running_sandbox


@contextmanager
def running(account_file: Path, *, port: int = 0) -> Generator[str]:
    """Start both platforms, give their address once they answer, and stop them at the end.

    Raises `RuntimeError` when the process ends before it is ready; what it said went to our standard error.
    """
    places = ["--account", str(account_file.resolve()), "--port", str(port)]
    with running_sandbox("sandbox.wechat", places, called="WeChat") as address:
        yield address
