"""Proving that a number is one's own: a code is sent to it, and given back."""

from __future__ import annotations

import hmac
import secrets
from uuid import UUID

from domain import residents, store
from domain.actors import ActorKind
from domain.crypto import Keyring, Purpose
from domain.ids import new_id
from domain.privacy import access, calc, errors
from domain.privacy.values import PHONE_CODE_LIFE, PhoneCode
from domain.work import Work


async def make_phone_code(work: Work, *, phone: str) -> PhoneCode:
    """Make the code that is to be sent to a number of one's own; an older one is good for nothing any more.

    How many messages there may be is counted where they are sent. Raises `ContactPhoneUnfit`.
    """
    person_id = work.actor.person_id
    if work.actor.kind is not ActorKind.RESIDENT or person_id is None:
        raise residents.PersonNotFound
    number = calc.read_phone(phone)
    if number is None:
        raise errors.ContactPhoneUnfit(path=("phone",))
    return await _make(work, person_id=person_id, number=number)


async def make_code_for_registered_phone(work: Work, *, person_id: UUID) -> PhoneCode:
    """At a window, make the code that is to be sent to the number in the register; it is not shown to anybody here.

    Raises `PrivacyNotForYou`, `PersonNotFound` and `PhoneNotRegistered`.
    """
    number = await find_registered_phone(work, person_id=person_id)
    return await _make(work, person_id=person_id, number=number)


async def find_registered_phone(work: Work, *, person_id: UUID) -> str:
    """Give the number in the register to a window's command, which shows it to nobody.

    Raises `PrivacyNotForYou`, `PersonNotFound` and `PhoneNotRegistered`.
    """
    access.require_checker_of_papers(work.actor)
    seen = residents.visible_to(work.actor, on=work.today, after=1)
    found = await store.row(
        f"SELECT phone_sealed FROM person WHERE id = $1 AND {seen.sql}",  # noqa: S608 - a condition of ours
        person_id,
        *seen.values,
    )
    if found is None:
        raise residents.PersonNotFound(path=("person_id",))
    if found["phone_sealed"] is None:
        raise errors.PhoneNotRegistered(path=("person_id",))
    return work.keys.unseal(Purpose.PHONE, bytes(found["phone_sealed"]), place=f"person.phone:{person_id}")


async def _make(work: Work, *, person_id: UUID, number: str) -> PhoneCode:
    await store.rows("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    await store.rows(
        "UPDATE phone_proof SET retired_at = $2 WHERE person_id = $1 AND used_at IS NULL AND retired_at IS NULL",
        person_id,
        work.now,
    )
    made = PhoneCode(id=new_id(), person_id=person_id, phone=number, code=f"{secrets.randbelow(10**6):06}")
    await store.rows(
        "INSERT INTO phone_proof (id, person_id, asked_by, phone_mark, digest, made_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        made.id,
        person_id,
        work.actor.id,
        residents.phone_mark(work.keys, person_id=person_id, phone=number),
        _digest(work.keys, made.id, made.code),
        work.now,
        work.now + PHONE_CODE_LIFE,
    )
    await work.audit("contact.phone.code", kind="person", id=person_id, proof_id=made.id)
    return made


async def retire_phone_code(work: Work, *, code_id: UUID) -> None:
    """Take back a code that could not be sent."""
    await store.rows(
        "UPDATE phone_proof SET retired_at = $3 WHERE id = $1 AND asked_by = $2 AND used_at IS NULL"
        " AND retired_at IS NULL",
        code_id,
        work.actor.id,
        work.now,
    )


async def use_phone_code(work: Work, *, person_id: UUID, mark: bytes, code: str) -> bool:
    """Use the code up that was sent to the number with this mark; say whether it was the right one.

    The person's row is locked by the caller, who also counts wrong ones.
    """
    found = await store.row(
        "SELECT id, phone_mark, digest FROM phone_proof WHERE person_id = $1 AND used_at IS NULL"
        " AND retired_at IS NULL AND made_at <= $2 AND expires_at > $2",
        person_id,
        work.now,
    )
    if found is None or bytes(found["phone_mark"]) != mark:
        return False
    if not hmac.compare_digest(bytes(found["digest"]), _digest(work.keys, found["id"], code.strip())):
        return False
    await store.rows("UPDATE phone_proof SET used_at = $2 WHERE id = $1", found["id"], work.now)
    return True


def _digest(keys: Keyring, id: UUID, code: str) -> bytes:
    return keys.blind_index(Purpose.TOKEN, f"phone code\n{id}\n{code}")
