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
from domain.privacy.service.phones import find_registered_phone, use_phone_code
from domain.privacy.values import RECHECKS_IN_AN_HOUR
from domain.work import Work

_HOUR: Final = timedelta(hours=1)


async def change_contact(
    work: Work, *, phone: str | None, phone_code: str | None, address: str | None, document_tail: str
) -> UUID:
    """Change one's phone, or as its head the address of one's household; give the id of the attempt.

    `document_tail` is how one's document ends: a log-in that somebody else holds for a moment does not know it.
    `phone_code` was sent to the new phone, which is proved by it (ASVS 5.0, V6.6.1). A wrong one of either is
    remembered, so it ends in an attempt that has not passed, not in a refusal: ask `passed_recheck` by the id.
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
    refuse(_faults_of(phone, new_phone, address, new_address, has_code=bool(phone_code), role=me["household_role"]))
    await _stop_guessers(work, person_id)
    is_it = _knows_document(work, person_id, me["document_sealed"], tail=document_tail)
    # The code is looked at, and used up, by nobody but who knows the document.
    if not is_it or (new_phone and not await _prove_phone(work, person_id, new_phone, code=phone_code or "")):
        return await _write_down(work, person_id, passed=False, changed=())
    changed = ["PHONE"] if new_phone else []
    if new_address is not None:
        await store.rows("UPDATE household SET address = $2 WHERE id = $1", me["household_id"], new_address)
        changed.append("ADDRESS")
    return await _write_down(work, person_id, passed=True, changed=changed)


async def prove_registered_phone(work: Work, *, person_id: UUID, code: str) -> UUID:
    """At a window, prove the number in the register by the code that its owner reads out; give the id of the attempt.

    Nobody changes a number in this way. Raises `PersonNotFound`, and `RecheckPaused` after too many wrong codes.
    """
    phone = await find_registered_phone(work, person_id=person_id)
    await store.rows("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    await _stop_guessers(work, person_id)
    passed = await _prove_phone(work, person_id, phone, code=code)
    return await _write_down(work, person_id, passed=passed, changed=["PHONE"] if passed else ())


async def _stop_guessers(work: Work, person_id: UUID) -> None:
    if await _failed_lately(work, person_id) >= RECHECKS_IN_AN_HOUR:
        raise errors.RecheckPaused


def _knows_document(work: Work, person_id: UUID, sealed: bytes | None, *, tail: str) -> bool:
    if not sealed:
        return False
    number = work.keys.unseal(Purpose.IDENTITY, bytes(sealed), place=f"person.document:{person_id}")
    return calc.is_tail_of(number, text=tail)


async def _prove_phone(work: Work, person_id: UUID, phone: str, *, code: str) -> bool:
    mark = residents.phone_mark(work.keys, person_id=person_id, phone=phone)
    if not await use_phone_code(work, person_id=person_id, mark=mark, code=code):
        return False
    await store.rows(
        "UPDATE person SET phone_sealed = $2, phone_hint = $3, phone_proved_at = $4, phone_proved_mark = $5,"
        " version = version + 1 WHERE id = $1",
        person_id,
        work.keys.seal(Purpose.PHONE, phone, place=f"person.phone:{person_id}"),
        mask(phone),
        work.now,
        mark,
    )
    return True


def _faults_of(
    phone: str | None,
    new_phone: str | None,
    address: str | None,
    new_address: str | None,
    *,
    has_code: bool,
    role: str,
) -> list[DomainError]:
    faults: list[DomainError] = []
    if not phone and not address:
        faults.append(errors.ContactChangesNothing())
    if phone and new_phone is None:
        faults.append(errors.ContactPhoneUnfit(path=("phone",)))
    if phone and not has_code:
        faults.append(errors.ContactCodeMissing(path=("phone_code",)))
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
