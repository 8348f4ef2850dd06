"""Asking who is bound to what. A person sees their own bindings and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind, AssuranceLevel
from domain.bindings import calc
from domain.bindings.values import Attempt, AttemptOutcome, BindingChannel, BindingRecord, ProofMethod
from domain.crypto import Keyring, Purpose

_BINDING: Final = """
    SELECT binding.id, binding.channel, level, proved_by, bound_at, binding.ended_at,
           (SELECT max(started_at) FROM oauth_grant
            WHERE oauth_grant.account_id = identity.account_id AND started_at >= bound_at
              AND (binding.ended_at IS NULL OR started_at <= binding.ended_at)) AS last_used_at,
           identity.account_id = $2 AS is_this_one
    FROM binding JOIN outside_identity AS identity ON identity.id = identity_id
    WHERE binding.person_id = $1
"""


async def list_bindings(actor: Actor) -> list[BindingRecord]:
    """List the ways in that the caller has and had, those that hold first, then the newest; at most a hundred."""
    if actor.kind is not ActorKind.RESIDENT or actor.person_id is None:
        return []
    found = await store.rows(
        f"{_BINDING} ORDER BY binding.ended_at IS NOT NULL, bound_at DESC, binding.id LIMIT 100",
        actor.person_id,
        actor.id,
    )
    return [_binding(row) for row in found]


async def find_binding(actor: Actor, *, binding_id: UUID) -> BindingRecord | None:
    """Find one way in of the caller, or the one that the caller's own log-in has just got."""
    found = await store.row(
        f"{_BINDING} AND binding.id = $3"
        " UNION ALL "
        + _BINDING.replace("binding.person_id = $1", "identity.account_id = $2")
        + " AND binding.id = $3 LIMIT 1",
        actor.person_id,
        actor.id,
        binding_id,
    )
    return _binding(found) if found else None


async def find_address(*, person_id: UUID, channel: BindingChannel, keys: Keyring) -> str | None:
    """Give how a person is known to a channel now, for the house itself, which tells them something there."""
    found = await store.row(
        "SELECT identity.id, subject_sealed FROM binding JOIN outside_identity AS identity ON identity.id = identity_id"
        " WHERE binding.person_id = $1 AND binding.channel = $2 AND binding.ended_at IS NULL",
        person_id,
        channel.value,
    )
    if found is None:
        return None
    place = calc.place_of_subject(found["id"])
    return keys.unseal(Purpose.IDENTITY, bytes(found["subject_sealed"]), place=place)


async def find_outcome(actor: Actor, *, attempt_id: UUID) -> Attempt | None:
    """Find what came of a try of the caller."""
    found = await store.row(
        "SELECT id, outcome, binding_id FROM binding_attempt WHERE id = $1 AND account_id = $2", attempt_id, actor.id
    )
    if found is None:
        return None
    outcome = AttemptOutcome(found["outcome"]) if found["outcome"] else None
    return Attempt(id=found["id"], outcome=outcome, binding_id=found["binding_id"])


async def count_failures(*, account_id: UUID, since: datetime) -> int:
    """Count the tries of a log-in that failed, or of which nobody knows yet how they end."""
    found = await store.row(
        "SELECT count(*) AS failures FROM binding_attempt WHERE account_id = $1 AND began_at > $2"
        " AND coalesce(outcome, 'NOT_PROVED') NOT IN ('BOUND', 'UNCLEAR')",
        account_id,
        since,
    )
    assert found is not None
    return int(found["failures"])


def _binding(row: Mapping[str, Any]) -> BindingRecord:
    return BindingRecord(
        id=row["id"],
        channel=BindingChannel(row["channel"]),
        level=AssuranceLevel(row["level"]),
        proved_by=ProofMethod(row["proved_by"]),
        bound_at=row["bound_at"],
        ended_at=row["ended_at"],
        last_used_at=row["last_used_at"],
        is_this_one=row["is_this_one"],
    )
