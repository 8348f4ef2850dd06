"""Codes by text message to the phone in the register: for residents, who know this way from everywhere.

They go to proved numbers alone: somebody gave back a code that was sent there before (ASVS 5.0, V6.6.1). Messages are
counted for the account, for the phone and for the source, before anything is sent, and so are the tries at one code.
What the platform says about a number stays with us: a person reads only whether to try again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api.oauth.counting import Counting
from domain import factors, residents
from domain.actors import ActorKind
from domain.crypto import Keyring
from domain.errors import Text
from domain.factors import TEXT_CODE_LIFE, TextCode
from domain.identifiers import mask
from domain.identity import Account, LoginSession
from domain.work import Work, perform
from partners import sms

MESSAGES_MAX: Final = 10
"""For one account, and for one phone, within an hour and ten times as many from one source."""
MESSAGES_OF_SOURCE_MAX: Final = 100
MESSAGES_WITHIN: Final = timedelta(hours=1)
MESSAGES_APART: Final = timedelta(seconds=60)
"""Between two messages to an account, unless the code of the first one was used."""
TRIES_AT_ONE_CODE: Final = 5
_TOO_MANY: Final = Text("短信发送过于频繁，请稍后再试。", "Too many messages. Please wait a while.")
_NOT_SENT: Final = Text(
    "短信暂时发送失败，请一分钟后重试，或改用其他验证方式。",
    "The message could not be sent. Try again in a minute, or prove yourself otherwise.",
)
TRIED_OUT: Final = Text(
    "该验证码错误次数过多，已失效，请重新获取。", "Too many wrong tries: this code is dead. Ask for another."
)
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person can be offered: the phone, masked; the code that is on its way to it, if any."""

    phone_hint: str
    code_id: UUID | None
    sandbox: str | None
    """Where a demonstration shows the message."""


class Messages:
    """Sends codes by the platform and counts what is sent, for log-ins and for the proof of numbers together."""

    def __init__(self, texts: sms.Client, *, counting: Counting) -> None:
        self._texts = texts
        self._counting = counting

    @property
    def base_url(self) -> str:
        """Where the platform is."""
        return self._texts.account.base_url

    async def may_send(self, *, account: str, phone: str, source: str) -> bool:
        """Count one message before anything is sent; False when there were too many. Raises `RedisError`."""
        if not await self._counting.claim("text", account, life=MESSAGES_APART):
            return False
        counted = (("account", account, MESSAGES_MAX), ("phone", phone, MESSAGES_MAX))
        for what, subject, most in (*counted, ("source", source, MESSAGES_OF_SOURCE_MAX)):
            if await self._counting.count("texts", what, subject, most=most, within=MESSAGES_WITHIN):
                return False
        return True

    async def send(self, *, phone: str, code: str, reference: UUID, now: datetime) -> bool:
        """Send a code; what the platform says when it does not is logged without the number."""
        told = await self._texts.send_code(phone=phone, code=code, reference=str(reference), now=now)
        if isinstance(told, sms.NotSent):
            _LOG.warning("A code was not sent: %s (%s).", told.why.value, told.detail)
        return isinstance(told, sms.Sent)


class TextCodes:
    """Offers and sends codes for log-ins; without an account at a platform there is nothing to offer."""

    def __init__(self, *, texts: sms.Client | None, counting: Counting, keys: Keyring, is_demo: bool) -> None:
        self._messages = Messages(texts, counting=counting) if texts else None
        self._counting = counting
        self._keys = keys
        self._is_demo = is_demo

    async def offer(self, session: LoginSession, *, now: datetime) -> Offer | None:
        """Say what can be offered to whoever owes a second factor."""
        phone = await self._phone_of(session.account, now=now)
        if phone is None or self._messages is None:
            return None
        code_id = await factors.find_text_code(session_id=session.id, now=now)
        shown = f"{self._messages.base_url}/sandbox/messages/{code_id}" if self._is_demo and code_id else None
        return Offer(phone_hint=mask(phone), code_id=code_id, sandbox=shown)

    async def send(self, session: LoginSession, *, source: str, now: datetime) -> Text | None:
        """Send a code; give the reason in words when none was sent. Raises `RedisError`."""
        phone = await self._phone_of(session.account, now=now)
        if phone is None or self._messages is None:
            return _NOT_SENT
        if not await self._messages.may_send(account=str(session.account.id), phone=phone, source=source):
            return _TOO_MANY
        made: list[TextCode] = []

        async def do(work: Work) -> None:
            made.append(await factors.make_text_code(work, session=session))

        await perform(do, actor=session.account.as_actor(), now=now, keys=self._keys)
        # Sent after the commit: whoever gets the message can use it.
        code = made[-1]
        sent = await self._messages.send(phone=phone, code=code.code, reference=code.id, now=now)
        return None if sent else _NOT_SENT

    async def may_try(self, code_id: UUID) -> bool:
        """Count one try at a code, before it is looked at; False when it has had its five. Raises `RedisError`."""
        return not await self._counting.count("text-tries", str(code_id), most=TRIES_AT_ONE_CODE, within=TEXT_CODE_LIFE)

    async def forget(self, account: Account) -> None:
        """Let an account ask for another message at once, as its last code was used."""
        await self._counting.give_back("text", str(account.id))

    async def _phone_of(self, account: Account, *, now: datetime) -> str | None:
        if account.kind is not ActorKind.RESIDENT or account.person_id is None:
            return None
        found: list[str | None] = []

        async def do(work: Work) -> None:
            assert account.person_id is not None
            found.append(await residents.find_proved_phone(work.keys, person_id=account.person_id))

        # As the person themself: behind the wall nobody else's phone is there.
        await perform(do, actor=account.as_actor(), now=now, keys=self._keys)
        return found[-1]
