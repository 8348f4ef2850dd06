"""What scripts and tests use to steer and to watch the platform. The real one has nothing of this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.wechatpay import clock, seals
from sandbox.wechatpay.behaviour import Behaviour
from sandbox.wechatpay.errors import ApiError, wrong_parameter
from sandbox.wechatpay.post import Post
from sandbox.wechatpay.records import Order


@dataclass(frozen=True, slots=True)
class Control:
    """The endpoints under `/sandbox`."""

    post: Post

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/orders", self.list_orders, methods=["GET"]),
            Route("/sandbox/orders/{number}", self.show_order, methods=["GET"]),
            Route("/sandbox/orders/{number}/pay", self.pay, methods=["POST"]),
            Route("/sandbox/orders/{number}/notify", self.notify, methods=["POST"]),
            Route("/sandbox/request-payment", self.request_payment, methods=["POST"]),
            Route("/sandbox/behaviour", self.show_behaviour, methods=["GET"]),
            Route("/sandbox/behaviour", self.set_behaviour, methods=["POST"]),
            Route("/sandbox/behaviour", self.forget_behaviour, methods=["DELETE"]),
        ]

    async def list_orders(self, _: Request) -> Response:
        orders = sorted(self.post.trade.store.orders.values(), key=lambda order: -order.created_at)
        return _json({"orders": [asdict(order) for order in orders]})

    async def show_order(self, request: Request) -> Response:
        order = self._order(request)
        store = self.post.trade.store
        return _json(
            {
                "order": asdict(order),
                "behaviour": asdict(store.behaviour(order.out_trade_no)),
                "refunds": [asdict(refund) for refund in store.refunds_of(order.out_trade_no)],
                "notices": [asdict(notice) for notice in store.notices_of(order.out_trade_no)],
            }
        )

    async def pay(self, request: Request) -> Response:
        """Pay an order as its payer would; a behaviour in the body applies to this order from now on."""
        number = self._order(request).out_trade_no
        wishes = _document(await request.body())
        if wishes:
            self.post.trade.store.keep_behaviour(Behaviour.parse(wishes), out_trade_no=number)
        return _json({"order": asdict(self.pay_order(number))})

    def pay_order(self, number: str) -> Order:
        """Pay, and write the notification."""
        now = clock.seconds()
        order = self.post.trade.pay(number, now=now)
        self.post.announce_payment(order, now=now)
        return order

    async def notify(self, request: Request) -> Response:
        """Send all notifications of an order again, now."""
        notices = self.post.trade.store.notices_of(self._order(request).out_trade_no)
        for notice in notices:
            self.post.send_again(notice, now=clock.seconds())
        return _json({"sent": len(notices)})

    async def request_payment(self, request: Request) -> Response:
        """Do what WeChat does when a mini-program calls `wx.requestPayment` and the person agrees."""
        arguments = {name: str(value) for name, value in _document(await request.body()).items()}
        seals.check_payment_request(self.post.trade.platform, arguments)
        prepay_id = arguments["package"].removeprefix("prepay_id=")
        orders = self.post.trade.store.orders.values()
        number = next((order.out_trade_no for order in orders if order.prepay_id == prepay_id), None)
        if number is None:
            raise ApiError(404, "ORDER_NOT_EXIST", "该prepay_id不存在")
        return _json({"errMsg": "requestPayment:ok", "order": asdict(self.pay_order(number))})

    async def show_behaviour(self, _: Request) -> Response:
        behaviours = self.post.trade.store.behaviours
        return _json({number or "*": asdict(behaviour) for number, behaviour in behaviours.items()})

    async def set_behaviour(self, request: Request) -> Response:
        """Behave so from now on: towards the order that `out_trade_no` names, or towards all without their own."""
        wishes = dict(_document(await request.body()))
        number = wishes.pop("out_trade_no", "")
        if not isinstance(number, str):
            raise wrong_parameter("/out_trade_no", value=number, issue="is no str")
        behaviour = Behaviour.parse(wishes)
        self.post.trade.store.keep_behaviour(behaviour, out_trade_no=number)
        return _json({number or "*": asdict(behaviour)})

    async def forget_behaviour(self, _: Request) -> Response:
        self.post.trade.store.forget_behaviours()
        return Response(status_code=204)

    def _order(self, request: Request) -> Order:
        return self.post.trade.find(request.path_params["number"], mchid=self.post.trade.platform.mchid)


async def show_error(_: Request, error: Exception) -> Response:
    """Answer what a rule refused."""
    assert isinstance(error, ApiError)
    return Response(orjson.dumps(error.document()), error.status, media_type="application/json")


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")


def _document(body: bytes) -> Mapping[str, object]:
    try:
        document = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise ApiError(400, "PARAM_ERROR", "The body is no JSON.") from None
    if not isinstance(document, dict):
        raise ApiError(400, "PARAM_ERROR", "The body is no JSON object.")
    return cast("Mapping[str, object]", document)
