"""Asking about claims. Every question starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain import catalogue, deadlines, enrollment, receipt_uses, residents, settlement, store
from domain.actors import SYSTEM, Actor, ActorKind
from domain.claims.access import claims_visible_to
from domain.claims.calc import machine, reckoning, writing
from domain.claims.errors import ClaimNotCovered
from domain.claims.values import (
    AppealOutcome,
    AppealRecord,
    Care,
    ClaimFile,
    ClaimRecord,
    ClaimState,
    ClockEntry,
    ClockEvent,
    Declared,
    FieldCheckRecord,
    Findings,
    HistoryEntry,
    Kept,
    PaperKind,
    PauseReason,
    Proposal,
    ReceiptStanding,
    Reckoning,
    ReturnItem,
    Risk,
    SheetLine,
    Standing,
    Trial,
)
from domain.crypto import Keyring, Purpose
from domain.money import Money
from domain.residents import Resident
from domain.rules import NATIONAL, Book, ClaimTerms

SCHEMES: Final = ("310", "390")
"""Schemes that pay hand claims; who is insured as an employee is settled as one."""
_RECORD: Final = (
    "claim.id, claim.number, claim.person_id, person.name AS person_name, claim.region, claim.state, claim.care,"
    " claim.total, claim.ended_on, claim.account_hint, claim.risk, claim.risk_reasons, claim.filed_at, claim.due_on,"
    " claim.national_due_on, claim.due_is_provisional, claim.holder_id, claim.holder_name, claim.holder_office,"
    " claim.held_since, claim.return_items, claim.proposal_id, claim.decided_at, claim.reason, claim.version,"
    " claim.created_at FROM claim JOIN person ON person.id = claim.person_id"
)
_PROPOSAL: Final = (
    "id, claim_id, number, made_by, made_at, pays, content_sealed, content_digest, total, fund_total, person_total,"
    " deducted FROM claim_proposal"
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
    declared = await read_declared(keys, claim_id=claim_id)
    entries = await list_clock(claim_id=claim_id)
    here, national = await read_clocks(book, area=area, entries=entries, on=on)
    staff = actor.kind is ActorKind.STAFF
    decided = record.state in {ClaimState.APPROVED, ClaimState.REJECTED}
    proposal = await find_proposal(keys, proposal_id=record.proposal_id) if record.proposal_id else None
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
        proposal=proposal if staff or decided else None,
        appeals=tuple(await list_appeals(keys, claim_id=claim_id)),
        field_checks=tuple(await list_field_checks(keys, claim_id=claim_id)) if staff else (),
    )


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


async def estimate(actor: Actor, *, book: Book, area: str, person_id: UUID, trial: Trial, on: date) -> Reckoning | None:
    """Say what would be paid and why, by the same engine as a claim; nothing is stored.

    None for a person whom the actor may not act for. Raises `ClaimNotCovered`, and what the engine refuses.
    """
    if not await residents.may_act_for(actor, person_id=person_id, on=on):
        return None
    person = await get_person(person_id, on=on)
    scheme = await scheme_on(person_id, on=trial.ended_on)
    if scheme is None:
        raise ClaimNotCovered(on=trial.ended_on, path=("ended_on",))
    items = await catalogue.find_items(region=area, codes=[line.code for line in trial.lines], on=trial.ended_on)
    findings = Findings(lines=trial.lines)
    lines = reckoning.engine_lines(findings, items, care=trial.care, born_on=person.born_on, on=trial.ended_on)
    episode = settlement.Episode(
        id="试算",
        day=trial.ended_on,
        began_on=trial.began_on,
        med_type=trial.med_type or reckoning.usual_type(trial.care),
        level=trial.level,
        off_site=trial.off_site,
        days=max((trial.ended_on - trial.began_on).days, 1),
        total=trial.total,
        own_pay=trial.own_pay,
        lines=lines,
    )
    insured = await insured_person(person, area=area, scheme=scheme, findings=findings, on=trial.ended_on)
    return reckoning.reckoning_of(await settle(insured, episode, book=book, person_id=person_id))


# What the commands of this room gather before they decide.


async def settle(
    insured: settlement.Person, episode: settlement.Episode, *, book: Book, person_id: UUID
) -> settlement.Settlement:
    """Run the engine on one episode of a person, with what they used up before it."""
    rules = settlement.rules_in_force(book, region=insured.region, scheme=insured.scheme, day=episode.day)
    year = rules.place.year_of(episode.day)
    before = await used_before(person_id, scheme=insured.scheme, year=year)
    return settlement.settle(settlement.Case(insured, episode, before), rules)


async def used_before(person_id: UUID, *, scheme: str, year: int) -> settlement.Accumulators:  # noqa: ARG001 - the seam
    """Give what a person used up in a settlement year. The seam to one-stop settlement, which keeps accumulators.

    As long as nothing is settled for good nothing is used up, and this is the truth.
    """
    return settlement.Accumulators(year)


async def insured_person(
    person: Resident, *, area: str, scheme: str, findings: Findings, on: date
) -> settlement.Person:
    """Make the engine's person of a day: what registers tell, and what the reviewer added."""
    return settlement.Person(
        region=area,
        scheme=scheme,
        person_type=findings.person_type,
        born_on=person.born_on,
        categories=await residents.list_categories(person_id=person.id, on=on),
        groups=frozenset(findings.groups),
    )


