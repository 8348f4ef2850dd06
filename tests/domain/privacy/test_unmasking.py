"""Behind a mask one looks for a purpose of a case, on record, and not too often."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain import home, identity, privacy, residents
from domain.actors import Actor, ActorKind
from domain.audit import list_readings
from domain.identity import StaffRole
from domain.ids import new_id
from domain.privacy import CaseKind, SealedValue, UnmaskPurpose
from domain.privacy.errors import (
    CaseIsOfSomebodyElse,
    NothingIsBehindTheMask,
    PrivacyNotForYou,
    TooManyUnmaskings,
)
from domain.privacy.values import UNMASKED_IN_AN_HOUR, UNMASKED_ON_A_QUIET_DAY
from domain.residents.models import Person
from domain.store import row, rows
from tests.builders import (
    KEYS,
    NOW,
    a_child_of,
    a_clerk,
    a_registration,
    a_resident,
    a_reviewer,
    acting,
    an_id_number,
    run,
)


async def look(
    actor: Actor,
    person: Person,
    case_id: UUID,
    *,
    value: SealedValue = SealedValue.DOCUMENT,
    now: datetime = NOW,
    kind: CaseKind = CaseKind.REGISTRATION,
) -> UUID:
    return await run(
        lambda work: privacy.unmask(
            work,
            person_id=person.id,
            value=value,
            purpose=UnmaskPurpose.IDENTITY_CHECK,
            case_kind=kind,
            case_id=case_id,
        ),
        actor=actor,
        now=now,
    )


async def a_case() -> tuple[Person, UUID, str]:
    """Give a mother who files a newborn's registration, the case, and her number."""
    number = an_id_number()
    mother = await a_resident(id_number=number)
    return mother, await a_registration(acting(mother)), number


async def test_who_asked_reads_the_number_within_the_request_and_nobody_else_ever(store: str) -> None:
    mother, case, number = await a_case()
    reviewer = a_reviewer()
    asked = await look(reviewer, mother, case)

    shown = await privacy.find_revealed(reviewer, keys=KEYS, unmasking_id=asked, now=NOW)
    assert shown is not None
    assert (shown.text, shown.value) == (number, SealedValue.DOCUMENT)
    later = NOW + timedelta(seconds=1)
    assert await privacy.find_revealed(reviewer, keys=KEYS, unmasking_id=asked, now=later) is None
    assert await privacy.find_revealed(a_reviewer(), keys=KEYS, unmasking_id=asked, now=NOW) is None


async def test_the_person_sees_on_the_first_page_who_looked_and_what_for(store: str) -> None:
    mother, case, number = await a_case()
    await look(a_reviewer(), mother, case)

    page = await home.read_home(acting(mother), on=NOW.date())
    assert page is not None
    (reading,) = page.me.readings
    assert (reading.unmasked, reading.what) == (True, ("document",))
    assert reading.purpose.startswith("核对身份（D2026")
    written = await row("SELECT detail::text AS detail FROM audit WHERE action = 'identity.unmask'")
    assert written is not None
    assert number not in written["detail"]


async def test_without_the_right_or_a_case_of_this_person_nothing_is_shown(store: str) -> None:
    mother, case, _ = await a_case()
    child = await a_child_of(mother)
    neighbour = await a_resident(name="邻居")
    for actor in (a_clerk(), acting(mother), acting(neighbour)):
        with pytest.raises(PrivacyNotForYou):
            await look(actor, mother, case)
    with pytest.raises(CaseIsOfSomebodyElse):
        await look(a_reviewer(), neighbour, case)
    with pytest.raises(CaseIsOfSomebodyElse):
        await look(a_reviewer(), mother, new_id())
    with pytest.raises(CaseIsOfSomebodyElse):
        await look(a_reviewer(), mother, case, kind=CaseKind.REFUND)
    with pytest.raises(residents.PersonNotFound):
        await look(a_reviewer(region="330921"), mother, case)
    with pytest.raises(CaseIsOfSomebodyElse):
        await look(a_reviewer(), child, case)
    silent = await a_resident(phone=None)
    theirs = await a_registration(acting(silent))
    with pytest.raises(NothingIsBehindTheMask):
        await look(a_reviewer(), silent, theirs, value=SealedValue.PHONE)
    assert await list_readings(person_id=mother.id, first=10) == []


async def test_an_hour_has_a_limit_also_for_requests_at_once(store: str) -> None:
    mother, case, _ = await a_case()
    reviewer = a_reviewer()
    outcomes = await asyncio.gather(
        *(look(reviewer, mother, case) for _ in range(UNMASKED_IN_AN_HOUR + 5)), return_exceptions=True
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, TooManyUnmaskings)]
    assert len(refused) == 5
    assert len(outcomes) - len(refused) == UNMASKED_IN_AN_HOUR
    await look(a_reviewer(), mother, case)  # a colleague has an hour of their own
    await look(reviewer, mother, case, now=NOW + timedelta(hours=1, seconds=1))


async def test_a_big_day_alarms_those_who_audit_once(store: str) -> None:
    mother, case, _ = await a_case()
    reviewer = a_reviewer()
    for number in range(UNMASKED_ON_A_QUIET_DAY + 2):
        await look(reviewer, mother, case, now=NOW + timedelta(minutes=number * 5))

    auditor = replace(
        a_clerk(), scopes=frozenset(identity.scopes_of_person(kind=ActorKind.STAFF, roles=[StaffRole.AUDITOR]))
    )
    (alarm,) = await privacy.list_alarms(auditor, first=10)
    assert (alarm.asked_by, alarm.reached) == (reviewer.id, UNMASKED_ON_A_QUIET_DAY)
    assert len(await rows("SELECT id FROM audit WHERE action = 'identity.unmask.alarm'")) == 1
    with pytest.raises(PrivacyNotForYou):
        await privacy.list_alarms(reviewer, first=10)
