"""Asking about clearings and their statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.actors import Actor
from domain.clearing.access import sees_clearings
from domain.clearing.values import ClearingFacts, ClearingPayer, ClearingState, Place, StatementRow
from domain.money import Money

_CLEARING: Final = """
    SELECT id, number, payer, fund, starts, ends, receivables, total, content_digest, state, made_at, decided_at,
           received_on, receipt
    FROM clearing_batch
"""


async def find_clearing(actor: Actor, *, clearing_id: UUID) -> ClearingFacts | None:
    """Find one clearing, for those who handle them."""
    if not sees_clearings(actor):
        return None
    found = await store.row(f"{_CLEARING} WHERE id = $1", clearing_id)
    return _clearing(found) if found else None


async def list_clearings(actor: Actor, *, first: int, after: Place | None = None) -> list[ClearingFacts]:
    """List clearings, newest first."""
    if not sees_clearings(actor):
        return []
    found = await store.rows(
        f"{_CLEARING} WHERE ($1::timestamptz IS NULL OR (made_at, id) < ($1, $2::uuid))"
        " ORDER BY made_at DESC, id DESC LIMIT $3",
        after.at if after else None,
        after.id if after else None,
        first,
    )
    return [_clearing(row) for row in found]


async def list_statement(
    actor: Actor, *, clearing_id: UUID, first: int, after: UUID | None = None
) -> list[StatementRow]:
    """List what a clearing claims, row by row, in the order of the rows' ids; the sum is the clearing's total."""
    if not sees_clearings(actor):
        return []
    found = await store.rows(
        "SELECT receivable.id AS receivable_id, subject_kind, subject_id, day, amount FROM clearing_item"
        " JOIN receivable ON receivable.id = receivable_id"
        " WHERE batch_id = $1 AND ($2::uuid IS NULL OR receivable.id > $2) ORDER BY receivable.id LIMIT $3",
        clearing_id,
        after,
        first,
    )
    return [_row(row) for row in found]


def _clearing(row: Mapping[str, Any]) -> ClearingFacts:
    read: dict[str, Any] = {
        "payer": ClearingPayer(row["payer"]),
        "state": ClearingState(row["state"]),
        "total": Money(row["total"]),
        "content_digest": bytes(row["content_digest"]),
    }
    return ClearingFacts(**{**row, **read})


def _row(row: Mapping[str, Any]) -> StatementRow:
    read: dict[str, Any] = {"amount": Money(row["amount"])}
    return StatementRow(**{**row, **read})
