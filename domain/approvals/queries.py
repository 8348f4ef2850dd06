"""Asking what waits for a second person, and for everything about one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.actors import SYSTEM, Actor, ActorKind
from domain.approvals import access, calc
from domain.approvals.values import (
    ApprovalKind,
    ApprovalState,
    Decision,
    File,
    Filter,
    Handover,
    Meeting,
    Outcome,
    Place,
    Question,
    Statement,
    Step,
    read_statement,
)
from domain.crypto import Keyring, Purpose
from domain.money import Money

_QUESTION: Final = """
    SELECT approval.id, approval.kind, subject_id, content_digest, maker_id, asked_at, state, approval.position,
           step_count, expires_at, sub_kind, amount, office, region, handled_by, asked_as, statement_digest, rule_key,
           rule_source, rules_digest, decided_at, reason
    FROM approval
"""
# The step that waits is this person's to take: their role, their office where it matters, nothing of it touched
# before, and not passed on to somebody else; or a discussion of which they are a member.
_FOR_ME: Final = """
    JOIN approval_step AS step ON step.approval_id = approval.id AND step.position = approval.position
    WHERE state = 'PENDING' AND expires_at > $1
      AND maker_id <> $2 AND NOT $2 = ANY (handled_by)
      AND NOT EXISTS (SELECT 1 FROM approval_decision AS d WHERE d.approval_id = approval.id AND d.decider_id = $2)
      AND CASE WHEN EXISTS (SELECT 1 FROM approval_meeting AS m
                            WHERE m.approval_id = approval.id AND m.position = approval.position)
          THEN EXISTS (SELECT 1 FROM approval_member AS m WHERE m.approval_id = approval.id
                       AND m.position = approval.position AND m.member_id = $2)
          ELSE step.roles && $3::text[] AND (NOT in_office OR office IS NULL OR office = $4) END
      AND coalesce((SELECT passed.to_id = $2 OR coalesce(passed.ends_at <= $1, false) FROM approval_handover AS passed
                    WHERE passed.approval_id = approval.id AND passed.position = approval.position
                    ORDER BY passed.at DESC, passed.id DESC LIMIT 1), true)
"""
_FILTERS: Final = """
      AND ($5::text[] IS NULL OR approval.kind = ANY ($5))
      AND ($6::text IS NULL OR sub_kind = $6)
      AND ($7::text IS NULL OR office = $7)
      AND ($8::bigint IS NULL OR amount >= $8)
      AND ($9::bigint IS NULL OR amount <= $9)
      AND ($10::timestamptz IS NULL OR asked_at < $10)
      AND ($11::timestamptz IS NULL OR (asked_at, approval.id) > ($11, $12::uuid))
