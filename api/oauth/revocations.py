"""Which access tokens no longer hold, although they have not expired.

PostgreSQL is the truth. Valkey holds a copy for all processes: a revocation is written there right after its commit,
and the whole copy is read anew from PostgreSQL whenever it is older than 0.7 seconds or has been lost. Each process
holds a copy of that copy, which it uses for a quarter of a second and which its own revocations enter at once. Every
request looks there; the first one that finds it too old fetches it anew while those beside it wait. So a revocation is
seen by everybody within a second even when whoever made it never reached Valkey. While Valkey does not answer at all,
PostgreSQL is asked itself, for each request.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.oauth.patience import FOR_A_COPY, answered_within
from domain import identity

COPY_LIFE_MILLISECONDS: Final = 700
OWN_COPY_SECONDS: Final = 0.25
"""Both lives together, and the time to read twice, stay below the second that is promised."""
_REVOKED: Final = "oauth:revoked"
_COPIED: Final = "oauth:revoked:copied"
_LOG: Final = logging.getLogger(__name__)


class Revocations:
    """The copies and how they are kept."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._revoked: set[str] = set()
        self._read_at: float | None = None
        self._reading: asyncio.Task[bool] | None = None
        # What Valkey's answer may not know yet: entered while it was being asked, or still on the way to it.
        self._on_the_way: set[str] = set()
        self._entered_since: set[str] = set()

    async def holds_none_of(self, keys: Sequence[str], *, now: datetime) -> bool:
        """Say whether none of a token's keys has been revoked."""
        if not self._is_fresh():
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read(now=now))
            # All who wait share one reading, and it goes on when the first of them hangs up.
            if not await asyncio.shield(self._reading):
                return not await identity.is_revoked(keys=tuple(keys))
        return self._revoked.isdisjoint(keys)

    async def add(self, key: str, *, until: datetime) -> None:
        """Write a committed revocation into the copies; if Valkey fails, the next copy has it within a second."""
        for known in (self._revoked, self._on_the_way, self._entered_since):
            known.add(key)
        try:
            await answered_within(FOR_A_COPY, self._redis.zadd(_REVOKED, {key: until.timestamp()}))
        except RedisError:
            _LOG.warning("A revocation did not reach Valkey and counts with the next copy.")
        finally:
            self._on_the_way.discard(key)

    def _is_fresh(self) -> bool:
        return self._read_at is not None and time.monotonic() - self._read_at < OWN_COPY_SECONDS

    async def _read(self, *, now: datetime) -> bool:
        """Take Valkey's copy, made anew if need be, for our own; tell whether that worked."""
        began = time.monotonic()
        self._entered_since = set(self._on_the_way)
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.exists(_COPIED)
                pipeline.zrange(_REVOKED, 0, -1)
                answer = await answered_within(FOR_A_COPY, pipeline.execute())
        except RedisError:
            _LOG.warning("Valkey does not answer; revocations are read from PostgreSQL.")
            return False
        copied, found = cast("tuple[int, list[bytes]]", tuple(answer))
        revoked = {key.decode() for key in found}
        if not copied:
            revoked |= (await self._copy(now=now)).keys()
        self._revoked, self._read_at = revoked | self._entered_since, began
        return True

    async def _copy(self, *, now: datetime) -> dict[str, datetime]:
        revoked = await identity.list_revoked(now=now)
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.zremrangebyscore(_REVOKED, "-inf", now.timestamp())
                if revoked:
                    pipeline.zadd(_REVOKED, {key: until.timestamp() for key, until in revoked.items()})
                pipeline.set(_COPIED, "1", px=COPY_LIFE_MILLISECONDS)
                await answered_within(FOR_A_COPY, pipeline.execute())
        except RedisError:
            _LOG.warning("The revocations could not be copied to Valkey.")
        return revoked
