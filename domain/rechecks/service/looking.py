"""Looking once more: take, open on record, give back, find; and what follows from a fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from domain import claims, store
from domain.actors import ActorKind, Scope
from domain.crypto import Purpose
from domain.errors import DomainError, refuse
from domain.money import Money
from domain.rechecks import access, calc, queries
from domain.rechecks.errors import (
    DecisionIsGone,
    FaultAmountUnfit,
    FindingContradictsItself,
    HadAHandInIt,
    RecheckNotFound,
    RecheckNotInState,
    RecheckNotTakenByYou,
    RecheckReasonUnfit,
)
from domain.rechecks.values import Finding, RecheckState
from domain.rules import Book
from domain.work import Work

PURPOSE: Final = "内部稽核抽查"
"""What the person reads about who opened their file."""
_S = RecheckState


async def take_recheck(work: Work, *, recheck_id: UUID) -> UUID:
    """Take what was drawn, as one of internal audit who had no hand in the claim, nor stands in for who had."""
    access.require_internal_audit(work.actor)
    row = await _lock(work, recheck_id, _S.DRAWN)
    await _require_no_hand(work, row)
    await store.rows(
        "UPDATE recheck SET state = 'TAKEN', taken_by = $2, taken_at = $3 WHERE id = $1 RETURNING id",
        row["id"],
        work.actor.id,
        work.now,
    )
    await work.audit("recheck.take", kind="recheck", id=row["id"], claim_id=row["claim_id"])
    return recheck_id


async def give_back_recheck(work: Work, *, recheck_id: UUID, reason: str) -> UUID:
    """Give a second look back to the others, with the reason: leave, or a relation to somebody in the claim."""
    row = await _lock_taken(work, recheck_id)
    why = reason.strip()
    refuse(_unfit_reason(why, needed=True))
    await store.rows(
        "UPDATE recheck SET state = 'DRAWN', taken_by = NULL, taken_at = NULL WHERE id = $1 RETURNING id", row["id"]
    )
    await work.audit("recheck.give_back", kind="recheck", id=row["id"], why=why)
    return recheck_id


async def open_recheck(work: Work, *, recheck_id: UUID) -> UUID:
    """Open the file of the claim on record, as who took the second look; the person sees who read it and what for."""
    row = await _lock_taken(work, recheck_id)
    await work.record_reading(person_id=row["person_id"], purpose=PURPOSE, what=("claim", row["number"]))
    await work.audit("recheck.open", kind="recheck", id=row["id"], claim_id=row["claim_id"])
    return recheck_id


async def find(work: Work, *, recheck_id: UUID, finding: Finding) -> UUID:
    """Record what a second look found, once: the decision is in order, or so much of it is at fault and why.

    Raises every fault of the finding at once.
    """
    row = await _lock_taken(work, recheck_id)
    await _require_no_hand(work, row)
    finding = Finding(fault=finding.fault, amount=finding.amount, reason=finding.reason.strip())
    refuse(_faults_of(finding, total=Money(row["total"])))
    place = f"recheck.finding:{row['id']}"
    await store.rows(
        "UPDATE recheck SET state = $2, found_by = $3, found_at = $4, fault = $5, amount = $6, finding_sealed = $7"
        " WHERE id = $1 RETURNING id",
        row["id"],
        (_S.FAULT if finding.fault else _S.IN_ORDER).value,
        work.actor.id,
        work.now,
        finding.fault and finding.fault.value,
        finding.amount and finding.amount.fen,
        work.keys.seal(Purpose.CLAIM, finding.reason, place=place),
    )
    await work.audit(
        "recheck.find",
        kind="recheck",
        id=row["id"],
        claim_id=row["claim_id"],
        fault=finding.fault,
        amount=finding.amount and finding.amount.fen,
    )
    return recheck_id


async def reopen(work: Work, *, recheck_id: UUID, expected_version: int, book: Book, area: str) -> UUID:
    """Open the claim of a fault again, as somebody who decides and took no part in it; the finding is the reason.

    `expected_version` is that of the claim. Raises what `claims.reopen_claim` refuses, and `DecisionIsGone` when the
    claim was opened again before: then the finding is kept, and nothing follows.
    """
    if work.actor.kind is not ActorKind.STAFF or Scope.CLAIM_DECIDE not in work.actor.scopes:
        raise RecheckNotFound(path=("id",))
    row = await _lock(work, recheck_id, _S.FAULT)
    if row["standing"] != row["proposal_id"]:
        raise DecisionIsGone(path=("id",))
    place = f"recheck.finding:{row['id']}"
    found = work.keys.unseal(Purpose.CLAIM, bytes(row["finding_sealed"]), place=place)
    await claims.reopen_claim(
        work,
        claim_id=row["claim_id"],
        expected_version=expected_version,
        reason=f"{PURPOSE}：{found}",
        recheck_id=row["id"],
        book=book,
        area=area,
    )
    await store.rows(
        "UPDATE recheck SET state = 'REOPENED', reopened_by = $2, reopened_at = $3 WHERE id = $1 RETURNING id",
        row["id"],
        work.actor.id,
        work.now,
    )
    await work.audit("recheck.reopen", kind="recheck", id=row["id"], claim_id=row["claim_id"])
    return recheck_id


async def _lock(work: Work, recheck_id: UUID, *states: RecheckState) -> Mapping[str, Any]:
    """Lock a second look that the actor may see; refuse one that is not there or stands elsewhere."""
    seen = access.rechecks_visible_to(work.actor, after=1)
    row = await store.row(
        "SELECT recheck.id, recheck.claim_id, recheck.proposal_id, recheck.state, recheck.taken_by,"  # noqa: S608 - our own condition
        " recheck.finding_sealed, claim.person_id, claim.number, claim.proposal_id AS standing, claim_proposal.total"
        " FROM recheck JOIN claim ON claim.id = recheck.claim_id"
        " JOIN claim_proposal ON claim_proposal.id = recheck.proposal_id"
        f" WHERE recheck.id = $1 AND {seen.sql} FOR UPDATE OF recheck",
        recheck_id,
        *seen.values,
    )
    if row is None:
        raise RecheckNotFound(path=("id",))
    if row["state"] not in states:
        raise RecheckNotInState(state=row["state"], path=("id",))
    return row


async def _lock_taken(work: Work, recheck_id: UUID) -> Mapping[str, Any]:
    access.require_internal_audit(work.actor)
    row = await _lock(work, recheck_id, _S.TAKEN)
    if row["taken_by"] != work.actor.id:
        raise RecheckNotTakenByYou(path=("id",))
    return row


async def _require_no_hand(work: Work, row: Mapping[str, Any]) -> None:
    assert work.actor.id is not None
    hands = await queries.list_hands(claim_id=row["claim_id"], of={work.actor.id, *work.actor.stands_in_for})
    if hands:
        raise HadAHandInIt(hand=hands[0].value, path=("id",))


def _faults_of(finding: Finding, *, total: Money) -> Iterator[DomainError]:
    if not calc.is_whole(finding):
        yield FindingContradictsItself(path=("fault",))
    if finding.amount is not None and not calc.is_fit_amount(finding.amount, at_most=total):
        yield FaultAmountUnfit(most=total, path=("amount",))
    yield from _unfit_reason(finding.reason, needed=finding.fault is not None)


def _unfit_reason(reason: str, *, needed: bool) -> Iterator[DomainError]:
    if not calc.is_fit_reason(reason, needed=needed):
        yield RecheckReasonUnfit(most=calc.REASON_MAX, path=("reason",))
