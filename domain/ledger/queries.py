"""Asking the books. The caller must be let in by `access.require_reader`; `read_vouchers` is for the room itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from domain import store
from domain.actors import Actor
from domain.ledger.access import require_reader
from domain.ledger.values import (
    About,
    Account,
    AccountKind,
    Balance,
    JournalPlace,
    Line,
    Standing,
    TrialBalance,
    Voucher,
)
from domain.money import Money
from domain.period import Period


async def list_accounts(actor: Actor, *, fund: str) -> list[Account]:
    """List the chart of accounts of a fund, by code."""
    require_reader(actor)
    found = await store.rows("SELECT * FROM ledger_account WHERE fund = $1 ORDER BY code", fund)
    return [_account(row) for row in found]


async def find_voucher(actor: Actor, *, entry_id: UUID) -> Voucher | None:
    """Find one voucher with its lines."""
    require_reader(actor)
    return next(iter(await read_vouchers([entry_id])), None)


async def list_vouchers_about(actor: Actor, *, about: About) -> list[Voucher]:
    """List what was booked about one thing, oldest first."""
    require_reader(actor)
    found = await store.rows(
        "SELECT id FROM entry WHERE about_kind = $1 AND about_id = $2 ORDER BY day, id", about.kind, about.id
    )
    return await read_vouchers([row["id"] for row in found])


async def list_journal(
    actor: Actor,
    *,
    fund: str,
    first: int,
    after: JournalPlace | None = None,
    period: Period | None = None,
    code: str | None = None,
) -> list[Voucher]:
    """List the journal of a fund (序时账), newest first: at most `first` vouchers after a place.

    `period` keeps to the days that vouchers count for, `code` to the vouchers that touch an account.
    """
    require_reader(actor)
    found = await store.rows(
        "SELECT id FROM entry WHERE fund = $1"
        " AND ($2::date IS NULL OR (day, id) < ($2, $3::uuid))"
        " AND ($4::date IS NULL OR day >= $4) AND ($5::date IS NULL OR day < $5)"
        " AND ($6::text IS NULL OR EXISTS"
        "   (SELECT 1 FROM posting WHERE posting.entry_id = entry.id AND posting.code = $6))"
        " ORDER BY day DESC, id DESC LIMIT $7",
        fund,
        after.day if after else None,
        after.id if after else None,
        period.starts if period else None,
        period.ends if period else None,
        code,
        first,
    )
    return await read_vouchers([row["id"] for row in found])


async def count_journal(actor: Actor, *, fund: str, period: Period | None = None) -> int:
    """Count the vouchers of a fund."""
    require_reader(actor)
    found = await store.row(
        "SELECT count(*) AS vouchers FROM entry WHERE fund = $1"
        " AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day < $3)",
        fund,
        period.starts if period else None,
        period.ends if period else None,
    )
    assert found is not None
    return int(found["vouchers"])


async def trial_balance(actor: Actor, *, fund: str, period: Period) -> TrialBalance:
    """Draw up the trial balance of a fund for a period; an open period ends with the last voucher."""
    require_reader(actor)
    found = await store.rows(
        "SELECT account.*, moved.* FROM ledger_account AS account JOIN ("
        "  SELECT posting.code AS moved_code,"
        "    coalesce(sum(amount) FILTER (WHERE day < $2), 0)::bigint AS opening,"
        "    coalesce(sum(amount) FILTER (WHERE day >= $2 AND amount > 0), 0)::bigint AS debits,"
        "    coalesce(-sum(amount) FILTER (WHERE day >= $2 AND amount < 0), 0)::bigint AS credits"
        "  FROM posting JOIN entry ON entry.id = posting.entry_id"
        "  WHERE posting.fund = $1 AND ($3::date IS NULL OR day < $3) GROUP BY posting.code"
        ") AS moved ON moved.moved_code = account.code WHERE account.fund = $1 ORDER BY account.code",
        fund,
        period.starts,
        period.ends,
    )
    balances = tuple(
        Balance(_account(row), Money(row["opening"]), Money(row["debits"]), Money(row["credits"])) for row in found
    )
    return TrialBalance(fund, balances)


async def balance_of(actor: Actor, *, fund: str, code: str, day: date | None = None) -> Money:
    """Give the balance of one account, debit minus credit, at the end of a day or now."""
    require_reader(actor)
    found = await store.row(
        "SELECT coalesce(sum(amount), 0)::bigint AS balance FROM posting JOIN entry ON entry.id = posting.entry_id"
        " WHERE posting.fund = $1 AND code = $2 AND ($3::date IS NULL OR day <= $3)",
        fund,
        code,
        day,
    )
    assert found is not None
    return Money(found["balance"])


async def read_vouchers(ids: Sequence[UUID]) -> list[Voucher]:
    """Read vouchers with their lines in two statements, in the order of the ids; unknown ids are left out."""
    heads = await store.rows(
        "SELECT entry.*, reversal.id AS reversed_by FROM entry"
        " LEFT JOIN entry AS reversal ON reversal.reverses = entry.id WHERE entry.id = ANY($1)",
        list(ids),
    )
    lines: dict[UUID, list[Line]] = {}
    for row in await store.rows("SELECT * FROM posting WHERE entry_id = ANY($1) ORDER BY entry_id, line", list(ids)):
        lines.setdefault(row["entry_id"], []).append(_line(row))
    known = {row["id"]: _voucher(row, tuple(lines[row["id"]])) for row in heads}
    return [known[entry_id] for entry_id in ids if entry_id in known]


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        fund=row["fund"],
        code=row["code"],
        kind=AccountKind(row["kind"]),
        standing=Standing(row["standing"]),
        name_zh=row["name_zh"],
        name_en=row["name_en"],
    )


def _line(row: Mapping[str, Any]) -> Line:
    about = None if row["about_id"] is None else About(row["about_kind"], row["about_id"])
    return Line(row["code"], Money(row["amount"]), about)


def _voucher(row: Mapping[str, Any], lines: tuple[Line, ...]) -> Voucher:
    return Voucher(
        id=row["id"],
        number=row["number"],
        fund=row["fund"],
        reason=row["reason"],
        day=row["day"],
        about=About(row["about_kind"], row["about_id"]),
        summary=row["summary"],
        reverses=row["reverses"],
        reversed_by=row["reversed_by"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        lines=lines,
    )
