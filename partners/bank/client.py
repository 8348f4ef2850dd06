"""Calls to the bank. Each is sent once, ends within a fixed time, and never raises: it gives an outcome."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self
from urllib.parse import quote

import httpx2

from partners.bank import camt053, pain001, pain002
from partners.bank.link import BankLink
from partners.bank.values import (
    Doubt,
    NeverHeardOf,
    Order,
    Outcome,
    Refused,
    Statement,
    Transfer,
    Unknown,
    Unreadable,
)

ANSWER_BYTES_MAX: Final = 256 * 1024 * 1024
_CONNECTIONS_MAX: Final = 20
_NOT_FOUND: Final = 404
_OK: Final = 200
ABOUT_THE_MESSAGE: Final = frozenset({"AM05", "DT01", "DUPL"})
"""Refusals of the message and not of the payment: the number was there before, or the message was too old."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits, in seconds: for a connection, for each piece of the answer, and altogether."""

    connecting: float = 3
    reading: float = 10
    altogether: float = 15


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


class Client:
    """The line to the bank, open. Proxies of the environment are not used, and redirections not followed."""

    def __init__(self, link: BankLink, *, patience: Patience = Patience()) -> None:
        self.link: Final = link
        self._patience: Final = patience
        self._http: Final = httpx2.AsyncClient(
            base_url=link.base_url,
            timeout=httpx2.Timeout(patience.reading, connect=patience.connecting, pool=patience.connecting),
            limits=httpx2.Limits(max_connections=_CONNECTIONS_MAX, max_keepalive_connections=_CONNECTIONS_MAX),
            trust_env=False,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def pay(self, transfer: Transfer, *, fund: str, made_at: datetime) -> Outcome:
        """Have one transfer carried out. The message carries `made_at`, by which the bank knows an old one."""
        order = Order(number=transfer.number, debtor=self.link.accounts[fund], made_at=made_at, transfers=(transfer,))
        answer = await self._call("POST", "/payments", pain001.write(order), at=made_at)
        return _outcome(answer, number=transfer.number)

    async def inquire(self, number: str, *, now: datetime) -> Outcome:
        """Ask what became of a transfer."""
        answer = await self._call("GET", f"/payments/{quote(number, safe='')}", b"", at=now)
        if isinstance(answer, _Answer) and answer.status == _NOT_FOUND:
            return NeverHeardOf()
        return _outcome(answer, number=number)

    async def fetch_statement(self, *, fund: str, day: date, now: datetime) -> tuple[Statement, bytes] | Unknown | None:
        """Fetch the statement of a day with its bytes; None when the bank has not closed that day yet."""
        account = self.link.accounts[fund].account
        answer = await self._call("GET", f"/accounts/{account}/statements/{day}", b"", at=now)
        if isinstance(answer, Unknown):
            return answer
        if answer.status == _NOT_FOUND:
            return None
        try:
            statement = camt053.read(answer.body)
            if (statement.account, statement.day) != (account, day):
                return Unknown(Doubt.UNREADABLE, f"This is the statement of {statement.account}, {statement.day}.")
        except Unreadable as error:
            return Unknown(Doubt.UNREADABLE, str(error))
        return statement, answer.body

    async def _call(self, method: str, target: str, body: bytes, *, at: datetime) -> _Answer | Unknown:
        headers = self.link.sign(method=method, target=target, body=body, at=at)
        headers |= {"Accept-Encoding": "identity", "User-Agent": "yibao"}
        if body:
            headers["Content-Type"] = "application/xml"
        request = self._http.build_request(method, target, content=body or None, headers=headers)
        try:
            async with asyncio.timeout(self._patience.altogether):
                return await self._exchange(request, target=target, at=at)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            return Unknown(Doubt.NOT_REACHED, _described(error))
        except (httpx2.TimeoutException, TimeoutError) as error:
            return Unknown(Doubt.TIMEOUT, _described(error))
        except httpx2.HTTPError as error:
            return Unknown(Doubt.CONNECTION_LOST, _described(error))

    async def _exchange(self, request: httpx2.Request, *, target: str, at: datetime) -> _Answer | Unknown:
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    return Unknown(Doubt.UNREADABLE, f"The answer has more than {ANSWER_BYTES_MAX} bytes.")
        finally:
            await response.aclose()
        answer = _Answer(response.status_code, bytes(body))
        told = f"HTTP {answer.status}: {answer.body[:200]!r}"
        if not self.link.is_by_the_bank(
            headers=response.headers, status=answer.status, target=target, body=answer.body, now=at
        ):
            doubt = Doubt.THEIR_ERROR if answer.status >= 500 else Doubt.UNVERIFIABLE  # noqa: PLR2004 - HTTP's own
            return Unknown(doubt, told)
        return answer if answer.status in (_OK, _NOT_FOUND) else Unknown(Doubt.THEIR_ERROR, told)


def _outcome(answer: _Answer | Unknown, *, number: str) -> Outcome:
    if isinstance(answer, Unknown):
        return answer
    if answer.status == _NOT_FOUND:
        return Unknown(Doubt.THEIR_ERROR, "The bank has no such address.")
    try:
        reports = pain002.read(answer.body)
    except Unreadable as error:
        return Unknown(Doubt.UNREADABLE, str(error))
    if [report.number for report in reports] != [number]:
        return Unknown(Doubt.UNREADABLE, f"The answer is about {[report.number for report in reports]}.")
    status = reports[0].status
    if isinstance(status, Refused) and status.code in ABOUT_THE_MESSAGE:
        return Unknown(Doubt.NO_DECISION, f"{status.code} {status.sentence}")
    return status


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
