"""Asking about masks, corrections and exports. Every question starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain import claims, collection, resealing, residents, store
from domain.actors import Actor
from domain.crypto import Keyring, Purpose
from domain.errors import refuse
from domain.privacy import access, calc
from domain.privacy.values import (
    Affected,
    CaseKind,
    CheckedForm,
    CorrectionForm,
    CorrectionPreview,
    CorrectionRecord,
    CorrectionState,
    Effect,
    Key,
    OpenBill,
    PersonalFile,
    Revealed,
    SealedValue,
    UnmaskingAlarm,
)
from domain.privacy.values.exported import EXPORTED

_WHERE: Final[Mapping[SealedValue, tuple[str, str]]] = {
    SealedValue.BANK_ACCOUNT: ("claim", "account_sealed"),
    SealedValue.DOCUMENT: ("person", "document_sealed"),
    SealedValue.PHONE: ("person", "phone_sealed"),
}
_SEALED: Final = {(column.table, column.column): column for column in resealing.COLUMNS}
_CORRECTION: Final = """
    SELECT correction.id, correction.person_id, person.number AS person_number, person.name AS person_name,
           left(person.community_code, 6) AS region,
           correction.asked_by, correction.asked_at, correction.state, correction.name, correction.born_on,
           correction.document_type, correction.document_hint, correction.papers, correction.effects,
           correction.content_digest, correction.reason, correction.version
    FROM correction JOIN person ON person.id = correction.person_id
