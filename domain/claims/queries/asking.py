"""What people ask about claims: one, lists, the queue, the whole file, the review sheet, a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain import catalogue, onestop, receipt_uses, residents, settlement, store
from domain.actors import SYSTEM, Actor, ActorKind
from domain.claims.access import claims_visible_to
from domain.claims.calc import hospital, reckoning
from domain.claims.errors import ClaimNotCovered, ClaimValueMissing, HospitalCodeUnfit
from domain.claims.queries.gathering import (
    find_proposal,
    get_person,
    insured_person,
    list_appeals,
    list_clock,
    list_field_checks,
    list_history,
    look_hospital_up,
    place_of,
    read_clocks,
    read_declared,
    scheme_on,
    settle,
)
from domain.claims.values import (
    DECIDED_STATES,
    Care,
    ClaimFile,
    ClaimRecord,
    ClaimState,
    Declared,
    Findings,
    PaperKind,
    PaymentState,
    ReceiptStanding,
    Reckoning,
    ReturnItem,
    Risk,
    Settled,
    SheetLine,
    StepText,
    Trial,
)
from domain.crypto import Keyring
from domain.errors import Text, refuse
from domain.money import Money
from domain.rules import Book, Level

_RECORD: Final = (
    "claim.id, claim.number, claim.person_id, person.name AS person_name, claim.region, claim.state, claim.care,"
    " claim.total, claim.ended_on, claim.account_hint, claim.risk, claim.risk_reasons, claim.filed_at, claim.due_on,"
    " claim.national_due_on, claim.due_is_provisional, claim.holder_id, claim.holder_name, claim.holder_office,"
    " claim.held_since, claim.return_items, claim.proposal_id, claim.statement_id, claim.payment,"
    " claim.paid_on, claim.decided_at, claim.reason, claim.version,"
    " claim.created_at FROM claim JOIN person ON person.id = claim.person_id"
)


async def find_claim(actor: Actor, *, claim_id: UUID, on: date) -> ClaimRecord | None:
    """Find one claim that the actor may see, without what was declared in it."""
    seen = claims_visible_to(actor, on=on, after=1)
    found = await store.row(f"SELECT {_RECORD} WHERE claim.id = $1 AND {seen.sql}", claim_id, *seen.values)
    return _record(found) if found else None


async def list_claims(
    actor: Actor, *, on: date, first: int, after: tuple[datetime, UUID] | None = None
) -> list[ClaimRecord]:
    """List the claims of a resident and of those they may act for, newest first."""
    if actor.kind is not ActorKind.RESIDENT:
        return []
    seen = claims_visible_to(actor, on=on, after=3)
    found = await store.rows(
        f"SELECT {_RECORD} WHERE {seen.sql}"
        " AND ($1::timestamptz IS NULL OR (claim.created_at, claim.id) < ($1, $2::uuid))"
        " ORDER BY claim.created_at DESC, claim.id DESC LIMIT $3",
        after and after[0],
        after and after[1],
        first,
        *seen.values,
    )
    return [_record(row) for row in found]


async def list_queue(
    actor: Actor,
    *,
    on: date,
    states: Sequence[ClaimState],
    risks: Sequence[Risk] = (),
    office: str | None = None,
    mine: bool = False,
    unheld: bool = False,
    first: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[ClaimRecord]:
    """List the claims of a region for its staff, longest waiting first: all, an office's, one's own, or unheld ones."""
    if actor.kind is not ActorKind.STAFF:
        return []
    seen = claims_visible_to(actor, on=on, after=8)
    found = await store.rows(
        f"SELECT {_RECORD} WHERE claim.state = ANY($1::text[]) AND {seen.sql}"
        " AND (cardinality($2::text[]) = 0 OR claim.risk = ANY($2::text[]))"
        " AND ($3::text IS NULL OR claim.holder_office = $3) AND (NOT $4 OR claim.holder_id = $5)"
        " AND (NOT $6 OR claim.holder_id IS NULL)"
        " AND ($7::timestamptz IS NULL OR (claim.filed_at, claim.id) > ($7, $8::uuid))"
        f" ORDER BY claim.filed_at, claim.id LIMIT {int(first)}",
        [state.value for state in states],
        [risk.value for risk in risks],
        office,
        mine,
        actor.id,
        unheld,
        after and after[0],
        after and after[1],
        *seen.values,
    )
    return [_record(row) for row in found]


async def find_file(
    actor: Actor, *, keys: Keyring, book: Book, area: str, claim_id: UUID, on: date
) -> ClaimFile | None:
    """Find a claim with everything in it. For staff it exists once they opened it on record."""
    record = await find_claim(actor, claim_id=claim_id, on=on)
    if record is None or (actor.kind is ActorKind.STAFF and not await _was_opened(actor, claim_id)):
        return None
    staff = actor.kind is ActorKind.STAFF
    shown = record.proposal_id if staff or record.state in DECIDED_STATES else None
    return await _whole(record, keys=keys, book=book, area=area, on=on, proposal_id=shown, staff=staff)


async def find_file_of_decision(
    *, keys: Keyring, book: Book, area: str, claim_id: UUID, proposal_id: UUID, on: date
) -> ClaimFile | None:
    """Find a claim with everything in it and one decision about it, which may not stand any more.

    For internal audit: the room of second looks has said who reads it, and written it down.
    """
    record = await find_claim(SYSTEM, claim_id=claim_id, on=on)
    if record is None:
        return None
    return await _whole(record, keys=keys, book=book, area=area, on=on, proposal_id=proposal_id, staff=True)


async def _whole(
    record: ClaimRecord, *, keys: Keyring, book: Book, area: str, on: date, proposal_id: UUID | None, staff: bool
) -> ClaimFile:
    claim_id = record.id
    declared = await read_declared(keys, claim_id=claim_id)
    entries = await list_clock(claim_id=claim_id)
    here, national = await read_clocks(book, area=area, entries=entries, on=on)
    proposal = await find_proposal(keys, proposal_id=proposal_id) if proposal_id else None
    statement = await onestop.find_statement(keys, statement_id=record.statement_id) if record.statement_id else None
    uses = await receipt_uses.list_uses(holder_id=claim_id)
    return ClaimFile(
        record=record,
        declared=declared,
        uses=tuple(
            ReceiptStanding(use.key.kind, use.key.code, use.key.number, use.amount, use.verification) for use in uses
        ),
        clock=here,
        national_clock=national,
        history=tuple(await list_history(claim_id=claim_id)),
        proposal=proposal,
        statement=_settled(statement) if statement else None,
        appeals=tuple(await list_appeals(keys, claim_id=claim_id)),
        field_checks=tuple(await list_field_checks(keys, claim_id=claim_id)) if staff else (),
    )


async def find_statement(actor: Actor, *, keys: Keyring, claim_id: UUID, on: date) -> onestop.Statement | None:
    """Find the statement of a settled claim. For staff it exists once they opened the claim on record."""
    record = await find_claim(actor, claim_id=claim_id, on=on)
    if record is None or record.statement_id is None:
        return None
    if actor.kind is ActorKind.STAFF and not await _was_opened(actor, claim_id):
        return None
    return await onestop.find_statement(keys, statement_id=record.statement_id)


async def review_sheet(
    actor: Actor, *, keys: Keyring, area: str, claim_id: UUID, on: date
) -> tuple[SheetLine, ...] | None:
    """Give the lines that were read from receipts, with class and share by the catalogue of the last day of care."""
    record = await find_claim(actor, claim_id=claim_id, on=on)
    if record is None or actor.kind is not ActorKind.STAFF or not await _was_opened(actor, claim_id):
        return None
    declared = await read_declared(keys, claim_id=claim_id)
    if declared.care is None or declared.ended_on is None:
        return ()
    person = await get_person(record.person_id, on=on)
    lines = [line for receipt in declared.receipts or () for line in receipt.lines]
    items = await catalogue.find_items(region=area, codes=[line.code for line in lines], on=declared.ended_on)
    return tuple(
        reckoning.sheet_line(
            line, items.get(line.code), care=declared.care, born_on=person.born_on, on=declared.ended_on
        )
        for line in lines
    )


async def estimate(
    actor: Actor, *, keys: Keyring, book: Book, area: str, person_id: UUID, trial: Trial, on: date
) -> Reckoning | None:
    """Say what would be paid and why, by the same engine as a claim; nothing is stored.

    None for a person whom the actor may not act for. Raises `ClaimNotCovered`, what stands against the hospital, and
    what the engine refuses.
    """
    if not await residents.may_act_for(actor, person_id=person_id, on=on):
        return None
    person = await get_person(person_id, on=on)
    scheme = await scheme_on(person_id, on=trial.ended_on)
    if scheme is None:
        raise ClaimNotCovered(on=trial.ended_on, path=("ended_on",))
    level = await _level_of(trial, area=area)
    items = await catalogue.find_items(region=area, codes=[line.code for line in trial.lines], on=trial.ended_on)
    findings = Findings(lines=trial.lines)
    lines = reckoning.engine_lines(findings, items, care=trial.care, born_on=person.born_on, on=trial.ended_on)
    episode = settlement.Episode(
        id="试算",
        day=trial.ended_on,
        began_on=trial.began_on,
        med_type=trial.med_type or reckoning.usual_type(trial.care),
        level=level,
        off_site=trial.off_site,
        days=max((trial.ended_on - trial.began_on).days, 1),
        total=trial.total,
        own_pay=trial.own_pay,
        lines=lines,
    )
    insured = await insured_person(person, area=area, scheme=scheme, findings=findings, on=trial.ended_on)
    return reckoning.reckoning_of(await settle(keys, insured, episode, book=book, person_id=person_id))


async def _level_of(trial: Trial, *, area: str) -> Level:
    """Give the level of the trial's hospital: the register's, or what was said. Raises every fault of both."""
    asked = Declared(
        hospital_code=trial.hospital_code,
        level=trial.level,
        off_site=trial.off_site,
        med_type=trial.med_type,
        emergency=trial.emergency,
        began_on=trial.began_on,
    )
    found = await look_hospital_up(asked, area=area)
    known = hospital.complete(asked, found).level
    faults = [*hospital.check(asked, found, place=place_of(area))]
    if trial.hospital_code and found is None:
        faults.append(HospitalCodeUnfit(path=("hospital_code",)))
    if known is None:
        faults.append(ClaimValueMissing(what=Text("医疗机构级别", "hospital's level"), path=("level",)))
    refuse(faults)
    assert known is not None
    return known


async def _was_opened(actor: Actor, claim_id: UUID) -> bool:
    found = await store.rows(
        "SELECT 1 FROM audit WHERE subject_kind = 'claim' AND subject_id = $1 AND action = 'claim.open'"
        " AND actor_id = $2 LIMIT 1",
        claim_id,
        actor.id,
    )
    return bool(found)


def _settled(statement: onestop.Statement) -> Settled:
    return Settled(
        number=statement.number,
        settled_at=statement.settled_at,
        payable=statement.payable,
        set_off=statement.set_off,
        paid_out=statement.paid_out,
        amounts=settlement.under_national_names(statement.amounts, scheme=statement.scheme),
        steps=tuple(StepText.of(step) for step in statement.steps),
        letter=statement.letter.zh,
        letter_en=statement.letter.en,
        rules_digest=statement.rules_digest,
    )


def _record(row: Mapping[str, Any]) -> ClaimRecord:
    items = row["return_items"]
    items = orjson.loads(items) if isinstance(items, str) else items
    told: dict[str, Any] = {
        **row,
        "state": ClaimState(row["state"]),
        "care": row["care"] and Care(row["care"]),
        "payment": row["payment"] and PaymentState(row["payment"]),
        "total": None if row["total"] is None else Money(row["total"]),
        "risk": row["risk"] and Risk(row["risk"]),
        "risk_reasons": tuple(row["risk_reasons"]),
        "return_items": tuple(ReturnItem(item["paper"] and PaperKind(item["paper"]), item["text"]) for item in items),
    }
    return ClaimRecord(**told)
