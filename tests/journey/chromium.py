"""A real Chromium without a window, driven by its own protocol with hands and eyes only: no script runs in the page."""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import subprocess
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, Final

import orjson
from websockets.asyncio.client import ClientConnection, connect

PROGRAM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
READY_SECONDS: Final = 60


@dataclass
class Browser:
    """One page of the browser."""

    line: ClientConnection
    session: str = ""
    seen: list[str] = field(default_factory=list[str])
    _last: int = 0
    _loads: int = 0

    async def call(self, method: str, **given: object) -> dict[str, Any]:
        """Send one command and give its answer; what the browser tells meanwhile is noted."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": given}
        await self.line.send(orjson.dumps(message | ({"sessionId": self.session} if self.session else {})).decode())
        while True:
            told = await self._hear()
            if told.get("id") == self._last:
                assert "error" not in told, (method, told)
                return told["result"]

    async def _hear(self) -> dict[str, Any]:
        told = orjson.loads(await asyncio.wait_for(self.line.recv(), 60))
        if told.get("method") == "Network.requestWillBeSent":
            self.seen.append(told["params"]["request"]["url"])
        if told.get("method") == "Page.loadEventFired":
            self._loads += 1
        return told

    async def open(self, address: str) -> None:
        """Type an address in."""
        loads = self._loads
        await self.call("Page.navigate", url=address)
        await self._loaded(loads)

    async def write(self, selector: str, text: str) -> None:
        """Click into a field and type."""
        await self.call("DOM.focus", nodeId=await self._find(selector))
        await self.call("Input.insertText", text=text)

    async def choose(self, selector: str, files: Sequence[Path]) -> None:
        """Choose files."""
        await self.call("DOM.setFileInputFiles", nodeId=await self._find(selector), files=[str(file) for file in files])

    async def press(self, selector: str) -> None:
        """Click on a button and wait for the page that follows."""
        loads = self._loads
        await self.click(selector)
        await self._loaded(loads)

    async def click(self, selector: str) -> None:
        """Click on something."""
        node = await self._find(selector)
        await self.call("DOM.scrollIntoViewIfNeeded", nodeId=node)
        corners = (await self.call("DOM.getContentQuads", nodeId=node))["quads"][0]
        spot = {"x": (corners[0] + corners[4]) / 2, "y": (corners[1] + corners[5]) / 2}
        for what in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=what, button="left", clickCount=1, **spot)

    async def html(self) -> str:
        """Give the page as it stands."""
        return (await self.call("DOM.getOuterHTML", nodeId=await self._find("html")))["outerHTML"]

    async def text(self) -> str:
        """Give what people read on it."""
        return unescape(re.sub(r"<style.*?</style>|<!--.*?-->|<[^>]+>", "", await self.html(), flags=re.DOTALL))

    async def picture(self, file: Path, *, width: int, height: int = 900) -> None:
        """Take a picture of the whole page at a width."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        taken = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(taken["data"]))

    async def _find(self, selector: str) -> int:
        root = (await self.call("DOM.getDocument", depth=0))["root"]["nodeId"]
        found = (await self.call("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        assert found, f"There is no {selector} on the page."
        return found

    async def _loaded(self, before: int) -> None:
        while self._loads == before:
            await self._hear()


@asynccontextmanager
async def chromium(folder: Path, *, scripts: bool) -> AsyncGenerator[Browser]:
    """Start a browser of its own with an empty profile, with scripts or without, and end it."""
    assert PROGRAM is not None
    command = [
        *(PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port, path = await _door(folder / "DevToolsActivePort")
        async with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None) as line:
            browser = Browser(line)
            targets = (await browser.call("Target.getTargets"))["targetInfos"]
            page = next(each["targetId"] for each in targets if each["type"] == "page")
            browser.session = (await browser.call("Target.attachToTarget", targetId=page, flatten=True))["sessionId"]
            for part in ("Page", "DOM", "Network"):
                await browser.call(f"{part}.enable")
            await browser.call("Emulation.setScriptExecutionDisabled", value=not scripts)
            yield browser
    finally:
        process.terminate()
        process.wait(30)


async def _door(file: Path) -> tuple[str, str]:
    for _ in range(READY_SECONDS * 10):
        if file.exists() and len(lines := file.read_text().split()) > 1:
            return lines[0], lines[1]
        await asyncio.sleep(0.1)
    raise AssertionError("Chromium did not start.")
