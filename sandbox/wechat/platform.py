"""What the two platforms know: people's WeChat, codes, tickets. The rules are those of the true ones."""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.wechat.behaviour import Behaviour
from sandbox.wechat.keys import Known
from sandbox.wechat.messages import Messages

CODE_LIFE_SECONDS: Final = 300
TICKET_LIFE_SECONDS: Final = 300
CALLS_PER_MINUTE: Final = 100
METHODS: Final = ("KNOWN", "VOUCHER", "FACE")
SENTENCES: Final = {
    -1: "system error",
    40002: "invalid grant_type",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40163: "code been used",
    40226: "code blocked",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    45011: "api minute-quota reach limit, must slower, retry next minute",
}


class SessionError(Exception):
    """An error of `jscode2session`: a number, and a sentence with an id of the request as theirs have."""

    def __init__(self, number: int) -> None:
        super().__init__(SENTENCES.get(number, "unknown error"))
        self.number: Final = number

    def document(self) -> dict[str, object]:
        return {"errcode": self.number, "errmsg": f"{self}, rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}


@dataclass
class Code:
    """A code that `wx.login` gave to somebody's phone."""

    user: str
    made_at: float
    used: bool = False


@dataclass
class Ticket:
    """What the 医保电子凭证 page gave to a phone after its check."""

    name: str
    document_number: str
    method: str
    made_at: float
    used: bool = False


@dataclass
class Platform:
    """Both platforms."""

    known: Known
    behaviour: Behaviour = field(default_factory=Behaviour)
    codes: dict[str, Code] = field(default_factory=dict[str, Code])
    tickets: dict[str, Ticket] = field(default_factory=dict[str, Ticket])
    risky: set[str] = field(default_factory=set[str])
    calls: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    messages: Messages = field(default_factory=Messages)
    asked: int = 0
    """How often `jscode2session` was called at all."""

    def log_in(self, user: str) -> str:
        """Do what `wx.login` does on somebody's phone: give a code for one use within five minutes."""
        code = f"0{secrets.token_urlsafe(23)}"
        self.codes[code] = Code(user=user, made_at=time.time())
        return code

    def make_ticket(self, *, name: str, document_number: str, method: str) -> str:
        """Do what the 医保电子凭证 page does once somebody has shown who they are."""
        ticket = f"T{secrets.token_urlsafe(24)}"
        self.tickets[ticket] = Ticket(name, document_number, method, made_at=time.time())
        return ticket

    def session_of(self, asked: dict[str, str]) -> dict[str, object]:
        """Answer `jscode2session`. Raises SessionError."""
        self.asked += 1
        self._check_application(asked)
        if self.behaviour.errcode:
            raise SessionError(self.behaviour.errcode)
        code = self.codes.get(asked.get("js_code", ""))
        if code is None or time.time() - code.made_at > CODE_LIFE_SECONDS:
            raise SessionError(40029)
        self._count_call(code.user)
        if code.used and not self.behaviour.forgetful:
            raise SessionError(40163)
        code.used = True
        if code.user in self.risky:
            raise SessionError(40226)
        return {"session_key": b64encode(secrets.token_bytes(16)).decode(), "openid": self.openid_of(code.user)}

    def openid_of(self, user: str) -> str:
        """Name a user for this application alone, as openids do."""
        digest = hashlib.sha256(f"{self.known.appid} {user}".encode()).digest()
        return "o" + urlsafe_b64encode(digest).decode()[:27]

    def verify(self, asked: dict[str, str]) -> dict[str, object]:
        """Answer whether a ticket was given to whom is claimed."""
        ticket = self.tickets.get(asked.get("ticket", ""))
        fresh = ticket is not None and time.time() - ticket.made_at <= TICKET_LIFE_SECONDS
        if ticket is None or not fresh or (ticket.used and not self.behaviour.forgetful):
            return {"result": "NOT_CONFIRMED"}
        ticket.used = True
        if (ticket.name, ticket.document_number) != (asked.get("name"), asked.get("documentNumber")):
            return {"result": "NOT_CONFIRMED"}
        return {"result": "CONFIRMED", "method": ticket.method}

    def spend_fault(self) -> None:
        """Count one spoiled answer; after the last one all is well."""
        if self.behaviour.times == 1:
            self.behaviour = Behaviour()
        elif self.behaviour.times:
            self.behaviour = replace(self.behaviour, times=self.behaviour.times - 1)

    def _check_application(self, asked: dict[str, str]) -> None:
        wrong = (
            (not asked.get("appid"), 41002),
            (not asked.get("secret"), 41004),
            (not asked.get("js_code"), 41008),
            (asked.get("grant_type") != "authorization_code", 40002),
            (asked.get("appid") != self.known.appid, 40013),
            (asked.get("secret") != self.known.secret, 40125),
        )
        for is_wrong, number in wrong:
            if is_wrong:
                raise SessionError(number)

    def _count_call(self, user: str) -> None:
        now = time.time()
        recent = [call for call in self.calls.get(user, ()) if now - call < 60]  # noqa: PLR2004 - a minute
        if len(recent) >= CALLS_PER_MINUTE:
            raise SessionError(45011)
        self.calls[user] = [*recent, now]
