"""The scanner as a process of its own, for whoever starts it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sandbox.processes import running_sandbox


@contextmanager
def running(*, port: int = 0, pause: float = 0, stream_max: int | None = None) -> Generator[str]:
    """Start the scanner, give its `host:port` once it listens, and stop it at the end."""
    limits = [] if stream_max is None else ["--stream-max", str(stream_max)]
    asked = ["--port", str(port), "--pause", str(pause), *limits]
    with running_sandbox("sandbox.clamd", asked, called="clamd") as address:
        yield address
