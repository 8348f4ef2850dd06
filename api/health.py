"""Whether this process is alive, and whether it can serve."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.resources import Resources
from domain.store import ping

PATIENCE_SECONDS: Final = 2.0


async def alive(_: Request) -> Response:
    """Answer while the process can answer at all."""
    return JSONResponse({"alive": True})


async def ready(request: Request) -> Response:
    """Answer 200 only when the database and Valkey answer too."""
    resources: Resources = request.app.state.resources
    checks = {"database": ping(), "valkey": resources.redis.ping()}
    found: dict[str, bool] = {}
    for name, check in checks.items():
        try:
            await asyncio.wait_for(check, PATIENCE_SECONDS)
            found[name] = True
        except Exception:  # noqa: BLE001 - any failure means not ready, and the answer says which part
            found[name] = False
    return JSONResponse(found, status_code=200 if all(found.values()) else 503)


def routes() -> list[Route]:
    """Give the two addresses that a supervisor asks."""
    return [Route("/healthz", alive), Route("/readyz", ready)]
