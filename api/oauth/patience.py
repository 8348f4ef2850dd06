"""How long we wait for Valkey. Its client tries again by itself for seconds, while a person and a transaction wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from redis.exceptions import TimeoutError as RedisTimeoutError

T = TypeVar("T")

FOR_A_COPY: Final = 0.3
"""Seconds, where PostgreSQL can be asked instead."""
FOR_THE_ONLY_ANSWER: Final = 1.5
"""Seconds, where nobody else knows."""


async def answered_within(seconds: float, answer: Awaitable[T]) -> T:
    """Give the answer, or raise redis's own TimeoutError (a RedisError) when it takes too long."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError as error:
        raise RedisTimeoutError("Valkey did not answer in time.") from error
