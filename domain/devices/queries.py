"""Finding a screen's request by one of its two codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from domain import store
from domain.crypto import Keyring, Purpose
from domain.devices.values import DeviceRequest

_REQUEST: Final = """
    SELECT device.id, device.client_id, oauth_client.client_id AS client, name_zh AS client_name_zh,
           name_en AS client_name_en, device.scopes, expires_at, interval_seconds, polled_at, allowed, account_id,
           grant_id
    FROM device_authorization AS device JOIN oauth_client ON oauth_client.id = device.client_id
"""


def digest_of(device_code: str) -> str:
    """Give the form in which a device code is stored; its 256 random bits need no salt."""
    return sha256(device_code.encode()).hexdigest()


def index_of(keys: Keyring, *, user_code: str) -> bytes:
    """Give the form in which a user code is stored; it is short, so only a keyed print hides it."""
    return keys.blind_index(Purpose.TOKEN, f"user code {user_code}")


async def find_open_request(*, keys: Keyring, user_code: str, now: datetime) -> DeviceRequest | None:
    """Find the screen that shows a code now and waits for somebody to decide."""
    found = await store.row(
        f"{_REQUEST} WHERE user_code_index = $1 AND expires_at > $2 AND decided_at IS NULL"
        " AND oauth_client.state = 'ACTIVE'",
        index_of(keys, user_code=user_code),
        now,
    )
    return _request(found) if found else None


async def lock_request(*, device_code: str) -> DeviceRequest | None:
    """Find a request by the screen's own secret, and hold it until the transaction ends."""
    found = await store.row(f"{_REQUEST} WHERE device_digest = $1 FOR UPDATE OF device", digest_of(device_code))
    return _request(found) if found else None


def _request(row: Mapping[str, Any]) -> DeviceRequest:
    values: dict[str, Any] = {**row, "scopes": frozenset(row["scopes"])}
    return DeviceRequest(**values)
