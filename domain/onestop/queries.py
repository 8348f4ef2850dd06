"""Reading statements. Who may see the thing that was settled, its room has decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.crypto import Keyring, Purpose
from domain.errors import Text
from domain.money import Money
from domain.onestop import calc
from domain.onestop.values import Overpayment, Statement

_STATEMENT: Final = (
    "statement.id, statement.number, statement.subject_kind, statement.subject_id, statement.person_id,"
    " statement.scheme, statement.fund, statement.year, statement.day, statement.settled_at, statement.rules_digest,"
    " statement.set_off, statement.paid_out,"
    f" statement.content_sealed, statement.reverses, {', '.join(f'statement.{name}' for name in calc.AMOUNTS)},"
    " undone.id AS reversed_by FROM statement LEFT JOIN statement AS undone ON undone.reverses = statement.id"
)


async def find_statement(keys: Keyring, *, statement_id: UUID) -> Statement | None:
    """Find one statement with its steps and its letter."""
    found = await store.row(f"SELECT {_STATEMENT} WHERE statement.id = $1", statement_id)
    return _statement(keys, found) if found else None


async def list_statements(keys: Keyring, *, subject_kind: str, subject_id: UUID) -> list[Statement]:
    """List all statements of a thing in their order, reversals among them."""
    found = await store.rows(
        f"SELECT {_STATEMENT} WHERE (statement.subject_kind, statement.subject_id) = ($1, $2)"
        " ORDER BY statement.serial",
        subject_kind,
        subject_id,
    )
    return [_statement(keys, row) for row in found]


async def list_overpayments(*, first: int, after: tuple[datetime, UUID] | None = None) -> list[Overpayment]:
    """List what people owe back because a settlement does not stand any more, oldest first. For recovery."""
    found: Sequence[Mapping[str, Any]] = await store.rows(
        "SELECT statement_id, person_id, fund, amount, payout_id, reason, found_at FROM overpayment"
        " WHERE ($1::timestamptz IS NULL OR (found_at, statement_id) > ($1, $2::uuid))"
        " ORDER BY found_at, statement_id LIMIT $3",
        after and after[0],
        after and after[1],
        first,
    )
    return [
        Overpayment(
            row["statement_id"],
            row["person_id"],
            row["fund"],
            Money(row["amount"]),
            row["payout_id"],
            row["reason"],
            row["found_at"],
        )
        for row in found
    ]


def _statement(keys: Keyring, row: Mapping[str, Any]) -> Statement:
    place = f"statement.content:{row['id']}"
    content = calc.read_content(keys.unseal(Purpose.CLAIM, bytes(row["content_sealed"]), place=place))
    return Statement(
        id=row["id"],
        number=row["number"],
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        person_id=row["person_id"],
        scheme=row["scheme"],
        fund=row["fund"],
        year=row["year"],
        day=row["day"],
        settled_at=row["settled_at"],
        rules_digest=row["rules_digest"],
        amounts={name: Money(row[name]) for name in calc.AMOUNTS},
        set_off=Money(row["set_off"]),
        paid_out=Money(row["paid_out"]),
        steps=content.steps,
        letter=Text(content.letter, content.letter_en),
        reverses=row["reverses"],
        reversed_by=row["reversed_by"],
    )
