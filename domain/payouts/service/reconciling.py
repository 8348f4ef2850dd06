"""What the bank reports afterwards: the results of a file, and the statement of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any
from uuid import UUID

from domain import reconciliation, store
from domain.money import Money
from domain.payouts.access import require_system
from domain.payouts.queries import source_of
from domain.payouts.service import sending
from domain.payouts.values import PayoutState, Result, Settlement
from domain.reconciliation import Found, MismatchKind, MoneyDirection, Movement, Statement, Surety
from domain.work import AGENCY_ZONE, Work

_OUT: Mapping[PayoutState, Surety] = {
    PayoutState.CONFIRMED: Surety.CERTAIN,
    PayoutState.RETURNED: Surety.CERTAIN,
    PayoutState.SENDING: Surety.UNDECIDED,
    PayoutState.UNKNOWN: Surety.UNDECIDED,
}
_IN: Mapping[PayoutState, Surety] = {
    PayoutState.CONFIRMED: Surety.POSSIBLE,
    PayoutState.RETURNED: Surety.CERTAIN,
}


async def take_results(work: Work, *, source: str, results: Sequence[Result]) -> None:
    """Take what a bank's file of results says, line by line; strangers and contradictions become differences.

    Reading the same file again changes nothing. `source` names the bank where no payout of ours does.
    """
    require_system(work.actor)
    found = {
        row["number"]: row
        for row in await store.rows(
            "SELECT id, number, fund, amount, sends FROM payout WHERE number = ANY($1::text[])",
            [result.number for result in results],
        )
    }
    times = Counter(result.number for result in results)
    for result in results:
        row = found.get(result.number)
        if row is None or (times[result.number] > 1 and result.settlement is None):
            await _note_result(work, source=source_of(row["fund"]) if row else source, result=result, row=row)
        elif result.settlement is not None:
            await sending.confirm(work, payout_id=row["id"], settlement=result.settlement)
        else:
            await sending.refuse_payout(
                work, payout_id=row["id"], sends=row["sends"], code=result.code, sentence=result.sentence
            )


async def take_statement(work: Work, *, fund: str, statement: Statement) -> UUID:
    """Compare the bank's statement of a day with the payouts of a fund, and give the statement's id; once.

    Payouts that nobody decided are confirmed by the line that shows them, and those that the payee's bank sent back
    are taken back. Everything that does not agree becomes a difference for people. The statement is the word of the
    bank about its own books, so it decides; what it does not show decides nothing by itself.
    """
    require_system(work.actor)
    assert statement.source == source_of(fund), f"{statement.source} is not the account of fund {fund}."
    if known := await reconciliation.is_known(statement):
        return known
    held = await _list_movements(fund, statement=statement)
    comparison = reconciliation.compare(statement.day, ours=held, theirs=statement.lines)
    statement_id = await reconciliation.record(work, statement=statement, comparison=comparison)
    for match in comparison.matches:
        if match.ours.surety is Surety.UNDECIDED:
            settlement = Settlement(match.theirs.reference, match.theirs.amount, match.theirs.day)
            await sending.confirm(work, payout_id=match.ours.about, settlement=settlement)
        elif match.ours.surety is Surety.POSSIBLE:
            await sending.take_return(
                work, payout_id=match.ours.about, reference=match.theirs.reference, on=match.theirs.day
            )
    return statement_id


async def _list_movements(fund: str, *, statement: Statement) -> list[Movement]:
    """List what the statement must show, and whatever it names.

    What nobody decided must be shown only when the day after its sending is closed too: banks work past midnight.
    """
    found = await store.rows(
        "SELECT id, number, amount, state, sends, settled_on, returned_on,"
        " (sent_at AT TIME ZONE $4)::date AS sent_on FROM payout"
        " WHERE number = ANY($3::text[]) OR (fund = $1 AND (settled_on = $2 OR returned_on = $2"
        "   OR (state IN ('SENDING', 'UNKNOWN') AND (sent_at AT TIME ZONE $4)::date < $2)))"
        " FOR UPDATE",
        fund,
        statement.day,
        sorted({line.number for line in statement.lines if line.number}),
        AGENCY_ZONE.key,
    )
    named = {(line.direction, line.number) for line in statement.lines}
    return [movement for row in found for movement in _movements_of(row, day=statement.day, named=named)]


def _movements_of(
    row: Mapping[str, Any], *, day: date, named: AbstractSet[tuple[MoneyDirection, str]]
) -> Iterator[Movement]:
    state = PayoutState(row["state"])
    common: dict[str, Any] = {
        "number": row["number"],
        "amount": Money(row["amount"]),
        "about": row["id"],
        "sends": row["sends"],
    }
    out, back = _OUT.get(state, Surety.DENIED), _IN.get(state, Surety.DENIED)
    # What was settled on another day than the statement's is compared only if the statement names it.
    for direction, surety, own_day in (
        (MoneyDirection.OUT, out, row["settled_on"]),
        (MoneyDirection.IN, back, row["returned_on"]),
    ):
        if (direction, row["number"]) in named or surety is Surety.UNDECIDED or own_day == day:
            yield Movement(direction=direction, day=own_day, surety=surety, **common)


async def _note_result(work: Work, *, source: str, result: Result, row: Mapping[str, Any] | None) -> None:
    await reconciliation.note(
        work,
        source=source,
        found=Found(
            kind=MismatchKind.RESULT,
            direction=MoneyDirection.OUT,
            number=result.number,
            reference=result.settlement.reference if result.settlement else result.code,
            our_amount=Money(row["amount"]) if row else None,
            their_amount=result.settlement.amount if result.settlement else None,
            their_day=result.settlement.on if result.settlement else None,
            about=row["id"] if row else None,
        ),
    )
