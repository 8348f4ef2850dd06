"""Asking about cases: what investigators may list, what they take home to open, and what is counted in public."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any, Final
from uuid import UUID

from domain import payouts, store
from domain.actors import SYSTEM, Actor, ActorKind, Scope
from domain.money import Money
from domain.tipoffs.calc import counting, sealing
from domain.tipoffs.values import (
    STATE_OF_ANSWER,
    Case,
    Cell,
    Envelope,
    EnvelopeKind,
    KeyPurpose,
    LinkKind,
    PublicKey,
    RewardFacts,
    RewardState,
    TipoffState,
    Topic,
)

_CASE: Final = """
    SELECT tipoff.id, code, state, region, named, insider, topic, received_on, decide_by, tell_by, told_on,
           joined_into, joined_into IS NULL AS is_first, holder_id, version
    FROM tipoff JOIN tipoff_reader ON tipoff_id = tipoff.id AND account_id = $1
"""
_LISTED: Final = (
    f"{_CASE} WHERE state = ANY($2::text[]) AND ($3::text IS NULL OR topic = $3) AND state <> 'ERASED'"  # noqa: S608 - constants
    " AND ($4::text IS NULL OR (decide_by, code) > (SELECT decide_by, code FROM tipoff AS last WHERE code = $4))"
    " ORDER BY decide_by, code LIMIT $5"
)
_LINKED: Final = (
    f"{_CASE} WHERE tipoff.id IN (SELECT tipoff_id FROM tipoff_link WHERE kind = $2 AND subject_id = $3)"  # noqa: S608 - constants
    " ORDER BY decide_by, code"
)


async def list_cases(
    actor: Actor, *, states: Sequence[TipoffState], topic: Topic | None = None, first: int, after: str | None = None
) -> list[Case]:
    """List the cases that are for this investigator, those due first; `after` is the code of the last one shown."""
    if not _sees(actor):
        return []
    found = await store.rows(
        _LISTED,
        actor.id,
        [state.value for state in states],
        topic.value if topic else None,
        after,
        first,
    )
    return [_case(row) for row in found]


async def find_case(actor: Actor, *, tipoff_id: UUID) -> Case | None:
    """Find one case that is for this investigator."""
    if not _sees(actor):
        return None
    found = await store.row(f"{_CASE} WHERE tipoff.id = $2 AND state <> 'ERASED'", actor.id, tipoff_id)
    return _case(found) if found else None


async def list_linked(actor: Actor, *, kind: LinkKind, subject_id: UUID) -> list[Case]:
    """List the cases of this investigator that touch an institution, a claim or a settlement."""
    if not _sees(actor):
        return []
    found = await store.rows(
        _LINKED,
        actor.id,
        kind.value,
        subject_id,
    )
    return [_case(row) for row in found]


async def list_envelopes(actor: Actor, *, tipoff_id: UUID) -> list[Envelope]:
    """Give what a reader takes home to open: each envelope with the key wrapped for a key of theirs.

    The caller has opened the case on record (`open_case`).
    """
    if not _sees(actor):
        return []
    found = await store.rows(
        "SELECT tipoff_envelope.id, tipoff_envelope.tipoff_id, kind, day, content, object_name, wrapped, recipient"
        " FROM tipoff_envelope JOIN tipoff_wrapped_key ON envelope_id = tipoff_envelope.id"
        " JOIN investigator_key ON investigator_key.id::text = recipient AND holder_id = $2"
        " JOIN tipoff_reader ON tipoff_reader.tipoff_id = tipoff_envelope.tipoff_id AND account_id = $2"
        " WHERE tipoff_envelope.tipoff_id = $1 ORDER BY position, recipient",
        tipoff_id,
        actor.id,
    )
    return [_envelope(row) for row in found]


async def list_keys(actor: Actor) -> list[PublicKey]:
    """List the registered keys, for those who hold one and those who look after them."""
    if actor.kind is not ActorKind.STAFF or Scope.TIPOFF_HOLD_KEY not in actor.scopes:
        return []
    found = await store.rows(
        "SELECT id, holder_id, purpose, public_key, registered_on, confirmed_on, retired_on FROM investigator_key"
        " ORDER BY registered_on, id"
    )
    return [
        PublicKey(
            id=row["id"],
            holder_id=row["holder_id"],
            purpose=KeyPurpose(row["purpose"]),
            key=bytes(row["public_key"]),
            fingerprint=sealing.fingerprint(bytes(row["public_key"])),
            registered_on=row["registered_on"],
            confirmed=row["confirmed_on"] is not None,
            retired=row["retired_on"] is not None,
        )
        for row in found
    ]


async def list_rewards(actor: Actor, *, states: Collection[RewardState], first: int) -> list[RewardFacts]:
    """List rewards in these states for those who have them paid, in no order that tells when: of no case, to nobody."""
    if actor.kind is not ActorKind.STAFF or Scope.TIPOFF_OPEN not in actor.scopes:
        return []
    found = await store.rows(
        "SELECT reward.id, reward.region, reward.amount, reward.state, answer.state AS answered"
        " FROM tipoff_reward AS reward LEFT JOIN LATERAL (SELECT state FROM approval"
        " WHERE kind = 'TIPOFF_REWARD' AND subject_id = reward.id ORDER BY asked_at DESC LIMIT 1) AS answer ON true"
        " ORDER BY reward.id LIMIT $1",
        first,
    )
    tries = await payouts.find_latest_for(
        SYSTEM, subject_kind="tipoff_reward", subject_ids=[row["id"] for row in found]
    )
    paid = {payout.subject_id: payout.state for payout in tries}
    rewards = [
        RewardFacts(
            id=row["id"],
            region=row["region"],
            amount=Money(row["amount"]),
            state=STATE_OF_ANSWER.get(row["answered"], RewardState.LAPSED)
            if row["state"] == RewardState.ASKED
            else RewardState(row["state"]),
            paid=paid.get(row["id"]),
        )
        for row in found
    ]
    return [reward for reward in rewards if reward.state in states]


async def count_cases(*, starts: date, ends: date, least: int) -> tuple[Cell, ...]:
    """Count the reports of a half-open period by topic and state, without cells from which one could be guessed."""
    async with store.beyond_the_wall("what is counted in public is counted over everybody, without small cells"):
        found = await store.rows(
            "SELECT topic, CASE state WHEN 'ERASED' THEN 'CLOSED' ELSE state END AS state, count(*) AS count"
            " FROM tipoff WHERE received_on >= $1 AND received_on < $2 GROUP BY 1, 2",
            starts,
            ends,
        )
    states = [state for state in TipoffState if state is not TipoffState.ERASED]
    counts: dict[tuple[Topic | None, TipoffState], int] = dict.fromkeys(product([*Topic, None], states), 0)
    for row in found:
        counts[Topic(row["topic"]) if row["topic"] else None, TipoffState(row["state"])] = row["count"]
    return counting.publishable(counts, least=least)


async def list_due_for_erasure(*, on: date, first: int) -> list[UUID]:
    """List the cases whose time of keeping is over; for the house itself."""
    found = await store.rows(
        "SELECT id FROM tipoff WHERE state = 'CLOSED' AND keep_until <= $1 ORDER BY keep_until LIMIT $2", on, first
    )
    return [row["id"] for row in found]


def _sees(actor: Actor) -> bool:
    return actor.kind is ActorKind.STAFF and Scope.TIPOFF_INVESTIGATE in actor.scopes


def _case(row: Mapping[str, Any]) -> Case:
    read: dict[str, Any] = {
        "state": TipoffState(row["state"]),
        "topic": Topic(row["topic"]) if row["topic"] else None,
    }
    return Case(**{**row, **read})


def _envelope(row: Mapping[str, Any]) -> Envelope:
    read: dict[str, Any] = {
        "kind": EnvelopeKind(row["kind"]),
        "content": bytes(row["content"] or b""),
        "wrapped": bytes(row["wrapped"]),
    }
    return Envelope(**{**row, **read})
