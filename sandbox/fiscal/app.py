"""The platform as one application."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_WINDOW_SECONDS = 30 * 60


@dataclass
class Platform:
    """What was issued, and how the platform behaves."""

    access_key: str
    secret: str
    ignore_time: bool = False
    issued: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    answer: str = "right"
    slow_seconds: float = 0
    memory: Path | None = None

    def remember_in(self, folder: Path) -> None:
        """Keep what is issued in a folder, and take up what lies there."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.memory = folder / "issued.jsonl"
        for line in self.memory.read_text("utf-8").splitlines() if self.memory.exists() else ():
            self._keep(json.loads(line))

    def _keep(self, told: dict[str, Any]) -> None:
        key = (told["elecSetlCertType"], told["elecSetlCertCode"], told["elecSetlCertNo"])
        self.issued[key] = self.issued.get(key, {}) | told

    def is_signed(self, request: Request) -> bool:
        told = {
            name: request.headers.get(f"_api_{name}", "") for name in ("name", "version", "timestamp", "access_key")
        }
        text = "&".join(f"_api_{name}={told[name]}" for name in sorted(told))
        right = base64.b64encode(hmac.digest(self.secret.encode(), text.encode(), "sha1")).decode()
        in_time = told["timestamp"].isdigit() and abs(time.time() - int(told["timestamp"]) / 1000) < _WINDOW_SECONDS
        signed = hmac.compare_digest(right, request.headers.get("_api_signature", ""))
        return signed and told["access_key"] == self.access_key and (in_time or self.ignore_time)

    async def inquire(self, request: Request) -> Response:
        """Answer 5501."""
        await asyncio.sleep(self.slow_seconds)
        if self.answer == "fail":
            return Response("busy", status_code=500)
        if self.answer == "garbage":
            return Response("<html>maintenance</html>")
        if not self.is_signed(request):
            return JSONResponse({"infcode": -1, "err_msg": "签名错误", "output": None}, status_code=401)
        asked = (await request.json())["input"]
        known = self.issued.get((asked["elecSetlCertType"], asked["elecSetlCertCode"], asked["elecSetlCertNo"]))
        if known is None:
            return JSONResponse({"infcode": 0, "output": {"found": "0"}})
        agrees = known.get("elecSetlCertChkcode", "") == asked["elecSetlCertChkcode"]
        output = {"rhredFlag": "0", "reimFlag": "0", **known, "found": "1", "checkCodeAgrees": "1" if agrees else "0"}
        if self.answer == "another":
            output["elecSetlCertNo"] = "9999999999"
        return JSONResponse({"infcode": 0, "output": output})

    async def issue(self, request: Request) -> Response:
        """Take a receipt over from a hospital of the sandbox; a second time changes it (冲红, 已报销)."""
        told = await request.json()
        self._keep(told)
        if self.memory is not None:
            with self.memory.open("a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")
        return JSONResponse({"issued": len(self.issued)})

    async def behave(self, request: Request) -> Response:
        """Change how the platform answers."""
        told = await request.json()
        self.answer = told.get("answer", "right")
        self.slow_seconds = told.get("slow_seconds", 0)
        return JSONResponse({"answer": self.answer})


def make_app(platform: Platform) -> Starlette:
    """Build the platform."""
    return Starlette(
        routes=[
            Route("/5501", platform.inquire, methods=["POST"]),
            Route("/sandbox/receipts", platform.issue, methods=["POST"]),
            Route("/sandbox/behaviour", platform.behave, methods=["POST"]),
        ]
    )
