"""A new resident is filed with a form whose faults are all named at once, by somebody who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import orjson
import pytest

from domain import residents
from domain import store as database
from domain.crypto import Purpose
from domain.identifiers import CertificateKind
from domain.residents import HouseholdRole, RegistrationState, Sex
from domain.residents.models import Household, Person
from tests.builders import (
    KEYS,
    a_child_of,
    a_clerk,
    a_community,
    a_form,
    a_household,
    a_registration,
    a_resident,
    acting,
    an_id_number,
    run,
)
from tests.domain.residents.steps import TODAY, check, codes, decide, opened, record_of, refused

pytestmark = pytest.mark.usefixtures("store")


async def test_newborn_of_a_parent_online_becomes_a_resident_with_a_guardian() -> None:
    parent = await a_resident(name="王小丽")
    registration_id = await a_registration(acting(parent), form=replace(a_form(), phone="139 5720 0002"))
    await check(registration_id)
    await decide(registration_id)

    record = await record_of(registration_id)
    assert record.state is RegistrationState.APPROVED
    child = await Person.get(id=record.person_id)
    assert (child.name, child.name_pinyin, child.born_on) == ("王新生", "wang xin sheng", date(2026, 10, 20))
    assert child.household_id == parent.household_id
    assert child.household_role is HouseholdRole.CHILD
    assert child.phone_hint == "139****0002"
    assert child.document_sealed is not None
    number = KEYS.unseal(Purpose.IDENTITY, child.document_sealed, place=f"person.document:{child.id}")
    assert number.startswith("S")
    assert child.document_index == residents.document_index(KEYS, kind=CertificateKind.BIRTH_CERTIFICATE, number=number)
    assert await residents.may_act_for(acting(parent), person_id=child.id, on=TODAY)
    assert await residents.may_act_for(acting(parent), person_id=child.id, on=date(2044, 10, 19))
    assert not await residents.may_act_for(acting(parent), person_id=child.id, on=date(2044, 10, 20))
    wish = await residents.get_wish(registration_id=registration_id)
    assert (wish.scheme, wish.takes_part_from, wish.region) == ("390", date(2026, 10, 20), "330902")
    queued = await database.rows("SELECT entrypoint, payload FROM pgqueuer")
    assert [row["entrypoint"] for row in queued] == ["ResidentRegistered"]
    assert orjson.loads(queued[0]["payload"]) == {"person_id": str(child.id), "registration_id": str(registration_id)}


async def test_what_was_declared_is_sealed_and_shown_masked() -> None:
    parent = await a_resident()
    number = an_id_number(born_on=date(2020, 1, 5))
    form = replace(
        a_form(),
        sex=None,
        born_on=None,
        document_type=CertificateKind.RESIDENT_ID,
        document_number=number,
        phone="13957200002",
    )
    registration_id = await a_registration(acting(parent), form=form)

    file = await opened(registration_id, a_clerk())

    assert file.content.document_number == number[:3] + "*" * 11 + number[-4:]
    assert file.content.phone == "139****0002"
    assert (file.content.sex, file.content.born_on) == (Sex.FEMALE, date(2020, 1, 5))
    everything = await database.rows("SELECT to_jsonb(registration)::text AS text FROM registration")
    assert number not in everything[0]["text"]
    assert "13957200002" not in everything[0]["text"]


async def test_every_fault_of_a_form_is_named_at_once() -> None:
    parent = await a_resident(name="王小丽")
    form = replace(
        a_form(relation=None),
        name="王7",
        born_on=TODAY + timedelta(days=1),
        document_type=CertificateKind.RESIDENT_ID,
        document_number="330902199005170010",
        phone="12345",
        community_code="999999999999",
        household_number="H0",
        takes_part_from=date(2030, 1, 1),
        evidence=("文" * 1001,),
    )

    faults = await refused(a_registration(acting(parent), form=form))

    assert codes(faults) == {
        ("NAME_SHAPE", "name"),
        ("BIRTH_DAY_IMPOSSIBLE", "born_on"),
        ("NUMBER_CHECK", "document_number"),
        ("PHONE_SHAPE", "phone"),
        ("COMMUNITY_UNKNOWN", "community_code"),
        ("HOUSEHOLD_UNKNOWN", "household_number"),
        ("VALUE_MISSING", "relation"),
        ("TEXT_TOO_LONG", "evidence"),
    }
    for fault in faults:
        assert fault.message().zh and fault.message().en and fault.remedy().zh and fault.remedy().en
        assert "{" not in "".join((*fault.message(), *fault.remedy()))
        assert "330902199005170010" not in str(fault)


async def test_empty_form_names_everything_that_is_missing() -> None:
    faults = await refused(
        run(lambda work: residents.submit_registration(work, form=residents.RegistrationForm()), actor=a_clerk())
    )

    assert codes(faults) == {
        ("VALUE_MISSING", name) for name in ("name", "born_on", "sex", "document_type", "address", "community_code")
    } | {("GUARDIAN_MISSING", "guardian_id")}


async def test_number_that_disagrees_with_the_form_is_a_fault_of_the_form() -> None:
    parent = await a_resident()
    form = replace(
        a_form(sex=Sex.MALE, born_on=date(2020, 1, 6)),
        document_type=CertificateKind.RESIDENT_ID,
        document_number=an_id_number(born_on=date(2020, 1, 5), sex=Sex.FEMALE),
    )

    faults = await refused(a_registration(acting(parent), form=form))

    assert codes(faults) == {("FORM_DIFFERS_FROM_DOCUMENT", "born_on"), ("FORM_DIFFERS_FROM_DOCUMENT", "sex")}


async def test_adult_is_registered_at_the_window_in_a_new_household() -> None:
    await a_community()
    form = residents.RegistrationForm(
        name="买买提·艾力",
        document_type=CertificateKind.RESIDENT_ID,
        document_number=an_id_number(born_on=date(1988, 2, 29), sex=Sex.MALE),
        community_code="330902001001",
        address="  人民北路   12 号 ",
    )
    registration_id = await run(lambda work: residents.submit_registration(work, form=form), actor=a_clerk())
    await check(registration_id)
    await decide(registration_id)

    record = await record_of(registration_id)
    person = await Person.get(id=record.person_id)
    household = await Household.get(id=person.household_id)
    assert (person.sex, person.household_role) == (Sex.MALE, HouseholdRole.HEAD)
    assert (household.address, household.number[0]) == ("人民北路 12 号", "H")
    assert record.takes_part_from == TODAY


async def test_log_in_that_is_bound_to_nobody_files_nothing() -> None:
    nobody = replace(acting(await a_resident()), person_id=None)

    assert codes(await refused(a_registration(nobody))) == {("PERSON_NOT_FOUND", "")}


async def test_adult_who_joins_a_household_is_neither_its_head_nor_its_child() -> None:
    household = await a_household()
    form = residents.RegistrationForm(
        name="李媳妇",
        document_type=CertificateKind.RESIDENT_ID,
        document_number=an_id_number(),
        community_code=household.community_code,
        household_number=household.number,
    )
    registration_id = await run(lambda work: residents.submit_registration(work, form=form), actor=a_clerk())
    await check(registration_id)
    await decide(registration_id)

    person = await Person.get(id=(await record_of(registration_id)).person_id)
    assert (person.household_id, person.household_role) == (household.id, HouseholdRole.OTHER)


async def test_adult_or_somebody_elses_child_is_not_registered_online() -> None:
    parent, stranger = await a_resident(), await a_resident()
    adult = replace(
        a_form(), document_type=CertificateKind.RESIDENT_ID, document_number=an_id_number(), sex=None, born_on=None
    )

    assert ("ONLINE_FOR_OWN_CHILDREN", "born_on") in codes(await refused(a_registration(acting(parent), form=adult)))
    foreign = replace(a_form(), guardian_id=stranger.id)
    assert codes(await refused(a_registration(acting(parent), form=foreign))) == {
        ("ONLINE_FOR_OWN_CHILDREN", "guardian_id")
    }


@pytest.mark.parametrize("gone", ["child", "dead", "moved", "of another region"])
async def test_guardian_at_the_window_is_an_adult_who_is_here(gone: str) -> None:
    guardian = await a_resident(
        born_on=date(2009, 1, 1) if gone == "child" else date(1990, 5, 17),
        died_on=date(2026, 1, 1) if gone == "dead" else None,
        left_on=date(2026, 1, 1) if gone == "moved" else None,
        household=await a_household(community_code="330921001001" if gone == "of another region" else "330902001001"),
    )
    await a_community()
    form = replace(a_form(), guardian_id=guardian.id, community_code="330902001001", address="人民路 1 号")

    faults = await refused(
        run(lambda work: residents.submit_registration(work, form=form), actor=a_clerk(region="330902"))
    )

    assert codes(faults) == {("GUARDIAN_UNSUITABLE", "guardian_id")}


async def test_clerk_registers_only_in_the_own_region() -> None:
    await a_community(code="330921001001")
    form = residents.RegistrationForm(
        name="王五",
        document_type=CertificateKind.RESIDENT_ID,
        document_number=an_id_number(),
        community_code="330921001001",
        address="岛上 1 号",
    )

    faults = await refused(
        run(lambda work: residents.submit_registration(work, form=form), actor=a_clerk(region="330902"))
    )

    assert codes(faults) == {("COMMUNITY_ELSEWHERE", "community_code")}


async def test_birth_certificate_is_for_children_under_sixteen() -> None:
    parent = await a_resident(born_on=date(1980, 1, 1))

    faults = await refused(a_registration(acting(parent), form=a_form(born_on=date(2010, 11, 2))))

    assert codes(faults) == {("BIRTH_CERTIFICATE_FOR_CHILDREN", "document_type")}
    assert await a_registration(acting(parent), form=a_form(born_on=date(2010, 11, 3)))


async def test_document_of_a_resident_is_refused_without_telling_anything_about_them() -> None:
    parent, known = (
        await a_resident(),
        await a_resident(name="李秘密", id_number=an_id_number(born_on=date(2020, 1, 5))),
    )
    sealed = known.document_sealed
    assert sealed is not None
    number = KEYS.unseal(Purpose.IDENTITY, sealed, place=f"person.document:{known.id}")
    form = replace(
        a_form(born_on=date(2020, 1, 5)), sex=None, document_type=CertificateKind.RESIDENT_ID, document_number=number
    )

    faults = await refused(a_registration(acting(parent), form=form))

    assert codes(faults) == {("PERSON_REGISTERED_ALREADY", "document_number")}
    assert known.name not in "".join((*faults[0].message(), *faults[0].remedy()))


async def test_open_registration_of_the_same_document_is_named_to_its_own_applicant_only() -> None:
    mother, father = acting(await a_resident()), acting(await a_resident())
    form = a_form()
    registration_id = await a_registration(mother, form=form)
    number = (await record_of(registration_id)).number

    again = (await refused(a_registration(mother, form=form)))[0]
    other = (await refused(a_registration(father, form=form)))[0]

    assert again.code == other.code == "REGISTRATION_OPEN_ALREADY"
    assert number in again.message().zh and number in again.message().en
    assert number not in "".join((*other.message(), *other.remedy()))


async def test_namesake_of_the_same_birth_day_is_a_warning_for_the_clerk() -> None:
    parent = await a_resident()
    twin = await a_child_of(parent, name="王新生", born_on=date(2026, 10, 20))

    registration_id = await a_registration(acting(parent), form=a_form())

    clerk = a_clerk()
    file = await opened(registration_id, clerk)
    assert file.warnings == (twin.number,)
    own = await residents.find_registration_file(acting(parent), keys=KEYS, registration_id=registration_id)
    assert own is not None
    assert own.warnings == ()


async def test_due_day_is_ten_working_days_and_provisional_while_the_calendar_is_unpublished() -> None:
    parent = acting(await a_resident())
    early = await record_of(await a_registration(parent))
    await database.rows("INSERT INTO calendar_year (year, source) VALUES (2026, '国办发明电〔2025〕7号')")
    await database.rows("INSERT INTO calendar_day (day, working, name) VALUES ('2026-11-14', true, '调休')")
    later = await record_of(await a_registration(parent))

    assert (early.due_on, early.due_is_provisional) == (date(2026, 11, 16), True)
    assert (later.due_on, later.due_is_provisional) == (date(2026, 11, 14), False)
