"""Passing a step on to a colleague of the same role, and putting a discussion on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from domain import store
from domain.approvals import access, calc, errors
from domain.approvals.service.deciding import lock_for_decider, raise_all
from domain.approvals.values import Outcome
from domain.crypto import Purpose
from domain.errors import DomainError
from domain.ids import new_id
from domain.work import AGENCY_ZONE, Work

MINUTES_MAX: Final = 20_000


async def hand_over(work: Work, *, approval_id: UUID, to: UUID, reason: str, last_day: date | None = None) -> UUID:
    """Pass the step that waits on to another holder of its role: for good, or up to and with a last day.

    Who may decide may pass it on; once it was passed on, only its present holder. Never to who made, handled or
    decided it. Raises the refusals of `decide`, and `ReceiverHasTouchedIt`, `ReceiverLacksTheRole`.
    """
    file = await lock_for_decider(work, approval_id)
    if file.step.collective:
        raise errors.NothingToHandOver
    faults: list[DomainError] = []
    if last_day is not None and last_day <= work.today:
        faults.append(errors.HandoverEndsTooEarly(path=("last_day",)))
    receiver = (await access.find_colleagues(ids=[to], region=file.question.region, on=work.today)).get(to)
    if receiver is None or to == work.actor.id:
        faults.append(errors.ReceiverLacksTheRole(roles="、".join(file.step.roles), path=("to",)))
    else:
        faults += calc.faults_of_receiver(file, receiver, step=file.step)
    raise_all(faults)
    assert receiver is not None
    why = calc.check_reason(reason, outcome=Outcome.RETURN)
    await store.rows(
        "INSERT INTO approval_handover (id, approval_id, position, from_id, to_id, as_role, reason, at, ends_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        new_id(),
        approval_id,
        file.step.position,
        work.actor.id,
        to,
        calc.role_for(file.step, receiver, office=file.question.office),
        why,
        work.now,
        _end_of(last_day),
    )
    await work.audit(
        "approval.hand_over",
        kind="approval",
        id=approval_id,
        position=file.step.position,
        to=to,
        last_day=last_day,
    )
    return approval_id


async def convene(work: Work, *, approval_id: UUID, members: Sequence[UUID], minutes: str) -> UUID:
    """Put the discussion of the step that waits on record: who was there, and what was said. Each member votes then.

    Raises `NoDiscussionAskedFor`, `DiscussionHeldAlready`, `DiscussionTooSmall`, `MinutesMissing`, and for members
    `ReceiverHasTouchedIt`, `ReceiverLacksTheRole`.
    """
    file = await lock_for_decider(work, approval_id, convening=True)
    step = file.step
    if step.members_min is None:
        raise errors.NoDiscussionAskedFor
    if file.meeting() is not None:
        raise errors.DiscussionHeldAlready
    faults: list[DomainError] = []
    if len(set(members)) < step.members_min or len(set(members)) < len(members):
        faults.append(errors.DiscussionTooSmall(members_min=step.members_min, path=("members",)))
    text = minutes.strip()
    if not 0 < len(text) <= MINUTES_MAX:
        faults.append(errors.MinutesMissing(length_max=MINUTES_MAX, path=("minutes",)))
    known = await access.find_colleagues(ids=members, region=file.question.region, on=work.today)
    for member in dict.fromkeys(members):
        if member not in known:
            faults.append(errors.ReceiverLacksTheRole(roles="、".join(step.roles), path=("members",)))
        else:
            faults += calc.faults_of_receiver(file, known[member], step=step)
    raise_all(faults)
    await _record(work, approval_id, position=step.position, members=members, minutes=text)
    return approval_id


async def _record(work: Work, approval_id: UUID, *, position: int, members: Sequence[UUID], minutes: str) -> None:
    meeting_id, digest = new_id(), calc.digest_of(minutes)
    await store.rows(
        "INSERT INTO approval_meeting (id, approval_id, position, convened_by, convened_at, member_count,"
        " minutes_sealed, minutes_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        meeting_id,
        approval_id,
        position,
        work.actor.id,
        work.now,
        len(members),
        work.keys.seal(Purpose.APPROVAL, minutes, place=f"approval_meeting:{meeting_id}"),
        digest,
    )
    await store.rows(
        "INSERT INTO approval_member (approval_id, position, member_id)"
        " SELECT $1, $2, member FROM unnest($3::uuid[]) AS member RETURNING member_id",
        approval_id,
        position,
        list(members),
    )
    await work.audit(
        "approval.convene",
        kind="approval",
        id=approval_id,
        position=position,
        members=sorted(str(each) for each in members),
        minutes=digest.hex(),
    )


def _end_of(last_day: date | None) -> datetime | None:
    return None if last_day is None else datetime.combine(last_day + timedelta(days=1), time(), AGENCY_ZONE)
