"""Asking for decisions on exactly one content, and letting a question end because its content or its time has gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cache
from typing import Final
from uuid import UUID

from domain import deadlines, rules, store
from domain.actors import ActorKind
from domain.approvals import access, calc, queries
from domain.approvals.errors import ApprovalNotFound, NotToAskAgain
from domain.approvals.events import ApprovalLapsed
from domain.approvals.values import (
    ApprovalKind,
    ApprovalState,
    Question,
    Requirement,
    Statement,
    Step,
)
from domain.crypto import Purpose
from domain.ids import new_id
from domain.money import Money
from domain.rules import Book
from domain.work import AGENCY_ZONE, Work

LAPSED_AT_ONCE: Final = 200


async def ask(
    work: Work,
    *,
    kind: ApprovalKind,
    subject_id: UUID,
    statement: Statement | None = None,
    content_digest: bytes | None = None,
    amount: Money | None = None,
    sub_kind: str | None = None,
    office: str | None = None,
    region: str | None = None,
    handled_by: Collection[UUID] = (),
    in_doubt: bool = False,
    book: Book | None = None,
) -> UUID:
    """Ask for the decisions that today's rules want on exactly this content. The caller has locked the subject.

    `content_digest` is the subject's own (keyed) digest where it has one, else that of the statement: what deciders
    have to name. `amount` and `sub_kind` choose the tier. `region` is None for a matter of the whole area, `office`
    for one of every office. `handled_by` are others who had a hand in it and may not decide; `in_doubt` asks for a
    discussion first. `book` are the rules, without one those that are built in.

    Raises `rules.UnknownRule` where nobody is named who could decide.
    """
    assert work.actor.id is not None, "A question has somebody who asks it."
    assert statement is not None or content_digest is not None, "A question is about some content."
    statement = statement or Statement(title=kind.text)
    required = calc.requirement_of(
        book or _built_in(),
        kind=kind,
        sub_kind=sub_kind,
        amount=amount,
        region=region or work.actor.region or rules.NATIONAL,
        day=work.today,
        asker_roles=access.effective_roles(work.actor),
        in_doubt=in_doubt,
    )
    question = Question(
        id=new_id(),
        kind=kind,
        subject_id=subject_id,
        content_digest=content_digest or calc.content_digest_of(statement),
        maker_id=work.actor.id,
        asked_at=work.now,
        state=ApprovalState.PENDING,
        expires_at=await _end_of_waiting(work, required),
        sub_kind=sub_kind,
        amount=amount,
        office=office,
        region=region,
        handled_by=frozenset(handled_by) - {work.actor.id},
    )
    return await _write_down(work, calc.bound_to(question, required), required=required, statement=statement)


async def ask_again(work: Work, *, approval_id: UUID) -> UUID:
    """Ask anew, by today's rules, what lapsed because nobody decided in time; give the new question's id.

    Raises `ApprovalNotFound`, and `NotToAskAgain` for what ended otherwise or is already asked anew.
    """
    if work.actor.kind is not ActorKind.STAFF:
        raise ApprovalNotFound(path=("id",))
    old = await queries.find_file(work.actor, keys=work.keys, approval_id=approval_id)
    if old is None or old.canonical is None:
        raise ApprovalNotFound(path=("id",))
    question = old.question
    lapsed = await store.row(
        "SELECT 1 FROM approval WHERE id = $1 AND expired_by = 'TIME'"
        " AND NOT EXISTS (SELECT 1 FROM approval AS later WHERE later.kind = approval.kind"
        " AND later.subject_id = approval.subject_id AND later.asked_at > approval.asked_at) FOR UPDATE",
        question.id,
    )
    if lapsed is None:
        raise NotToAskAgain(state=question.state.value, path=("id",))
    # Who asked before and those who decided keep out of it: they have had their word.
    handled = {question.maker_id, *question.handled_by}
    return await ask(
        work,
        kind=question.kind,
        subject_id=question.subject_id,
        statement=old.statement,
        content_digest=question.content_digest,
        amount=question.amount,
        sub_kind=question.sub_kind,
        office=question.office,
        region=question.region,
        handled_by=handled,
        in_doubt=any(step.collective for step in old.steps),
    )


async def expire(work: Work, *, kind: ApprovalKind, subject_id: UUID) -> UUID | None:
    """Let what waits about a thing expire because its content changed; None when nothing waits."""
    found = await store.row(
        "SELECT id FROM approval WHERE kind = $1 AND subject_id = $2 AND state = 'PENDING' FOR UPDATE",
        kind.value,
        subject_id,
    )
    if found is None:
        return None
    await store.rows(
        "UPDATE approval SET state = 'EXPIRED', expired_by = 'CONTENT', decided_at = $2 WHERE id = $1 RETURNING id",
        found["id"],
        work.now,
    )
    await work.audit("approval.expire", kind="approval", id=found["id"], subject_id=subject_id)
    return found["id"]


async def lapse(work: Work, *, approval_id: UUID) -> UUID | None:
    """Let one question end whose time has run out; None when it has ended otherwise meanwhile."""
    found = await store.row(
        "UPDATE approval SET state = 'EXPIRED', expired_by = 'TIME', decided_at = $2"
        " WHERE id = $1 AND state = 'PENDING' AND expires_at <= $2 RETURNING id, kind, subject_id",
        approval_id,
        work.now,
    )
    if found is None:
        return None
    await work.audit("approval.lapse", kind="approval", id=approval_id, subject_id=found["subject_id"])
    await work.emit(ApprovalLapsed(approval_id=approval_id, kind=found["kind"], subject_id=found["subject_id"]))
    return approval_id


async def expire_overdue(work: Work) -> UUID | None:
    """Let all questions end whose time has run out, oldest first, some at once; give the last, None when none was."""
    last: UUID | None = None
    for approval_id in await queries.list_overdue(now=work.now, first=LAPSED_AT_ONCE):
        last = await lapse(work, approval_id=approval_id) or last
    return last


async def _write_down(work: Work, question: Question, *, required: Requirement, statement: Statement) -> UUID:
    text = calc.question_statement(question, required.steps, asked=calc.plain_of(statement))
    digest = calc.digest_of(text)
    await _insert(work, replace(question, statement_digest=digest), text=text, steps=required.steps)
    await work.audit(
        "approval.ask",
        kind="approval",
        id=question.id,
        about=question.kind.value,
        subject_id=question.subject_id,
        statement=digest.hex(),
        steps=len(required.steps),
    )
    return question.id


async def _insert(work: Work, question: Question, *, text: str, steps: Sequence[Step]) -> None:
    await store.rows(
        "INSERT INTO approval (id, kind, sub_kind, subject_id, content_digest, maker_id, asked_at, amount, office,"
        " region, handled_by, asked_as, statement_sealed, statement_digest, rule_key, rule_source, rules_digest,"
        " step_count, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id",
        question.id,
        question.kind.value,
        question.sub_kind,
        question.subject_id,
        question.content_digest,
        question.maker_id,
        question.asked_at,
        None if question.amount is None else question.amount.fen,
        question.office,
        question.region,
        sorted(question.handled_by),
        question.asked_as,
        work.keys.seal(Purpose.APPROVAL, text, place=f"approval:{question.id}"),
        question.statement_digest,
        question.rule_key,
        question.rule_source,
        question.rules_digest,
        question.step_count,
        question.expires_at,
    )
    for step in steps:
        await store.rows(
            "INSERT INTO approval_step (approval_id, position, collective, roles, in_office, needs_signature,"
            " members_min, decides) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING position",
            question.id,
            step.position,
            step.collective,
            list(step.roles),
            step.in_office,
            step.needs_signature,
            step.members_min,
            step.decides,
        )


async def _end_of_waiting(work: Work, required: Requirement) -> datetime:
    """Give the first moment after the last day on which the question waits."""
    last = (await deadlines.load_calendar(around=work.today)).add_working_days(work.today, required.working_days).day
    return datetime.combine(last + timedelta(days=1), time(), AGENCY_ZONE)


@cache
def _built_in() -> Book:
    return rules.load_book()
