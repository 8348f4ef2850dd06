"""How often something may happen within a time, counted in Valkey by digests: neither names nor addresses are stored.

Counting comes before the thing itself, so that fifty at once are fifty. Where Valkey does not answer, nothing is let
through: `RedisError` goes to the caller.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Final

from redis.asyncio import Redis

from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from domain.crypto import Keyring, Purpose

# Counts once and gives how many milliseconds to wait, 0 when it was not too often. KEYS: counter. ARGV: most, window.
_COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if count <= tonumber(ARGV[1]) then return 0 end
return math.max(redis.call('PTTL', KEYS[1]), 1)
"""


class Counting:
    """Counters with a window that begins with the first of what is counted."""

    def __init__(self, redis: Redis, *, keys: Keyring) -> None:
        self._redis = redis
        self._keys = keys
        self._count = redis.register_script(_COUNT)

    async def count(self, what: str, *subject: str, most: int, within: timedelta) -> timedelta:
        """Count one; give how long to wait, or nothing while there were not more than `most`."""
        window = within // timedelta(milliseconds=1)
        counted = self._count(keys=[self._name(what, subject)], args=[most, window])
        return timedelta(milliseconds=int(await answered_within(FOR_THE_ONLY_ANSWER, counted)))

    async def waits_beyond(self, what: str, *subject: str, most: int) -> timedelta:
        """Say how long to wait because of what was counted, without counting."""
        name = self._name(what, subject)
        counted = await answered_within(FOR_THE_ONLY_ANSWER, self._redis.get(name))
        return await self.waits(what, *subject) if int(counted or 0) > most else timedelta(0)

    async def claim(self, what: str, *subject: str, life: timedelta) -> bool:
        """Take something that one alone may have for a while; False when somebody has it."""
        taken = self._redis.set(self._name(what, subject), "1", px=life, nx=True)
        return bool(await answered_within(FOR_THE_ONLY_ANSWER, taken))

    async def give_back(self, what: str, *subject: str) -> None:
        """Let somebody else have it."""
        await answered_within(FOR_THE_ONLY_ANSWER, self._redis.delete(self._name(what, subject)))

    async def waits(self, what: str, *subject: str) -> timedelta:
        """Say how long something that was claimed stays so."""
        left = await answered_within(FOR_THE_ONLY_ANSWER, self._redis.pttl(self._name(what, subject)))
        return timedelta(milliseconds=max(int(left), 0))

    def _name(self, what: str, subject: tuple[str, ...]) -> str:
        return f"count:{what}:{self._keys.blind_index(Purpose.TOKEN, chr(10).join((what, *subject))).hex()}"


def network_of(source: str) -> str:
    """Take the neighbours of an IPv6 address for one place: everybody owns 2^64 of them."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
