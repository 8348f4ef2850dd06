"""The pay desk as the worker stands at it."""

from __future__ import annotations

from partners.pay_desk import PayDesk
from workers.resources import Resources


class NoPlatformError(RuntimeError):
    """An order or refund of the platform waits, and this installation has no merchant configured."""


def desk_of(resources: Resources) -> PayDesk:
    """Make the pay desk of this process; raise `NoPlatformError` without a merchant."""
    if resources.wechatpay is None:
        raise NoPlatformError("YIBAO_WECHATPAY_MERCHANT names no merchant, so WeChat Pay cannot be asked.")
    return PayDesk(
        pay=resources.wechatpay,
        keys=resources.keys,
        book=resources.book,
        region=resources.settings.region,
        origin=resources.settings.origin,
        clock=resources.clock,
    )
