"""What a screen's request is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """A screen that asks to be let in."""

    id: UUID
    client_id: UUID
    """The row of its client."""
    client: str
    """What its client calls itself."""
    client_name_zh: str
    client_name_en: str
    scopes: frozenset[str]
    expires_at: datetime
    interval_seconds: int
    polled_at: datetime | None
    allowed: bool | None
    """None until somebody has decided."""
    account_id: UUID | None
    grant_id: UUID | None
    """The family that it became, once."""
