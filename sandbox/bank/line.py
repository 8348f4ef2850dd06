"""The line: payments, inquiries and statements, with the misbehaviour of answers around them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.bank import documents
from sandbox.bank.behaviour import MISCHIEF, Behaviour
from sandbox.bank.business import Business, right_now
from sandbox.bank.records import Movement

Answer: TypeAlias = tuple[int, bytes]
_XML: Final = "application/xml"
_NO_ANSWER: Final[Answer] = (500, b"")


@dataclass
class Line:
    """The endpoints over the business."""

    business: Business
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - a mood, no secret

    def routes(self) -> list[Route]:
        return [
            Route("/payments", self.pay, methods=["POST"]),
            Route("/payments/{number}", self.inquire, methods=["GET"]),
            Route("/accounts/{account}/statements/{day}", self.statement, methods=["GET"]),
        ]

    async def pay(self, request: Request) -> Response:
        body = await request.body()
        if refusal := self._distrusted(request, body):
            return refusal
        try:
            debtor, wishes = documents.read_order(body)
        except documents.BadOrder as error:
            return self._signed(request, 400, str(error).encode())
        if debtor not in self.business.bank.accounts:
            return self._signed(request, 400, b"This account is not yours.")

        def act() -> Answer:
            if self._is_stale(request):
                done = [self._too_old(debtor, wish) for wish in wishes]
            else:
                done = [self.business.pay(debtor, wish) for wish in wishes]
            return 200, documents.write_report(wishes[0].number, done)

        return await self._misbehaving(request, "pay", wishes[0].number, act)

    async def inquire(self, request: Request) -> Response:
        if refusal := self._distrusted(request, b""):
            return refusal
        number = request.path_params["number"]

        def act() -> Answer:
            self.business.settle_due()
            known = [movement for movement in self.business.store.all_of(number) if movement.is_out]
            return (200, documents.write_report(number, known[:1])) if known else (404, b"")

        return await self._misbehaving(request, "inquire", number, act)

    async def statement(self, request: Request) -> Response:
        if refusal := self._distrusted(request, b""):
            return refusal
        account, day = request.path_params["account"], request.path_params["day"]
        self.business.settle_due()
        ready = self.business.is_closed(day) or self.business.store.behaviour().statements == "any_day"
        if account not in self.business.bank.accounts or not ready:
            return self._signed(request, 404, b"")
        lines = self.business.statement_lines(account, day)
        return self._signed(request, 200, documents.write_statement(account, day, lines))

    async def _misbehaving(self, request: Request, operation: str, number: str, act: Callable[[], Answer]) -> Response:
        behaviour = self.business.store.behaviour(number)
        answer = self._mood(behaviour, operation)
        if answer != "right":
            self.business.store.spend(number)
        await asyncio.sleep(behaviour.slow_seconds)
        status, body = _NO_ANSWER if answer.endswith("_before") else act()
        if answer.startswith("silent"):
            await asyncio.sleep(behaviour.silence_seconds)
            return _Cut(b"", 200)
        if answer.startswith("fail"):
            return Response(b"Internal Server Error", 500)
        if answer == "cut_after":
            return _Cut(body, status)
        return self._signed(request, status, body, is_signed=answer != "unsigned")

    def _mood(self, behaviour: Behaviour, operation: str) -> str:
        if behaviour.operation not in ("", operation):
            return "right"
        if behaviour.mischief and self.chance.randrange(1000) < behaviour.mischief:
            return self.chance.choice(MISCHIEF)
        return behaviour.answer

    def _too_old(self, debtor: str, wish: documents.Instruction) -> Movement:
        return Movement(
            reference="-",
            number=wish.number,
            debtor=debtor,
            account=wish.account,
            name=wish.name,
            bank_code=wish.bank_code,
            fen=wish.fen,
            remark=wish.remark,
            day="",
            at=0,
            state="REFUSED",
            code="DT01",
            sentence="报文已过期",
        )

    def _is_stale(self, request: Request) -> bool:
        oldest = self.business.store.behaviour().stale_seconds
        made = datetime.fromisoformat(request.headers["bank-timestamp"]).timestamp()
        return bool(oldest) and right_now() - made > oldest

    def _distrusted(self, request: Request, body: bytes) -> Response | None:
        headers = request.headers
        trusted = headers.get("bank-customer") == self.business.bank.customer
        trusted = trusted and self.business.bank.is_by_the_customer(
            timestamp=headers.get("bank-timestamp", ""),
            signature=headers.get("bank-signature", ""),
            method=request.method,
            target=_target(request),
            body=body,
        )
        return None if trusted else Response(b"Unauthorized", 401)

    def _signed(self, request: Request, status: int, body: bytes, *, is_signed: bool = True) -> Response:
        timestamp = datetime.fromtimestamp(right_now(), UTC).isoformat()
        headers = self.business.bank.sign(timestamp=timestamp, status=status, target=_target(request), body=body)
        return Response(body, status, headers=headers if is_signed else {}, media_type=_XML)


class _Cut(Response):
    """An answer that promises its whole body, sends half of it and is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        headers = [(b"content-length", str(len(self.body) + 1).encode())]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})


def _target(request: Request) -> str:
    return request.scope["raw_path"].decode()
