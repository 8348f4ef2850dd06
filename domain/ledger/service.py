"""Writing the books: a voucher is posted once and undone only by its exact reverse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from domain import store
from domain.business_numbers import NumberKind
from domain.ids import new_id
from domain.ledger.chart import load_funds
from domain.ledger.errors import KeyMeansAnotherEventError, ReversalStays, VoucherAlreadyReversed, VoucherUnknown
from domain.ledger.queries import read_vouchers
from domain.ledger.values import About, Line, Voucher
from domain.work import Work


async def install_chart() -> None:
    """Bring the accounts of this release into the database: new ones are added, names and standing corrected.

    Repeatable. An account that has postings keeps its kind; the database refuses the rest.
    """
    accounts = [account for fund in load_funds() for account in fund.accounts]
    await store.rows(
        "INSERT INTO ledger_account (fund, code, name_zh, name_en, kind, standing)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])"
        " ON CONFLICT (fund, code) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,"
        " kind = excluded.kind, standing = excluded.standing"
        " WHERE (ledger_account.name_zh, ledger_account.name_en, ledger_account.kind, ledger_account.standing)"
        " IS DISTINCT FROM (excluded.name_zh, excluded.name_en, excluded.kind, excluded.standing)",
        [account.fund for account in accounts],
        [account.code for account in accounts],
        [account.name_zh for account in accounts],
        [account.name_en for account in accounts],
        [account.kind.value for account in accounts],
        [account.standing.value for account in accounts],
    )


async def post(
    work: Work,
    *,
    fund: str,
    key: str,
    reason: str,
    day: date,
    about: About,
    postings: Sequence[Line],
    summary: str,
) -> UUID:
    """Post one event as one voucher and give its id; the same key gives the same voucher again.

    `key` names the business event for ever, like `payment:<order>`; `day` is the day that the voucher counts for (the
    funds keep books on a cash basis). Lines that do not sum to nothing and a key that was used for other lines are
    bugs and raise `ValueError` or `KeyMeansAnotherEventError`.
    """
    _require_balance(postings)
    made = await _insert_entry(
        work, fund=fund, key=key, reason=reason, day=day, about=about, summary=summary, lines=len(postings)
    )
    if made is None:
        return await _same_event(fund=fund, key=key, postings=postings)
    await _insert_lines(made, fund=fund, postings=postings)
    await work.audit("ledger.post", kind="entry", id=made, fund=fund, key=key, reason=reason, day=day)
    return made


async def reverse(work: Work, *, entry_id: UUID, reason: str, day: date | None = None) -> UUID:
    """Undo a voucher by its exact reverse and give the reversal's id.

    The reversal counts for `day`, today if none is given: a closed day is never rewritten. Refuses an unknown voucher,
    one that was reversed before, and a reversal.
    """
    # A row lock would ask for the right to change the row, which nobody has on history.
    await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"entry:{entry_id}")
    found = await read_vouchers([entry_id])
    if not found:
        raise VoucherUnknown(entry_id=entry_id)
    (voucher,) = found
    await _require_reversible(voucher)
    turned = tuple(Line(line.code, -line.amount, line.about) for line in voucher.lines)
    made = await _insert_entry(
        work,
        fund=voucher.fund,
        key=f"reversal:{entry_id}",
        reason=reason,
        day=day or work.today,
        about=voucher.about,
        summary=f"冲销 {voucher.number}",
        lines=len(turned),
        reverses=entry_id,
    )
    assert made is not None, "The voucher is locked and was not reversed before."
    await _insert_lines(made, fund=voucher.fund, postings=turned)
    await work.audit("ledger.reverse", kind="entry", id=made, reverses=entry_id, reason=reason)
    return made


async def _require_reversible(voucher: Voucher) -> None:
    if voucher.reversed_by is not None:
        (reversal,) = await read_vouchers([voucher.reversed_by])
        raise VoucherAlreadyReversed(number=voucher.number, reversed_by=reversal.number)
    if voucher.reverses is not None:
        raise ReversalStays(number=voucher.number)


def _require_balance(postings: Sequence[Line]) -> None:
    difference = sum(line.amount.fen for line in postings)
    if len(postings) < 2 or difference != 0:  # noqa: PLR2004 - double entry
        raise ValueError(f"A voucher has two sides that are equal: {len(postings)} lines, difference {difference} fen.")


async def _insert_entry(
    work: Work,
    *,
    fund: str,
    key: str,
    reason: str,
    day: date,
    about: About,
    summary: str,
    lines: int,
    reverses: UUID | None = None,
) -> UUID | None:
    """Write the head of a voucher, or nothing when its key is taken; waits for whoever is taking it now."""
    made = await store.row(
        "INSERT INTO entry (id, number, fund, key, reason, day, about_kind, about_id, summary, lines, reverses,"
        " made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        " ON CONFLICT (key) DO NOTHING RETURNING id",
        new_id(),
        await work.new_number(NumberKind.VOUCHER),
        fund,
        key,
        reason,
        day,
        about.kind,
        about.id,
        summary,
        lines,
        reverses,
        work.actor.key,
        work.now,
    )
    return None if made is None else made["id"]


async def _insert_lines(entry_id: UUID, *, fund: str, postings: Sequence[Line]) -> None:
    await store.rows(
        "INSERT INTO posting (entry_id, line, fund, code, amount, about_kind, about_id)"
        " SELECT $1, line, $2, code, amount, about_kind, about_id"
        " FROM unnest($3::text[], $4::bigint[], $5::text[], $6::uuid[])"
        " WITH ORDINALITY AS line (code, amount, about_kind, about_id, line)",
        entry_id,
        fund,
        [line.code for line in postings],
        [line.amount.fen for line in postings],
        [line.about.kind if line.about else None for line in postings],
        [line.about.id if line.about else None for line in postings],
    )


async def _same_event(*, fund: str, key: str, postings: Sequence[Line]) -> UUID:
    """Give the voucher that was posted before under this key, which must be the very same."""
    earlier = await store.row("SELECT id FROM entry WHERE key = $1", key)
    assert earlier is not None, "A key that conflicts is there."
    (voucher,) = await read_vouchers([earlier["id"]])
    if (voucher.fund, voucher.lines) != (fund, tuple(postings)):
        raise KeyMeansAnotherEventError(f"The key {key} was posted before with other lines.")
    return voucher.id
