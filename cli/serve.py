"""The API as a process: uvicorn with the protocols that the house speaks, and no others."""

from __future__ import annotations

import gc
from typing import Final

import uvicorn
from starlette.applications import Starlette

from domain.settings import Settings

GRACE_SECONDS: Final = 10


def create_app() -> Starlette:
    """Build the application of this process, and let the collector of garbage pass over all that it is made of.

    Whenever it looks through half a million objects that never go away, everybody who is served here waits.
    """
    if Settings().demo:
        from cli.demonstration import create_demonstration as create
    else:
        from api.app import create_app as create
    made = create()
    gc.collect()
    gc.freeze()
    return made


def serve_api(settings: Settings, *, processes: int) -> None:
    """Serve until told to stop; what was begun may end within ten seconds."""
    uvicorn.run(
        f"{__name__}:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=processes,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        log_level="warning",
        log_config=None,  # its lines go where ours go, and masked (domain/logs.py)
        access_log=False,
        server_header=False,
        # Said here, so that nobody's own X-Forwarded-For counts because some variable of the host says so.
        forwarded_allow_ips=settings.proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
