"""Asking the platform about one receipt."""

from __future__ import annotations

import base64
import hmac
from datetime import date, datetime
from typing import Any, Final, Self

import httpx2
import orjson

from domain.money import Money
from domain.receipts import ReceiptKey, Verification

_API: Final = "5501"
_VERSION: Final = "1.0.0"
_ANSWER_BYTES_MAX: Final = 64 * 1024
_OK: Final = 200
_REVERSED: Final = "1"
_REIMBURSED: Final = "1"


def make_signature(*, secret: str, name: str, version: str, timestamp: str, access_key: str) -> str:
    """Sign a request: base64 of HMAC-SHA1 over the gateway's fields in their order."""
    text = f"_api_access_key={access_key}&_api_name={name}&_api_timestamp={timestamp}&_api_version={version}"
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


class Client:
    """Calls over connections of its own; safe to share among tasks, close it at the end."""

    def __init__(self, base_url: str, *, access_key: str, secret: str, seconds: int = 8) -> None:
        self._access_key: Final = access_key
        self._secret: Final = secret
        self._http: Final = httpx2.AsyncClient(
            base_url=base_url, timeout=seconds, trust_env=False, follow_redirects=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def verify(
        self, key: ReceiptKey, *, amount: Money, issued_on: date | None, now: datetime
    ) -> Verification | None:
        """Ask what the issuer knows about a receipt; None when the answer is not clear."""
        asked = {
            "elecSetlCertType": key.kind.national,
            "elecSetlCertCode": key.code,
            "elecSetlCertNo": key.number,
            "elecSetlCertChkcode": key.check_code,
            "billDate": issued_on.isoformat() if issued_on else "",
        }
        try:
            answer = await self._http.post(f"/{_API}", json={"input": asked}, headers=self._headers(now))
        except httpx2.HTTPError:
            return None
        if answer.status_code != _OK or len(answer.content) > _ANSWER_BYTES_MAX:
            return None
        return _verdict(answer.content, key=key, amount=amount)

    def _headers(self, now: datetime) -> dict[str, str]:
        timestamp = str(int(now.timestamp() * 1000))
        signature = make_signature(
            secret=self._secret, name=_API, version=_VERSION, timestamp=timestamp, access_key=self._access_key
        )
        return {
            "_api_name": _API,
            "_api_version": _VERSION,
            "_api_timestamp": timestamp,
            "_api_access_key": self._access_key,
            "_api_signature": signature,
        }


def _verdict(content: bytes, *, key: ReceiptKey, amount: Money) -> Verification | None:
    """Read an answer. What does not speak of this very receipt is no answer."""
    try:
        told: dict[str, Any] = orjson.loads(content)
        output = told["output"]
        if told["infcode"] != 0 or output is None:
            return None
        if output["found"] != "1":
            return Verification.UNKNOWN_TO_ISSUER
        if (output["elecSetlCertNo"], output["elecSetlCertCode"]) != (key.number, key.code):
            return None
        printed = Money.parse(output["billAmt"])
        flags = (output["rhredFlag"], output["reimFlag"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
    if flags[0] == _REVERSED:
        return Verification.REVERSED
    if flags[1] == _REIMBURSED:
        return Verification.USED_ELSEWHERE
    same = printed == amount and output.get("checkCodeAgrees", "1") == "1"
    return Verification.GENUINE if same else Verification.DIFFERS
