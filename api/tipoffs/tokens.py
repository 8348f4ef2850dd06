"""Form tokens without a cookie: this house made the form, a short while ago, and each form is one report.

A token holds 128 random bits, the hour of its making and a keyed digest of both. Its random bits are the report's own:
sent twice, it is one report with one receipt. It is kept nowhere.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from domain.crypto import Keyring, Purpose

HOURS: Final = 24
"""How long a form may be written on."""
_DIGEST_BYTES: Final = 16
_HOUR_BYTES: Final = 4
_LENGTH: Final = 16 + _HOUR_BYTES + _DIGEST_BYTES


def make_token(keys: Keyring, *, now: datetime) -> str:
    """Make a token for a fresh form."""
    body = uuid4().bytes + _hour(now).to_bytes(_HOUR_BYTES)
    return base64.urlsafe_b64encode(body + _digest(keys, body)).decode()


def read_token(text: str, keys: Keyring, *, now: datetime) -> UUID | None:
    """Give the random bits of a token; None when it is not ours or too old."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii"))
    except (ValueError, UnicodeEncodeError):
        return None
    body, digest = raw[:-_DIGEST_BYTES], raw[-_DIGEST_BYTES:]
    if len(raw) != _LENGTH or not hmac.compare_digest(digest, _digest(keys, body)):
        return None
    age = _hour(now) - int.from_bytes(body[-_HOUR_BYTES:])
    return UUID(bytes=body[:16]) if 0 <= age <= HOURS else None


def _digest(keys: Keyring, body: bytes) -> bytes:
    return keys.blind_index(Purpose.TIPOFF, "form:" + body.hex())[:_DIGEST_BYTES]


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600
