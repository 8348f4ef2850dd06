"""The bank as a process of its own, for whoever starts it: the demo and the tests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox.processes import running_sandbox


@contextmanager
def running(customer_file: Path, *, data: Path, port: int = 0) -> Generator[str]:
    """Start the bank, give its address once it answers, and stop it at the end. Raises `RuntimeError`."""
    places = ["--customer", str(customer_file.resolve()), "--data", str(data.resolve()), "--port", str(port)]
    with running_sandbox("sandbox.bank", places, called="Bank") as address:
        yield address
