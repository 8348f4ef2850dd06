"""Calls to the platform. Each is sent once, ends within a fixed time and yields an `Outcome`."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self, TypeVar
from urllib.parse import quote

import httpx2

from partners.wechatpay import documents
from partners.wechatpay.bill import TradeBill, read_bill
from partners.wechatpay.merchant import Merchant
from partners.wechatpay.outcome import Confirmed, Doubt, Outcome, Refused, Unknown
from partners.wechatpay.reading import Document, Unreadable, parse, text
from partners.wechatpay.signing import Distrusted, authorization, payment_message, sign, verify
from partners.wechatpay.values import Closed, H5Page, Order, PaymentRequest, Prepay, Refund, RefundOrder, Transaction

ANSWER_BYTES_MAX: Final = 256 * 1024
BILL_BYTES_MAX: Final = 64 * 1024 * 1024
_CONNECTIONS_MAX: Final = 50
_ORDERS: Final = "/v3/pay/transactions"
_REFUNDS: Final = "/v3/refund/domestic/refunds"
_TRADE_BILL: Final = "/v3/bill/tradebill"
_UNDECIDED: Final = frozenset(
    {"SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR", "FREQUENCY_LIMITED", "USERPAYING"}
)
"""Codes by which the platform says that the call may yet succeed, whatever the status they come with."""
_DONE: Final = frozenset({200, 204})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits, in seconds: for a connection, for each piece of the answer, and altogether."""

    connecting: float = 3
    reading: float = 8
    altogether: float = 12


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx2.Headers
    body: bytes


def new_nonce() -> str:
    """Make 32 characters that were never used before."""
    return secrets.token_hex(16).upper()


