"""Subscription messages: who allowed how many, the token to send by, and what was sent. The rules are the true ones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from sandbox.wechat.keys import Known

TOKEN_SECONDS: Final = 7200
_LENGTHS: Final = {"thing": 20, "character_string": 32}


@dataclass
class Messages:
    """What the platform knows about messages."""

    token: str = ""
    token_ends: float = 0.0
    allowed: dict[str, int] = field(default_factory=dict[str, int])
    sent: list[Mapping[str, object]] = field(default_factory=list[Mapping[str, object]])

    def token_for(self, asked: Mapping[str, str], known: Known) -> dict[str, object]:
        """Answer `stable_token`: the same token while it holds."""
        wrong = (
            (asked.get("grant_type") != "client_credential", 40002),
            (asked.get("appid") != known.appid, 40013),
            (asked.get("secret") != known.secret, 40125),
        )
        for is_wrong, number in wrong:
            if is_wrong:
                return {"errcode": number, "errmsg": "refused"}
        if not self.token or time.time() > self.token_ends:
            self.token, self.token_ends = secrets.token_urlsafe(64), time.time() + TOKEN_SECONDS
        return {"access_token": self.token, "expires_in": max(int(self.token_ends - time.time()), 1)}

    def allow(self, openid: str, *, times: int) -> int:
        """Let a user allow messages; give how many they allow now."""
        self.allowed[openid] = max(self.allowed.get(openid, 0) + times, 0)
        return self.allowed[openid]

    def send(self, token: str, told: Mapping[str, object], *, template: str) -> int:
        """Send a message; give the number of the answer."""
        if not token or token != self.token:
            return 40001
        if time.time() > self.token_ends:
            return 42001
        openid = told.get("touser")
        if not isinstance(openid, str) or not openid.startswith("o"):
            return 40003
        if told.get("template_id") != template:
            return 40037
        if not _fits(told.get("data")):
            return 47003
        if self.allowed.get(openid, 0) < 1:
            return 43101
        self.allowed[openid] -= 1
        self.sent.append(dict(told))
        return 0


def _fits(data: object) -> bool:
    """Hold the values against what their kinds allow."""
    if not isinstance(data, dict) or not data:
        return False
    for name, told in cast("dict[str, object]", data).items():
        value = cast("dict[str, object]", told).get("value") if isinstance(told, dict) else None
        kind = name.rstrip("0123456789")
        if not isinstance(value, str) or not value or len(value) > _LENGTHS.get(kind, 64):
            return False
        if kind == "character_string" and not value.isascii():
            return False
    return True
