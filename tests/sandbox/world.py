"""What the tests of both sides of WeChat Pay share: an order, and a merchant's callback address over real HTTP."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.money import Money
from partners import wechatpay


def right_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the platform is another process with the real clock


def a_number() -> str:
    return f"T{secrets.token_hex(8)}"


def an_order(
    *,
    out_trade_no: str | None = None,
    total: int = 40000,
    notify_url: str = "http://127.0.0.1:9/never",
    attach: str = "",
    description: str = "城乡居民基本医疗保险 2027 年度",
    expires_at: datetime | None = None,
) -> wechatpay.Order:
    return wechatpay.Order(
        out_trade_no=out_trade_no or a_number(),
        description=description,
        total=Money(total),
        expires_at=expires_at or right_now() + timedelta(hours=2),
        notify_url=notify_url,
        attach=attach,
    )


def a_refund_of(
    order: wechatpay.Order, *, amount: int | None = None, notify_url: str = "http://127.0.0.1:9/never"
) -> wechatpay.RefundOrder:
    return wechatpay.RefundOrder(
        out_refund_no=f"R{secrets.token_hex(8)}",
        out_trade_no=order.out_trade_no,
        amount=order.total if amount is None else Money(amount),
        total=order.total,
        reason="重复缴费",
        notify_url=notify_url,
    )


@dataclass(frozen=True)
class Letter:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Takes callbacks and answers them with the statuses of its script, then with 204."""

    url: str = ""
    script: list[int] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def first(self, count: int, *, within: float = 10) -> list[Letter]:
        """Wait until so many have come."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: len(self.letters) >= count)
        return self.letters[:count]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request_line, *lines = head.decode().strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status = self.script.pop(0) if self.script else 204
                self.letters.append(Letter(path=request_line.split()[1], headers=headers, body=body))
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
                async with self._arrived:
                    self._arrived.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    try:
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callbacks/wechatpay"
        yield receiver
    finally:
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None
