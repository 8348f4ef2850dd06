"""What one worker process holds from start to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain import rules
from domain.crypto import Keyring
from domain.settings import Settings
from partners import bank, fiscal, sms, wechat, wechatpay
from partners.clamd import open_scanner
from partners.file_desk import FileDesk
from partners.storage import open_shelf


def read_clock() -> datetime:
    """Read the clock for one job."""
    return datetime.now(UTC)  # noqa: TID251 - the border of the house


@dataclass(frozen=True)
class Resources:
    """Made once by `workers.main`, handed to every job."""

    settings: Settings
    keys: Keyring
    book: rules.Book
    wechatpay: wechatpay.Client | None
    bank: bank.Client | None = None
    clock: Callable[[], datetime] = read_clock
    fiscal: fiscal.Client | None = None
    messages: wechat.MessageClient | None = None
    texts: sms.Client | None = None

    def file_desk(self) -> FileDesk:
        """Make the file desk of one job."""
        return FileDesk(
            keys=self.keys,
            shelf=open_shelf(self.settings.shelf),
            clock=self.clock,
            scanner=open_scanner(self.settings.scanner),
        )
