"""Locking cases and writing entries: what every part of the service needs."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain import ledger, notices, store
from domain.errors import Text
from domain.ids import new_id
from domain.recovery import access, calc
from domain.recovery.errors import RecoveryNotFound, RecoveryNotInState
from domain.recovery.models import RecoveryRow
from domain.recovery.values import RecoveryEntryKind, RecoveryMeans, RecoveryState
from domain.work import Work


async def lock(work: Work, case_id: UUID, *states: RecoveryState) -> RecoveryRow:
    """Lock one case that the actor may see; refuse one that is not there or, with states named, stands elsewhere."""
    seen = access.cases_visible_to(work.actor, on=work.today, after=1)
    sql = f"SELECT id FROM recovery_case WHERE id = $1 AND {seen.sql} FOR UPDATE"  # noqa: S608 - our own condition
    if await store.row(sql, case_id, *seen.values) is None:
        raise RecoveryNotFound(path=("case_id",))
    row = await RecoveryRow.get(id=case_id)
    if states and row.state not in states:
        raise RecoveryNotInState(number=row.number, state=row.state.value, path=("case_id",))
    return row


async def write_entry(
    work: Work,
    row: RecoveryRow,
    *,
    kind: RecoveryEntryKind,
    fen: int,
    day: date,
    counter_account: str,
    about: ledger.About,
    means: RecoveryMeans | None = None,
    reference: str | None = None,
    statement_id: UUID | None = None,
    proposal_id: UUID | None = None,
    undoes: UUID | None = None,
) -> None:
    """Write what makes a locked case smaller (or, negative, larger again), with its voucher, and let the case follow.

    `counter_account` is debited with what the advance is relieved of: cash, a bank account, what is payable to the
    person, or the fund's expenses; `about` is what that side of the voucher is about.
    """
    entry_id = new_id()
    await store.rows(
        "INSERT INTO recovery_entry (id, case_id, kind, amount, day, means, reference, statement_id, proposal_id,"
        " undoes, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
        entry_id,
        row.id,
        kind.value,
        fen,
        day,
        means.value if means else None,
        reference,
        statement_id,
        proposal_id,
        undoes,
        work.actor.id,
        work.now,
    )
    row.settled = type(row.settled)(row.settled.fen + fen)
    row.state = calc.state_after(left=row.left, before=row.state, demanded=row.demanded_at is not None)
    await save(row)
    amount = type(row.amount)(fen)
    await ledger.post(
        work,
        fund=row.fund,
        key=f"recovery:{entry_id}",
        reason="RECOVERY",
        day=day,
        about=ledger.About("recovery_case", row.id),
        postings=[
            ledger.Line(counter_account, amount, about),
            ledger.Line(ledger.ADVANCES, -amount, ledger.About(row.subject_kind, row.subject_id)),
        ],
        summary=f"追回 {row.number}",
    )
    await work.audit(
        "recovery.enter", kind="recovery_case", id=row.id, entry=kind.value, amount=fen, state=row.state.value
    )


async def save(row: RecoveryRow) -> None:
    """Save what may change of a case."""
    row.version += 1
    await row.save()


async def tell(work: Work, row: RecoveryRow, *, kind: str, title: Text, body: Text) -> None:
    """Tell the person and who is their guardian. No word about health: notices are shown on locked screens."""
    guardians = await store.rows(
        "SELECT holder_id FROM mandate WHERE subject_id = $1 AND kind = 'GUARDIAN' AND starts <= $2"
        " AND (ends IS NULL OR ends > $2)",
        row.person_id,
        work.today,
    )
    await notices.tell(
        work,
        person_ids={row.person_id, *(guardian["holder_id"] for guardian in guardians)},
        kind=f"recovery.{kind}",
        about=notices.Subject("recovery_case", row.id, row.number),
        title=title,
        body=body,
    )
