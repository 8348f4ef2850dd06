"""A house with a mini-program, the WeChat sandbox beside it, and phones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import httpx2

from tests.api.oauth.house import House

EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
JS_CODE: Final = "urn:yibao:params:oauth:token-type:wechat-js-code"


@dataclass(frozen=True)
class WeChat:
    """The sandbox's controls, and what phones do."""

    http: httpx2.AsyncClient

    async def log_in(self, user: str) -> str:
        """Call wx.login on somebody's phone."""
        return (await self.http.post("/sandbox/log-in", json={"user": user})).json()["code"]

    async def ticket(self, name: str, number: str, method: str = "FACE") -> str:
        """Show who one is on the 医保电子凭证 page."""
        asked = {"name": name, "document_number": number, "method": method}
        return (await self.http.post("/sandbox/tickets", json=asked)).json()["ticket"]

    async def behave(self, **wishes: object) -> None:
        (await self.http.post("/sandbox/behaviour", json=wishes)).raise_for_status()

    async def hold_for_risky(self, user: str) -> None:
        await self.http.post("/sandbox/risk", json={"user": user})

    async def calls(self) -> int:
        return int((await self.http.get("/sandbox/calls")).json()["calls"])


async def exchange(house: House, code: str, /, **changes: str | None) -> httpx2.Response:
    form: dict[str, str | None] = {
        "grant_type": EXCHANGE,
        "client_id": "mini-program",
        "subject_token": code,
        "subject_token_type": JS_CODE,
    }
    async with house.browser() as phone:
        return await phone.ask("token", **{**form, **changes})


async def arrived(house: House, wechat: WeChat, user: str = "xiaozhou") -> dict[str, Any]:
    answer = await exchange(house, await wechat.log_in(user))
    assert answer.status_code == 200, answer.text
    return answer.json()
