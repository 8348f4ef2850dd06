"""Asking about statements and differences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.actors import Actor
from domain.money import Money
from domain.reconciliation.access import sees_differences
from domain.reconciliation.values import (
    ClosingAction,
    DifferenceFacts,
    MismatchKind,
    MoneyDirection,
    Place,
    StatementFacts,
)

_DIFFERENCE: Final = """
    SELECT id, source, kind, direction, number, reference, sends, our_amount, their_amount, our_day, their_day,
           about_id, found_at, action, outcome, content_digest, proposed_at, closed_at
    FROM reconciliation_difference
"""


async def list_differences(
    actor: Actor, *, only_open: bool, first: int, after: Place | None = None
) -> list[DifferenceFacts]:
    """List where channels and we differ, oldest first. Nothing for those who do not handle it."""
    if not sees_differences(actor):
        return []
    found = await store.rows(
        f"{_DIFFERENCE} WHERE (NOT $1 OR closed_at IS NULL)"
        " AND ($2::timestamptz IS NULL OR (found_at, id) > ($2, $3::uuid)) ORDER BY found_at, id LIMIT $4",
        only_open,
        after.at if after else None,
        after.id if after else None,
        first,
    )
    return [_difference(row) for row in found]


async def find_difference(actor: Actor, *, difference_id: UUID) -> DifferenceFacts | None:
    """Find one difference, for those who handle it."""
    if not sees_differences(actor):
        return None
    found = await store.row(f"{_DIFFERENCE} WHERE id = $1", difference_id)
    return _difference(found) if found else None


async def list_statements(actor: Actor, *, first: int, after: Place | None = None) -> list[StatementFacts]:
    """List the statements that were compared, newest first."""
    if not sees_differences(actor):
        return []
    found = await store.rows(
        "SELECT id, source, day, lines, matched, differences, received_at FROM channel_statement"
        " WHERE ($1::timestamptz IS NULL OR (received_at, id) < ($1, $2::uuid))"
        " ORDER BY received_at DESC, id DESC LIMIT $3",
        after.at if after else None,
        after.id if after else None,
        first,
    )
    return [StatementFacts(**row) for row in found]


async def find_last_day(*, source: str) -> date | None:
    """Give the last day of which a source gave its statement."""
    found = await store.row("SELECT max(day) AS day FROM channel_statement WHERE source = $1", source)
    return found["day"] if found else None


def _difference(row: Mapping[str, Any]) -> DifferenceFacts:
    read: dict[str, Any] = {
        "kind": MismatchKind(row["kind"]),
        "direction": MoneyDirection(row["direction"]),
        "our_amount": None if row["our_amount"] is None else Money(row["our_amount"]),
        "their_amount": None if row["their_amount"] is None else Money(row["their_amount"]),
        "action": ClosingAction(row["action"]) if row["action"] else None,
        "content_digest": bytes(row["content_digest"]) if row["content_digest"] else None,
    }
    return DifferenceFacts(**{**row, **read})
