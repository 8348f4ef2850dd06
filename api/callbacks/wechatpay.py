"""WeChat Pay tells us about payments and refunds: verified, done once, answered as the protocol asks.

204 ends a notification, everything else makes the platform send it again. Money for a number that is not ours is
written down as a difference and answered with 204 too: repeating it would change nothing.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.context import read_clock
from api.resources import Resources
from partners import wechatpay
from partners.pay_desk import CALLBACK_PATH, PayDesk

BODY_BYTES_MAX: Final = 64 * 1024
log: Final = structlog.stdlib.get_logger("api.callbacks")


def routes() -> list[Route]:
    """List the address that the platform is told with every order and refund."""
    return [Route(CALLBACK_PATH, notified, methods=["POST"])]


async def notified(request: Request) -> Response:
    """Take one notification. A bug of ours is a 500 with an incident number, so that it comes again."""
    resources: Resources = request.app.state.resources
    if resources.wechatpay is None:
        return _refused(404, "本机构未开通微信支付")
    body = await _read(request)
    if body is None:
        return _refused(413, f"回调超过 {BODY_BYTES_MAX} 字节")
    now = read_clock()
    try:
        notice = wechatpay.read_notification(
            resources.wechatpay.merchant, headers=dict(request.headers), body=body, now=now
        )
    except wechatpay.UnusableNotification as unusable:
        log.warning("wechatpay_callback_refused", reason=unusable.reason.value, sentence=unusable.sentence)
        return _refused(400, "验签或解析失败")
    try:
        await desk_of(resources).take_notification(notice, body=body)
    except Exception as bug:
        incident = str(uuid4())
        log.exception("wechatpay_callback_bug", incident=incident, notice=notice.id, kind=type(bug).__name__)
        return _refused(500, f"系统出错，事件编号 {incident}")
    return Response(status_code=wechatpay.ACCEPTED)


def desk_of(resources: Resources) -> PayDesk:
    """Make the pay desk of this process, for callbacks and for those who order and cancel."""
    assert resources.wechatpay is not None, "Nobody comes here without a merchant."
    return PayDesk(
        pay=resources.wechatpay,
        keys=resources.keys,
        book=resources.book,
        region=resources.settings.region,
        origin=resources.settings.origin,
        clock=read_clock,
    )


async def _read(request: Request) -> bytes | None:
    """Read the exact bytes of the body, which the signature is about; None when they are too many."""
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > BODY_BYTES_MAX:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _refused(status: int, sentence: str) -> Response:
    return Response(wechatpay.rejection(sentence), status_code=status, media_type="application/json")
