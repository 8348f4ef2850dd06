"""Rooms that act on an approval in the same transaction: they decide by their own command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from domain import approvals, beneficiaries, catalogue, collection, hospitals, privacy, residents
from domain.work import Work

DecideInRoom = Callable[[Work, approvals.Question, bytes, approvals.Outcome, str | None], Awaitable[UUID]]


async def _decide_registration(
    work: Work, question: approvals.Question, seen: bytes, outcome: approvals.Outcome, reason: str | None
) -> UUID:
    record = await residents.find_registration(work.actor, registration_id=question.subject_id)
    if record is None:
        raise approvals.ApprovalNotFound(path=("id",))
    return await residents.decide_registration(
        work,
        registration_id=question.subject_id,
        expected_version=record.version,
        seen_digest=seen,
        approve=outcome is approvals.Outcome.APPROVE,
        reason=reason,
    )


async def _decide_refund(
    work: Work, question: approvals.Question, seen: bytes, outcome: approvals.Outcome, reason: str | None
) -> UUID:
    return await collection.decide_refund(
        work,
        refund_id=question.subject_id,
        seen_digest=seen,
        approve=outcome is approvals.Outcome.APPROVE,
        reason=reason,
    )


async def _decide_catalogue(
    work: Work, question: approvals.Question, seen: bytes, outcome: approvals.Outcome, reason: str | None
) -> UUID:
    return await catalogue.decide_import(
        work,
        import_id=question.subject_id,
        seen_digest=seen,
        approve=outcome is approvals.Outcome.APPROVE,
        reason=reason,
    )


async def _decide_beneficiaries(
    work: Work, question: approvals.Question, seen: bytes, outcome: approvals.Outcome, reason: str | None
) -> UUID:
    if await beneficiaries.find_import(work.actor, import_id=question.subject_id) is None:
        # A question about a list that did not come in as a file has nothing to bring into force.
        approve = outcome is approvals.Outcome.APPROVE
        return await approvals.decide(work, approval_id=question.id, seen_digest=seen, approve=approve, reason=reason)
    return await beneficiaries.decide_list(
        work,
        import_id=question.subject_id,
        seen_digest=seen,
        approve=outcome is approvals.Outcome.APPROVE,
        reason=reason,
    )


async def _decide_hospitals(
    work: Work, question: approvals.Question, seen: bytes, outcome: approvals.Outcome, reason: str | None
) -> UUID:
    return await hospitals.decide_list(
        work,
        import_id=question.subject_id,
        seen_digest=seen,
        approve=outcome is approvals.Outcome.APPROVE,
        reason=reason,
    )


async def _decide_correction(
    work: Work, question: approvals.Question, seen: bytes, outcome: approvals.Outcome, reason: str | None
) -> UUID:
    record = await privacy.find_correction(work.actor, correction_id=question.subject_id, on=work.today)
    if record is None:
        raise approvals.ApprovalNotFound(path=("id",))
    return await privacy.decide_correction(
        work,
        correction_id=question.subject_id,
        expected_version=record.version,
        seen_digest=seen,
        approve=outcome is approvals.Outcome.APPROVE,
        reason=reason,
    )


IN_THEIR_ROOMS: Final[Mapping[approvals.ApprovalKind, DecideInRoom]] = MappingProxyType(
    {
        approvals.ApprovalKind.REGISTRATION: _decide_registration,
        approvals.ApprovalKind.REFUND: _decide_refund,
        approvals.ApprovalKind.BENEFICIARY_LIST: _decide_beneficiaries,
        approvals.ApprovalKind.CATALOGUE_CHANGE: _decide_catalogue,
        approvals.ApprovalKind.HOSPITAL_LIST: _decide_hospitals,
        approvals.ApprovalKind.KEY_CHANGE: _decide_correction,
    }
)
"""Rooms that act on an approval in the same transaction decide by their own command."""
FOLLOWED_LATER: Final = frozenset({approvals.ApprovalKind.TIPOFF_OPENING, approvals.ApprovalKind.TIPOFF_REWARD})
"""What is approved is put into force by a later command of its room. Every other kind is decided in its room alone."""
