"""Looking behind a mask: one value of one person, for a purpose of a case, on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import residents, store
from domain.ids import new_id
from domain.privacy import queries
from domain.privacy.access import require_unmasker
from domain.privacy.errors import CaseIsOfSomebodyElse, NothingIsBehindTheMask, TooManyUnmaskings
from domain.privacy.values import (
    PURPOSES,
    UNMASKED_IN_AN_HOUR,
    UNMASKED_ON_A_QUIET_DAY,
    CaseKind,
    SealedValue,
    UnmaskPurpose,
)
from domain.work import Work

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


async def unmask(
    work: Work, *, person_id: UUID, value: SealedValue, purpose: UnmaskPurpose, case_kind: CaseKind, case_id: UUID
) -> UUID:
    """Put on record that somebody looks at one number in full, and give the id by which it is read, once.

    Raises `PrivacyNotForYou`, `PersonNotFound`, `CaseIsOfSomebodyElse`, `NothingIsBehindTheMask`, `TooManyUnmaskings`.
    """
    actor = work.actor
    require_unmasker(actor)
    assert actor.id is not None
    if await residents.find_person(actor, person_id=person_id, on=work.today) is None:
        raise residents.PersonNotFound(path=("person_id",))
    called = await queries.find_case(actor, kind=case_kind, case_id=case_id, person_id=person_id, on=work.today)
    if called is None:
        raise CaseIsOfSomebodyElse(path=("case_id",))
    if not await queries.holds_value(person_id=person_id, value=value, case_kind=case_kind, case_id=case_id):
        raise NothingIsBehindTheMask(path=("value",))
    # Two requests at once of the same person must not both be the last one that is allowed.
    await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"unmask:{actor.id}")
    if await queries.count_unmaskings(account_id=actor.id, since=work.now - _HOUR) >= UNMASKED_IN_AN_HOUR:
        raise TooManyUnmaskings(allowed=UNMASKED_IN_AN_HOUR)
    unmasking_id = new_id()
    await store.rows(
        "INSERT INTO unmasking (id, at, person_id, asked_by, office, value, purpose, case_kind, case_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        unmasking_id,
        work.now,
        person_id,
        actor.id,
        actor.office or "",
        value.value,
        purpose.value,
        case_kind.value,
        case_id,
    )
    await work.record_reading(
        person_id=person_id, purpose=f"{PURPOSES[purpose]}（{called}）", what=(value.value.lower(),), unmasked=True
    )
    await work.audit(
        "identity.unmask",
        kind="unmasking",
        id=unmasking_id,
        person_id=person_id,
        value=value.value,
        purpose=purpose.value,
    )
    await _alarm(work, account_id=actor.id)
    return unmasking_id


async def _alarm(work: Work, *, account_id: UUID) -> None:
    """Tell those who audit, once a day, that somebody has looked behind very many masks."""
    reached = await queries.count_unmaskings(account_id=account_id, since=work.now - _DAY)
    if reached < UNMASKED_ON_A_QUIET_DAY:
        return
    made = await store.rows(
        "INSERT INTO unmasking_alarm (asked_by, day, office, reached, at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING RETURNING day",
        account_id,
        work.today,
        work.actor.office or "",
        reached,
        work.now,
    )
    if made:
        await work.audit("identity.unmask.alarm", kind="account", id=account_id, reached=reached, day=work.today)
