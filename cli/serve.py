"""The API as a process: uvicorn with the protocols that the house speaks, and no others."""

from __future__ import annotations

from typing import Final

import uvicorn

from domain.settings import Settings

GRACE_SECONDS: Final = 10


def serve_api(settings: Settings, *, processes: int) -> None:
    """Serve until told to stop; what was begun may end within ten seconds."""
    uvicorn.run(
        "cli.demonstration:create_demonstration" if settings.demo else "api.app:create_app",
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
