"""Asking about people, mandates and registrations. Every question starts from what the actor may see."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor, ActorKind
from domain.crypto import Keyring, Purpose
from domain.identifiers import CertificateKind, check_certificate, normalise
from domain.residents import access
from domain.residents.calc import document_index, mask_content, phone_mark, place_of_content, read_content
from domain.residents.values import (
    CommunityRecord,
    EarlierReturn,
    EnrollmentWish,
    FormField,
    Guardian,
    HouseholdRole,
    MandateKind,
    MandateRecord,
    RegistrationChannel,
    RegistrationContent,
    RegistrationFile,
    RegistrationForm,
    RegistrationRecord,
    RegistrationState,
    Relation,
    Resident,
    ReturnFault,
    Sex,
    Surroundings,
    Whom,
)

_RESIDENT: Final = """
    person.id, person.number, person.name, person.sex, person.born_on, person.died_on, person.left_on,
    person.document_type, person.document_hint, person.phone_hint, person.household_id,
    household.number AS household_number, person.household_role, household.address, person.community_code,
    community.name AS community_name, person.version
    FROM person
    JOIN household ON household.id = person.household_id
    JOIN community ON community.code = person.community_code
"""
_REGISTRATION: Final = """
    SELECT id, number, channel, state, region, subject_name, content_digest, guardian_id, scheme, takes_part_from,
           submitted_at, due_on, due_is_provisional, faults, returned_times, decided_at, reason, person_id,
           version
    FROM registration
