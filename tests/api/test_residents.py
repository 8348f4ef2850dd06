"""Registering, mandates and coverage as clients see them: translated whole, guarded by scope, refused in words."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from api.schema.scalars import encode_id
from domain import enrollment, rules
from domain.actors import ANYBODY, SYSTEM, Actor
from domain.crypto import Keyring, Purpose
from domain.residents.models import Person
from tests.api.conftest import Ask
from tests.builders import (
    a_birth_certificate_number,
    a_child_of,
    a_clerk,
    a_hospital,
    a_resident,
    a_reviewer,
    acting,
    run,
)

Fields = dict[str, Any]

SUBMIT = """
mutation ($input: RegistrationSubmitInput!) { registrationSubmit(input: $input) {
    registration { id number state channel version dueOn subjectName takesPartFrom }
    errors { __typename code path message messageEn remedy lawRef }
} }
"""
STEP = """
mutation ($input: %sInput!) { %s(input: $input) {
    registration { id state version personId reason faults { field text } } errors { __typename code path }
} }
"""
OPEN = """
mutation ($input: RegistrationOpenInput!) { registrationOpen(input: $input) {
    file { contentDigest warnings content { name documentType documentNumber householdNumber guardianId relation } }
    errors { code }
} }
"""


def newborn(**changes: object) -> Fields:
    form: Fields = {
        "name": "王新生",
        "sex": "MALE",
        "bornOn": "2026-10-20",
        "documentType": "BIRTH_CERTIFICATE",
        "documentNumber": a_birth_certificate_number(),
        "relation": "PARENT",
    }
    return {"input": {"idempotencyKey": str(uuid4()), "form": form | changes}}


async def step(ask: Ask, actor: Actor, kind: str, name: str, **values: object) -> Fields:
    variables = {"input": {"idempotencyKey": str(uuid4()), **values}}
    return (await ask(actor, STEP % (kind, name), variables)).ok[name]


async def submitted(ask: Ask, parent: Actor) -> Fields:
    answer = (await ask(parent, SUBMIT, newborn())).ok["registrationSubmit"]
    assert answer["errors"] == []
    return answer["registration"]


async def test_newborn_goes_from_a_parent_over_a_return_to_a_second_person(ask: Ask) -> None:
    parent = await a_resident()
    mother, clerk, reviewer = acting(parent), a_clerk(), a_reviewer()

    registration = await submitted(ask, mother)
    registration_id = registration["id"]
    returned = await step(
        ask, clerk, "RegistrationReturn", "registrationReturn", id=registration_id, expectedVersion=1,
        faults=[{"field": "NAME", "text": "与出生医学证明不一致"}, {"field": "EVIDENCE", "text": "照片不清"}],
    )  # fmt: skip
    completed = await step(
        ask, mother, "RegistrationComplete", "registrationComplete", id=registration_id, expectedVersion=2,
        form={"name": "王欣生", "evidence": ["出生医学证明"]},
    )  # fmt: skip
    checked = await step(ask, clerk, "RegistrationStep", "registrationCheck", id=registration_id, expectedVersion=3)
    opened = (await ask(reviewer, OPEN, {"input": {"id": registration_id, "purpose": "复核登记"}})).ok[
        "registrationOpen"
    ]["file"]
    decision = {"id": registration_id, "expectedVersion": 4, "contentDigest": opened["contentDigest"], "approve": True}
    decided = await step(ask, reviewer, "RegistrationDecide", "registrationDecide", **decision)

    assert registration["state"] == "SUBMITTED"
    assert (registration["channel"], registration["takesPartFrom"]) == ("ONLINE", "2026-10-20")
    assert [fault["field"] for fault in returned["registration"]["faults"]] == ["NAME", "EVIDENCE"]
    assert completed["registration"]["state"] == "SUBMITTED"
    assert checked["registration"]["state"] == "CHECKED"
    assert opened["content"]["name"] == "王欣生"
    assert opened["content"]["documentNumber"].startswith("S*****")
    assert opened["content"]["guardianId"] == encode_id("Person", parent.id)
    assert decided["errors"] == []
    assert decided["registration"]["state"] == "APPROVED"
    assert decided["registration"]["personId"]


async def test_every_fault_comes_with_its_field_and_its_own_type(ask: Ask) -> None:
    variables = newborn(name="王7", phone="12", communityCode="000000000000", relation=None, guardianId="nonsense")
    damaged = (await ask(acting(await a_resident()), SUBMIT, variables)).ok["registrationSubmit"]
    variables = newborn(name="王7", phone="12", communityCode="000000000000", relation=None)
    answer = (await ask(acting(await a_resident()), SUBMIT, variables)).ok["registrationSubmit"]

    assert [(fault["code"], fault["path"]) for fault in damaged["errors"]] == [("ID_INVALID", ["guardianId"])]
    assert answer["registration"] is None
    assert {(fault["__typename"], fault["code"], *fault["path"]) for fault in answer["errors"]} == {
        ("NameHasStrangeCharacters", "NAME_SHAPE", "name"),
        ("PhoneHasWrongShape", "PHONE_SHAPE", "phone"),
        ("CommunityIsUnknown", "COMMUNITY_UNKNOWN", "communityCode"),
        ("ValueIsMissing", "VALUE_MISSING", "relation"),
    }
    assert all(fault["message"] and fault["messageEn"] and fault["remedy"] for fault in answer["errors"])


async def test_repeated_request_gives_the_same_registration(ask: Ask) -> None:
    mother, variables = acting(await a_resident()), newborn()

    first = (await ask(mother, SUBMIT, variables)).ok["registrationSubmit"]
    second = (await ask(mother, SUBMIT, variables)).ok["registrationSubmit"]
    variables["input"]["form"]["name"] = "王他人"
    other = (await ask(mother, SUBMIT, variables)).ok["registrationSubmit"]

    assert first == second
    assert [fault["code"] for fault in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_clerk_takes_in_a_registration_at_the_window(ask: Ask) -> None:
    parent = await a_resident()
    clerk = a_clerk()
    take_in = SUBMIT.replace("registrationSubmit", "registrationTakeIn")

    answer = (await ask(clerk, take_in, newborn(guardianId=encode_id("Person", parent.id)))).ok["registrationTakeIn"]
    more = await step(
        ask, clerk, "RegistrationComplete", "registrationTakeInMore",
        id=answer["registration"]["id"], expectedVersion=1, form={"phone": "13957200009"},
    )  # fmt: skip

    assert answer["registration"]["channel"] == "WINDOW"
    assert more["registration"]["version"] == 2


async def test_applicant_follows_and_withdraws_while_others_find_nothing(ask: Ask) -> None:
    mother, stranger = acting(await a_resident()), acting(await a_resident())
    registration_id = (await submitted(ask, mother))["id"]
    document = "query ($id: ID!) { registration(id: $id) { content { name } warnings } myRegistrations { id } }"

    own = (await ask(mother, document, {"id": registration_id})).ok
    foreign = (await ask(stranger, document, {"id": registration_id})).ok
    wrong = (await ask(mother, document, {"id": encode_id("Person", uuid4())})).ok
    withdrawn = await step(
        ask, mother, "RegistrationStep", "registrationWithdraw", id=registration_id, expectedVersion=1
    )
    again = await step(ask, mother, "RegistrationStep", "registrationWithdraw", id=registration_id, expectedVersion=2)

    assert own == {
        "registration": {"content": {"name": "王新生"}, "warnings": []},
        "myRegistrations": [{"id": registration_id}],
    }
    assert foreign == {"registration": None, "myRegistrations": []}
    assert wrong["registration"] is None
    assert withdrawn["registration"]["state"] == "WITHDRAWN"
    assert [fault["code"] for fault in again["errors"]] == ["REGISTRATION_STEP"]


async def test_queue_of_the_region_is_paged_and_a_damaged_cursor_is_refused(ask: Ask) -> None:
    mother = acting(await a_resident())
    filed = [(await submitted(ask, mother))["id"] for _ in range(3)]
    document = """query ($after: String) { registrations(states: [SUBMITTED], first: 2, after: $after) {
        edges { node { id } } pageInfo { hasNextPage endCursor } } }"""

    first = (await ask(a_clerk(), document)).ok["registrations"]
    rest = (await ask(a_clerk(), document, {"after": first["pageInfo"]["endCursor"]})).ok["registrations"]
    elsewhere = (await ask(a_clerk(region="330921"), document)).ok["registrations"]
    damaged = await ask(a_clerk(), document, {"after": "nonsense"})

    assert {edge["node"]["id"] for edge in first["edges"] + rest["edges"]} == set(filed)
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert elsewhere["edges"] == []
    assert damaged.errors[0].extensions["code"] == "BAD_USER_INPUT"


GRANT = """
mutation ($input: MandateGrantInput!) { mandateGrant(input: $input) {
    mandate { id kind holderName subjectName ends } errors { code path } } }
