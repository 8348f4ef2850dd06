"""What the desk does: take, hand over, open on record, count, return once, accept, halt the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final
from uuid import UUID

import orjson

from domain import identity, residents, store
from domain.actors import ActorKind, Scope
from domain.claims import access, errors, queries
from domain.claims.calc import machine
from domain.claims.service import common
from domain.claims.values import PAPER_NAMES, ClaimState, ClockEvent, PauseReason, ReturnItem
from domain.errors import Text, refuse
from domain.identity import Account
from domain.money import Money
from domain.rules import Book
from domain.work import Work

_S = ClaimState
_ITEMS_MAX: Final = 20
_ITEM_MAX: Final = 300


async def take_claim(work: Work, *, claim_id: UUID, expected_version: int) -> UUID:
    """Take a claim that nobody holds from the queue."""
    access.require_staff(work.actor, Scope.CLAIM_REVIEW)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.FILED, _S.RETURNED, _S.IN_REVIEW)
    if row.holder_id is not None:
        raise errors.ClaimIsHeld(holder=row.holder_name or "—", path=("id",))
    common.hold(work, row)
    await common.move(work, row, action="take")
    return row.id


async def hand_over_claim(work: Work, *, claim_id: UUID, expected_version: int, to: UUID | None, reason: str) -> UUID:
    """Hand a claim that one holds over to a colleague, or back into the queue without one."""
    row = await common.lock_held(work, claim_id, version=expected_version)
    why = common.reason_of(reason)
    if to is None:
        common.let_go(row)
    else:
        colleague = await find_colleague(to, region=row.region, scope=Scope.CLAIM_REVIEW)
        if colleague is None or to == work.actor.id:
            raise errors.ColleagueUnknown(path=("to",))
        row.holder_id, row.holder_name = colleague.id, colleague.display_name
        row.holder_office, row.held_since = colleague.office, work.now
    await common.move(work, row, action="hand_over", note=why, to_id=to)
    return row.id


async def open_claim(work: Work, *, claim_id: UUID, purpose: str) -> UUID:
    """Open a claim on record: the person, and who filed for them, see who read it and what for."""
    access.require_staff(work.actor, Scope.CLAIM_READ)
    record = await queries.find_claim(work.actor, claim_id=claim_id, on=work.today)
    if record is None:
        raise errors.ClaimNotFound(path=("id",))
    why = residents.require_purpose(purpose)
    await work.record_reading(person_id=record.person_id, purpose=why, what=("claim", record.number))
    await work.audit("claim.open", kind="claim", id=record.id, purpose=why)
    return record.id


async def return_claim(
    work: Work, *, claim_id: UUID, expected_version: int, items: Sequence[ReturnItem], book: Book, area: str
) -> UUID:
    """Say once what is missing, all of it (一次性告知). The clock stands still until the applicant answers."""
    row = await common.lock_held(work, claim_id, version=expected_version)
    machine.require_step(row.state, to=_S.RETURNED)
    tidy = [ReturnItem(item.paper, item.text.strip()) for item in items]
    if not 0 < len(tidy) <= _ITEMS_MAX or any(not 0 < len(item.text) <= _ITEM_MAX for item in tidy):
        raise errors.ReturnSaysNothing(path=("items",))
    if await store.rows("SELECT 1 FROM claim_return WHERE claim_id = $1", row.id):
        raise errors.ClaimReturnedBefore(path=("id",))
    row.return_items = [{**asdict(item), "paper": item.paper and item.paper.value} for item in tidy]
    await store.rows(
        "INSERT INTO claim_return (claim_id, at, returned_by, items)"
        " SELECT id, $2, $3, $4 FROM claim WHERE id = $1 RETURNING claim_id",
        row.id,
        work.now,
        work.actor.id,
        orjson.dumps(row.return_items).decode(),
    )
    await common.clock(work, row, ClockEvent.PAUSE, book=book, area=area, reason=PauseReason.PAPERS)
    await common.move(work, row, to=_S.RETURNED, action="return", items=len(tidy))
    named = "、".join(PAPER_NAMES[item.paper].zh if item.paper else item.text for item in tidy)[:600]
    await common.tell(
        work,
        row,
        kind="returned",
        title=Text("报销申请需要补正", "Your claim needs completion"),
        body=Text(
            f"申请 {row.number} 需补正 {len(tidy)} 项：{named}。请一次补齐，等待期间不计入办理时限。",
            f"Claim {row.number} lacks {len(tidy)} things. Answer once with all of them; the clock waits for you.",
        ),
    )
    return row.id


async def accept_claim(
    work: Work, *, claim_id: UUID, expected_version: int, counted: int, summed: Money, book: Book, area: str
) -> UUID:
    """Accept a claim after counting: number and sum of the receipts at hand must be those that were declared."""
    row = await common.lock_held(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.FILED, _S.RETURNED)
    declared = queries.unseal_declared(work.keys, claim_id=row.id, sealed=row.content_sealed)
    assert declared.total is not None
    count = len(declared.receipts or ())
    refuse(
        [
            errors.IntakeDiffers(
                declared_count=count, declared_sum=declared.total, counted=counted, summed=summed, path=("counted",)
            )
        ]
        if (counted, summed) != (count, declared.total)
        else []
    )
    if machine.is_paused(await queries.list_clock(claim_id=row.id)):
        await common.clock(work, row, ClockEvent.RESUME, book=book, area=area)
        row.return_items = []
    await common.move(work, row, to=_S.IN_REVIEW, action="accept", counted=counted)
    await common.tell(
        work,
        row,
        kind="accepted",
        title=Text("报销申请已受理", "Your claim was accepted"),
        body=Text(f"申请 {row.number} 已受理，正在审核。", f"Claim {row.number} was accepted and is being reviewed."),
    )
    return row.id


async def pause_clock(
    work: Work, *, claim_id: UUID, expected_version: int, reason: PauseReason, note: str, book: Book, area: str
) -> UUID:
    """Halt the clock for a reason that the applicant reads."""
    row = await common.lock_held(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.IN_REVIEW)
    if machine.is_paused(await queries.list_clock(claim_id=row.id)) or reason is PauseReason.PAPERS:
        raise errors.ClockStandsAlready(path=("reason",))
    why = common.reason_of(note)
    await common.clock(work, row, ClockEvent.PAUSE, book=book, area=area, reason=reason, note=why)
    await common.move(work, row, action="pause", note=why, because=reason.value)
    await common.tell(
        work,
        row,
        kind="paused",
        title=Text("报销申请暂停计时", "The clock of your claim stands still"),
        body=Text(f"申请 {row.number} 暂停计时：{why}", f"The clock of claim {row.number} stands still: {why}"),
    )
    return row.id


async def resume_clock(work: Work, *, claim_id: UUID, expected_version: int, book: Book, area: str) -> UUID:
    """Let the clock go on."""
    row = await common.lock_held(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.IN_REVIEW)
    paused = machine.pause_of(await queries.list_clock(claim_id=row.id))
    if paused is None or paused is PauseReason.FIELD_CHECK:
        raise errors.ClockStandsAlready(path=("id",))
    await common.clock(work, row, ClockEvent.RESUME, book=book, area=area)
    await common.move(work, row, action="resume")
    return row.id


async def find_colleague(account_id: UUID, *, region: str, scope: Scope) -> Account | None:
    """Find an active member of staff who may do something in a region."""
    account = await identity.find_account(id=account_id)
    if account is None or account.kind is not ActorKind.STAFF or not account.is_active or not account.region:
        return None
    may = scope in identity.scopes_of_person(kind=account.kind, roles=account.roles)
    return account if may and region.startswith(residents.region_prefix(account.region)) else None
