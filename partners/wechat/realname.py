"""Asking the real-name platform whether a claim is true. What is sent and what comes back is signed."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Final, Self, cast

import orjson

from partners.wechat.account import Account
from partners.wechat.transport import USUAL_PATIENCE, NoAnswerError, Patience, exchange, make_http
from partners.wechat.values import Claim, Method, NotConfirmed, Unclear

_PATH: Final = "/realname/verify"


def new_nonce() -> str:
    """Make a text that was never used before."""
    return secrets.token_hex(16)


class RealNameClient:
    """One agency's questions. Safe to share among tasks; close it at the end."""

    def __init__(
        self, account: Account, *, patience: Patience = USUAL_PATIENCE, new_nonce: Callable[[], str] = new_nonce
    ) -> None:
        self._account: Final = account
        self._patience: Final = patience
        self._new_nonce: Final = new_nonce
        self._http: Final = make_http(account.real_name_url, patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def verify(self, claim: Claim) -> Method | NotConfirmed | Unclear:
        """Ask whether the ticket was given to whom is claimed. The ticket is used up by the asking."""
        nonce = self._new_nonce()
        body = orjson.dumps(
            {
                "name": claim.name,
                "documentType": claim.document_type,
                "documentNumber": claim.document_number,
                "ticket": claim.ticket,
            }
        )
        headers = {
            "Content-Type": "application/json",
            "X-Agency": self._account.agency,
            "X-Nonce": nonce,
            "X-Signature": self._sign("question", nonce, body),
        }
        request = self._http.build_request("POST", _PATH, content=body, headers=headers)
        try:
            answered, told = await exchange(self._http, request, patience=self._patience)
        except NoAnswerError as trouble:
            return Unclear(str(trouble))
        # The nonce is ours and new, so an answer that was given before proves nothing.
        signature = answered.get("x-signature", "")
        if not hmac.compare_digest(signature.encode(), self._sign("answer", nonce, told).encode()):
            return Unclear("not signed by them for this question")
        return _read(told)

    def _sign(self, what: str, nonce: str, body: bytes) -> str:
        message = b"\n".join((what.encode(), nonce.encode(), body))
        return hmac.digest(self._account.agency_secret.encode(), message, "sha256").hex()


def _read(body: bytes) -> Method | NotConfirmed | Unclear:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Unclear("no JSON")
    document = cast("dict[str, object]", told) if isinstance(told, dict) else {}
    match document.get("result"), document.get("method"):
        case "CONFIRMED", str(method) if method in set(Method):
            return Method(method)
        case "NOT_CONFIRMED", _:
            return NotConfirmed()
        case _:
            return Unclear("neither confirmed nor not")
