"""What commands and questions gather before they decide. Who may ask was settled before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain import accumulators, beneficiaries, deadlines, enrollment, hospitals, onestop, residents, settlement, store
from domain.accumulators import Key
from domain.actors import SYSTEM
from domain.claims.calc import machine, writing
from domain.claims.calc.hospital import Place
from domain.claims.values import (
    AppealOutcome,
    AppealRecord,
    ClaimState,
    ClockEntry,
    ClockEvent,
    Declared,
    FieldCheckRecord,
    Findings,
    HistoryEntry,
    Kept,
    PauseReason,
    Proposal,
    Standing,
)
from domain.crypto import Keyring, Purpose
from domain.hospitals import LookedUp
from domain.identifiers import normalise, region_of_institution
from domain.money import Money
from domain.residents import Resident
from domain.rules import NATIONAL, Book, ClaimTerms

UNION: Final = "UNION"
"""The group under which the rules know members of the union."""
SCHEMES: Final = ("310", "390")
"""Schemes that pay hand claims; who is insured as an employee is settled as one."""
_PROPOSAL: Final = (
    "id, claim_id, number, made_by, made_at, pays, content_sealed, content_digest, total, fund_total, person_total,"
    " deducted FROM claim_proposal"
)


async def settle(
    keys: Keyring, insured: settlement.Person, episode: settlement.Episode, *, book: Book, person_id: UUID
) -> settlement.Settlement:
    """Run the engine on one episode of a person, with what they used up before it, by the rule about late episodes."""
    shelf = settlement.Shelf(book)
    rules = shelf.on(episode.day, region=insured.region, scheme=insured.scheme)
    key = Key(person_id, rules.place.year_of(episode.day), insured.scheme)
    before = await onestop.used_before(keys, key=key, episode=episode, region=insured.region, shelf=shelf)
    return settlement.settle(settlement.Case(insured, episode, before), rules)


async def lock_year(person_id: UUID, *, book: Book, area: str, scheme: str, day: date) -> None:
    """Lock the settlement year that a day lies in, so that whoever settles for the person meanwhile waits."""
    place = settlement.rules_in_force(book, region=area, scheme=scheme, day=day).place
    await accumulators.lock(Key(person_id, place.year_of(day), scheme))


async def insured_person(
    person: Resident, *, area: str, scheme: str, findings: Findings, on: date
) -> settlement.Person:
    """Make the engine's person of a day: what registers and lists tell, and what the reviewer added."""
    # Who is a member of the union, its list says and nobody else.
    groups = frozenset(findings.groups) - {UNION}
    if await beneficiaries.is_union_member(person_id=person.id, on=on):
        groups |= {UNION}
    return settlement.Person(
        region=area,
        scheme=scheme,
        person_type=findings.person_type,
        born_on=person.born_on,
        categories=await residents.list_categories(person_id=person.id, on=on),
        groups=groups,
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


def place_of(area: str) -> Place:
    """Give a pooling area with the digits that codes inside of it begin with."""
    return Place(area, residents.region_prefix(area))


async def look_hospital_up(declared: Declared, *, area: str) -> LookedUp | None:
    """Look the declared hospital up on the first day of care; None while either is missing or the code is none."""
    code = normalise(declared.hospital_code or "")
    if declared.began_on is None or region_of_institution(code) is None:
        return None
    return await hospitals.look_up(area=area, code=code, on=declared.began_on)


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