"""
END = "mutation ($input: MandateEndInput!) { mandateEnd(input: $input) { mandate { id } errors { code } } }"


async def test_mandate_is_granted_seen_by_both_sides_and_ended(ask: Ask) -> None:
    person, delegate = await a_resident(), await a_resident(name="赵代办")
    grant = {
        "idempotencyKey": str(uuid4()),
        "kind": "DELEGATE",
        "holderNumber": delegate.number,
        "holderName": "赵代办",
        "relation": "RELATIVE",
        "ends": "2027-01-01",
    }
    wrong = grant | {"idempotencyKey": str(uuid4()), "holderName": "赵某"}

    refused = (await ask(acting(person), GRANT, {"input": wrong})).ok["mandateGrant"]
    granted = (await ask(acting(person), GRANT, {"input": grant})).ok["mandateGrant"]
    seen = (await ask(acting(delegate), "{ mandates { id subjectName } }")).ok["mandates"]
    end = {"input": {"idempotencyKey": str(uuid4()), "id": granted["mandate"]["id"]}}
    ended = (await ask(acting(person), END, end)).ok["mandateEnd"]

    assert refused == {"mandate": None, "errors": [{"code": "DELEGATE_UNKNOWN", "path": ["holderNumber"]}]}
    assert (granted["mandate"]["holderName"], granted["mandate"]["ends"]) == ("赵代办", "2027-01-01")
    assert seen == [{"id": granted["mandate"]["id"], "subjectName": person.name}]
    assert ended == {"mandate": None, "errors": []}


PERSON = """
mutation ($input: PersonOpenInput!) { personOpen(input: $input) {
    person { number name documentHint address coverages { starts steps { text source } } participations { scheme } }
    errors { code path } } }
