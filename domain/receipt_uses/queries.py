"""Asking who uses which receipt. For other rooms; who may ask is for them to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain import store
from domain.money import Money
from domain.receipt_uses.values import Holder, ReceiptUse
from domain.receipts import ReceiptKey, ReceiptKind, Verification

_COLUMNS = (
    "id, kind, code, number, check_code, amount, holder_kind, holder_id, holder_number, taken_at, settled_at,"
    " verification, verified_at"
)


async def find_use(*, use_id: UUID) -> ReceiptUse | None:
    """Find one use that stands."""
    found = await store.row(f"SELECT {_COLUMNS} FROM receipt_use WHERE id = $1 AND released_at IS NULL", use_id)  # noqa: S608 - constants
    return _use(found) if found else None


async def list_uses(*, holder_id: UUID) -> list[ReceiptUse]:
    """List the receipts that a claim or a settlement uses now."""
    found = await store.rows(
        f"SELECT {_COLUMNS} FROM receipt_use WHERE holder_id = $1 AND released_at IS NULL ORDER BY kind, code, number",  # noqa: S608 - constants
        holder_id,
    )
    return [_use(row) for row in found]


async def find_users(keys: list[ReceiptKey], *, but: UUID | None) -> dict[ReceiptKey, str]:
    """Find by whom these receipts are used, other than by one holder: the numbers that people read out."""
    found = await store.rows(
        "SELECT asked.number AS place, receipt_use.holder_number FROM receipt_use"
        " JOIN unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (kind, code, no, number)"
        " ON receipt_use.kind = asked.kind AND receipt_use.code = asked.code AND receipt_use.number = asked.no"
        " WHERE released_at IS NULL AND holder_id IS DISTINCT FROM $4",
        [key.kind.value for key in keys],
        [key.code for key in keys],
        [key.number for key in keys],
        but,
    )
    return {keys[row["place"] - 1]: row["holder_number"] for row in found}


async def list_waiting(*, first: int) -> list[UUID]:
    """List uses whose issuer has not answered yet, longest waiting first."""
    found = await store.rows(
        "SELECT id FROM receipt_use WHERE verification = 'WAITING' AND released_at IS NULL ORDER BY taken_at LIMIT $1",
        first,
    )
    return [row["id"] for row in found]


def _use(row: Mapping[str, Any]) -> ReceiptUse:
    return ReceiptUse(
        id=row["id"],
        key=ReceiptKey(ReceiptKind(row["kind"]), row["code"], row["number"], row["check_code"]),
        amount=Money(row["amount"]),
        holder=Holder(row["holder_kind"], row["holder_id"], row["holder_number"]),
        taken_at=row["taken_at"],
        settled_at=row["settled_at"],
        verification=Verification(row["verification"]),
        verified_at=row["verified_at"],
    )
