"""The paths of APIv3, with the misbehaviour of answers around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.wechatpay import bills, clock, seals
from sandbox.wechatpay.errors import ApiError
from sandbox.wechatpay.post import Post, signed_headers
from sandbox.wechatpay.records import Order
from sandbox.wechatpay.trade import order_document, refund_document

Document = Mapping[str, object]
_SYSTEM_ERROR = ApiError(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用")
_BUSY = ApiError(429, "FREQUENCY_LIMITED", "频率超限，请降低请求接口频率")


@dataclass(frozen=True, slots=True)
class Api:
    """The endpoints over the trade; `base_url` is where people reach the pay page."""

    post: Post
    base_url: str

    def routes(self) -> list[Route]:
        orders, refunds = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
        return [
            Route(f"{orders}/h5", self.create_h5, methods=["POST"]),
            Route(f"{orders}/jsapi", self.create_jsapi, methods=["POST"]),
            Route(f"{orders}/out-trade-no/{{number}}", self.inquire, methods=["GET"]),
            Route(f"{orders}/out-trade-no/{{number}}/close", self.close, methods=["POST"]),
            Route(refunds, self.refund, methods=["POST"]),
            Route(f"{refunds}/{{number}}", self.inquire_refund, methods=["GET"]),
            Route("/v3/bill/tradebill", self.name_bill, methods=["GET"]),
            Route("/v3/billdownload/file", self.give_bill, methods=["GET"]),
        ]

    async def create_h5(self, request: Request) -> Response:
        def act(wish: Document) -> Document:
            order = self.post.trade.create(wish, kind="h5", now=clock.seconds())
            return {"h5_url": self.page_url(order)}

        return await self._answer(request, "create", act)

    async def create_jsapi(self, request: Request) -> Response:
        def act(wish: Document) -> Document:
            return {"prepay_id": self.post.trade.create(wish, kind="jsapi", now=clock.seconds()).prepay_id}

        return await self._answer(request, "create", act)

    async def inquire(self, request: Request) -> Response:
        def act(_: Document) -> Document:
            mchid = request.query_params.get("mchid", "")
            order = self.post.trade.find(request.path_params["number"], mchid=mchid)
            return order_document(self.post.trade.platform, order)

        return await self._answer(request, "inquire", act)

    async def close(self, request: Request) -> Response:
        def act(wish: Document) -> None:
            self.post.trade.close(request.path_params["number"], wish)

        return await self._answer(request, "close", act)

    async def refund(self, request: Request) -> Response:
        def act(wish: Document) -> Document:
            refund = self.post.trade.refund(wish, now=clock.seconds())
            self.post.wake()
            return refund_document(self.post.trade.store, refund)

        return await self._answer(request, "refund", act)

    async def inquire_refund(self, request: Request) -> Response:
        def act(_: Document) -> Document:
            refund = self.post.trade.find_refund(request.path_params["number"])
            return refund_document(self.post.trade.store, refund)

        return await self._answer(request, "inquire_refund", act)

    async def name_bill(self, request: Request) -> Response:
        def act(_: Document) -> Document:
            return bills.name_bill(
                self.post.trade, day=request.query_params.get("bill_date", ""), base_url=str(request.base_url)[:-1]
            )

        return await self._answer(request, "bill", act)

    async def give_bill(self, request: Request) -> Response:
        """Give the file, which is not signed; spoiled in any way it is half of itself."""
        try:
            self._check(request, b"")
        except ApiError as error:
            return Response(orjson.dumps(error.document()), error.status, media_type="application/json")
        body = bills.find_bill(self.post.trade, request.query_params.get("token", ""))
        if body is None:
            return Response(status_code=404)
        behaviour = self.post.trade.store.behaviour("")
        if behaviour.operation == "bill_file" and behaviour.answer != "right":
            body = body[: len(body) // 2]
        return Response(body, media_type="text/plain; charset=utf-8")

    def page_url(self, order: Order) -> str:
        path = "/cgi-bin/mmpayweb-bin/checkmweb"
        return f"{self.base_url}{path}?prepay_id={order.prepay_id}&package={order.package}"

    async def _answer(self, request: Request, operation: str, act: Callable[[Document], Document | None]) -> Response:
        body = await request.body()
        try:
            self._check(request, body)
        except ApiError as error:
            # The platform signs only for those who signed rightly themselves.
            return Response(orjson.dumps(error.document()), error.status, media_type="application/json")
        try:
            wish = _document(body)
        except ApiError as error:
            return self._signed(request, error.status, error.document(), fault="right")
        number = self._order_number(request, operation, wish)
        store = self.post.trade.store
        behaviour = store.behaviour(number)
        fault = behaviour.answer if behaviour.operation in {"", operation} else "right"
        await asyncio.sleep(behaviour.slow_seconds if behaviour.operation in {"", operation} else 0)
        if fault != "right":
            store.spend_answer_fault(number)
        status, document = _done(act, wish, fault=fault)
        if fault == "cut_after":
            return _CutResponse(orjson.dumps(document or {"message": "成功"}), status if document else 200)
        return self._signed(request, status, document, fault=fault)

    def _check(self, request: Request, body: bytes) -> None:
        query = request.scope["query_string"].decode()
        target = request.scope["raw_path"].decode() + (f"?{query}" if query else "")
        seals.check_request(
            self.post.trade.platform,
            method=request.method,
            target=target,
            authorization=request.headers.get("authorization", ""),
            body=body,
            now=clock.seconds(),
        )

    def _order_number(self, request: Request, operation: str, wish: Document) -> str:
        if operation in {"inquire", "close"}:
            return request.path_params["number"]
        if operation == "inquire_refund":
            refund = self.post.trade.store.refunds.get(request.path_params["number"])
            return refund.out_trade_no if refund else ""
        return str(wish.get("out_trade_no", ""))

    def _signed(self, request: Request, status: int, document: Document | None, *, fault: str) -> Response:
        body = b"" if document is None else orjson.dumps(document)
        keys = self.post.trade.platform.keys
        asked = request.headers.get("wechatpay-serial", "")
        key_id = asked if asked in keys else next(iter(keys))
        headers = {} if fault == "unsigned" else signed_headers(self.post.trade, body, key_id=key_id, fault=fault)
        return Response(body, status, headers=headers, media_type="application/json" if body else None)


class _CutResponse(Response):
    """An answer that promises its whole body, sends half of it and is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})


def _done(act: Callable[[Document], Document | None], wish: Document, *, fault: str) -> tuple[int, Document | None]:
    """Do what was asked, unless the fault comes before; say what to answer."""
    if fault == "fail_before":
        return _SYSTEM_ERROR.status, _SYSTEM_ERROR.document()
    if fault == "busy":
        return _BUSY.status, _BUSY.document()
    try:
        document = act(wish)
        status = 204 if document is None else 200
    except ApiError as error:
        status, document = error.status, error.document()
    if fault == "fail_after":
        return _SYSTEM_ERROR.status, _SYSTEM_ERROR.document()
    return status, document


def _document(body: bytes) -> Document:
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ApiError(400, "PARAM_ERROR", "请求报文不是合法的JSON") from None
    if not isinstance(document, dict):
        raise ApiError(400, "PARAM_ERROR", "请求报文不是JSON对象")
    return cast("Document", document)