"""


async def pending(
    actor: Actor,
    *,
    now: datetime,
    only: Filter | None = None,
    first: int = 100,
    after: Place | None = None,
) -> list[Question]:
    """List what this member of staff may decide next, longest waiting first: never what they had a hand in."""
    if actor.kind is not ActorKind.STAFF:
        return []
    only = only or Filter()
    seen = access.visible_to(actor, after=13)
    found = await store.rows(
        f"{_QUESTION} {_FOR_ME} {_FILTERS} AND {seen.sql} ORDER BY asked_at, approval.id LIMIT $13",
        now,
        actor.id,
        list(access.effective_roles(actor)),
        actor.office,
        None if only.kinds is None else [kind.value for kind in only.kinds],
        only.sub_kind,
        only.office,
        None if only.amount_from is None else only.amount_from.fen,
        None if only.amount_to is None else only.amount_to.fen,
        only.asked_before,
        after and after.asked_at,
        after and after.id,
        first,
        *seen.values,
    )
    return [_question(row) for row in found]


async def find_pending(*, kind: ApprovalKind, subject_id: UUID) -> Question | None:
    """Find what waits about one thing; there is at most one. The room of the thing has looked who may see it."""
    found = await store.row(
        f"{_QUESTION} WHERE approval.kind = $1 AND subject_id = $2 AND state = 'PENDING'",
        kind.value,
        subject_id,
    )
    return _question(found) if found else None


async def state_of(approval_id: UUID) -> ApprovalState:
    """Tell where a question stands; inside of the transaction of a decision, what came of it."""
    found = await store.row("SELECT state FROM approval WHERE id = $1", approval_id)
    assert found is not None, "A question that was asked is there."
    return ApprovalState(found["state"])


async def is_approved(approval_id: UUID) -> bool:
    """Tell whether every step of a question is approved, so that its room may act now."""
    return await state_of(approval_id) is ApprovalState.APPROVED


async def is_pending(approval_id: UUID) -> bool:
    """Tell whether a question waits for another step."""
    return await state_of(approval_id) is ApprovalState.PENDING


async def find_question(actor: Actor, *, approval_id: UUID) -> Question | None:
    """Find one question that the actor may see."""
    seen = access.visible_to(actor, after=1)
    found = await store.row(f"{_QUESTION} WHERE approval.id = $1 AND {seen.sql}", approval_id, *seen.values)
    return _question(found) if found else None


async def list_questions(actor: Actor, *, kind: ApprovalKind, subject_id: UUID) -> list[Question]:
    """List all questions about one thing that the actor may see, the first asked first."""
    seen = access.visible_to(actor, after=2)
    found = await store.rows(
        f"{_QUESTION} WHERE approval.kind = $1 AND subject_id = $2 AND {seen.sql} ORDER BY asked_at, approval.id",
        kind.value,
        subject_id,
        *seen.values,
    )
    return [_question(row) for row in found]


async def find_file(actor: Actor, *, keys: Keyring, approval_id: UUID) -> File | None:
    """Open everything about one question that the actor may see."""
    question = await find_question(actor, approval_id=approval_id)
    return await file_of(question, keys=keys) if question else None


async def read_statements(questions: Sequence[Question], *, keys: Keyring) -> dict[UUID, Statement]:
    """Read what these questions are about, by their ids. Whoever has them was allowed to see them."""
    found = await store.rows(
        "SELECT id, kind, statement_sealed FROM approval WHERE id = ANY($1::uuid[])",
        [question.id for question in questions],
    )
    return {row["id"]: read_statement(_unseal(row, keys=keys), kind=ApprovalKind(row["kind"])) for row in found}


async def stream_ids(*, after: UUID | None, first: int) -> list[UUID]:
    """List the ids of all questions in their order, a page after another, for the export."""
    found = await store.rows(
        "SELECT id FROM approval WHERE statement_digest IS NOT NULL AND ($1::uuid IS NULL OR id > $1)"
        " ORDER BY id LIMIT $2",
        after,
        first,
    )
    return [row["id"] for row in found]


async def list_overdue(*, now: datetime, first: int) -> list[UUID]:
    """List questions whose time has run out."""
    found = await store.rows(
        "SELECT id FROM approval WHERE state = 'PENDING' AND expires_at <= $1 ORDER BY expires_at LIMIT $2", now, first
    )
    return [row["id"] for row in found]


async def file_for_export(*, keys: Keyring, approval_id: UUID) -> File:
    """Open one question as the system does."""
    file = await find_file(SYSTEM, keys=keys, approval_id=approval_id)
    assert file is not None, "A question that was asked is there."
    return file


async def file_of(question: Question, *, keys: Keyring) -> File:
    """Put together everything about a question. The caller has looked who may see it."""
    sealed = await store.row("SELECT id, statement_sealed FROM approval WHERE id = $1", question.id)
    assert sealed is not None
    text = _unseal(sealed, keys=keys)
    assert text is None or calc.digest_of(text) == question.statement_digest, "A statement is what its digest says."
    return File(
        question=question,
        canonical=text,
        steps=tuple(await _list_steps(question.id)),
        decisions=tuple(await _list_decisions(question.id)),
        handovers=tuple(await _list_handovers(question.id)),
        meetings=tuple(await _list_meetings(question.id, keys=keys)),
    )


async def _list_steps(approval_id: UUID) -> list[Step]:
    found = await store.rows(
        "SELECT position, roles, in_office, needs_signature, members_min, decides FROM approval_step"
        " WHERE approval_id = $1 ORDER BY position",
        approval_id,
    )
    return [_step(row) for row in found]


async def _list_decisions(approval_id: UUID) -> list[Decision]:
    found = await store.rows(
        "SELECT id, position, decider_id, as_role, outcome, reason, decided_at, statement, statement_digest, factor_id,"
        " public_key, rp_id, origin, signature FROM approval_decision WHERE approval_id = $1"
        " ORDER BY position, decided_at, id",
        approval_id,
    )
    return [_decision(row) for row in found]


async def _list_handovers(approval_id: UUID) -> list[Handover]:
    found = await store.rows(
        "SELECT position, from_id, to_id, as_role, reason, at, ends_at FROM approval_handover"
        " WHERE approval_id = $1 ORDER BY at, id",
        approval_id,
    )
    return [Handover(**row) for row in found]


async def _list_meetings(approval_id: UUID, *, keys: Keyring) -> list[Meeting]:
    found = await store.rows(
        "SELECT id, position, convened_by, convened_at, minutes_sealed, minutes_digest,"
        " (SELECT array_agg(member_id) FROM approval_member AS m"
        "  WHERE m.approval_id = meeting.approval_id AND m.position = meeting.position) AS members"
        " FROM approval_meeting AS meeting WHERE approval_id = $1 ORDER BY position",
        approval_id,
    )
    return [_meeting(row, keys=keys) for row in found]


def _unseal(row: Mapping[str, Any], *, keys: Keyring) -> str | None:
    if row["statement_sealed"] is None:
        return None
    return keys.unseal(Purpose.APPROVAL, bytes(row["statement_sealed"]), place=f"approval:{row['id']}")


def _step(row: Mapping[str, Any]) -> Step:
    told: dict[str, Any] = {**row, "roles": tuple(row["roles"])}
    return Step(**told)


def _decision(row: Mapping[str, Any]) -> Decision:
    told: dict[str, Any] = {**row, "outcome": Outcome(row["outcome"])}
    return Decision(**told)


def _meeting(row: Mapping[str, Any], *, keys: Keyring) -> Meeting:
    minutes = keys.unseal(Purpose.APPROVAL, bytes(row["minutes_sealed"]), place=f"approval_meeting:{row['id']}")
    return Meeting(
        position=row["position"],
        convened_by=row["convened_by"],
        convened_at=row["convened_at"],
        members=frozenset(row["members"]),
        minutes=minutes,
        minutes_digest=bytes(row["minutes_digest"]),
    )


def _question(row: Mapping[str, Any]) -> Question:
    told: dict[str, Any] = dict(row)
    told["kind"] = ApprovalKind(told["kind"])
    told["state"] = ApprovalState(told["state"])
    told["amount"] = None if told["amount"] is None else Money(told["amount"])
    told["handled_by"] = frozenset(told["handled_by"])
    return Question(**told)
