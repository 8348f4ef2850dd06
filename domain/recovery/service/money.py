"""What is owed, what comes back, and what is set off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from domain import ledger, store
from domain.actors import Scope
from domain.business_numbers import NumberKind
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.money import ZERO, Money
from domain.recovery import access, calc
from domain.recovery.errors import RecoveryAmountUnfit, RecoveryReferenceUnfit
from domain.recovery.models import RecoveryRow
from domain.recovery.service import rows
from domain.recovery.values import Offset, Overpaid, RecoveryEntryKind, RecoveryMeans, RecoveryState
from domain.work import Work

_ACCOUNT_OF: Final = {RecoveryMeans.COUNTER: ledger.CASH, RecoveryMeans.BANK: ledger.INCOME_DEPOSITS}
_OPEN: Final = (RecoveryState.FOUND, RecoveryState.DEMANDED, RecoveryState.IN_INSTALMENTS)


async def open_case(work: Work, overpaid: Overpaid) -> UUID:
    """Open the case of an overpayment in the transaction that finds it, and give the case's id.

    The caller has written the overpayment and booked what the person owes (`ledger.ADVANCES`). Nothing is demanded
    yet: what was paid is mostly settled anew, and only what is left then is asked for.
    """
    row = await RecoveryRow.create(
        id=new_id(),
        number=await work.new_number(NumberKind.RECOVERY),
        statement_id=overpaid.statement_id,
        person_id=overpaid.person_id,
        region=overpaid.region,
        fund=overpaid.fund,
        subject_kind=overpaid.subject_kind,
        subject_id=overpaid.subject_id,
        subject_number=overpaid.subject_number,
        amount=overpaid.amount,
        settled=ZERO,
        state=RecoveryState.FOUND,
        reason=overpaid.reason,
        found_at=work.now,
        version=1,
    )
    await work.audit("recovery.open", kind="recovery_case", id=row.id, amount=overpaid.amount.fen)
    return row.id


async def plan_set_off(*, person_id: UUID, fund: str, subject: tuple[str, UUID], at_most: Money) -> tuple[Offset, ...]:
    """Lock what a person owes to a fund, and say how much of it is set off against a payment of at most so much.

    What had been paid for the same thing counts first; other debts only where the person consented or two people
    said so by law. Nothing is written yet.
    """
    if at_most <= ZERO:
        return ()
    async with store.beyond_the_wall("what a person owes counts wherever it was found"):
        owed = await store.rows(
            "SELECT id, amount - settled AS owed FROM recovery_case WHERE person_id = $1 AND fund = $2"
            " AND state <> 'CLOSED' AND (set_off IS NOT NULL OR (subject_kind, subject_id) = ($3, $4))"
            " ORDER BY (subject_kind, subject_id) = ($3, $4) DESC, found_at, id FOR UPDATE",
            person_id,
            fund,
            *subject,
        )
    return tuple(calc.share_out(((row["id"], Money(row["owed"])) for row in owed), at_most=at_most))


async def set_off(work: Work, offsets: Iterable[Offset], *, statement_id: UUID, subject: tuple[str, UUID]) -> None:
    """Write what was planned, against the payment of a statement that says so itself; tell the person.

    The debt becomes smaller by what is payable to the person for `subject` and not paid out.
    """
    async with store.beyond_the_wall("what a person owes counts wherever it was found"):
        for offset in offsets:
            row = await RecoveryRow.get(id=offset.case_id)
            await rows.write_entry(
                work,
                row,
                kind=RecoveryEntryKind.SET_OFF,
                fen=offset.amount.fen,
                day=work.today,
                counter_account=ledger.SUSPENSE,
                about=ledger.About(*subject),
                statement_id=statement_id,
            )
            await rows.tell(
                work,
                row,
                kind="set_off",
                title=Text("应退款项已抵扣", "What you owed was set off"),
                body=Text(
                    f"追回 {row.number} 已从应付待遇中抵扣 {offset.amount} 元，尚余 {row.left} 元。",
                    f"{offset.amount} yuan of recovery {row.number} were set off; {row.left} yuan are left.",
                ),
            )


async def undo_set_off(work: Work, *, statement_id: UUID, subject: tuple[str, UUID]) -> None:
    """Undo what was set off against a settlement that is reversed; the debts stand again as before."""
    async with store.beyond_the_wall("what a person owes counts wherever it was found"):
        entries = await store.rows(
            "SELECT id, case_id, amount FROM recovery_entry WHERE statement_id = $1 AND undoes IS NULL ORDER BY serial",
            statement_id,
        )
        for entry in entries:
            row = await RecoveryRow.filter(id=entry["case_id"]).select_for_update().get()
            await rows.write_entry(
                work,
                row,
                kind=RecoveryEntryKind.SET_OFF,
                fen=-entry["amount"],
                day=work.today,
                counter_account=ledger.SUSPENSE,
                about=ledger.About(*subject),
                statement_id=statement_id,
                undoes=entry["id"],
            )


async def receive(work: Work, *, case_id: UUID, amount: Money, means: RecoveryMeans, reference: str, on: date) -> UUID:
    """Enter money that came back at the counter or by bank; never more than is owed, each receipt once."""
    access.require_staff(work.actor, Scope.RECOVERY_RECEIVE)
    row = await rows.lock(work, case_id, *_OPEN)
    reference = reference.strip()
    faults: list[DomainError] = []
    if not ZERO < amount <= row.left:
        faults.append(RecoveryAmountUnfit(left=row.left, path=("amount",)))
    if not 0 < len(reference) <= calc.REFERENCE_MAX or await _is_used(means, reference):
        faults.append(RecoveryReferenceUnfit(path=("reference",)))
    refuse(faults)
    await rows.write_entry(
        work,
        row,
        kind=RecoveryEntryKind.RECEIVED,
        fen=amount.fen,
        day=on,
        counter_account=_ACCOUNT_OF[means],
        about=ledger.About("recovery_case", row.id),
        means=means,
        reference=reference,
    )
    await rows.tell(
        work,
        row,
        kind="received",
        title=Text("退回款项已收到", "Your repayment has arrived"),
        body=Text(
            f"追回 {row.number} 已收到 {amount} 元，尚余 {row.left} 元。",
            f"{amount} yuan of recovery {row.number} have arrived; {row.left} yuan are left.",
        ),
    )
    return row.id


async def _is_used(means: RecoveryMeans, reference: str) -> bool:
    async with store.beyond_the_wall("a receipt is used once in the whole pooling area"):
        return bool(
            await store.rows("SELECT 1 FROM recovery_entry WHERE (means, reference) = ($1, $2)", means.value, reference)
        )
