"""Which access tokens no longer hold, although they have not expired.

PostgreSQL is the truth. Valkey is a copy that every process reads for each request: a revocation is written there
right after its commit, and the whole copy is read anew from PostgreSQL whenever it is older than 0.9 seconds or has
been lost. So a revocation is seen within a second even when whoever made it never reached Valkey. While Valkey does not
answer at all, PostgreSQL is asked itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.oauth.patience import FOR_A_COPY, answered_within
from domain import identity

COPY_LIFE_MILLISECONDS: Final = 900
_REVOKED: Final = "oauth:revoked"
_COPIED: Final = "oauth:revoked:copied"
_LOG: Final = logging.getLogger(__name__)


class Revocations:
    """The copy in Valkey and how it is kept."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def holds_none_of(self, keys: Sequence[str], *, now: datetime) -> bool:
        """Say whether none of a token's keys has been revoked."""
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.exists(_COPIED)
                pipeline.zmscore(_REVOKED, list(keys))
                answer = await answered_within(FOR_A_COPY, pipeline.execute())
                copied, scores = cast("tuple[int, list[float | None]]", tuple(answer))
        except RedisError:
            _LOG.warning("Valkey does not answer; revocations are read from PostgreSQL.")
            return not await identity.is_revoked(keys=tuple(keys))
        if any(score is not None for score in scores):
            return False
        if copied:
            return True
        revoked = await self._copy(now=now)
        return not any(key in revoked for key in keys)

    async def add(self, key: str, *, until: datetime) -> None:
        """Write a committed revocation into the copy; if that fails, the next copy has it within a second."""
        try:
            await answered_within(FOR_A_COPY, self._redis.zadd(_REVOKED, {key: until.timestamp()}))
        except RedisError:
            _LOG.warning("A revocation did not reach Valkey and counts with the next copy.")

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
