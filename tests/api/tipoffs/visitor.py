"""Somebody with a browser that runs no scripts: reads forms out of pages and sends them back as browsers do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import count
from typing import Final

import httpx2

from api.tipoffs import puzzles

PATH: Final = "/tipoffs"
_INPUT: Final = re.compile(r"<input ([^>]*)>")
_SAID: Final = re.compile(r'(\w+)="([^"]*)"')
Files = Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class Page:
    """What came back."""

    answer: httpx2.Response

    @property
    def html(self) -> str:
        """The page without the padding at its end."""
        return self.answer.text.rpartition("<!--")[0]

    def says(self, text: str) -> bool:
        """Tell whether a text stands there for people to read."""
        return text in unescape(re.sub(r"<[^>]+>", "", self.html))

    def hidden(self, name: str) -> str:
        """Give the value of a hidden field."""
        for found in _INPUT.findall(self.html):
            said = dict(_SAID.findall(found))
            if said.get("type") == "hidden" and said.get("name") == name:
                return unescape(said["value"])
        raise AssertionError(f"No hidden field {name}: {self.html[-3000:]}")

    @property
    def receipt(self) -> str:
        """The receipt that this page shows."""
        (shown,) = re.findall(r'<p class="receipt" id="receipt">(.*?)</p>', self.html)
        return "-".join(re.findall(r"<span>(.*?)</span>", shown))


@dataclass
class Visitor:
    """A browser at one address, without a cookie jar to speak of."""

    http: httpx2.AsyncClient

    async def open(self) -> Page:
        """Type the address in."""
        return Page(await self.http.get(PATH))

    async def press(
        self, step: str, fields: Mapping[str, str] | None = None, files: Files = (), *, headers: Mapping[str, str] = {}
    ) -> Page:
        """Press a button, with what was written and chosen."""
        written = {"step": step, **(fields or {})}
        # Browsers send a file field that nothing was chosen for as a file without a name.
        chosen = [("files", (name, content, "application/octet-stream")) for name, content in files] or [
            ("files", ("", b"", "application/octet-stream"))
        ]
        parts = [(name, (None, text.replace("\n", "\r\n"))) for name, text in written.items()]
        return Page(await self.http.post(PATH, files=[*parts, *chosen], headers=dict(headers)))

    async def form_token(self) -> str:
        """Open the form and give its token."""
        return (await self.press("begin", {"who": "某康复医院"})).hidden("token")

    async def report(self, files: Files = (), **texts: str) -> Page:
        """Fill a whole form in and send it."""
        written = {"who": "某康复医院", "what": "住院部挂床，夜间空无一人", "when": "2026 年 9 月"}
        return await self.press("report", {"token": await self.form_token(), **written, **texts}, files)

    async def look(self, receipt: str) -> Page:
        """Come back."""
        return await self.press("look", {"receipt": receipt})


def solve(puzzle: str) -> str:
    """Do the work of a puzzle as any program may: try one number after another."""
    return next(str(number) for number in count() if puzzles.is_answer(puzzle, str(number)))