"""


async def covered(person: Person, book: rules.Book) -> str:
    coverage_ids = []

    async def do(work):
        coverage_id = await enrollment.cover(
            work, book=book, person_id=person.id, scheme="390", year=2026, paid_on=date(2025, 11, 2), region="330900"
        )
        coverage_ids.append(coverage_id)
        return coverage_id

    await run(do, actor=SYSTEM)
    return encode_id("Coverage", coverage_ids[0])


async def test_staff_open_a_file_by_number_with_its_explained_coverage(ask: Ask, book: rules.Book) -> None:
    person = await a_resident()
    await covered(person, book)

    opened = (await ask(a_clerk(), PERSON, {"input": {"number": person.number, "purpose": "咨询"}})).ok["personOpen"]
    nobody = (await ask(a_clerk(), PERSON, {"input": {"number": "R1", "purpose": "咨询"}})).ok["personOpen"]

    assert opened["person"]["name"] == person.name
    assert "*" * 11 in opened["person"]["documentHint"]
    assert opened["person"]["coverages"][0]["steps"][0]["source"]
    assert nobody == {"person": None, "errors": [{"code": "PERSON_NOT_FOUND", "path": []}]}


async def test_person_reads_why_the_cover_begins_and_strangers_find_nothing(ask: Ask, book: rules.Book) -> None:
    parent = await a_resident()
    child = await a_child_of(parent)
    document = "query ($id: ID!) { coverage(id: $id) { starts steps { text textEn source standing } } }"
    coverage_id = await covered(child, book)

    own = (await ask(acting(parent), document, {"id": coverage_id})).ok["coverage"]
    foreign = (await ask(acting(await a_resident()), document, {"id": coverage_id})).ok["coverage"]

    assert own["steps"][-1]["text"]
    assert foreign is None


async def test_institution_learns_yes_or_no_by_document(ask: Ask, keys: Keyring, book: rules.Book) -> None:
    person = await a_resident(keys=keys)
    await covered(person, book)
    number = keys.unseal(Purpose.IDENTITY, person.document_sealed or b"", place=f"person.document:{person.id}")
    document = """mutation ($input: CoverageCheckInput!) { coverageCheck(input: $input) {
        covered covers { scheme until } errors { code } } }"""

    def check(text: str) -> Fields:
        return {"input": {"documentType": "RESIDENT_ID", "documentNumber": text, "purpose": "住院登记"}}

    yes = (await ask(a_hospital(), document, check(number))).ok["coverageCheck"]
    no = (await ask(a_hospital(), document, check("330902199005170010"))).ok["coverageCheck"]

    assert yes == {"covered": True, "covers": [{"scheme": "390", "until": "2026-12-31"}], "errors": []}
    assert no == {"covered": False, "covers": [], "errors": []}


async def test_communities_are_open_to_everybody(ask: Ask) -> None:
    await a_resident()

    answer = await ask(ANYBODY, '{ communities(region: "330900") { code region name } }')

    assert answer.ok["communities"] == [{"code": "330902001001", "region": "330902", "name": "盐仓社区"}]


FIELDS = {
    "registrationSubmit": (SUBMIT, newborn),
    "registrationTakeIn": (SUBMIT.replace("registrationSubmit", "registrationTakeIn"), newborn),
    "registrationOpen": (OPEN, lambda: {"input": {"id": "x", "purpose": "x"}}),
    "personOpen": (PERSON, lambda: {"input": {"number": "x", "purpose": "x"}}),
    "mandates": ("{ mandates { id } }", dict),
    "registrations": ("{ registrations(states: [SUBMITTED]) { pageInfo { hasNextPage } } }", dict),
    "myRegistrations": ("{ myRegistrations { id } }", dict),
    "coverage": ('{ coverage(id: "x") { id } }', dict),
}


@pytest.mark.parametrize("field", sorted(FIELDS))
async def test_no_field_answers_without_its_scope(ask: Ask, field: str) -> None:
    document, variables = FIELDS[field]
    for actor in (ANYBODY, a_clerk(scopes=frozenset())):
        answer = await ask(actor, document, variables())
        assert answer.errors[0].extensions["code"] in {"UNAUTHENTICATED", "FORBIDDEN"}
