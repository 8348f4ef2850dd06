"""Asking about what belongs to the second store: rewards, and the openings of its records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from domain import payouts, store
from domain.actors import SYSTEM, Actor
from domain.errors import Text
from domain.informants import RecordKind
from domain.money import Money
from domain.tipoffs import access
from domain.tipoffs.values import Opening, OpeningAct, OpeningState, RewardFacts, RewardState, RewardStep

# What was decided stands with the question; the opening itself follows when somebody takes it up.
_OPENING: Final = """
    SELECT tipoff_opening.id, tipoff_opening.tipoff_id, what, act, asked_by, asked_on,
           CASE WHEN tipoff_opening.state <> 'ASKED' THEN tipoff_opening.state
                WHEN answer.state IS NULL OR answer.state = 'PENDING' THEN 'ASKED'
                WHEN answer.state = 'APPROVED' THEN 'APPROVED' ELSE 'REJECTED' END AS state
    FROM tipoff_opening LEFT JOIN LATERAL (
        SELECT state FROM approval WHERE kind = 'TIPOFF_OPENING' AND subject_id = tipoff_opening.id
        ORDER BY asked_at DESC LIMIT 1) AS answer ON true
"""
# What was answered is written down later; what was sent back or not answered in time has lapsed.
_REWARD: Final = """
    SELECT tipoff_reward.id, region, verified, amount, grade, accused, insider, steps,
           CASE WHEN tipoff_reward.state <> 'ASKED' THEN tipoff_reward.state
                WHEN answer.state = 'PENDING' THEN 'ASKED'
                WHEN answer.state IN ('APPROVED', 'REJECTED') THEN answer.state ELSE 'LAPSED' END AS state
    FROM tipoff_reward LEFT JOIN LATERAL (
        SELECT state FROM approval WHERE kind = 'TIPOFF_REWARD' AND subject_id = tipoff_reward.id
        ORDER BY asked_at DESC LIMIT 1) AS answer ON true
    WHERE ($1 OR made_by = $2)
"""


async def find_opening(actor: Actor, *, opening_id: UUID) -> Opening | None:
    """Find one opening, for those who open records and for readers of its case."""
    found = await store.row(
        f"{_OPENING} WHERE tipoff_opening.id = $1 AND ($2 OR EXISTS (SELECT FROM tipoff_reader"
        " WHERE tipoff_reader.tipoff_id = tipoff_opening.tipoff_id AND account_id = $3))",
        opening_id,
        access.opens(actor),
        actor.id if access.investigates(actor) else None,
    )
    return _opening(found) if found else None


async def list_openings(actor: Actor, *, states: Sequence[OpeningState], first: int) -> list[Opening]:
    """List the openings that were asked for, the newest first, for those who open records."""
    if not access.opens(actor):
        return []
    found = await store.rows(
        f"SELECT * FROM ({_OPENING}) AS opening WHERE state = ANY($1::text[])"  # noqa: S608 - a constant
        " ORDER BY asked_on DESC, id LIMIT $2",
        [state.value for state in states],
        first,
    )
    return [_opening(row) for row in found]


async def find_reward(actor: Actor, *, reward_id: UUID) -> RewardFacts | None:
    """Find a reward, for those who pay it and for who proposed it."""
    found = await store.rows(f"{_REWARD} AND tipoff_reward.id = $3", access.opens(actor), _proposer(actor), reward_id)
    return next(iter(await _rewards(found)), None)


async def list_rewards(actor: Actor, *, states: Collection[RewardState], first: int) -> list[RewardFacts]:
    """List rewards: all for those who pay them, and one's own for who proposed them. No order tells when they came."""
    found = await store.rows(
        f"SELECT * FROM ({_REWARD}) AS reward WHERE state = ANY($3::text[]) ORDER BY id LIMIT $4",  # noqa: S608 - constant
        access.opens(actor),
        _proposer(actor),
        [state.value for state in states],
        first,
    )
    return await _rewards(found)


async def list_openings_of(tipoff_id: UUID) -> list[Opening]:
    """List the openings of a case, for a caller who has looked whether it is for them."""
    found = await store.rows(f"{_OPENING} WHERE tipoff_opening.tipoff_id = $1 ORDER BY asked_on, 1", tipoff_id)
    return [_opening(row) for row in found]


def _proposer(actor: Actor) -> UUID | None:
    return actor.id if access.investigates(actor) else None


async def _rewards(found: Sequence[Mapping[str, Any]]) -> list[RewardFacts]:
    tries = await payouts.find_latest_for(
        SYSTEM, subject_kind="tipoff_reward", subject_ids=[row["id"] for row in found]
    )
    paid = {payout.subject_id: payout.state for payout in tries}
    return [_reward(row, paid=paid.get(row["id"])) for row in found]


def _reward(row: Mapping[str, Any], *, paid: payouts.PayoutState | None) -> RewardFacts:
    written = orjson.loads(row["steps"]) if isinstance(row["steps"], str) else row["steps"]
    read: dict[str, Any] = {
        "verified": Money(row["verified"]),
        "amount": Money(row["amount"]),
        "steps": tuple(RewardStep(Text(one["zh"], one["en"]), Money(one["amount"]), one["source"]) for one in written),
        "state": RewardState(row["state"]),
        "paid": paid,
    }
    return RewardFacts(**{**row, **read})


def _opening(row: Mapping[str, Any]) -> Opening:
    read: dict[str, Any] = {
        "what": RecordKind(row["what"]),
        "act": OpeningAct(row["act"]),
        "state": OpeningState(row["state"]),
    }
    return Opening(**{**row, **read})
