"""Locking a year, and moving it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from domain import store
from domain.accumulators.queries import read_purses
from domain.accumulators.values import Key
from domain.settlement import Accumulators
from domain.work import Work

_OF: Final = "(person_id, year, scheme) = ($1, $2, $3)"


async def lock(key: Key) -> Accumulators:
    """Lock a year until the end of the transaction, and give what was used up; made first where there is none yet.

    Whoever comes second waits here and then reads what the first has left.
    """
    await store.rows(
        "INSERT INTO accumulator (person_id, year, scheme) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING year",
        key.person_id,
        key.year,
        key.scheme,
    )
    found = await store.row(
        f"SELECT purses FROM accumulator WHERE {_OF} FOR UPDATE",  # noqa: S608 - a constant
        key.person_id,
        key.year,
        key.scheme,
    )
    assert found is not None, "A year that was made, or was there, can be locked."
    return Accumulators(key.year, read_purses(found["purses"]))


async def move(work: Work, *, of: Key, changes: Iterable[tuple[str, int]], statement_id: UUID) -> None:
    """Move a year by what a settlement changed; the caller holds its lock, and `statement_id` says which it was.

    Changes of one purse are moved as one; those that sum to nothing leave no movement.
    """
    summed: dict[str, int] = {}
    for purse, change in changes:
        summed[purse] = summed.get(purse, 0) + change
    summed = {purse: change for purse, change in summed.items() if change}
    if not summed:
        return
    await store.rows(
        "INSERT INTO accumulator_movement (person_id, year, scheme, purse, change, statement_id, moved_at)"
        " SELECT $1, $2, $3, purse, change, $4, $5 FROM unnest($6::text[], $7::bigint[]) AS moved (purse, change)"
        " RETURNING id",
        of.person_id,
        of.year,
        of.scheme,
        statement_id,
        work.now,
        list(summed),
        list(summed.values()),
    )
    await store.rows(
        "UPDATE accumulator SET purses = coalesce((SELECT jsonb_object_agg(purse, used) FROM ("  # noqa: S608 - a constant
        " SELECT purse, sum(change)::bigint AS used FROM accumulator_movement"
        f" WHERE {_OF} GROUP BY purse HAVING sum(change) <> 0) AS summed), '{{}}') WHERE {_OF} RETURNING year",
        of.person_id,
        of.year,
        of.scheme,
    )
