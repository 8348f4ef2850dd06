"""Sending one message, once, and asking what became of it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final, Self

import httpx2
import orjson

from partners.sms.account import Account
from partners.sms.reading import DETAILS_MAX, count_of, read_report, read_sending
from partners.sms.signing import authorization, canonical_query
from partners.sms.values import NotSent, Report, Sent, Unheard, Why

_ANSWER_BYTES_MAX: Final = 256 * 1024
_PAGES_MAX: Final = 4
_NO_BODY: Final = sha256(b"").hexdigest()
_NEVER_LEFT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

# These write the whole address of every call, and ours has a phone and a code in it.
for _talker in ("httpx2", "httpx", "httpcore2", "httpcore"):
    logging.getLogger(_talker).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits, in seconds: for a connection, for each piece of the answer, and altogether."""

    connecting: float = 2
    reading: float = 4
    altogether: float = 6


def new_nonce() -> str:
    """Make a text that was never used before."""
    return secrets.token_hex(16)


class Client:
    """One agency's messages. Safe to share among tasks; close it at the end."""

    def __init__(
        self, account: Account, *, patience: Patience | None = None, new_nonce: Callable[[], str] = new_nonce
    ) -> None:
        self.account: Final = account
        self._patience: Final = patience or Patience()
        self._new_nonce: Final = new_nonce
        self._http: Final = httpx2.AsyncClient(
            base_url=account.base_url,
            timeout=httpx2.Timeout(self._patience.reading, connect=self._patience.connecting),
            headers={"Accept-Encoding": "identity", "User-Agent": "yibao"},
            trust_env=False,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send_code(self, *, phone: str, code: str, reference: str, now: datetime) -> Sent | NotSent:
        """Send a one-time code to a mobile number of the mainland; `reference` is our own number for the message.

        Whoever gets none asks for another, so that a doubt is no message here.
        """
        told = await self._send(self.account.code_template, {"code": code}, phone=phone, reference=reference, now=now)
        return NotSent(Why.UNREACHED, told.detail) if isinstance(told, Unheard) else told

    async def send_notice(
        self, kind: str, *, phone: str, number: str, reference: str, now: datetime
    ) -> Sent | NotSent | Unheard:
        """Send the approved wording of a kind of notice with a business number in it, and nothing else in it."""
        template = self.account.notice_templates[kind]
        return await self._send(template, {"number": number}, phone=phone, reference=reference, now=now)

    async def inquire(self, *, phone: str, day: date, reference: str, receipt: str | None, now: datetime) -> Report:
        """Ask what became of the message with our reference that went to a number on a day (of Beijing's time)."""
        asked = {"PhoneNumber": phone, "SendDate": f"{day:%Y%m%d}", "PageSize": str(DETAILS_MAX)}
        asked |= {"BizId": receipt} if receipt else {}
        for page in range(1, _PAGES_MAX + 1):
            try:
                body = await self._call("QuerySendDetails", asked | {"CurrentPage": str(page)}, now=now)
            except (httpx2.HTTPError, TimeoutError, OverflowError) as error:
                return Unheard(type(error).__name__)
            report = read_report(body, reference=reference)
            if report is not None or count_of(body) <= page * DETAILS_MAX:
                return report or Unheard("not known to them")
        return Unheard("too many messages of that day")

    async def _send(
        self, template: str, values: Mapping[str, str], *, phone: str, reference: str, now: datetime
    ) -> Sent | NotSent | Unheard:
        asked = {
            "PhoneNumbers": phone,
            "SignName": self.account.sign_name,
            "TemplateCode": template,
            "TemplateParam": orjson.dumps(values).decode(),
            "OutId": reference,
        }
        try:
            body = await self._call("SendSms", asked, now=now)
        except _NEVER_LEFT as error:
            return NotSent(Why.UNREACHED, type(error).__name__)
        except (httpx2.HTTPError, TimeoutError, OverflowError) as error:
            return Unheard(type(error).__name__)
        return read_sending(body)

    async def _call(self, action: str, asked: Mapping[str, str], *, now: datetime) -> bytes:
        """Call once; their refusals come with HTTP 4xx and the same kind of body."""
        query = canonical_query(asked)
        headers = {
            "host": self._http.base_url.netloc.decode(),
            "x-acs-action": action,
            "x-acs-content-sha256": _NO_BODY,
            "x-acs-date": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": self._new_nonce(),
            "x-acs-version": "2017-05-25",
        }
        headers["Authorization"] = authorization(
            key_id=self.account.access_key_id,
            secret=self.account.access_key_secret,
            method="POST",
            path="/",
            query=query,
            headers=headers,
            body_digest=_NO_BODY,
        )
        request = self._http.build_request("POST", f"/?{query}", headers=headers)
        async with asyncio.timeout(self._patience.altogether):
            response = await self._http.send(request, stream=True)
            try:
                body = bytearray()
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > _ANSWER_BYTES_MAX:
                        raise OverflowError
            finally:
                await response.aclose()
        return bytes(body)
