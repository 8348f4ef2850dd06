"""What one process of the edge holds from start to stop: settings, keys, the law and its connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from redis.asyncio import Redis

from domain import rules
from domain.cleaning import Cage
from domain.crypto import Keyring
from domain.informants import InformantStore
from domain.settings import Settings
from partners.clamd import open_scanner
from partners.file_desk import FileDesk
from partners.storage import open_shelf

if TYPE_CHECKING:
    from api.oauth.text_codes import Messages
    from partners import wechat, wechatpay


@dataclass(frozen=True)
class Resources:
    """Made once by `api.app.create_app`, handed to every request, never changed."""

    settings: Settings
    keys: Keyring
    book: rules.Book
    redis: Redis
    wechatpay: wechatpay.Client | None
    cage: Cage = field(default_factory=Cage)
    real_name: wechat.RealNameClient | None = None
    messages: Messages | None = None
    """How codes are sent to phones, where the house has an account at a platform."""
    informants: InformantStore | None = None

    def file_desk(self, clock: Callable[[], datetime]) -> FileDesk:
        """Make the file desk of this process; all of them share the places of its cage."""
        return FileDesk(
            keys=self.keys,
            shelf=open_shelf(self.settings.shelf),
            clock=clock,
            scanner=open_scanner(self.settings.scanner),
            cage=self.cage,
        )
