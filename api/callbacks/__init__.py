"""Payment platforms calling us. Each address verifies who calls before anything else happens."""

from __future__ import annotations

from starlette.routing import Route

from api.callbacks import wechatpay

__all__ = ["routes"]


def routes() -> list[Route]:
    """List the addresses of this package."""
    return wechatpay.routes()
