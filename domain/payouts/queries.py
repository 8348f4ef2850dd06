"""Asking about payouts and batches. What people see is masked; only the worker's instruction is in the clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain import approvals, store
from domain.actors import Actor, ActorKind
from domain.crypto import Keyring, Purpose
from domain.money import Money
from domain.payouts.access import sees_payouts
from domain.payouts.calc import FIRST_PAUSE, LONGEST_PAUSE, UNNAMED
from domain.payouts.values import (
    BatchChannel,
    BatchFacts,
    BatchState,
    Instruction,
    Payee,
    PayoutFacts,
    PayoutState,
    Place,
    Subject,
)

_PAYOUT: Final = """
    SELECT id, number, subject_kind, subject_id, purpose, attempt, replaces, payout.fund, amount, name_hint,
           account_hint, bank_code, remark, content_digest, state, made_at, sends, sent_at, expires_at, inquired_at,
           inquiries, bank_reference, settled_on, refusal_code, refusal_text, returned_on, return_reference, batch_id
    FROM payout LEFT JOIN payout_batch_item ON payout_id = id AND dropped_at IS NULL
"""
_BATCH: Final = """
    SELECT id, number, fund, channel, payouts, total, content_digest, state, made_at, decided_at, counted.*
    FROM payout_batch CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE payout.state = 'CONFIRMED') AS confirmed,
               count(*) FILTER (WHERE payout.state IN ('REJECTED', 'RETURNED')) AS failed,
               count(*) FILTER (WHERE payout.state IN ('APPROVED', 'QUEUED', 'SENDING', 'UNKNOWN')) AS undecided
        FROM payout_batch_item JOIN payout ON payout.id = payout_id
        WHERE batch_id = payout_batch.id AND dropped_at IS NULL
    ) AS counted
"""
_INSTRUCTION: Final = """
    SELECT payout.id, payout.number, payout.fund, amount, name_sealed, account_sealed, bank_code, remark, sent_at
    FROM payout
