"""Somebody acts for somebody by law or by their will, visibly, until it ends."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain import audit, residents
from domain.actors import Actor
from domain.crypto import Purpose
from domain.errors import DomainError
from domain.identifiers import CertificateKind
from domain.residents import MandateKind, Relation, Whom
from domain.residents.models import Mandate, Person
from tests.builders import (
    KEYS,
    NOW,
    a_child_of,
    a_clerk,
    a_guardian_of,
    a_hospital,
    a_household,
    a_resident,
    acting,
    run,
)

pytestmark = pytest.mark.usefixtures("store")
TODAY = NOW.date()


async def grant(
    actor: Actor,
    holder: Person,
    *,
    kind: MandateKind = MandateKind.DELEGATE,
    name: str | None = None,
    ends: date | None = TODAY + timedelta(days=30),
) -> UUID:
    return await run(
        lambda work: residents.grant_mandate(
            work,
            kind=kind,
            holder_number=holder.number,
            holder_name=name or holder.name,
            relation=Relation.RELATIVE,
            ends=ends,
        ),
        actor=actor,
    )


async def end(actor: Actor, mandate_id: UUID) -> UUID:
    return await run(lambda work: residents.end_mandate(work, mandate_id=mandate_id), actor=actor)


async def refusal(doing: object) -> str:
    with pytest.raises(DomainError) as refused:
        await doing  # type: ignore[misc] # any awaitable
    return refused.value.code


async def test_delegate_acts_from_the_grant_until_the_end_and_no_longer() -> None:
    person, delegate = await a_resident(), await a_resident(name="赵代办")

    mandate_id = await grant(acting(person), delegate)

    async def may(on: date) -> bool:
        return await residents.may_act_for(acting(delegate), person_id=person.id, on=on)

    assert not await may(TODAY - timedelta(days=1))
    assert await may(TODAY)
    assert await may(TODAY + timedelta(days=29))
    assert not await may(TODAY + timedelta(days=30))
    await end(acting(person), mandate_id)
    assert not await may(TODAY)


async def test_holder_may_give_a_mandate_back_and_strangers_do_not_see_it() -> None:
    person, delegate, stranger = await a_resident(), await a_resident(name="赵代办"), await a_resident()
    mandate_id = await grant(acting(person), delegate)

    assert await refusal(end(acting(stranger), mandate_id)) == "MANDATE_NOT_FOUND"
    assert await residents.list_mandates(acting(stranger), on=TODAY) == []
    await end(acting(delegate), mandate_id)
    assert await residents.list_mandates(acting(person), on=TODAY) == []


@pytest.mark.parametrize(
    "ends", [None, TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=366)], ids=["open", "now", "past", "long"]
)
async def test_delegate_has_an_end_within_a_year(ends: date | None) -> None:
    person, delegate = await a_resident(), await a_resident(name="赵代办")

    assert await refusal(grant(acting(person), delegate, ends=ends)) == "MANDATE_END"


async def test_longest_mandate_of_a_delegate_is_a_year_and_a_family_account_stays_open() -> None:
    person, delegate = await a_resident(), await a_resident(name="赵代办")

    await grant(acting(person), delegate, ends=TODAY + timedelta(days=365))
    await grant(acting(person), delegate, kind=MandateKind.FAMILY, ends=None)

    mandates = await residents.list_mandates(acting(delegate), on=TODAY)
    assert {(mandate.kind, mandate.ends, mandate.subject_name) for mandate in mandates} == {
        (MandateKind.DELEGATE, TODAY + timedelta(days=365), person.name),
        (MandateKind.FAMILY, None, person.name),
    }


async def test_delegate_is_found_by_number_and_name_together_only() -> None:
    person, delegate = await a_resident(), await a_resident(name="赵代办")
    minor = await a_resident(name="小孩", born_on=TODAY.replace(year=TODAY.year - 17))
    gone = await a_resident(name="已迁", left_on=date(2026, 1, 1))

    assert await refusal(grant(acting(person), delegate, name="赵代力")) == "DELEGATE_UNKNOWN"
    assert await refusal(grant(acting(person), minor)) == "DELEGATE_UNKNOWN"
    assert await refusal(grant(acting(person), gone)) == "DELEGATE_UNKNOWN"
    assert await refusal(grant(acting(person), person)) == "DELEGATE_UNKNOWN"


async def test_minor_grants_nothing_and_comes_of_age_on_the_eighteenth_birthday() -> None:
    delegate = await a_resident(name="赵代办")
    minor = await a_resident(born_on=date(2008, 11, 3))
    grown = await a_resident(born_on=date(2008, 11, 2))

    assert await refusal(grant(acting(minor), delegate)) == "MANDATE_SELF_ADULT"
    assert await refusal(grant(a_clerk(), delegate)) == "MANDATE_SELF_ADULT"
    assert await grant(acting(grown), delegate)


async def test_guardianship_is_neither_granted_nor_ended_by_the_people() -> None:
    parent = await a_resident()
    child = await a_child_of(parent)
    mandate = await Mandate.get(subject_id=child.id)

    assert await refusal(grant(acting(parent), parent, kind=MandateKind.GUARDIAN)) == "MANDATE_BY_LAW"
    assert await refusal(end(acting(child), mandate.id)) == "MANDATE_BY_LAW"
    assert await refusal(end(acting(parent), mandate.id)) == "MANDATE_BY_LAW"


async def test_only_residents_act_for_somebody_and_all_of_them_must_be_theirs() -> None:
    parent, stranger = await a_resident(), await a_resident()
    child = await a_child_of(parent)
    other_parent = await a_guardian_of(child)

    await residents.require_may_act_for(acting(parent), person_ids=[parent.id, child.id], on=TODAY)
    assert await residents.may_act_for(acting(other_parent), person_id=child.id, on=TODAY)
    assert not await residents.may_act_for(acting(child), person_id=parent.id, on=TODAY)
    with pytest.raises(residents.PersonNotFound):
        await residents.require_may_act_for(acting(parent), person_ids=[child.id, stranger.id], on=TODAY)
    for actor in (a_clerk(), a_hospital()):
        assert not await residents.may_act_for(actor, person_id=child.id, on=TODAY)


async def test_people_outside_the_region_or_the_family_do_not_exist() -> None:
    parent, stranger = await a_resident(), await a_resident()
    child = await a_child_of(parent)
    islander = await a_resident(household=await a_household(community_code="330921001001"))
    ids = [parent.id, child.id, stranger.id, islander.id]

    async def seen(actor: Actor, on: date = TODAY) -> set[UUID]:
        return {person.id for person in await residents.list_people(actor, ids=ids, on=on)}

    assert await seen(acting(parent)) == {parent.id, child.id}
    assert await seen(acting(parent), on=date(2037, 3, 8)) == {parent.id}
    assert await seen(a_clerk(region="330900")) == set(ids)
    assert await seen(a_clerk(region="330921")) == {islander.id}
    assert await seen(a_clerk(region="330000")) == set(ids)
    assert await seen(a_hospital()) == set()


async def test_file_is_found_by_id_number_or_document_and_by_nothing_else() -> None:
    person = await a_resident()
    assert person.document_sealed is not None
    document = KEYS.unseal(Purpose.IDENTITY, person.document_sealed, place=f"person.document:{person.id}")
    kind = CertificateKind.RESIDENT_ID

    async def open_file(whom: Whom, actor: Actor) -> UUID:
        return await run(lambda work: residents.open_person(work, whom=whom, purpose="核对"), actor=actor)

    for whom in (
        Whom(person_id=person.id),
        Whom(number=f" {person.number[:5]} {person.number[5:].lower()}"),
        Whom(document_type=kind, document_number=document.lower()),
    ):
        assert await open_file(whom, a_clerk()) == person.id
        assert await refusal(open_file(whom, a_clerk(region="330921"))) == "PERSON_NOT_FOUND"
    for nobody in (
        Whom(),
        Whom(number=""),
        Whom(document_type=kind, document_number="330902199005170010"),
        Whom(document_type=CertificateKind.FOREIGN_PASSPORT, document_number=document[:12]),
    ):
        assert await refusal(open_file(nobody, a_clerk())) == "PERSON_NOT_FOUND"


async def test_opened_file_is_on_record_with_its_purpose_and_ones_own_is_not() -> None:
    parent = await a_resident()
    child = await a_child_of(parent)

    async def open_file(actor: Actor, person: Person, purpose: str = "核对家庭关系") -> UUID:
        return await run(
            lambda work: residents.open_person(work, whom=Whom(person_id=person.id), purpose=purpose), actor=actor
        )

    await open_file(a_clerk(), child)
    await open_file(acting(parent), child)
    await open_file(acting(child), child)

    readings = await audit.list_readings(person_id=child.id, first=10)
    assert [(reading.reader_kind, reading.reader_label) for reading in readings] == [
        ("RESIDENT", "王小丽"),
        ("STAFF", "医保经办中心 · 经办甲"),
    ]
    assert await refusal(open_file(a_clerk(region="330921"), child)) == "PERSON_NOT_FOUND"
    assert await refusal(open_file(a_clerk(), child, purpose="")) == "PURPOSE_MISSING"
