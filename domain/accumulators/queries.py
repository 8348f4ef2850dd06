"""Reading what somebody has used up. Who may ask was settled before."""

from __future__ import annotations

import orjson

from domain import store
from domain.accumulators.values import Key
from domain.settlement import Accumulators


async def used(key: Key) -> Accumulators:
    """Give what was used up, as it stands now; nothing where nothing was settled yet."""
    found = await store.row(
        "SELECT purses FROM accumulator WHERE (person_id, year, scheme) = ($1, $2, $3)",
        key.person_id,
        key.year,
        key.scheme,
    )
    return Accumulators(key.year, read_purses(found["purses"]) if found else {})


def read_purses(purses: object) -> dict[str, int]:
    """Read the purses of a row, however the driver gives JSON."""
    read = orjson.loads(purses) if isinstance(purses, str) else purses
    assert isinstance(read, dict)
    return {str(purse): int(amount) for purse, amount in read.items()}