async def get_person(person_id: UUID, *, on: date) -> Resident:
    """Give a person of a claim; who may ask was settled before."""
    (person,) = await residents.list_people(SYSTEM, ids=[person_id], on=on)
    return person


async def scheme_on(person_id: UUID, *, on: date) -> str | None:
    """Give the scheme that covered a person on a day."""
    for scheme in SCHEMES:
        if await enrollment.is_covered(person_id=person_id, scheme=scheme, on=on):
            return scheme
    return None


async def read_declared(keys: Keyring, *, claim_id: UUID) -> Declared:
    """Open what was declared."""
    found = await store.row("SELECT content_sealed FROM claim WHERE id = $1", claim_id)
    assert found is not None
    return unseal_declared(keys, claim_id=claim_id, sealed=bytes(found["content_sealed"]))


def unseal_declared(keys: Keyring, *, claim_id: UUID, sealed: bytes) -> Declared:
    """Open what was declared from its sealed form."""
    return writing.read(keys.unseal(Purpose.CLAIM, sealed, place=f"claim.content:{claim_id}"), Declared)


async def list_clock(*, claim_id: UUID) -> list[ClockEntry]:
    """List what happened to a claim's clock."""
    found = await store.rows(
        "SELECT on_day, event, reason, note FROM claim_clock WHERE claim_id = $1 ORDER BY id", claim_id
    )
    return [
        ClockEntry(row["on_day"], ClockEvent(row["event"]), row["reason"] and PauseReason(row["reason"]), row["note"])
        for row in found
    ]


async def read_clocks(
    book: Book, *, area: str, entries: Sequence[ClockEntry], on: date
) -> tuple[Standing | None, Standing | None]:
    """Read the place's clock and the nation's."""
    if not entries:
        return None, None
    calendar = await deadlines.load_calendar(around=on)
    here, national = limits(book, area=area, on=entries[0].on_day)
    return (
        machine.read_clock(entries, calendar=calendar, limit=here, today=on),
        machine.read_clock(entries, calendar=calendar, limit=national, today=on),
    )


def limits(book: Book, *, area: str, on: date) -> tuple[int, int]:
    """Give the working days of the place and of the nation, by the rules of the day of filing."""
    here = book.in_force(ClaimTerms, region=area, day=on)
    return here.working_days, book.in_force(ClaimTerms, region=NATIONAL, day=on).working_days


async def list_history(*, claim_id: UUID) -> list[HistoryEntry]:
    """List the steps of a claim."""
    found = await store.rows(
        "SELECT at, action, before, after, actor_label, note FROM claim_history WHERE claim_id = $1 ORDER BY id",
        claim_id,
    )
    return [
        HistoryEntry(
            row["at"],
            row["action"],
            ClaimState(row["before"]),
            ClaimState(row["after"]),
            row["actor_label"],
            row["note"],
        )
        for row in found
    ]


