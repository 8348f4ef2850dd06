"""The explorer: GraphiQL on a page of our own, with ready-made operations and a log-in.

Everything that the page loads comes from this server (`api/static/graphiql/built`, made by `build.sh` beside it from
locked packages), because an agency's network knows no content delivery network and the page's policy forbids any.
No script stands in the page; what it has to know is in an attribute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from domain.errors import Text

BUILT: Final = Path(__file__).parent / "static" / "graphiql" / "built"

POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class ReadyOperation:
    """One operation that the page offers: what it does in both languages, its document and values to begin with."""

    name: Text
    document: str
    variables: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Explorer:
    """What the page offers and whom it asks.

    `whoami` is a document whose answer begins with the name of whoever is logged in. The log-in is that of a public
    client of the same origin: authorization code with S256 PKCE, redirected back to the page's own address.
    """

    title: Text
    ready: Sequence[ReadyOperation]
    scopes: Sequence[str]
    whoami: str | None = None
    graphql: str = "/graphql"
    authorize: str = "/oauth/authorize"
    token: str = "/oauth/token"  # noqa: S105 - the address where tokens are given out
    revoke: str = "/oauth/revoke"
    client: str = "explorer"
    log_out: str = "/oauth/log-out"

    def routes(self, path: str = "/graphiql") -> Sequence[BaseRoute]:
        """Return the page at `path` and its files below it."""
        return [Route(path, self._page, methods=["GET"]), Mount(f"{path}/built", StaticFiles(directory=BUILT))]

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(self._html(files=f"{request.url.path}/built"), headers=_HEADERS)

    def _html(self, *, files: str) -> str:
        page = {
            "title": self.title.zh,
            "ready": [
                {"zh": one.name.zh, "en": one.name.en, "document": one.document, "variables": one.variables}
                for one in self.ready
            ],
            "scopes": self.scopes,
            "whoami": self.whoami,
            "graphql": self.graphql,
            "authorize": self.authorize,
            "token": self.token,
            "revoke": self.revoke,
            "client": self.client,
            "logOut": self.log_out,
        }
        return _PAGE.format(
            title=escape(f"{self.title.zh} {self.title.en}"),
            files=escape(files),
            log_out=escape(self.log_out),
            page=escape(orjson.dumps(page).decode()),
        )


_PAGE: Final = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{files}/explorer.css">
<script type="module" src="{files}/explorer.js"></script>
</head>
<body>
<div id="explorer" data-page="{page}"></div>
<noscript>本页需要 JavaScript。 This page needs JavaScript. <a href="{log_out}">退出登录 Log out</a></noscript>
</body>
</html>
"""
