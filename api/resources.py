"""What one process of the edge holds from start to stop: settings, keys, the law and its connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis.asyncio import Redis

from domain import rules
from domain.crypto import Keyring
from domain.settings import Settings

if TYPE_CHECKING:
    from partners import wechatpay


@dataclass(frozen=True)
class Resources:
    """Made once by `api.app.create_app`, handed to every request, never changed."""

    settings: Settings
    keys: Keyring
    book: rules.Book
    redis: Redis
    wechatpay: wechatpay.Client | None
