"""Holding back floods without keeping an address.

What remembers a caller is a digest of their address under a key that lies in this process's memory alone, is made anew
each day, and then opens nothing any more: nobody can tell afterwards from what is left who was here. It is never
written, logged or sent anywhere. Many people behind one address share its portion, so that is generous.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

DAY_SECONDS: Final = 24 * 60 * 60
CALLERS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Portion:
    """So many at once, and so many more in each second."""

    at_once: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Portions:
    """What one caller may do and what all together may."""

    writing: Portion = Portion(12, 1 / 20)
    """Reports and messages of one address: a dozen at once, then three a minute."""
    looking: Portion = Portion(60, 1)
    writing_of_all: Portion = Portion(120, 2)
    """A hundred bits are not guessed, so all together may look as often as places let them."""
    writing_of_solvers: Portion = Portion(60, 2)
    """Beside that, for those whose device solved a puzzle: a flood that costs nothing takes nothing of it."""
    one_puzzle: Portion = Portion(5, 0)
    """One puzzle lets one report through, also when it is sent again with what was wrong put right."""


class _Bucket:
    __slots__ = ("_at", "_left", "_portion")

    def __init__(self, portion: Portion, at: float) -> None:
        self._portion, self._left, self._at = portion, portion.at_once, at

    def left(self, at: float) -> float:
        self._left = min(self._portion.at_once, self._left + (at - self._at) * self._portion.per_second)
        self._at = at
        return self._left

    def take(self, at: float) -> bool:
        if self.left(at) < 1:
            return False
        self._left -= 1
        return True


class Flood:
    """Counts in memory; `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float], portions: Portions = Portions()) -> None:
        self._clock, self._portions = clock, portions
        self._forget(clock())

    def may_write(self, address: str | None, *, solved: UUID | None = None) -> bool:
        """Tell whether this caller may send a report or a message now, and count it.

        `solved` is the puzzle that the caller's device solved for it, if it did.
        """
        # One address is held back by its own portion first, and takes nothing of what all have.
        if not self._own(f"writing:{_network(address)}", self._portions.writing):
            return False
        return self._all.take(self._clock()) or (
            solved is not None
            and self._own(f"puzzle:{solved}", self._portions.one_puzzle)
            and self._solvers.take(self._clock())
        )

    def may_look(self, address: str | None) -> bool:
        """Tell whether this caller may look with a receipt now, and count it."""
        return self._own(f"looking:{_network(address)}", self._portions.looking)

    def is_high(self) -> bool:
        """Tell whether many are sending: devices had better solve puzzles, and files are cleaned in spare time."""
        return self._all.left(self._clock()) <= self._portions.writing_of_all.at_once / 2

    def _own(self, whose: str, portion: Portion) -> bool:
        now = self._clock()
        if now - self._begun > DAY_SECONDS:
            self._forget(now)
        caller = self._digest(whose)
        bucket = self._callers.pop(caller, None) or _Bucket(portion, now)
        self._callers[caller] = bucket
        if len(self._callers) > CALLERS_MAX:
            self._callers.popitem(last=False)
        return bucket.take(now)

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=16).digest()

    def _forget(self, now: float) -> None:
        self._begun, self._key = now, secrets.token_bytes(32)
        self._callers: OrderedDict[bytes, _Bucket] = OrderedDict()
        self._all = _Bucket(self._portions.writing_of_all, now)
        self._solvers = _Bucket(self._portions.writing_of_solvers, now)


def _network(address: str | None) -> str:
    """Give the address, or the network of one household: IPv6 gives each of them a /64 to choose from."""
    try:
        read = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((read, 64), strict=False)) if read.version == 6 else str(read)  # noqa: PLR2004 - IPv6
