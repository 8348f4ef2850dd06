"""A new resident is filed by one person, checked by a second, decided by a third, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from uuid import UUID

import orjson
import pytest

from domain import approvals, audit, residents
from domain import store as database
from domain.actors import Actor, ActorKind
from domain.crypto import Purpose
from domain.errors import DomainError, Refused
from domain.identifiers import CertificateKind
from domain.residents import FormField, HouseholdRole, MandateKind, RegistrationState, ReturnFault, Sex
from domain.residents.models import Household, Person
from tests.builders import (
    KEYS,
    NOW,
    a_child_of,
    a_clerk,
    a_community,
    a_form,
    a_household,
    a_registration,
    a_resident,
    a_reviewer,
    acting,
    an_id_number,
    run,
)

pytestmark = pytest.mark.usefixtures("store")
TODAY = NOW.date()


async def refused(doing: object) -> list[DomainError]:
    with pytest.raises((Refused, DomainError)) as caught:
        await doing  # type: ignore[misc] # any awaitable
    return list(caught.value.faults) if isinstance(caught.value, Refused) else [caught.value]


def codes(faults: Sequence[DomainError]) -> set[tuple[str, str]]:
    return {(fault.code, ".".join(fault.path)) for fault in faults}


async def check(registration_id: UUID, *, clerk=None, version: int = 1) -> UUID:
    return await run(
        lambda work: residents.check_registration(work, registration_id=registration_id, expected_version=version),
        actor=clerk or a_clerk(),
    )


async def decide(registration_id: UUID, *, reviewer=None, version: int = 2, approve: bool = True, reason=None) -> UUID:
    reviewer = reviewer or a_reviewer()
    record = await residents.find_registration(reviewer, registration_id=registration_id)
    assert record is not None
    return await run(
        lambda work: residents.decide_registration(
            work,
            registration_id=registration_id,
            expected_version=version,
            seen_digest=record.content_digest,
            approve=approve,
            reason=reason,
        ),
        actor=reviewer,
    )


async def send_back(registration_id: UUID, *names: str, version: int = 1, late_because: str | None = None) -> UUID:
    return await run(
        lambda work: residents.return_registration(
            work,
            registration_id=registration_id,
            expected_version=version,
            faults=[ReturnFault(FormField(field), "请补正") for field in names],
            late_because=late_because,
        ),
        actor=a_clerk(),
    )


async def complete(registration_id: UUID, *, actor, version: int, **changes: object) -> UUID:
    form = residents.RegistrationForm(**changes)  # type: ignore[arg-type] # the fields that the test names
    return await run(
        lambda work: residents.complete_registration(
            work, registration_id=registration_id, expected_version=version, form=form
        ),
        actor=actor,
    )


async def opened(registration_id: UUID, clerk: Actor) -> residents.RegistrationFile:
    await run(
        lambda work: residents.open_registration(work, registration_id=registration_id, purpose="审核登记"), actor=clerk
    )
    file = await residents.find_registration_file(clerk, keys=KEYS, registration_id=registration_id)
    assert file is not None
    return file


async def record_of(registration_id: UUID) -> residents.RegistrationRecord:
    record = await residents.find_registration(a_clerk(), registration_id=registration_id)
    assert record is not None
    return record


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


async def test_returned_once_with_all_faults_completed_and_approved_by_another() -> None:
    parent = acting(await a_resident())
    registration_id = await a_registration(parent, form=replace(a_form(), name="王新声"))
    await send_back(registration_id, "name", "evidence")
    returned = await record_of(registration_id)
    later = NOW + timedelta(days=7)
    form = residents.RegistrationForm(name="王新生", evidence=("出生医学证明", "户口簿"))
    await run(
        lambda work: residents.complete_registration(
            work, registration_id=registration_id, expected_version=2, form=form
        ),
        actor=parent,
        now=later,
    )
    completed = await record_of(registration_id)
    await check(registration_id, version=3)
    await decide(registration_id, version=4)

    assert [fault.field for fault in returned.faults] == ["name", "evidence"]
    assert (completed.state, completed.faults, completed.subject_name) == (RegistrationState.SUBMITTED, (), "王新生")
    assert completed.content_digest != returned.content_digest
    assert completed.due_on == date(2026, 11, 23)
    assert (await record_of(registration_id)).state is RegistrationState.APPROVED


async def test_second_return_for_what_could_be_seen_before_needs_a_reason_on_record() -> None:
    parent = acting(await a_resident())
    registration_id = await a_registration(parent)
    await send_back(registration_id, "name")
    await complete(registration_id, actor=parent, version=2, name="王新升", phone="13957200003")

    faults = await refused(send_back(registration_id, "evidence", "phone", "name", version=3))
    await send_back(registration_id, "evidence", "phone", version=3, late_because="证件照片经复查系伪造")

    assert [fault.message().en for fault in faults] == ["The evidence could be seen the first time."]
    flags = await database.rows("SELECT detail FROM audit WHERE action = 'registration.return' ORDER BY id")
    assert [orjson.loads(row["detail"]).get("flagged", False) for row in flags] == [False, True]
    assert orjson.loads(flags[1]["detail"])["visible_before"] == ["evidence"]


async def test_fault_that_still_stands_may_be_named_again() -> None:
    parent = acting(await a_resident())
    registration_id = await a_registration(parent)
    await send_back(registration_id, "name", "evidence")
    await complete(registration_id, actor=parent, version=2, evidence=("户口簿",))

    await send_back(registration_id, "name", "evidence", version=3)

    assert (await record_of(registration_id)).returned_times == 2


@pytest.mark.parametrize("faults", [[], [ReturnFault(FormField.NAME, " ")], [ReturnFault(FormField.NAME, "?")] * 31])
async def test_return_without_named_faults_is_refused(faults: list[ReturnFault]) -> None:
    registration_id = await a_registration(acting(await a_resident()))

    refusals = await refused(
        run(
            lambda work: residents.return_registration(
                work, registration_id=registration_id, expected_version=1, faults=faults
            ),
            actor=a_clerk(),
        )
    )

    assert codes(refusals) == {("RETURN_WITHOUT_FAULTS", "faults")}


async def test_completing_lets_the_pending_approval_expire() -> None:
    parent = acting(await a_resident())
    registration_id = await a_registration(parent)
    await check(registration_id)
    seen = await record_of(registration_id)
    await complete(registration_id, actor=parent, version=2, name="王新升")

    assert (await record_of(registration_id)).state is RegistrationState.SUBMITTED
    rows = await database.rows("SELECT state FROM approval")
    assert [row["state"] for row in rows] == ["EXPIRED"]
    await check(registration_id, version=3)
    stale = await refused(
        run(
            lambda work: residents.decide_registration(
                work, registration_id=registration_id, expected_version=4, seen_digest=seen.content_digest, approve=True
            ),
            actor=a_reviewer(),
        )
    )
    assert codes(stale) == {("APPROVAL_CONTENT_CHANGED", "")}


async def test_completing_with_nothing_new_is_refused_and_the_approval_stays() -> None:
    parent = acting(await a_resident())
    registration_id = await a_registration(parent)
    await check(registration_id)

    faults = await refused(complete(registration_id, actor=parent, version=2, name="王新生"))

    assert codes(faults) == {("NOTHING_CHANGED", "")}
    assert (await record_of(registration_id)).state is RegistrationState.CHECKED


async def test_who_checked_or_filed_does_not_decide() -> None:
    clerk = a_clerk()
    parent = await a_resident()
    registration_id = await a_registration(acting(parent))
    await check(registration_id, clerk=clerk)
    window_clerk = a_clerk()
    form = replace(a_form(), guardian_id=parent.id)
    at_window = await run(lambda work: residents.submit_registration(work, form=form), actor=window_clerk)
    await check(at_window)

    assert codes(await refused(decide(registration_id, reviewer=clerk))) == {("APPROVAL_OWN", "")}
    assert codes(await refused(decide(at_window, reviewer=window_clerk))) == {("APPROVAL_OWN", "")}


async def test_rejection_gives_its_reason_and_makes_nobody() -> None:
    registration_id = await a_registration(acting(await a_resident()))
    await check(registration_id)

    assert codes(await refused(decide(registration_id, approve=False))) == {("APPROVAL_REASON_MISSING", "reason")}
    await decide(registration_id, approve=False, reason="不属于本统筹区")

    record = await record_of(registration_id)
    assert (record.state, record.reason, record.person_id) == (RegistrationState.REJECTED, "不属于本统筹区", None)
    assert codes(await refused(decide(registration_id, version=3))) == {("REGISTRATION_STEP", "")}


async def test_faults_that_appear_between_check_and_decision_are_told_to_the_decider() -> None:
    parent = await a_resident()
    registration_id = await a_registration(acting(parent))
    await check(registration_id)
    await Person.filter(id=parent.id).update(died_on=TODAY)

    assert codes(await refused(decide(registration_id))) == {("GUARDIAN_UNSUITABLE", "guardian_id")}
    assert (await record_of(registration_id)).state is RegistrationState.CHECKED


async def test_withdrawn_by_the_applicant_and_open_for_another_one() -> None:
    parent = acting(await a_resident())
    form = a_form()
    registration_id = await a_registration(parent, form=form)
    await check(registration_id)
    withdraw = residents.withdraw_registration

    clerk_refused = await refused(
        run(lambda work: withdraw(work, registration_id=registration_id, expected_version=2), actor=a_clerk())
    )
    await run(lambda work: withdraw(work, registration_id=registration_id, expected_version=2), actor=parent)

    assert codes(clerk_refused) == {("REGISTRATION_APPLICANT_ONLY", "")}
    assert (await record_of(registration_id)).state is RegistrationState.WITHDRAWN
    assert [row["state"] for row in await database.rows("SELECT state FROM approval")] == ["EXPIRED"]
    assert await a_registration(parent, form=form)


async def test_stale_version_is_told_with_the_present_one() -> None:
    registration_id = await a_registration(acting(await a_resident()))
    await check(registration_id)

    fault = (await refused(check(registration_id, version=1)))[0]

    assert (fault.code, fault.path) == ("STALE_VERSION", ("expected_version",))
    assert isinstance(fault, residents.VersionIsStale)
    assert fault.current == 2


async def test_registration_of_another_region_or_another_family_does_not_exist() -> None:
    registration_id = await a_registration(acting(await a_resident()))
    stranger, elsewhere = acting(await a_resident()), a_clerk(region="330921")
    institution = replace(a_clerk(), kind=ActorKind.INSTITUTION)

    for actor in (stranger, elsewhere, institution):
        assert await residents.find_registration(actor, registration_id=registration_id) is None
        assert await residents.find_registration_file(actor, keys=KEYS, registration_id=registration_id) is None
        assert await residents.list_registrations(actor, states=list(RegistrationState), first=10) == []
        assert codes(await refused(complete(registration_id, actor=actor, version=1, name="某"))) == {
            ("REGISTRATION_NOT_FOUND", "id")
        }
    assert codes(await refused(check(registration_id, clerk=elsewhere))) == {("REGISTRATION_NOT_FOUND", "id")}


async def test_queue_is_paged_without_gaps_oldest_first() -> None:
    parent = acting(await a_resident())
    filed = [await a_registration(parent, now=NOW + timedelta(minutes=minute)) for minute in (3, 1, 2, 1)]
    clerk = a_clerk()

    first = await residents.list_registrations(clerk, states=[RegistrationState.SUBMITTED], first=2)
    rest = await residents.list_registrations(
        clerk, states=[RegistrationState.SUBMITTED], first=9, after=(first[-1].submitted_at, first[-1].id)
    )

    assert [record.id for record in (*first, *rest)] == [*sorted([filed[1], filed[3]]), filed[2], filed[0]]


async def test_staff_who_open_a_registration_are_seen_by_the_guardian() -> None:
    parent = await a_resident()
    registration_id = await a_registration(acting(parent))

    await run(
        lambda work: residents.open_registration(work, registration_id=registration_id, purpose="审核登记"),
        actor=a_clerk(),
    )
    without_purpose = await refused(
        run(
            lambda work: residents.open_registration(work, registration_id=registration_id, purpose=" "),
            actor=a_clerk(),
        )
    )

    readings = await audit.list_readings(person_id=parent.id, first=10)
    assert [(reading.reader_label, reading.purpose) for reading in readings] == [("医保经办中心 · 经办甲", "审核登记")]
    assert codes(without_purpose) == {("PURPOSE_MISSING", "purpose")}


async def test_staff_read_what_was_declared_only_after_opening_it_on_record() -> None:
    registration_id = await a_registration(acting(await a_resident()))
    clerk, colleague = a_clerk(), a_clerk()

    assert await residents.find_registration_file(clerk, keys=KEYS, registration_id=registration_id) is None
    assert (await opened(registration_id, clerk)).content.name == "王新生"
    assert await residents.find_registration_file(colleague, keys=KEYS, registration_id=registration_id) is None


def test_fields_that_may_be_named_are_the_fields_of_the_form() -> None:
    assert [name.value for name in FormField] == [entry.name for entry in fields(residents.RegistrationForm)]


async def test_pending_question_is_shown_to_others_than_its_maker() -> None:
    clerk = a_clerk()
    registration_id = await a_registration(acting(await a_resident()))
    await check(registration_id, clerk=clerk)

    only = approvals.Filter(kinds=frozenset({approvals.ApprovalKind.REGISTRATION}))
    waiting = await approvals.pending(a_reviewer(), now=NOW, only=only)
    assert [question.subject_id for question in waiting] == [registration_id]
    assert await approvals.pending(clerk, now=NOW, only=only) == []


async def test_guardian_mandate_of_a_leap_day_child_ends_on_the_first_of_march() -> None:
    parent = await a_resident()
    registration_id = await a_registration(acting(parent), form=a_form(born_on=date(2024, 2, 29)))
    await check(registration_id)
    await decide(registration_id)

    mandates = await residents.list_mandates(acting(parent), on=TODAY)
    assert [(mandate.kind, mandate.ends) for mandate in mandates] == [(MandateKind.GUARDIAN, date(2042, 3, 1))]