class Client:
    """One merchant's calls over connections of its own. Safe to share among tasks; close it at the end.

    `new_nonce` may be fixed in tests. Proxies of the environment are not used, and redirections not followed.
    """

    def __init__(
        self, merchant: Merchant, *, patience: Patience = Patience(), new_nonce: Callable[[], str] = new_nonce
    ) -> None:
        self.merchant: Final = merchant
        self._patience: Final = patience
        self._new_nonce: Final = new_nonce
        self._http: Final = httpx2.AsyncClient(
            base_url=merchant.base_url,
            timeout=httpx2.Timeout(patience.reading, connect=patience.connecting, pool=patience.connecting),
            limits=httpx2.Limits(max_connections=_CONNECTIONS_MAX, max_keepalive_connections=_CONNECTIONS_MAX),
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

    async def create_h5_order(self, order: Order, *, payer_ip: str, now: datetime) -> Outcome[H5Page]:
        """Create an order for a browser outside WeChat, or get the page of the same order again.

        Refusals to expect: `ORDERPAID`, `ORDER_CLOSED`, `OUT_TRADE_NO_USED` (the number names another order).
        """
        body = documents.h5_order(self.merchant, order, payer_ip=payer_ip)
        outcome = await self._call("POST", f"{_ORDERS}/h5", body, now=now)
        return _read(outcome, lambda document: H5Page(url=text(document, "h5_url")))

    async def create_jsapi_order(self, order: Order, *, openid: str, now: datetime) -> Outcome[Prepay]:
        """Create an order for the mini-program or a page inside WeChat, to be paid by the person `openid`."""
        body = documents.jsapi_order(self.merchant, order, openid=openid)
        outcome = await self._call("POST", f"{_ORDERS}/jsapi", body, now=now)
        return _read(outcome, lambda document: Prepay(prepay_id=text(document, "prepay_id")))

    def payment_request(self, prepay: Prepay, *, now: datetime) -> PaymentRequest:
        """Sign the arguments by which the mini-program opens the payment."""
        stamp, nonce, package = str(int(now.timestamp())), self._new_nonce(), f"prepay_id={prepay.prepay_id}"
        message = payment_message(appid=self.merchant.appid, timestamp=stamp, nonce=nonce, package=package)
        return PaymentRequest(
            app_id=self.merchant.appid,
            time_stamp=stamp,
            nonce_str=nonce,
            package=package,
            pay_sign=sign(self.merchant.private_key, message),
        )

    async def inquire_order(self, out_trade_no: str, *, now: datetime) -> Outcome[Transaction]:
        """Ask what became of an order. `Refused` with `ORDER_NOT_EXIST`: the platform never took it."""
        target = f"{_ORDERS}/out-trade-no/{_segment(out_trade_no)}?mchid={self.merchant.mchid}"

        def transaction(document: Document) -> Transaction:
            found = documents.read_transaction(document)
            if (found.mchid, found.out_trade_no) != (self.merchant.mchid, out_trade_no):
                raise Unreadable(f"The answer is about {found.mchid} {found.out_trade_no}.")
            return found

        return _read(await self._call("GET", target, b"", now=now), transaction)

    async def close_order(self, out_trade_no: str, *, now: datetime) -> Outcome[Closed]:
        """Close an unpaid order for good. Refusals: `ORDERPAID` (paid before us), `ORDER_CLOSED` (closed already)."""
        target = f"{_ORDERS}/out-trade-no/{_segment(out_trade_no)}/close"
        outcome = await self._call("POST", target, documents.closing(self.merchant), now=now)
        return _read(outcome, lambda _: Closed(out_trade_no=out_trade_no))

    async def refund(self, order: RefundOrder, *, now: datetime) -> Outcome[Refund]:
        """Ask for a refund. Confirmed means accepted; whether the money is back, the refund's status says.

        Refusals to expect: `NOT_ENOUGH` (our account is empty), `INVALID_REQUEST`, `RESOURCE_NOT_EXISTS` (no such
        payment), `USER_ACCOUNT_ABNORMAL`.
        """

        def refund(document: Document) -> Refund:
            found = documents.read_refund(document)
            asked = (order.out_refund_no, order.out_trade_no, order.amount)
            if (found.out_refund_no, found.out_trade_no, found.amount) != asked:
                raise Unreadable(f"The answer is about {found.amount} yuan of {found.out_refund_no}.")
            return found

        return _read(await self._call("POST", _REFUNDS, documents.refund_order(order), now=now), refund)

    async def inquire_refund(self, out_refund_no: str, *, now: datetime) -> Outcome[Refund]:
        """Ask what became of a refund. `Refused` with `RESOURCE_NOT_EXISTS`: the platform never took it."""

        def refund(document: Document) -> Refund:
            found = documents.read_refund(document)
            if found.out_refund_no != out_refund_no:
                raise Unreadable(f"The answer is about {found.out_refund_no}.")
            return found

        return _read(await self._call("GET", f"{_REFUNDS}/{_segment(out_refund_no)}", b"", now=now), refund)

    async def fetch_trade_bill(self, day: date, *, now: datetime) -> Outcome[TradeBill]:
        """Fetch the bill of a day that is over, and hold it against its SHA-1; a day without trade has no lines.

        The file itself is not signed: that it is theirs follows from the digest in the signed answer that names it.
        Refused with `STATEMENT_CREATING`: not written yet.
        """
        target = f"{_TRADE_BILL}?bill_date={day.isoformat()}&bill_type=ALL"
        named = await self._call("GET", target, b"", now=now)
        match named:
            case Refused("NO_STATEMENT_EXIST"):
                return Confirmed(TradeBill(lines=(), body=b""))
            case Confirmed(document):
                return await self._download(document, now=now)
            case _:
                return named

    async def _download(self, document: Document, *, now: datetime) -> Outcome[TradeBill]:
        try:
            kind, digest = text(document, "hash_type"), text(document, "hash_value")
            address = httpx2.URL(text(document, "download_url"))
        except (Unreadable, httpx2.InvalidURL) as error:
            return Unknown(Doubt.UNREADABLE, str(error))
        # Our signed request goes to the platform and to nobody whom an answer may name.
        base = httpx2.URL(self.merchant.base_url)
        if (address.scheme, address.host, address.port) != (base.scheme, base.host, base.port) or kind != "SHA1":
            return Unknown(Doubt.UNREADABLE, f"A bill at {address.host} named by {kind}.")
        request = self._request("GET", address.raw_path.decode(), b"", now=now)
        answer = await self._send(request, at_most=BILL_BYTES_MAX)
        if isinstance(answer, Unknown):
            return answer
        found = hashlib.sha1(answer.body, usedforsecurity=False).hexdigest()
        if answer.status != 200 or found != digest.lower():  # noqa: PLR2004 - HTTP's one way of saying that all is well
            return Unknown(Doubt.UNVERIFIABLE, f"HTTP {answer.status}, SHA-1 {found} instead of {digest}.")
        return _read(Confirmed({}), lambda _: read_bill(answer.body, mchid=self.merchant.mchid))

    async def _call(self, method: str, target: str, body: bytes, *, now: datetime) -> Outcome[Document]:
        answer = await self._send(self._request(method, target, body, now=now))
        return answer if isinstance(answer, Unknown) else _judge(self.merchant, answer, now=now)

    def _request(self, method: str, target: str, body: bytes, *, now: datetime) -> httpx2.Request:
        request = self._http.build_request(method, target, content=body or None)
        # What is signed must be what is sent, so the target is read back from the request.
        sent = request.url.raw_path.decode()
        signed = authorization(self.merchant, method=method, target=sent, body=body, nonce=self._new_nonce(), now=now)
        request.headers["Authorization"] = signed
        request.headers["Accept"] = "application/json"
        # The signature covers the body as written, so nothing is compressed on the way.
        request.headers["Accept-Encoding"] = "identity"
        request.headers["User-Agent"] = "yibao"
        request.headers["Wechatpay-Serial"] = self.merchant.platform_keys[0].id
        if body:
            request.headers["Content-Type"] = "application/json"
        return request

    async def _send(self, request: httpx2.Request, *, at_most: int = ANSWER_BYTES_MAX) -> _Answer | Unknown:
        try:
            async with asyncio.timeout(self._patience.altogether):
                return await self._exchange(request, at_most=at_most)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            return Unknown(Doubt.NOT_REACHED, _described(error))
        except (httpx2.TimeoutException, TimeoutError) as error:
            return Unknown(Doubt.TIMEOUT, _described(error))
        except httpx2.HTTPError as error:
            return Unknown(Doubt.CONNECTION_LOST, _described(error))

    async def _exchange(self, request: httpx2.Request, *, at_most: int) -> _Answer | Unknown:
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > at_most:
                    return Unknown(Doubt.UNREADABLE, f"The answer has more than {at_most} bytes.")
            return _Answer(status=response.status_code, headers=response.headers, body=bytes(body))
        finally:
            await response.aclose()


def _judge(merchant: Merchant, answer: _Answer, *, now: datetime) -> Outcome[Document]:
    """Turn an answer into an outcome. Only a verified signature makes a confirmation or a refusal."""
    told = f"HTTP {answer.status}: {answer.body[:500].decode(errors='replace')}"
    if answer.status >= 500:  # noqa: PLR2004 - HTTP's server errors
        return Unknown(Doubt.THEIR_ERROR, told)
    if answer.status == 429:  # noqa: PLR2004 - HTTP's Too Many Requests
        return Unknown(Doubt.BUSY, told)
    try:
        verify(merchant, headers=answer.headers, body=answer.body, now=now)
        document = parse(answer.body) if answer.body else {}
        if answer.status in _DONE:
            return Confirmed(document)
        code, sentence = text(document, "code"), text(document, "message")
    except Distrusted as error:
        return Unknown(Doubt.UNVERIFIABLE, f"{error.reason}: {error.sentence} {told}")
    except Unreadable as error:
        return Unknown(Doubt.UNREADABLE, f"{error} {told}")
    return Unknown(Doubt.THEIR_ERROR, told) if code in _UNDECIDED else Refused(code, sentence)


def _read(outcome: Outcome[Document], reader: Callable[[Document], T]) -> Outcome[T]:
    if not isinstance(outcome, Confirmed):
        return outcome
    try:
        return Confirmed(reader(outcome.value))
    except Unreadable as error:
        return Unknown(Doubt.UNREADABLE, str(error))


def _segment(number: str) -> str:
    return quote(number, safe="")


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
