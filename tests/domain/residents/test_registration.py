"""A new resident is filed by one person, checked by a second, decided by a third, and nothing is lost on the way."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta

import orjson
import pytest

from domain import approvals, audit, residents
from domain import store as database
from domain.actors import ActorKind
from domain.residents import FormField, MandateKind, RegistrationState, ReturnFault
from domain.residents.models import Person
from tests.builders import (
    KEYS,
    NOW,
    a_clerk,
    a_form,
    a_registration,
    a_resident,
    a_reviewer,
    acting,
    run,
)
from tests.domain.residents.steps import TODAY, check, codes, complete, decide, opened, record_of, refused, send_back

pytestmark = pytest.mark.usefixtures("store")


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
