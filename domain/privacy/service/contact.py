"""Phone and address, changed by oneself after a re-check that it is really them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import residents, store
from domain.actors import ActorKind
from domain.crypto import Purpose
from domain.errors import DomainError, refuse
from domain.identifiers import mask
from domain.ids import new_id
from domain.privacy import calc, errors
from domain.privacy.values import RECHECKS_IN_AN_HOUR
from domain.work import Work

_HOUR: Final = timedelta(hours=1)


async def change_contact(work: Work, *, phone: str | None, address: str | None, document_tail: str) -> UUID:
    """Change one's phone, or as its head the address of one's household; give the id of the attempt.

    `document_tail` is how one's document ends: a log-in that somebody else holds for a moment does not know it. A wrong
    one is remembered, so it ends in an attempt that has not passed, not in a refusal: ask `passed_recheck` by the id.
    Raises `Refused` with every fault, and `RecheckPaused` after too many wrong ones.
    """
    person_id = work.actor.person_id
    if work.actor.kind is not ActorKind.RESIDENT or person_id is None:
        raise residents.PersonNotFound
    me = await store.row(
        "SELECT household_id, household_role, document_sealed FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id
    )
    if me is None:
        raise residents.PersonNotFound
    new_phone = calc.read_phone(phone) if phone else None
    new_address = calc.read_address(address) if address else None
    refuse(_faults_of(phone, new_phone, address, new_address, role=me["household_role"]))
    if await _failed_lately(work, person_id) >= RECHECKS_IN_AN_HOUR:
        raise errors.RecheckPaused
    sealed = me["document_sealed"]
    number = sealed and work.keys.unseal(Purpose.IDENTITY, bytes(sealed), place=f"person.document:{person_id}")
    if not number or not calc.is_tail_of(number, text=document_tail):
        return await _write_down(work, person_id, passed=False, changed=())
    changed: list[str] = []
    if new_phone is not None:
        await store.rows(
            "UPDATE person SET phone_sealed = $2, phone_hint = $3, version = version + 1 WHERE id = $1",
            person_id,
            work.keys.seal(Purpose.PHONE, new_phone, place=f"person.phone:{person_id}"),
            mask(new_phone),
        )
        changed.append("PHONE")
    if new_address is not None:
        await store.rows("UPDATE household SET address = $2 WHERE id = $1", me["household_id"], new_address)
        changed.append("ADDRESS")
    return await _write_down(work, person_id, passed=True, changed=changed)


def _faults_of(
    phone: str | None, new_phone: str | None, address: str | None, new_address: str | None, *, role: str
) -> list[DomainError]:
    faults: list[DomainError] = []
    if not phone and not address:
        faults.append(errors.ContactChangesNothing())
    if phone and new_phone is None:
        faults.append(errors.ContactPhoneUnfit(path=("phone",)))
    if address and new_address is None:
        faults.append(errors.ContactAddressUnfit(path=("address",)))
    if address and role != residents.HouseholdRole.HEAD:
        faults.append(errors.AddressIsTheHeads(path=("address",)))
    return faults


async def _failed_lately(work: Work, person_id: UUID) -> int:
    found = await store.row(
        "SELECT count(*) AS number FROM contact_change WHERE person_id = $1 AND NOT passed AND at > $2",
        person_id,
        work.now - _HOUR,
    )
    assert found is not None
    return int(found["number"])


async def _write_down(work: Work, person_id: UUID, *, passed: bool, changed: Sequence[str]) -> UUID:
    change_id = new_id()
    await store.rows(
        "INSERT INTO contact_change (id, person_id, asked_by, at, passed, changed) VALUES ($1, $2, $3, $4, $5, $6)",
        change_id,
        person_id,
        work.actor.id,
        work.now,
        passed,
        list(changed),
    )
    await work.audit("contact.change", kind="person", id=person_id, passed=passed, changed=list(changed))
    return change_id
