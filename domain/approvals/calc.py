"""Which steps a question needs, who may take one, and the canonical bytes of what is asked and decided."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final, TypeAlias
from uuid import UUID

from domain import rules
from domain.approvals import errors
from domain.approvals.values import (
    ApprovalKind,
    Decision,
    File,
    Holder,
    Meeting,
    Outcome,
    Question,
    Requirement,
    Statement,
    Step,
)
from domain.errors import DomainError
from domain.money import Money
from domain.rules import Book, Deciding, DecidingStep, Discussion

Plain: TypeAlias = "str | int | bool | Sequence[Plain] | Mapping[str, Plain] | None"
QUESTION_FORMAT: Final = "yibao approval question v1"
DECISION_FORMAT: Final = "yibao approval decision v1"
REASON_MAX: Final = 500
SIGNING_TIME: Final = timedelta(minutes=10)
"""How long a person may take between reading a statement and signing it."""


def canonical(plain: Plain) -> str:
    """Write a value in the one way that is hashed: JSON with sorted keys, no spaces, no numbers but whole ones.

    Raises `TypeError` for anything else, floats above all.
    """
    _require_plain(plain)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(text: str) -> bytes:
    """Give the SHA-256 of a text in UTF-8."""
    return sha256(text.encode()).digest()


def content_digest_of(statement: Statement) -> bytes:
    """Fingerprint a statement, so that a changed fact is another content."""
    return digest_of(canonical(plain_of(statement)))


def plain_of(statement: Statement) -> Mapping[str, Plain]:
    """Take a statement apart for its canonical form."""
    return {
        "title": {"zh": statement.title.zh, "en": statement.title.en},
        "facts": [
            {"name": fact.name, "zh": fact.label.zh, "en": fact.label.en, "value": fact.value}
            for fact in statement.facts
        ],
    }


def moment_text(moment: datetime) -> str:
    """Write a moment as statements do: UTC with microseconds, like 2026-11-02T01:00:00.000000Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def question_statement(question: Question, steps: Sequence[Step], *, asked: Mapping[str, Plain]) -> str:
    """Write everything that was asked in its canonical form; its digest is what decisions name."""
    return canonical(
        {
            "format": QUESTION_FORMAT,
            "id": str(question.id),
            "kind": question.kind.value,
            "sub_kind": question.sub_kind,
            "subject": str(question.subject_id),
            "content": question.content_digest.hex(),
            "asked": asked,
            "asked_by": str(question.maker_id),
            "asked_as": question.asked_as,
            "asked_at": moment_text(question.asked_at),
            "handled_by": sorted(str(each) for each in question.handled_by),
            "amount_fen": None if question.amount is None else question.amount.fen,
            "office": question.office,
            "region": question.region,
            "expires_at": moment_text(question.expires_at),
            "rule": {
                "key": question.rule_key,
                "source": question.rule_source,
                "digest": question.rules_digest,
            },
            "steps": [_step_text(step) for step in steps],
        }
    )


def decision_statement(
    question: Question,
    *,
    outcome: Outcome,
    reason: str | None,
    decider_id: UUID,
    as_role: str,
    at: datetime,
    meeting: Meeting | None = None,
) -> str:
    """Write one decision in its canonical form; the SHA-256 of it is what a passkey signs."""
    return canonical(
        {
            "format": DECISION_FORMAT,
            "question": (question.statement_digest or b"").hex() or None,
            "position": question.position,
            "outcome": outcome.value,
            "reason": reason,
            "decider": str(decider_id),
            "role": as_role,
            "at": moment_text(at),
            "minutes": meeting.minutes_digest.hex() if meeting else None,
        }
    )


def requirement_of(
    book: Book,
    *,
    kind: ApprovalKind,
    sub_kind: str | None,
    amount: Money | None,
    region: str,
    day: date,
    asker_roles: frozenset[str],
    in_doubt: bool = False,
) -> Requirement:
    """Say which steps the rules of a day ask for.

    A reviewer who asks about a claim has signed as the first of its signers (A reviews, B confirms); a clerk who
    asks has not. Raises `rules.UnknownRule` where the place has no rule, `ValueError` for a kind of care or an
    amount that the rule cannot place.
    """
    rule = book.in_force(rules.FourEyes, region=region, day=day)
    deciding = rule.kinds.get(kind.value)
    if deciding is None:
        raise rules.UnknownRule(what=f"four_eyes {kind.value}", region=region, when=day.isoformat())
    source, asked_as = rule.source, None
    if deciding.by_care:
        by_care = _approval_rule(book, region=region, day=day)
        assert amount is not None, "The tiers by care depend on the amount."
        signers = by_care.tier_of(sub_kind or "", amount=amount).signers
        source = f"{by_care.source}；{rule.source}"
        key = f"{by_care.key}/{sub_kind}"
        if asker_roles & set(rule.signers[signers[0]]):
            asked_as, signers = signers[0], signers[1:]
        steps = [Step(0, rule.signers[signer]) for signer in signers]
    else:
        key = f"{rule.key}/{kind.value}"
        steps = [_step_of(step) for step in deciding.tier_for(amount).steps]
    if in_doubt and deciding.doubt is not None:
        steps.insert(0, _discussion_step(deciding.doubt))
    signs = _needs_signature(deciding, amount)
    numbered = (replace(step, position=at, needs_signature=signs) for at, step in enumerate(steps, start=1))
    return Requirement(
        steps=tuple(numbered),
        rule_key=key,
        rule_source=source,
        rules_digest=book.digest,
        working_days=deciding.working_days,
        asked_as=asked_as,
    )


