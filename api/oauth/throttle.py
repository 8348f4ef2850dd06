"""Slowing down those who guess, in Valkey, by digests: neither names nor addresses are stored.

Tries are counted before the password is looked at, so that fifty at once are fifty tries. Whoever has logged in from
a source before is measured by their own pair of account and source alone. When Valkey does not answer, nobody can
log in: counting no tries at all would be worse.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Final

from redis.asyncio import Redis

from domain import devices, identity
from domain.crypto import Keyring, Purpose
from domain.identity import GuessLimit

# Beyond the free tries one goes through in each waiting time, whoever comes first. One script, so that nobody slips in
# between the counting and the waiting. KEYS: counter, wait. ARGV: free tries, memory, and the waits, in milliseconds.
_TAKE: Final = """
local left = redis.call('PTTL', KEYS[2])
if left > 0 then return left end
local tries = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local beyond = tries - tonumber(ARGV[1])
if beyond >= 0 then redis.call('SET', KEYS[2], '1', 'PX', ARGV[math.min(beyond + 3, #ARGV)]) end
return 0
"""
_KNOWN_FOR: Final = timedelta(days=30)


class Throttle:
    """Counts the tries of one login name, one source, and of both together."""

    def __init__(self, redis: Redis, *, keys: Keyring) -> None:
        self._redis = redis
        self._keys = keys
        self._take = redis.register_script(_TAKE)

    async def try_login(self, login: str, *, source: str) -> timedelta:
        """Count one try; give how long it must wait, or nothing when it may be made now."""
        pair = self._digest(login, _network(source))
        if wait := await self._try(identity.TRIES_OF_PAIR, pair):
            return wait
        if await self._redis.exists(f"guess:known:{pair}"):
            return timedelta(0)
        for limit, text in ((identity.TRIES_OF_ACCOUNT, login), (identity.TRIES_OF_SOURCE, _network(source))):
            if wait := await self._try(limit, self._digest(text)):
                return wait
        return timedelta(0)

    async def remember_success(self, login: str, *, source: str) -> None:
        """Forget the tries before the right password, and know this pair from now on."""
        pair = self._digest(login, _network(source))
        known = await self._redis.exists(f"guess:known:{pair}")
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(*_names(identity.TRIES_OF_PAIR, pair))
            pipeline.set(f"guess:known:{pair}", "1", ex=_KNOWN_FOR)
            if not known:
                # This try was right; a whole office logging in at eight is no attack.
                pipeline.decr(_names(identity.TRIES_OF_ACCOUNT, self._digest(login))[0])
                pipeline.decr(_names(identity.TRIES_OF_SOURCE, self._digest(_network(source)))[0])
            await pipeline.execute()

    async def try_code(self, account: str, *, source: str) -> timedelta:
        """Count one try at a second factor; neither the office nor the account elsewhere waits for it."""
        return await self._try(identity.TRIES_OF_PAIR, self._digest("second factor", account, _network(source)))

    async def forget_codes(self, account: str, *, source: str) -> None:
        """Forget the tries before the right second factor."""
        pair = self._digest("second factor", account, _network(source))
        await self._redis.delete(*_names(identity.TRIES_OF_PAIR, pair))

    async def try_screen(self, *, source: str) -> timedelta:
        """Count one request of a screen to be let in; give how long it must wait, or nothing."""
        return await self._try(devices.SCREENS_OF_SOURCE, self._digest("screens", _network(source)))

    async def must_client_wait(self, client_id: str, *, source: str) -> bool:
        """Say whether a client has failed too often to look at its signature now."""
        _, waiting = _names(identity.FAULTS_OF_CLIENT, self._digest(client_id, _network(source)))
        return bool(await self._redis.exists(waiting))

    async def remember_client_fault(self, client_id: str, *, source: str) -> None:
        """Count a client's failure to prove who it is."""
        await self._try(identity.FAULTS_OF_CLIENT, self._digest(client_id, _network(source)))

    async def _try(self, limit: GuessLimit, subject: str) -> timedelta:
        waits = [_milliseconds(wait) for wait in limit.waits]
        left = await self._take(keys=_names(limit, subject), args=[limit.free, _milliseconds(limit.memory), *waits])
        return timedelta(milliseconds=int(left))

    def _digest(self, *texts: str) -> str:
        return self._keys.blind_index(Purpose.TOKEN, "\n".join(("guess", *texts))).hex()


def _names(limit: GuessLimit, subject: str) -> tuple[str, str]:
    return f"guess:{limit.name}:tries:{subject}", f"guess:{limit.name}:wait:{subject}"


def _milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)


def _network(source: str) -> str:
    """Take the neighbours of an IPv6 address for one source: everybody owns 2^64 of them."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source
    if address.version == 4:  # noqa: PLR2004 - the version of the protocol
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