async def find_proposal(keys: Keyring, *, proposal_id: UUID) -> Proposal:
    """Find a proposal with everything in it."""
    row, kept = await read_proposal(keys, proposal_id=proposal_id)
    return Proposal(
        id=row["id"],
        number=row["number"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        pays=row["pays"],
        digest=bytes(row["content_digest"]),
        total=Money(row["total"]),
        fund_total=Money(row["fund_total"]),
        person_total=Money(row["person_total"]),
        deducted=Money(row["deducted"]),
        findings=kept.findings,
        sheet=kept.sheet,
        reckoning=kept.reckoning,
        reason=kept.reason,
    )


async def read_proposal(keys: Keyring, *, proposal_id: UUID) -> tuple[Mapping[str, Any], Kept]:
    """Open a proposal: its row, and what was sealed in it."""
    row = await store.row(f"SELECT {_PROPOSAL} WHERE id = $1", proposal_id)
    assert row is not None
    place = f"claim_proposal.content:{proposal_id}"
    return row, writing.read(keys.unseal(Purpose.CLAIM, bytes(row["content_sealed"]), place=place), Kept)


async def list_appeals(keys: Keyring, *, claim_id: UUID) -> list[AppealRecord]:
    """List the appeals about a claim."""
    found = await store.rows(
        "SELECT id, filed_at, grounds_sealed, outcome, reason FROM claim_appeal WHERE claim_id = $1 ORDER BY filed_at",
        claim_id,
    )
    return [
        AppealRecord(
            id=row["id"],
            filed_at=row["filed_at"],
            grounds=keys.unseal(Purpose.CLAIM, bytes(row["grounds_sealed"]), place=f"claim_appeal.grounds:{row['id']}"),
            outcome=row["outcome"] and AppealOutcome(row["outcome"]),
            reason=row["reason"],
        )
        for row in found
    ]


async def list_field_checks(keys: Keyring, *, claim_id: UUID) -> list[FieldCheckRecord]:
    """List the field checks of a claim."""
    found = await store.rows(
        "SELECT id, ordered_at, doubt_sealed, members, report_sealed, reported_at, confirmed_at"
        " FROM claim_field_check WHERE claim_id = $1 ORDER BY ordered_at",
        claim_id,
    )

    def opened(row: Mapping[str, Any], what: str) -> str:
        place = f"claim_field_check.{what}:{row['id']}"
        return keys.unseal(Purpose.CLAIM, bytes(row[f"{what}_sealed"]), place=place)

    return [
        FieldCheckRecord(
            id=row["id"],
            ordered_at=row["ordered_at"],
            doubt=opened(row, "doubt"),
            members=tuple(row["members"]),
            report=opened(row, "report") if row["report_sealed"] else None,
            reported_at=row["reported_at"],
            confirmed_at=row["confirmed_at"],
        )
        for row in found
    ]


async def _was_opened(actor: Actor, claim_id: UUID) -> bool:
    found = await store.rows(
        "SELECT 1 FROM audit WHERE subject_kind = 'claim' AND subject_id = $1 AND action = 'claim.open'"
        " AND actor_id = $2 LIMIT 1",
        claim_id,
        actor.id,
    )
    return bool(found)


def _record(row: Mapping[str, Any]) -> ClaimRecord:
    items = row["return_items"]
    items = orjson.loads(items) if isinstance(items, str) else items
    told: dict[str, Any] = {
        **row,
        "state": ClaimState(row["state"]),
        "care": row["care"] and Care(row["care"]),
        "total": None if row["total"] is None else Money(row["total"]),
        "risk": row["risk"] and Risk(row["risk"]),
        "risk_reasons": tuple(row["risk_reasons"]),
        "return_items": tuple(ReturnItem(item["paper"] and PaperKind(item["paper"]), item["text"]) for item in items),
    }
    return ClaimRecord(**told)