"""


async def list_people(actor: Actor, *, ids: Sequence[UUID], on: date) -> list[Resident]:
    """List those of these people whom the actor may see, in no promised order."""
    seen = access.visible_to(actor, on=on, after=1)
    sql = f"SELECT {_RESIDENT} WHERE person.id = ANY($1::uuid[]) AND {seen.sql}"
    return [_resident(row) for row in await store.rows(sql, list(ids), *seen.values)]


async def find_person(actor: Actor, *, person_id: UUID, on: date) -> Resident | None:
    """Find one person whom the actor may see."""
    return next(iter(await list_people(actor, ids=[person_id], on=on)), None)


async def find_whom(actor: Actor, *, keys: Keyring, whom: Whom, on: date) -> UUID | None:
    """Find a person whom the actor may see by what names them."""
    index = None
    if whom.document_type and whom.document_number:
        certificate = check_certificate(whom.document_type, text=whom.document_number, today=on)
        if not isinstance(certificate, tuple):
            index = document_index(keys, kind=certificate.kind, number=certificate.number)
    seen = access.visible_to(actor, on=on, after=3)
    found = await store.row(
        f"SELECT id FROM person WHERE (id = $1 OR number = $2 OR document_index = $3) AND {seen.sql} LIMIT 1",  # noqa: S608 - constants
        whom.person_id,
        normalise(whom.number or ""),
        index,
        *seen.values,
    )
    return found["id"] if found else None


async def list_categories(*, person_id: UUID, on: date) -> frozenset[str]:
    """List the categories (psn_idet_type) under which a person stands on a list on a day. For other rooms."""
    found = await store.rows(
        "SELECT category FROM beneficiary WHERE person_id = $1 AND category <> 'UNION' AND starts <= $2"
        " AND (ends IS NULL OR ends > $2)",
        person_id,
        on,
    )
    return frozenset(row["category"] for row in found)


async def list_communities(*, region: str) -> list[CommunityRecord]:
    """List the communities of a region, by code. Public."""
    found = await store.rows(
        "SELECT code, region, name FROM community WHERE starts_with(region, $1) ORDER BY code LIMIT 1000",
        access.region_prefix(region),
    )
    return [CommunityRecord(**row) for row in found]


async def list_mandates(actor: Actor, *, on: date) -> list[MandateRecord]:
    """List the mandates that the caller gives or holds and that have not ended, in one statement."""
    found = await store.rows(
        "SELECT mandate.id, kind, holder_id, holder.name AS holder_name, subject_id, subject.name AS subject_name,"
        " relation, starts, ends FROM mandate"
        " JOIN person AS holder ON holder.id = holder_id JOIN person AS subject ON subject.id = subject_id"
        " WHERE (holder_id = $1 OR subject_id = $1) AND (ends IS NULL OR ends > $2) ORDER BY starts, mandate.id",
        actor.person_id,
        on,
    )
    return [_mandate(row) for row in found]


async def find_proved_phone(keys: Keyring, *, person_id: UUID) -> str | None:
    """Give the phone of the person for whom we act, to send them a code that logs in.

    None when none is registered, or when the registered one is not the one that was proved.
    """
    found = await store.row(
        "SELECT phone_sealed, phone_proved_mark FROM person WHERE id = $1 AND phone_proved_at IS NOT NULL", person_id
    )
    if found is None:
        return None
    phone = keys.unseal(Purpose.PHONE, bytes(found["phone_sealed"]), place=f"person.phone:{person_id}")
    mark = phone_mark(keys, person_id=person_id, phone=phone)
    return phone if hmac.compare_digest(bytes(found["phone_proved_mark"]), mark) else None


async def find_registration(actor: Actor, *, registration_id: UUID) -> RegistrationRecord | None:
    """Find one registration that the actor may see."""
    seen = access.registrations_visible_to(actor, after=1)
    found = await store.row(f"{_REGISTRATION} WHERE id = $1 AND {seen.sql}", registration_id, *seen.values)
    return _record(found) if found else None


async def list_registrations(
    actor: Actor,
    *,
    states: Sequence[RegistrationState],
    first: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[RegistrationRecord]:
    """List registrations that the actor may see, oldest first; `after` is where the last page ended."""
    seen = access.registrations_visible_to(actor, after=4)
    found = await store.rows(
        f"{_REGISTRATION} WHERE state = ANY($1::text[]) AND {seen.sql}"
        " AND ($2::timestamptz IS NULL OR (submitted_at, id) > ($2, $3::uuid)) ORDER BY submitted_at, id LIMIT $4",
        [state.value for state in states],
        after and after[0],
        after and after[1],
        first,
        *seen.values,
    )
    return [_record(row) for row in found]


async def find_registration_file(actor: Actor, *, keys: Keyring, registration_id: UUID) -> RegistrationFile | None:
    """Find a registration with what was declared, masked. For staff it exists once they opened it on record."""
    record = await find_registration(actor, registration_id=registration_id)
    if record is None or (actor.kind is ActorKind.STAFF and not await _was_opened(actor, registration_id)):
        return None
    row = await store.row("SELECT content_sealed, warnings FROM registration WHERE id = $1", registration_id)
    assert row is not None
    content = unseal_content(keys, registration_id=registration_id, sealed=row["content_sealed"])
    warnings = _plain(row["warnings"]) if actor.kind is ActorKind.STAFF else ()
    return RegistrationFile(record=record, content=mask_content(content), warnings=tuple(warnings))


async def get_wish(*, registration_id: UUID) -> EnrollmentWish:
    """Tell what an approved registration asks the enrollment for. For the job that follows; no actor asks this."""
    found = await store.row(
        "SELECT person_id, scheme, takes_part_from, region, born_on"
        " FROM registration JOIN person ON person.id = person_id WHERE registration.id = $1",
        registration_id,
    )
    assert found is not None, "Only an approved registration has a wish."
    return EnrollmentWish(**found)


async def find_person_by_document(*, keys: Keyring, kind: CertificateKind, number: str, today: date) -> UUID | None:
    """Find whose document this is; None also for a number that cannot be. Who may ask is for the caller to say."""
    certificate = check_certificate(kind, text=number, today=today)
    if isinstance(certificate, tuple):
        return None
    async with store.beyond_the_wall("whoever shows a document is found by it"):
        found = await store.row(
            "SELECT id FROM person WHERE document_index = $1",
            document_index(keys, kind=kind, number=certificate.number),
        )
    return found["id"] if found else None


# What the commands of this room gather before they decide.


async def gather_surroundings(
    actor: Actor, *, form: RegistrationForm, index: bytes | None, on: date, but: UUID | None
) -> Surroundings:
    """Gather what the registers say around a form; `but` is the registration that is being completed itself."""
    is_resident = actor.kind is ActorKind.RESIDENT
    guardian_id = actor.person_id if is_resident else form.guardian_id
    guardian = await _find_guardian(actor, guardian_id=guardian_id, on=on) if guardian_id else None
    code = form.community_code or (guardian.community_code if guardian else None)
    community = await store.row("SELECT region FROM community WHERE code = $1", code) if code else None
    async with store.beyond_the_wall("one document is registered once in the whole house"):
        document_is_registered = (
            index is not None and await store.row("SELECT 1 FROM person WHERE document_index = $1", index) is not None
        )
        open_elsewhere = await _find_open(actor, index=index, but=but)
    return Surroundings(
        filed_by_guardian=actor.person_id if is_resident else None,
        region_prefix="" if is_resident else access.region_prefix(actor.region or ""),
        guardian=guardian,
        community_region=community["region"] if community else None,
        household_is_known=await _knows_household(form.household_number, guardian=guardian, is_resident=is_resident),
        document_is_registered=document_is_registered,
        open_elsewhere=open_elsewhere,
    )


async def list_namesakes(*, content: RegistrationContent) -> list[str]:
    """List the numbers of residents with the same name and birth day in the same community."""
    async with store.beyond_the_wall("clerks are warned of namesakes, whoever files"):
        found = await store.rows(
            "SELECT number FROM person WHERE name = $1 AND born_on = $2 AND community_code = $3"
            " ORDER BY number LIMIT 5",
            content.name,
            content.born_on,
            content.community_code,
        )
    return [row["number"] for row in found]


async def get_region(*, community_code: str) -> str:
    """Give the region of a community that exists."""
    found = await store.row("SELECT region FROM community WHERE code = $1", community_code)
    assert found is not None
    return found["region"]


async def find_namesake(*, number: str, name: str) -> Guardian | None:
    """Find a resident who is here by number and name, both of which must be right; no matter who asks."""
    async with store.beyond_the_wall("who names number and name of somebody may give them a mandate"):
        found = await store.row(
            "SELECT person.id, person.born_on, true AS here, household.number AS household_number,"
            " person.community_code FROM person JOIN household ON household.id = household_id"
            " WHERE person.number = $1 AND person.name = $2 AND died_on IS NULL AND left_on IS NULL",
            normalise(number),
            name.strip(),
        )
    return Guardian(**found) if found else None


async def has_mandate(*, kind: MandateKind, holder_id: UUID, subject_id: UUID, on: date) -> bool:
    """Tell whether somebody holds a mandate of a kind that has not ended."""
    found = await store.rows(
        "SELECT 1 FROM mandate WHERE kind = $1 AND holder_id = $2 AND subject_id = $3 AND (ends IS NULL OR ends > $4)",
        kind.value,
        holder_id,
        subject_id,
        on,
    )
    return bool(found)


async def list_returns(*, registration_id: UUID) -> list[EarlierReturn]:
    """List what was asked for each time that a registration was sent back."""
    found = await store.rows(
        "SELECT faults, prints FROM registration_return WHERE registration_id = $1 ORDER BY number", registration_id
    )
    return [_earlier_return(row) for row in found]


def unseal_content(keys: Keyring, *, registration_id: UUID, sealed: bytes) -> RegistrationContent:
    """Open what was declared."""
    return read_content(keys.unseal(Purpose.REGISTRATION, sealed, place=place_of_content(registration_id)))


async def _was_opened(actor: Actor, registration_id: UUID) -> bool:
    found = await store.rows(
        "SELECT 1 FROM audit WHERE subject_kind = 'registration' AND subject_id = $1"
        " AND action = 'registration.open' AND actor_id = $2 LIMIT 1",
        registration_id,
        actor.id,
    )
    return bool(found)


async def _find_guardian(actor: Actor, *, guardian_id: UUID, on: date) -> Guardian | None:
    person = await find_person(actor, person_id=guardian_id, on=on)
    if person is None:
        return None
    return Guardian(
        id=person.id,
        born_on=person.born_on,
        here=person.died_on is None and person.left_on is None,
        household_number=person.household_number,
        community_code=person.community_code,
    )


async def _knows_household(number: str | None, *, guardian: Guardian | None, is_resident: bool) -> bool:
    if not number:
        return True
    if is_resident:
        return guardian is not None and guardian.household_number == number
    return await store.row("SELECT 1 FROM household WHERE number = $1", number) is not None


async def _find_open(actor: Actor, *, index: bytes | None, but: UUID | None) -> tuple[str, bool] | None:
    found = await store.row(
        "SELECT number, applicant_id = $3 AS is_own FROM registration WHERE document_index = $1"
        " AND state IN ('SUBMITTED', 'RETURNED', 'CHECKED') AND id IS DISTINCT FROM $2",
        index,
        but,
        actor.id,
    )
    return (found["number"], found["is_own"]) if found else None


def _mandate(row: Mapping[str, Any]) -> MandateRecord:
    told: dict[str, Any] = {**row, "kind": MandateKind(row["kind"]), "relation": Relation(row["relation"])}
    return MandateRecord(**told)


def _earlier_return(row: Mapping[str, Any]) -> EarlierReturn:
    asked = frozenset(FormField(fault["field"]) for fault in _plain(row["faults"]))
    return EarlierReturn(asked, _plain(row["prints"]))


def _resident(row: Mapping[str, Any]) -> Resident:
    told: dict[str, Any] = {**row, "sex": Sex(row["sex"]), "household_role": HouseholdRole(row["household_role"])}
    return Resident(**told)


def _record(row: Mapping[str, Any]) -> RegistrationRecord:
    told: dict[str, Any] = {
        **row,
        "channel": RegistrationChannel(row["channel"]),
        "state": RegistrationState(row["state"]),
        "faults": tuple(ReturnFault(FormField(fault["field"]), fault["text"]) for fault in _plain(row["faults"])),
    }
    return RegistrationRecord(**told)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read a jsonb column, which asyncpg gives as text."""
    return orjson.loads(value) if isinstance(value, str) else value
