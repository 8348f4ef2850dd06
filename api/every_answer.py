"""What holds for every answer, whoever gives it: closed to other sites, kept by nobody, and no bug shown.

An answer that says something else by itself (a page its own policy, public keys their five minutes) keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import orjson
import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log: Final = structlog.stdlib.get_logger("api")

DEFAULTS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Two years, as the preload lists ask for. Names below the agency's own are the agency's too.
_ONLY_TLS: Final = "max-age=63072000; includeSubDomains"


class EveryAnswer:
    """Adds what an answer lacks, and answers for whoever broke: an incident number, and the story in the log alone.

    A pure ASGI middleware for the whole application. `origin` is the address of this house; HTTPS is demanded of
    browsers for the next two years where that is one of HTTPS.
    """

    def __init__(self, app: ASGIApp, *, origin: str) -> None:
        self._app = app
        self._headers = dict(DEFAULTS)
        if origin.startswith("https://"):
            self._headers["Strict-Transport-Security"] = _ONLY_TLS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_closed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._complete(MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, receive, send_closed)
        except Exception as bug:
            incident = str(uuid4())
            log.exception("bug_at_the_edge", incident=incident, kind=type(bug).__name__, method=scope["method"])
            if has_begun:
                # The connection has to break, so that nobody takes half an answer for a whole one.
                raise RuntimeError(f"An answer broke off; see incident {incident}.") from None
            await _sorry(incident)(scope, receive, send_closed)

    def _complete(self, headers: MutableHeaders) -> None:
        for name, value in self._headers.items():
            # What has a tag is asked for again by it, and shows nobody's data.
            if not (name == "Cache-Control" and "etag" in headers):
                headers.setdefault(name, value)


def _sorry(incident: str) -> Response:
    message = (
        f"系统出错，已记录，事件编号 {incident}，请联系经办机构并报此编号。 "
        f"Something went wrong on our side. It is recorded as incident {incident}; please quote that number."
    )
    return Response(orjson.dumps({"message": message, "incident": incident}), 500, media_type="application/json")
