"""Time-ordered ids (UUID version 7, RFC 9562), made here because PostgreSQL has its own only from 18 on."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Make an id that sorts by the moment of its making; its 74 random bits cannot be guessed."""
    milliseconds = time.time_ns() // 1_000_000
    bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=bits)
