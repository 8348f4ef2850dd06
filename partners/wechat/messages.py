"""Subscription messages (订阅消息, `message/subscribe/send`): one message to one user who asked for it.

The access token comes from `stable_token`, which, unlike `token`, does not end the one that another process holds. A
token that they hold for over is taken anew and the message sent once more: that answer says that nothing was sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx2
import orjson

from partners.wechat.account import Account
from partners.wechat.transport import USUAL_PATIENCE, NoAnswerError, Patience, exchange, make_http

_TOKEN_PATH: Final = "/cgi-bin/stable_token"  # noqa: S105 - an address
_SEND_PATH: Final = "/cgi-bin/message/subscribe/send"
_TOKEN_IS_OVER: Final = frozenset({40001, 40014, 42001})
_NOT_NOW: Final = frozenset({-1, 43108, 45009, 45011})
"""Busy, sent too fast, or over a quota: nothing was sent."""
_NEVER_LEFT: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
_EARLY_SECONDS: Final = 300
_THING_MAX: Final = 20
_NUMBER_MAX: Final = 32


@dataclass(frozen=True, slots=True)
class Message:
    """What a template shows: a title, a number, when, and a sentence. Longer texts are cut as the template asks."""

    title: str
    number: str
    at: str
    sentence: str

    def as_fields(self) -> Mapping[str, Mapping[str, str]]:
        """Write the fields that our template has."""
        told = {
            "thing1": _cut(self.title, _THING_MAX),
            "character_string2": self.number[:_NUMBER_MAX],
            "time3": self.at,
            "thing4": _cut(self.sentence, _THING_MAX),
        }
        return {name: {"value": value} for name, value in told.items()}


@dataclass(frozen=True, slots=True)
class Taken:
    """WeChat took the message."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """WeChat never takes it: the user refuses (43101), or it is ours to repair (40003, 40037, 47003)."""

    number: int


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing was sent; it may be later."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """It was sent, and nobody knows what became of it."""

    detail: str


Answer = Taken | NotTaken | NotNow | Unheard


class MessageClient:
    """One mini-program's messages. Safe to share among tasks; close it at the end."""

    def __init__(self, account: Account, *, patience: Patience = USUAL_PATIENCE) -> None:
        self._account: Final = account
        self._patience: Final = patience
        self._http: Final = make_http(account.base_url, patience)
        self._token: tuple[str, float] = ("", 0.0)
        self._asking: Final = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def send(self, openid: str, message: Message) -> Answer:
        """Send one message to one user, once."""
        answer: Answer = NotNow("no token")
        for is_second in (False, True):
            token = await self._get_token(anew=is_second)
            if isinstance(token, NotNow):
                return token
            number = await self._send(token, openid, message)
            if not isinstance(number, int):
                return number
            answer = _meaning_of(number)
            if number not in _TOKEN_IS_OVER:
                return answer
        return answer

    async def _send(self, token: str, openid: str, message: Message) -> int | NotNow | Unheard:
        """Give the number that WeChat answers with."""
        document = {
            "touser": openid,
            "template_id": self._account.notice_template,
            "page": self._account.notice_page,
            "data": message.as_fields(),
            "lang": "zh_CN",
        }
        request = self._http.build_request("POST", _SEND_PATH, params={"access_token": token}, json=document)
        told = await self._ask(request)
        if isinstance(told, NoAnswerError):
            return NotNow(str(told)) if str(told) in _NEVER_LEFT else Unheard(str(told))
        number = told.get("errcode")
        return number if isinstance(number, int) else Unheard("no errcode")

    async def _get_token(self, *, anew: bool) -> str | NotNow:
        """Give the token that holds, from memory while it holds for long enough."""
        seen = self._token
        async with self._asking:
            # Who waited here finds what somebody else has just been given.
            if (not anew or self._token != seen) and time.monotonic() < self._token[1]:
                return self._token[0]
            asked = {"grant_type": "client_credential", "appid": self._account.appid, "secret": self._account.secret}
            told = await self._ask(self._http.build_request("POST", _TOKEN_PATH, json=asked))
            if isinstance(told, NoAnswerError):
                return NotNow(f"token: {told}")
            token, seconds = told.get("access_token"), told.get("expires_in")
            if not isinstance(token, str) or not token or not isinstance(seconds, int):
                number = told.get("errcode")
                return NotNow(f"token: errcode {number if isinstance(number, int) else 'strange'}")
            self._token = (token, time.monotonic() + max(seconds - _EARLY_SECONDS, 0))
            return token

    async def _ask(self, request: httpx2.Request) -> dict[str, Any] | NoAnswerError:
        try:
            _, body = await exchange(self._http, request, patience=self._patience)
            told = orjson.loads(body)
        except NoAnswerError as trouble:
            return trouble
        except orjson.JSONDecodeError:
            return NoAnswerError("no JSON")
        return told if isinstance(told, dict) else NoAnswerError("no object")


def _meaning_of(number: int) -> Answer:
    if number == 0:
        return Taken()
    if number in _NOT_NOW | _TOKEN_IS_OVER:
        return NotNow(f"errcode {number}")
    return NotTaken(number)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