def bound_to(question: Question, required: Requirement) -> Question:
    """Write into a question which rule it is decided by."""
    return replace(
        question,
        step_count=len(required.steps),
        asked_as=required.asked_as,
        rule_key=required.rule_key,
        rule_source=required.rule_source,
        rules_digest=required.rules_digest,
    )


def role_for(step: Step, holder: Holder, *, office: str | None) -> str | None:
    """Give the role in which somebody may take a step, or None. The order of the rule decides between several."""
    if step.in_office and office is not None and holder.office != office:
        return None
    return next((role for role in step.roles if role in holder.roles), None)


def faults_of_decider(file: File, holder: Holder, *, at: datetime) -> Iterator[DomainError]:
    """Say why somebody may not decide on the step that waits."""
    question, step = file.question, file.step
    # Deciding by an absent colleague's post on what that colleague made, nobody would have checked it.
    if any(_touched(question, each) for each in (holder.id, *holder.stands_in_for)):
        yield errors.MakerMayNotDecide()
        return
    if any(each.decider_id == holder.id for each in file.decisions):
        yield errors.DecidedBefore()
        return
    if step.collective:
        meeting = file.meeting()
        if meeting is None:
            yield errors.DiscussionNotHeld()
        elif holder.id not in meeting.members:
            yield errors.NotAMember()
        return
    if role_for(step, holder, office=question.office) is None:
        yield errors.StepIsForOthers(roles="、".join(step.roles), position=step.position)
    passed_to = file.holder_at(at)
    if passed_to is not None and passed_to != holder.id:
        yield errors.StepWasHandedOver()


def faults_of_receiver(file: File, receiver: Holder, *, step: Step) -> Iterator[DomainError]:
    """Say why somebody may not be given a step, or a seat in a discussion."""
    # Whoever stands in for its maker could not decide it either.
    touched = any(_touched(file.question, each) for each in (receiver.id, *receiver.stands_in_for))
    if touched or any(each.decider_id == receiver.id for each in file.decisions):
        yield errors.ReceiverHasTouchedIt(path=("to",))
    elif role_for(step, receiver, office=file.question.office) is None:
        yield errors.ReceiverLacksTheRole(roles="、".join(step.roles), path=("to",))


def check_reason(reason: str | None, *, outcome: Outcome) -> str | None:
    """Tidy a reason. Raises `RejectionNeedsReason` where one is missing or too long."""
    text = (reason or "").strip()
    if (outcome is not Outcome.APPROVE and not text) or len(text) > REASON_MAX:
        raise errors.RejectionNeedsReason(path=("reason",))
    return text or None


def votes_of(decisions: Sequence[Decision], *, position: int) -> tuple[int, int]:
    """Count the votes for and against on a step."""
    votes = [each.outcome for each in decisions if each.position == position]
    return votes.count(Outcome.APPROVE), votes.count(Outcome.REJECT)


def _touched(question: Question, person: UUID) -> bool:
    return person == question.maker_id or person in question.handled_by


def _approval_rule(book: Book, *, region: str, day: date) -> rules.Approval:
    """Find the tiers of a district in its pooling area: they are the area's, and no province has any for all."""
    for place in (region, f"{region[:4]}00"):
        if found := book.find(rules.Approval, region=place, day=day):
            return found
    raise rules.UnknownRule(what="approval", region=region, when=day.isoformat())


def _needs_signature(deciding: Deciding, amount: Money | None) -> bool:
    return deciding.signed_from is not None and amount is not None and amount >= deciding.signed_from


def _step_of(step: DecidingStep) -> Step:
    if step.discussion is not None:
        return replace(_discussion_step(step.discussion), in_office=step.office)
    return Step(0, step.roles, in_office=step.office)


def _discussion_step(discussion: Discussion) -> Step:
    return Step(0, discussion.roles, members_min=discussion.members, decides=discussion.decides.value)


def _step_text(step: Step) -> Mapping[str, Plain]:
    return {
        "position": step.position,
        "roles": list(step.roles),
        "in_office": step.in_office,
        "signature": step.needs_signature,
        "members_min": step.members_min,
        "decides": step.decides,
    }


def _require_plain(value: object) -> None:
    match value:
        case str() | bool() | int() | None:
            return
        case dict():
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"Keys of a statement are texts, not {key!r}.")
                _require_plain(inner)
        case list() | tuple():
            for inner in value:
                _require_plain(inner)
        case _:
            raise TypeError(f"A statement holds texts and whole numbers, not {type(value).__name__}.")