"""


async def find_revealed(actor: Actor, *, keys: Keyring, unmasking_id: UUID, now: datetime) -> Revealed | None:
    """Open the value of one unmasking, for who asked and within the very request that asked."""
    access.require_unmasker(actor)
    found = await store.row(
        "SELECT person_id, value, case_id FROM unmasking WHERE id = $1 AND asked_by = $2 AND at = $3",
        unmasking_id,
        actor.id,
        now,
    )
    if found is None:
        return None
    value = SealedValue(found["value"])
    table, column = _WHERE[value]
    row_id = found["case_id"] if table == "claim" else found["person_id"]
    row = await store.row(f"SELECT {column} AS sealed FROM {table} WHERE id = $1", row_id)  # noqa: S608 - constants
    assert row is not None
    text = _open(keys, table, column, row["sealed"], row_id=row_id)
    return Revealed(found["person_id"], value, text)


async def holds_value(*, person_id: UUID, value: SealedValue, case_kind: CaseKind, case_id: UUID) -> bool:
    """Tell whether there is such a number at all: of the person, or for a bank account in the claim."""
    table, column = _WHERE[value]
    if table == "claim" and case_kind is not CaseKind.CLAIM:
        return False
    row_id = case_id if table == "claim" else person_id
    sql = f"SELECT 1 FROM {table} WHERE id = $1 AND {column} IS NOT NULL"  # noqa: S608 - constants
    return bool(await store.rows(sql, row_id))


async def find_case(actor: Actor, *, kind: CaseKind, case_id: UUID, person_id: UUID, on: date) -> str | None:
    """Give what a case is called when it is about this person and the actor may see it."""
    match kind:
        case CaseKind.REGISTRATION:
            found = await residents.find_registration(actor, registration_id=case_id)
            return found.number if found and person_id in {found.person_id, found.guardian_id} else None
        case CaseKind.REFUND:
            refund = await collection.find_refund(actor, refund_id=case_id)
            bill = (
                await collection.find_bill(actor, bill_id=refund.bill_id, on=on) if refund and refund.bill_id else None
            )
            return refund.number if refund and bill and bill.person_id == person_id else None
        case CaseKind.CLAIM:
            claim = await claims.find_claim(actor, claim_id=case_id, on=on)
            return claim.number if claim and claim.person_id == person_id else None
        case CaseKind.CORRECTION:
            correction = await find_correction(actor, correction_id=case_id, on=on)
            return "关键信息变更" if correction and correction.person_id == person_id else None


async def count_unmaskings(*, account_id: UUID, since: datetime) -> int:
    """Count what somebody has looked at since a moment."""
    found = await store.row(
        "SELECT count(*) AS number FROM unmasking WHERE asked_by = $1 AND at > $2", account_id, since
    )
    assert found is not None
    return int(found["number"])


async def list_alarms(actor: Actor, *, first: int) -> list[UnmaskingAlarm]:
    """List the days on which somebody looked behind very many masks, newest first. For those who audit."""
    access.require_auditor(actor)
    found = await store.rows(
        "SELECT asked_by, office, day, reached, at FROM unmasking_alarm ORDER BY at DESC, asked_by LIMIT $1", first
    )
    return [UnmaskingAlarm(**row) for row in found]


async def preview_correction(
    actor: Actor, *, person_id: UUID, form: CorrectionForm, on: date
) -> CorrectionPreview | None:
    """Tell what would follow from a correction; None for others. Raises `Refused` with every fault of the form."""
    if not await access.is_owner(actor, person_id=person_id, on=on):
        return None
    _, effects = await examine(person_id=person_id, form=form, on=on)
    return CorrectionPreview(effects, calc.print_effects(effects))


async def examine(*, person_id: UUID, form: CorrectionForm, on: date) -> tuple[CheckedForm, tuple[Effect, ...]]:
    """Check a form against the register, and tell what follows from it."""
    key = await _key_of(person_id)
    checked, faults = calc.check_form(form, key=key, today=on)
    refuse(faults)
    assert checked is not None
    of_age = residents.comes_of_age(checked.born_on) if checked.born_on else None
    affected = await _affected(person_id, on=on)
    return checked, calc.effects_of(checked, key=key, affected=affected, comes_of_age=of_age)


async def is_document_taken(*, index: bytes, but: UUID) -> bool:
    """Tell whether somebody else in the register has a document."""
    async with store.beyond_the_wall("one document belongs to one person in the whole house"):
        return bool(await store.rows("SELECT 1 FROM person WHERE document_index = $1 AND id <> $2", index, but))


async def find_correction(actor: Actor, *, correction_id: UUID, on: date) -> CorrectionRecord | None:
    """Find one correction that the actor may see."""
    seen = access.corrections_visible_to(actor, on=on, after=1)
    found = await store.row(f"{_CORRECTION} WHERE correction.id = $1 AND {seen.sql}", correction_id, *seen.values)
    return _correction(found) if found else None


async def list_corrections(
    actor: Actor, *, states: Sequence[CorrectionState], first: int, on: date
) -> list[CorrectionRecord]:
    """List corrections that the actor may see, oldest first."""
    seen = access.corrections_visible_to(actor, on=on, after=2)
    found = await store.rows(
        f"{_CORRECTION} WHERE correction.state = ANY($1::text[]) AND {seen.sql}"
        " ORDER BY correction.asked_at, correction.id LIMIT $2",
        [state.value for state in states],
        first,
        *seen.values,
    )
    return [_correction(row) for row in found]


async def passed_recheck(actor: Actor, *, change_id: UUID) -> bool:
    """Tell whether a change of contact passed its re-check."""
    found = await store.row("SELECT passed FROM contact_change WHERE id = $1 AND asked_by = $2", change_id, actor.id)
    return bool(found and found["passed"])


async def find_phone_code_end(actor: Actor, *, code_id: UUID) -> datetime | None:
    """Tell until when a code that proves a number is good; None when it could not be sent, or was replaced."""
    found = await store.row(
        "SELECT expires_at FROM phone_proof WHERE id = $1 AND asked_by = $2 AND retired_at IS NULL",
        code_id,
        actor.id,
    )
    return found["expires_at"] if found else None


async def find_export(actor: Actor, *, keys: Keyring, export_id: UUID, now: datetime) -> PersonalFile | None:
    """Open an export for who asked for it, while it lasts."""
    found = await store.row(
        "SELECT content_sealed, expires_at, asked_at FROM personal_export"
        " WHERE id = $1 AND asked_by = $2 AND expires_at > $3 AND content_sealed IS NOT NULL",
        export_id,
        actor.id,
        now,
    )
    if found is None:
        return None
    text = keys.unseal(Purpose.EXPORT, bytes(found["content_sealed"]), place=f"personal_export:{export_id}")
    content = orjson.loads(text)
    return PersonalFile(
        id=export_id,
        expires_at=found["expires_at"],
        json=text,
        html=calc.write_page(content, made_at=found["asked_at"].isoformat()),
    )


async def gather_export(*, keys: Keyring, person_id: UUID) -> dict[str, list[dict[str, object]]]:
    """Gather everything that the house holds about a person; sealed values are opened, for it is theirs."""
    content: dict[str, list[dict[str, object]]] = {}
    async with store.beyond_the_wall("people get all that is held about them, also where staff alone look"):
        for table, exported in EXPORTED.items():
            columns = ", ".join(dict.fromkeys((*exported.columns, *exported.sealed)))
            found = await store.rows(f"SELECT {columns} FROM {table} WHERE {exported.rows}", person_id)  # noqa: S608 - constants
            content[table] = [_opened(keys, table, row) for row in found]
    return content


def _opened(keys: Keyring, table: str, row: Mapping[str, Any]) -> dict[str, object]:
    exported = EXPORTED[table]
    told: dict[str, object] = {name: _plain(row[name]) for name in exported.columns}
    for name in exported.sealed:
        told[name.removesuffix("_sealed")] = row[name] and _open(keys, table, name, row[name], row_id=row["id"])
    return told


def _open(keys: Keyring, table: str, column: str, sealed: bytes, *, row_id: UUID) -> str:
    """Open a sealed value where it stands."""
    known = _SEALED[table, column]
    return keys.unseal(known.purpose, bytes(sealed), place=f"{known.place}{row_id}")


async def _key_of(person_id: UUID) -> Key:
    found = await store.row("SELECT name, born_on, document_type, document_hint FROM person WHERE id = $1", person_id)
    if found is None:
        raise residents.PersonNotFound
    return Key(**found)


async def _affected(person_id: UUID, *, on: date) -> Affected:
    guardians = await store.rows(
        "SELECT ends FROM mandate WHERE subject_id = $1 AND kind = 'GUARDIAN' AND ends > $2 ORDER BY ends",
        person_id,
        on,
    )
    bills = await store.rows(
        "SELECT number, year FROM bill WHERE person_id = $1 AND state = 'OPEN' ORDER BY year, number", person_id
    )
    return Affected(tuple(row["ends"] for row in guardians), tuple(OpenBill(**row) for row in bills))


def _correction(row: Mapping[str, Any]) -> CorrectionRecord:
    told: dict[str, Any] = {
        **row,
        "state": CorrectionState(row["state"]),
        "papers": tuple(row["papers"]),
        "effects": tuple(Effect(**effect) for effect in _plain(row["effects"])),
        "content_digest": bytes(row["content_digest"]),
    }
    return CorrectionRecord(**told)


def plain_effects(effects: Sequence[Effect]) -> str:
    """Write effects as they are stored."""
    return orjson.dumps([asdict(effect) for effect in effects]).decode()


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """Read a jsonb column, which asyncpg gives as text; everything else stays."""
    return orjson.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
