"""Writing down statements and differences, and closing a difference by two people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain import approvals, store
from domain.actors import ActorKind
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.reconciliation import calc
from domain.reconciliation.access import require_handler
from domain.reconciliation.errors import (
    ActionDoesNotFit,
    DifferenceHasProposal,
    ReconciliationDifferenceNotFound,
    ReconciliationOutcomeMissing,
)
from domain.reconciliation.events import DifferenceClosed
from domain.reconciliation.models import ReconciliationDifference
from domain.reconciliation.values import (
    ClosingAction,
    Comparison,
    Found,
    MismatchKind,
    MoneyDirection,
    Statement,
    StatementLine,
)
from domain.work import Work

_OUTCOME_MAX: Final = 500


async def is_known(statement: Statement) -> UUID | None:
    """Find the very same statement, byte for byte, if it was taken before; waits for whoever is taking it now."""
    await store.rows(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"statement:{statement.source}:{statement.day}"
    )
    found = await store.row(
        "SELECT id FROM channel_statement WHERE source = $1 AND day = $2 AND body_digest = $3",
        statement.source,
        statement.day,
        statement.body_digest,
    )
    return found["id"] if found else None


async def record(work: Work, *, statement: Statement, comparison: Comparison) -> UUID:
    """Write a statement down with all its lines, and open a difference for each thing that does not agree."""
    assert work.actor.kind is ActorKind.SYSTEM, "A statement comes through our own verified door."
    statement_id = new_id()
    await store.rows(
        "INSERT INTO channel_statement (id, source, day, body_digest, lines, matched, differences, received_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        statement_id,
        statement.source,
        statement.day,
        statement.body_digest,
        len(statement.lines),
        len(comparison.matches),
        len(comparison.differences),
        work.now,
    )
    await _write_lines(statement_id, statement.lines)
    for found in comparison.differences:
        await note(work, source=statement.source, found=found, statement_id=statement_id)
    await work.audit(
        "statement.take",
        kind="channel_statement",
        id=statement_id,
        source=statement.source,
        day=statement.day,
        lines=len(statement.lines),
        matched=len(comparison.matches),
        differences=len(comparison.differences),
    )
    return statement_id


async def note(work: Work, *, source: str, found: Found, statement_id: UUID | None = None) -> UUID:
    """Open a difference, or give the one that says the same and was opened before."""
    made = await store.row(
        "INSERT INTO reconciliation_difference (id, source, kind, direction, number, reference, sends, our_amount,"
        " their_amount, our_day, their_day, about_id, statement_id, found_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        " ON CONFLICT ON CONSTRAINT difference_found_once DO NOTHING RETURNING id",
        new_id(),
        source,
        found.kind.value,
        found.direction.value,
        found.number,
        found.reference,
        found.sends,
        found.our_amount.fen if found.our_amount else None,
        found.their_amount.fen if found.their_amount else None,
        found.our_day,
        found.their_day,
        found.about,
        statement_id,
        work.now,
    )
    if made is not None:
        await work.audit(
            "difference.open", kind="reconciliation_difference", id=made["id"], why=found.kind.value, about=found.about
        )
        return made["id"]
    earlier = await store.row(
        "SELECT id FROM reconciliation_difference WHERE (source, kind, direction, number, reference, sends)"
        " = ($1, $2, $3, $4, $5, $6)",
        source,
        found.kind.value,
        found.direction.value,
        found.number,
        found.reference,
        found.sends,
    )
    assert earlier is not None, "The difference that conflicted is there."
    return earlier["id"]


async def propose_closing(work: Work, *, difference_id: UUID, action: ClosingAction, outcome: str) -> UUID:
    """Say how a difference ended and what follows, and ask a second person; a rejected proposal may be made anew."""
    require_handler(work.actor)
    difference = await _lock(difference_id)
    outcome = outcome.strip()
    faults: list[DomainError] = []
    if not 0 < len(outcome) <= _OUTCOME_MAX:
        faults.append(ReconciliationOutcomeMissing(path=("outcome",)))
    sendable = (difference.kind, difference.direction) == (MismatchKind.MISSING_THERE, MoneyDirection.OUT)
    if action is not ClosingAction.NOTHING and not (sendable and difference.sends):
        faults.append(ActionDoesNotFit(kind=difference.kind.value, path=("action",)))
    if await approvals.find_pending(kind=approvals.ApprovalKind.RECONCILIATION, subject_id=difference_id):
        faults.append(DifferenceHasProposal())
    refuse(faults)
    digest = calc.difference_digest(difference_id, action=action, outcome=outcome)
    difference.action, difference.outcome, difference.content_digest = action.value, outcome, digest
    difference.proposed_by, difference.proposed_at = work.actor.id, work.now
    await difference.save(update_fields=["action", "outcome", "content_digest", "proposed_by", "proposed_at"])
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.RECONCILIATION,
        subject_id=difference_id,
        statement=_statement_of(difference, action=action, outcome=outcome),
        content_digest=digest,
    )
    return difference_id


async def decide_closing(
    work: Work, *, difference_id: UUID, seen_digest: bytes, approve: bool, reason: str | None
) -> UUID:
    """Close a difference as the second person, or turn the proposal down; what follows from it is a job."""
    require_handler(work.actor)
    difference = await _lock(difference_id)
    question = await approvals.find_pending(kind=approvals.ApprovalKind.RECONCILIATION, subject_id=difference_id)
    if question is None:
        raise approvals.ApprovalNotFound(path=("difference_id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if not approve or await approvals.is_pending(question.id):
        return difference_id
    difference.closed_by, difference.closed_at = work.actor.id, work.now
    await difference.save(update_fields=["closed_by", "closed_at"])
    await work.audit("difference.close", kind="reconciliation_difference", id=difference_id, decided=difference.action)
    await work.emit(DifferenceClosed(difference_id=difference_id))
    return difference_id


def _statement_of(difference: ReconciliationDifference, *, action: ClosingAction, outcome: str) -> approvals.Statement:
    number = difference.number or difference.reference
    return approvals.Statement(
        title=Text(f"对账差异 {number}", f"Difference {number}"),
        facts=(
            approvals.Fact("kind", Text("种类", "Kind"), difference.kind.value),
            approvals.Fact("action", Text("了结方式", "What follows"), action.value),
            approvals.Fact("outcome", Text("处理说明", "What was found"), outcome),
        ),
    )


async def _lock(difference_id: UUID) -> ReconciliationDifference:
    found = await ReconciliationDifference.filter(id=difference_id, closed_at=None).select_for_update().first()
    if found is None:
        raise ReconciliationDifferenceNotFound(path=("difference_id",))
    return found


async def _write_lines(statement_id: UUID, lines: Sequence[StatementLine]) -> None:
    await store.rows(
        "INSERT INTO channel_statement_line (statement_id, line, direction, number, reference, amount, day)"
        " SELECT $1, line, direction, number, reference, amount, day"
        " FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::date[])"
        " WITH ORDINALITY AS given (direction, number, reference, amount, day, line)",
        statement_id,
        [line.direction.value for line in lines],
        [line.number for line in lines],
        [line.reference for line in lines],
        [line.amount.fen for line in lines],
        [line.day for line in lines],
    )
