"""`jscode2session`: the code of `wx.login` for whoever stands behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self, cast

import orjson

from partners.wechat.account import Account
from partners.wechat.transport import USUAL_PATIENCE, NoAnswerError, Patience, exchange, make_http
from partners.wechat.values import Arrived, NotArrived, Why

CODE_MAX: Final = 128
_PATH: Final = "/sns/jscode2session"
_OPENID: Final = re.compile(r"[0-9A-Za-z_-]{8,64}")
_WHY_OF_NUMBER: Final[Mapping[int, Why]] = {
    40029: Why.CODE,
    40163: Why.CODE,
    41008: Why.CODE,
    40226: Why.BLOCKED,
    45011: Why.TOO_OFTEN,
    45009: Why.TOO_OFTEN,
    -1: Why.UNREACHED,
    40002: Why.REGISTRATION,
    40013: Why.REGISTRATION,
    40125: Why.REGISTRATION,
    41002: Why.REGISTRATION,
    41004: Why.REGISTRATION,
}

__all__ = ["CODE_MAX", "Client", "Patience"]


class Client:
    """One mini-program's calls. Safe to share among tasks; close it at the end."""

    def __init__(self, account: Account, *, patience: Patience = USUAL_PATIENCE) -> None:
        self.account: Final = account
        self._patience: Final = patience
        self._http: Final = make_http(account.base_url, patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def code_to_session(self, js_code: str) -> Arrived | NotArrived:
        """Ask who a code was given to. The code is used up by the asking, also when the answer is lost."""
        if not js_code.isascii() or not js_code.isprintable() or not 0 < len(js_code) <= CODE_MAX:
            return NotArrived(Why.CODE, "not sent")
        asked = {
            "appid": self.account.appid,
            "secret": self.account.secret,
            "js_code": js_code,
            "grant_type": "authorization_code",
        }
        request = self._http.build_request("GET", _PATH, params=asked)
        try:
            _, body = await exchange(self._http, request, patience=self._patience)
        except NoAnswerError as trouble:
            return NotArrived(Why.UNREACHED, str(trouble))
        return _read(body)


def _read(body: bytes) -> Arrived | NotArrived:
    """Read an answer, whatever media type it claims; theirs is text/plain. The session key stays where it is."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return NotArrived(Why.UNREACHED, "no JSON")
    if not isinstance(told, dict):
        return NotArrived(Why.UNREACHED, "no object")
    document = cast("dict[str, object]", told)
    number = document.get("errcode", 0)
    # The third-party form of this call gives its numbers as texts.
    if isinstance(number, str) and re.fullmatch(r"-?\d{1,6}", number):
        number = int(number)
    if number != 0:
        why = _WHY_OF_NUMBER.get(number, Why.UNREACHED) if isinstance(number, int) else Why.UNREACHED
        return NotArrived(why, f"errcode {number if isinstance(number, int) else 'strange'}")
    openid, unionid = document.get("openid"), document.get("unionid")
    if not isinstance(openid, str) or not _OPENID.fullmatch(openid):
        return NotArrived(Why.UNREACHED, "no openid")
    return Arrived(openid, unionid if isinstance(unionid, str) and unionid else None)
