"""What a person has used up (累计): deductibles, caps and stays of one settlement year of one scheme.

    used = await accumulators.lock(person_id=person, scheme="390", year=2026)   # waits for whoever settles now
    await accumulators.move(work, of=key, changes=done.changes, statement_id=statement)

Each person, year and scheme has one row, which is locked while a settlement is made, so that two settlements of a
person share deductible and cap exactly once. Movements say which settlement moved what and are never taken away; a
reversal moves by the opposite. The database holds that the row is the sum of its movements and never below nothing.
"""

from domain.accumulators.queries import used
from domain.accumulators.service import lock, move
from domain.accumulators.values import Key

__all__ = ["Key", "lock", "move", "used"]
