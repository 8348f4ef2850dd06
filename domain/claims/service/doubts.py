"""Doubts: a field check by at least two, reported by one of them and confirmed by another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain import store
from domain.actors import Scope
from domain.claims import access, errors, queries
from domain.claims.calc import machine
from domain.claims.models import Claim, ClaimFieldCheck
from domain.claims.service import common
from domain.claims.service.desk import find_colleague
from domain.claims.values import ClaimState, ClockEvent, PauseReason
from domain.crypto import Purpose
from domain.errors import Text
from domain.ids import new_id
from domain.rules import Book
from domain.work import Work

PEOPLE_LEAST: Final = 2
_PEOPLE_MOST: Final = 10
_REPORT_MAX: Final = 5000


async def order_field_check(
    work: Work,
    *,
    claim_id: UUID,
    expected_version: int,
    doubt: str,
    members: Sequence[UUID],
    book: Book,
    area: str,
) -> UUID:
    """Send at least two people out to look, because of a doubt; the clock stands still until they have reported."""
    row = await common.lock_held(work, claim_id, version=expected_version)
    machine.require_state(row.state, ClaimState.IN_REVIEW)
    why = common.reason_of(doubt)
    people = list(dict.fromkeys(members))
    if not PEOPLE_LEAST <= len(people) <= _PEOPLE_MOST:
        raise errors.FieldCheckByTwo(least=PEOPLE_LEAST, path=("members",))
    for member in people:
        if await find_colleague(member, region=row.region, scope=Scope.CLAIM_READ) is None:
            raise errors.ColleagueUnknown(path=("members",))
    if await store.rows("SELECT 1 FROM claim_field_check WHERE claim_id = $1 AND confirmed_at IS NULL", row.id):
        raise errors.FieldCheckOpen(path=("id",))
    check_id = new_id()
    assert work.actor.id is not None
    await ClaimFieldCheck.create(
        id=check_id,
        claim_id=row.id,
        ordered_by=work.actor.id,
        ordered_at=work.now,
        doubt_sealed=work.keys.seal(Purpose.CLAIM, why, place=f"claim_field_check.doubt:{check_id}"),
        members=people,
    )
    if not machine.is_paused(await queries.list_clock(claim_id=row.id)):
        await common.clock(
            work, row, ClockEvent.PAUSE, book=book, area=area, reason=PauseReason.FIELD_CHECK, note="实地核查"
        )
    await common.move(work, row, action="order_field_check", field_check_id=check_id, people=len(people))
    await common.tell(
        work,
        row,
        kind="paused",
        title=Text("报销申请正在核查", "Your claim is being looked into"),
        body=Text(
            f"申请 {row.number} 需要实地核查，核查期间不计入办理时限。",
            f"Claim {row.number} needs a visit on the spot; the clock stands still meanwhile.",
        ),
    )
    return row.id


async def report_field_check(work: Work, *, claim_id: UUID, expected_version: int, report: str) -> UUID:
    """Write down what was found, as one of those who went."""
    row, check = await _take(work, claim_id, version=expected_version)
    text = report.strip()
    if not 0 < len(text) <= _REPORT_MAX:
        raise errors.ReasonMissing(path=("report",))
    check.report_sealed = work.keys.seal(Purpose.CLAIM, text, place=f"claim_field_check.report:{check.id}")
    check.reported_by, check.reported_at = work.actor.id, work.now
    await check.save(update_fields=["report_sealed", "reported_by", "reported_at"])
    await common.move(work, row, action="report_field_check", field_check_id=check.id)
    return row.id


async def confirm_field_check(work: Work, *, claim_id: UUID, expected_version: int, book: Book, area: str) -> UUID:
    """Confirm a report, as another of those who went; the clock goes on."""
    row, check = await _take(work, claim_id, version=expected_version)
    if check.reported_by is None:
        raise errors.FieldCheckNotFound(path=("id",))
    if check.reported_by == work.actor.id:
        raise errors.ReportByAnother(path=("id",))
    check.confirmed_by, check.confirmed_at = work.actor.id, work.now
    await check.save(update_fields=["confirmed_by", "confirmed_at"])
    if machine.pause_of(await queries.list_clock(claim_id=row.id)) is PauseReason.FIELD_CHECK:
        await common.clock(work, row, ClockEvent.RESUME, book=book, area=area)
    await common.move(work, row, action="confirm_field_check", field_check_id=check.id)
    return row.id


async def _take(work: Work, claim_id: UUID, *, version: int) -> tuple[Claim, ClaimFieldCheck]:
    """Lock a claim with its open field check, as one of its members."""
    access.require_staff(work.actor, Scope.CLAIM_READ)
    row = await common.lock_claim(work, claim_id, version=version)
    check = await ClaimFieldCheck.filter(claim_id=claim_id, confirmed_at=None).select_for_update().first()
    if check is None or str(work.actor.id) not in {str(member) for member in check.members}:
        raise errors.FieldCheckNotFound(path=("id",))
    return row, check