"""


def source_of(fund: str) -> str:
    """Name the account of a fund from which payouts leave, as reconciliation calls it."""
    return f"BANK:{fund}"


async def settlement_is_gone(subject: Subject) -> bool:
    """Tell whether what a payout pays was settled and given back since; the database keeps the same rule."""
    found = await store.row(
        "SELECT payout_settlement_is_gone($1, $2, $3) AS gone", subject.kind, subject.id, subject.purpose
    )
    assert found is not None
    return bool(found["gone"])


async def find_payout(actor: Actor, *, payout_id: UUID) -> PayoutFacts | None:
    """Find one payout, for those who handle payouts."""
    return next(iter(await _payouts(actor, "id = $1", payout_id)), None)


async def list_payouts(
    actor: Actor,
    *,
    states: Sequence[PayoutState],
    first: int,
    after: Place | None = None,
    batch_id: UUID | None = None,
) -> list[PayoutFacts]:
    """List payouts in these states, newest first; those of one batch if it is named."""
    return await _payouts(
        actor,
        "state = ANY($1::text[]) AND ($2::timestamptz IS NULL OR (made_at, id) < ($2, $3::uuid))"
        " AND ($5::uuid IS NULL OR batch_id = $5) ORDER BY made_at DESC, id DESC LIMIT $4",
        [state.value for state in states],
        after.at if after else None,
        after.id if after else None,
        first,
        batch_id,
    )


async def find_latest_for(actor: Actor, *, subject_kind: str, subject_ids: Sequence[UUID]) -> list[PayoutFacts]:
    """Find what became of paying some things: the last try of each part. For the room of the thing, as the system.

    Whether its caller may see the thing, that room has decided.
    """
    return await _payouts(
        actor,
        "subject_kind = $1 AND subject_id = ANY($2::uuid[]) AND NOT EXISTS ("
        " SELECT 1 FROM payout AS later WHERE later.replaces = payout.id AND later.state <> 'CANCELLED')"
        " AND NOT (state = 'CANCELLED' AND replaces IS NOT NULL) ORDER BY subject_id, purpose",
        subject_kind,
        list(subject_ids),
    )


async def list_repairs_to_check(actor: Actor, *, now: datetime, first: int) -> list[PayoutFacts]:
    """List the repairs that this member of staff may check: never those that they asked for."""
    only = approvals.Filter(kinds=frozenset({approvals.ApprovalKind.PAYOUT_REPAIR}))
    waiting = await approvals.pending(actor, now=now, only=only, first=first)
    return await _payouts(actor, "id = ANY($1::uuid[]) ORDER BY made_at, id", [one.subject_id for one in waiting])


async def find_batch(actor: Actor, *, batch_id: UUID) -> BatchFacts | None:
    """Find one batch, for those who handle payouts."""
    if not sees_payouts(actor):
        return None
    found = await store.row(f"{_BATCH} WHERE id = $1", batch_id)
    return _batch(found) if found else None


async def list_batches(actor: Actor, *, first: int, after: Place | None = None) -> list[BatchFacts]:
    """List batches, newest first."""
    if not sees_payouts(actor):
        return []
    found = await store.rows(
        f"{_BATCH} WHERE ($1::timestamptz IS NULL OR (made_at, id) < ($1, $2::uuid))"
        " ORDER BY made_at DESC, id DESC LIMIT $3",
        after.at if after else None,
        after.id if after else None,
        first,
    )
    return [_batch(row) for row in found]


async def open_instruction(actor: Actor, *, payout_id: UUID, keys: Keyring) -> Instruction:
    """Open what the bank has to be told; for the system alone. Nobody here can open what names no payee."""
    (found,) = await _instructions(actor, keys, "id = $1", payout_id)
    return found


async def open_instructions_of_batch(actor: Actor, *, batch_id: UUID, keys: Keyring) -> list[Instruction]:
    """Open what the file of a batch has to say, in the order of the numbers; for the system alone."""
    return await _instructions(
        actor,
        keys,
        "id IN (SELECT payout_id FROM payout_batch_item WHERE batch_id = $1 AND dropped_at IS NULL)"
        " ORDER BY payout.number",
        batch_id,
    )


async def list_payouts_to_inquire(
    actor: Actor, *, now: datetime, first: int, unnamed: bool = False
) -> list[PayoutFacts]:
    """List undecided payouts that are due for an inquiry, oldest first: soon at first, then with growing pauses.

    `unnamed` gives those whose payee only the reward desk knows, which it alone asks about.
    """
    assert actor.kind is ActorKind.SYSTEM, "Only the system inquires."
    return await _payouts(
        actor,
        "(name_sealed IS NULL) = $5 AND state IN ('SENDING', 'UNKNOWN') AND coalesce(inquired_at, sent_at)"
        " + least($2::interval * 2 ^ least(inquiries, 10), $3::interval) <= $1::timestamptz"
        " ORDER BY coalesce(inquired_at, sent_at) LIMIT $4",
        now,
        FIRST_PAUSE,
        LONGEST_PAUSE,
        first,
        unnamed,
    )


async def list_unnamed_payouts(actor: Actor, *, first: int) -> list[PayoutFacts]:
    """List what waits for the reward desk, the oldest first: released, queued, and sent by nobody else."""
    assert actor.kind is ActorKind.SYSTEM, "Only the system sends."
    return await _payouts(
        actor, "name_sealed IS NULL AND state = 'QUEUED' ORDER BY queued_at, payout.number LIMIT $1", first
    )


async def list_stuck_payouts(actor: Actor, *, before: datetime, first: int) -> list[UUID]:
    """List payouts that were queued before a moment and that nobody has begun to send since: their jobs may be lost."""
    assert actor.kind is ActorKind.SYSTEM, "Only the system looks after its own jobs."
    found = await store.rows(
        "SELECT payout.id FROM payout JOIN payout_batch_item ON payout_id = payout.id AND dropped_at IS NULL"
        " JOIN payout_batch ON payout_batch.id = batch_id"
        " WHERE payout.state = 'QUEUED' AND queued_at < $1 AND name_sealed IS NOT NULL"
        " AND (channel = 'DIRECT' OR sends > 0)"
        " ORDER BY queued_at LIMIT $2",
        before,
        first,
    )
    return [row["id"] for row in found]


async def _payouts(actor: Actor, condition: str, *values: object) -> list[PayoutFacts]:
    if not sees_payouts(actor):
        return []
    return [_payout(row) for row in await store.rows(f"{_PAYOUT} WHERE {condition}", *values)]


async def _instructions(actor: Actor, keys: Keyring, condition: str, value: UUID) -> list[Instruction]:
    assert actor.kind is ActorKind.SYSTEM, "Only the system writes to the bank."
    found = await store.rows(f"{_INSTRUCTION} WHERE {condition}", value)
    return [_instruction(row, keys) for row in found]


def _instruction(row: Mapping[str, Any], keys: Keyring) -> Instruction:
    payout_id = row["id"]
    assert row["name_sealed"] is not None, "Only the reward desk knows this payee, and it alone writes to the bank."
    name, account = bytes(row["name_sealed"]), bytes(row["account_sealed"])
    return Instruction(
        payout_id=payout_id,
        number=row["number"],
        fund=row["fund"],
        amount=Money(row["amount"]),
        payee=Payee(
            name=keys.unseal(Purpose.BANK_ACCOUNT, name, place=f"payout.name:{payout_id}"),
            account=keys.unseal(Purpose.BANK_ACCOUNT, account, place=f"payout.account:{payout_id}"),
            bank_code=row["bank_code"],
        ),
        remark=row["remark"],
        sent_at=row["sent_at"],
    )


def _payout(row: Mapping[str, Any]) -> PayoutFacts:
    read: dict[str, Any] = {
        "amount": Money(row["amount"]),
        "name_hint": row["name_hint"] or UNNAMED,
        "account_hint": row["account_hint"] or UNNAMED,
        "bank_code": row["bank_code"] or UNNAMED,
        "state": PayoutState(row["state"]),
        "content_digest": bytes(row["content_digest"]),
    }
    return PayoutFacts(**{**row, **read})


def _batch(row: Mapping[str, Any]) -> BatchFacts:
    read: dict[str, Any] = {
        "channel": BatchChannel(row["channel"]),
        "state": BatchState(row["state"]),
        "total": Money(row["total"]),
        "content_digest": bytes(row["content_digest"]),
    }
    return BatchFacts(**{**row, **read})
