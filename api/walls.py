"""Every request begins as nobody in particular, as far as the database knows; who asks is said once it is known.

What runs outside of requests is the house itself. So a forgotten line in here, or in a new route, shows nothing.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from domain import store
from domain.actors import ANYBODY


class BeginsAsAnybody:
    """Lets the rows of people disappear for every request and socket until somebody has been recognised."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as nobody at first."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        with store.asking(ANYBODY):
            await self._app(scope, receive, send)
