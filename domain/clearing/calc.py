"""Periods and digests of clearings: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID

from domain.clearing.values import ClearingPayer
from domain.money import Money
from domain.period import Period

MONTHS_OF_UNION: Final = 3
"""The union is billed by quarter; civil affairs and other funds by month."""


def period_of(payer: ClearingPayer, *, day: date) -> Period:
    """Give the month or quarter of a payer that a day lies in."""
    months = MONTHS_OF_UNION if payer is ClearingPayer.UNION else 1
    first = (day.month - 1) // months * months + 1
    starts = date(day.year, first, 1)
    after = first + months
    return Period(starts, date(day.year + (after > 12), (after - 1) % 12 + 1, 1))  # noqa: PLR2004 - months of a year


def clearing_digest(
    *, number: str, payer: ClearingPayer, fund: str, period: Period, rows: Sequence[tuple[UUID, int]], total: Money
) -> bytes:
    """Fingerprint a clearing: its head, and each claim in it, in the order of their ids."""
    head = (number, payer.value, fund, str(period.starts), str(period.ends), str(len(rows)), str(total.fen))
    hashed = sha256("\n".join(head).encode())
    for receivable_id, fen in sorted(rows):
        hashed.update(receivable_id.bytes + fen.to_bytes(8, "big", signed=True))
    return hashed.digest()
