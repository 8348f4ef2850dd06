"""The API of a running house once more, on another port and with a later clock: months pass in no time."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import uvicorn

from api import app
from api.context import read_clock
from api.ready_made import Demonstration
from domain.settings import Settings


@contextmanager
def house_in(later: timedelta, *, origin: str, database_url: str, redis_url: str, data: Path) -> Generator[str]:
    """Serve the house of an origin as it will be so much later; give the address where it listens."""
    addresses: dict[str, Any] = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    settings = Settings(data=data, public_url=origin, demo=True, **addresses)
    with patch.object(app, "read_clock", lambda: read_clock() + later):
        served = app.create_app(settings, demonstration=Demonstration())
        server = uvicorn.Server(uvicorn.Config(served, host="127.0.0.1", port=0, lifespan="on", log_level="critical"))
        running = threading.Thread(target=server.run)
        running.start()
        try:
            while not server.started:
                assert running.is_alive(), "The application did not start."
                time.sleep(0.01)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            running.join()
