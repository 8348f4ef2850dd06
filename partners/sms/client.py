"""Sending one message, once."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Self, cast

import httpx2
import orjson

from partners.sms.account import Account
from partners.sms.signing import authorization, canonical_query
from partners.sms.values import NotSent, Sent, Why

_ANSWER_BYTES_MAX: Final = 64 * 1024
_NO_BODY: Final = sha256(b"").hexdigest()
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_WHY_OF_CODE: Final[Mapping[str, Why]] = {
    "isv.MOBILE_NUMBER_ILLEGAL": Why.PHONE,
    "isv.MOBILE_COUNT_OVER_LIMIT": Why.PHONE,
    "isv.BUSINESS_LIMIT_CONTROL": Why.TOO_OFTEN,
    "isv.DAY_LIMIT_CONTROL": Why.TOO_OFTEN,
    "isp.SYSTEM_ERROR": Why.UNREACHED,
    "isp.RAM_PERMISSION_DENY": Why.REGISTRATION,
    "SignatureDoesNotMatch": Why.REGISTRATION,
    "SignatureNonceUsed": Why.UNREACHED,
    "InvalidTimeStamp.Expired": Why.REGISTRATION,
}

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
        """Send a one-time code to a mobile number of the mainland; `reference` is our own number for the message."""
        parameters = {
            "PhoneNumbers": phone,
            "SignName": self.account.sign_name,
            "TemplateCode": self.account.code_template,
            "TemplateParam": orjson.dumps({"code": code}).decode(),
            "OutId": reference,
        }
        query = canonical_query(parameters)
        headers = {
            "host": self._http.base_url.netloc.decode(),
            "x-acs-action": "SendSms",
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
        try:
            body = await self._exchange(request)
        except (httpx2.HTTPError, TimeoutError, OverflowError) as error:
            return NotSent(Why.UNREACHED, type(error).__name__)
        return _read(body)

    async def _exchange(self, request: httpx2.Request) -> bytes:
        """Send a request once; their refusals come with HTTP 4xx and the same kind of body."""
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


def _read(body: bytes) -> Sent | NotSent:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return NotSent(Why.UNREACHED, "no JSON")
    document = cast("dict[str, object]", told) if isinstance(told, dict) else {}
    match document.get("Code"), document.get("BizId"):
        case "OK", str(receipt) if receipt:
            return Sent(receipt)
        case str(code), _ if code != "OK" and _CODE.fullmatch(code):
            of_ours = Why.REGISTRATION if code.startswith(("isv.", "Invalid", "Signature")) else Why.UNREACHED
            return NotSent(_WHY_OF_CODE.get(code, of_ours), code)
        case _:
            return NotSent(Why.UNREACHED, "neither sent nor refused")
