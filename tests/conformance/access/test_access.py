"""Every root field for every kind of caller, and every id for those whom it is none of their business.

What is let in and what is not stands in `table.yaml`. The walk asks the running application with real tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import yaml

from api.schema.scalars import encode_id, split_id
from domain import privacy
from domain.actors import Actor, ActorKind
from domain.ids import new_id
from tests.builders import KEYS, run
from tests.conformance.access.claim_readings import CLAIM_READINGS
from tests.conformance.access.fields import all_numbers, unmasked_in
from tests.conformance.agency import ELSEWHERE, Agency, Answer, everybody
from tests.conformance.documents_of import document_of, least_variables, names_things, root_fields
from tests.conformance.idempotency.exercise import Exercise
from tests.conformance.idempotency.exercises import CASHIER, CLERK, EXERCISES, REVIEWER, a_key
from tests.conformance.idempotency.privacy_exercises import a_correction, a_correction_form
from tests.conformance.idempotency.staff_exercises import STAFF_READINGS
from tests.conformance.town import Town

TABLE: Final = yaml.safe_load(Path(__file__).with_name("table.yaml").read_text(encoding="utf-8"))
DOORS: Final[Mapping[str, Any]] = TABLE["doors"]
ROWS: Final[Mapping[str, str]] = TABLE["rows"]
PRIVATE: Final = sorted(name for name, whose in ROWS.items() if whose != "area")


def test_every_root_field_is_in_the_table() -> None:
    assert set(DOORS) == set(root_fields())
    assert set(ROWS) == {name for name in root_fields() if names_things(name)}


@pytest.mark.timeout(240)
async def test_every_caller_is_let_in_where_the_table_says_and_nowhere_else(agency: Agency, town: Town) -> None:
    callers = everybody(town.family.log_in)
    named = {who for allowed in DOORS.values() if allowed != "everybody" for who in allowed}
    assert named <= set(callers)

    found = {(who, field): await knock(agency, actor, field) for who, actor in callers.items() for field in DOORS}

    wanted = {(who, field): decided(who, field) for who in callers for field in DOORS}
    assert {cell: answer for cell, answer in found.items() if answer != wanted[cell]} == {}


def decided(who: str, field: str) -> str:
    """Say what the table decides about a cell."""
    if DOORS[field] == "everybody" or who in DOORS[field]:
        return "let in"
    return "UNAUTHENTICATED" if who == "anonymous" else "FORBIDDEN"


async def knock(agency: Agency, actor: Actor, field: str) -> str:
    """Ask for the least of a field; a refusal of the values means that one was let in."""
    variables = least_variables(field)
    answer = await agency.ask(actor, document_of(field, variables, whole=False), variables)
    assert set(answer.codes) <= {"UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT"}, answer.body
    at_the_door = [code for code in answer.codes if code != "BAD_USER_INPUT"]
    return at_the_door[0] if at_the_door else "let in"


@pytest.mark.parametrize("field", PRIVATE)
async def test_what_is_not_ones_own_looks_like_what_does_not_exist(agency: Agency, town: Town, field: str) -> None:
    exercise = await request_for(field, town)
    strangers = strangers_to(exercise.actor, town)
    asked = exercise.input
    nobodys = without_things(asked)
    assert nobodys != asked or field == "registrationSubmit", "There is an id in it."

    for stranger in strangers:
        answer = await ask_for(agency, stranger, field, asked)
        nothing = await ask_for(agency, stranger, field, nobodys)

        assert answer.codes == nothing.codes == []
        assert shown(answer.data) in (None, [])
        assert answer.data == nothing.data
        text = orjson.dumps(answer.body).decode()
        assert [secret for secret in town.family.secrets if secret in text] == []

    theirs = await ask_for(agency, exercise.actor, field, asked)
    assert theirs.codes == []
    assert shown(theirs.data) not in (None, []) or field == "mandateEnd"
    assert unmasked_in(theirs.data, await all_numbers(KEYS)) == []


async def request_for(field: str, town: Town) -> Exercise:
    """Give a request about the family that succeeds for somebody whose business it is."""
    ids, resident = town.family.ids, town.family.log_in
    readings = {
        "bill": (resident, {"id": ids["Bill"]}),
        "coverage": (resident, {"id": ids["Coverage"]}),
        "registration": (resident, {"id": ids["Registration"]}),
        "paymentOrder": (resident, {"id": ids["PaymentOrder"]}),
        "file": (resident, {"id": ids["File"]}),
        "fileDownload": (resident, {"id": ids["File"]}),
        "counterBills": (CASHIER, {"personId": ids["Person"]}),
        "personOpen": (CLERK, {"id": ids["Person"], "purpose": "咨询"}),
        "approval": (REVIEWER, {"id": ids["Approval"]}),
        "approvalDraft": (REVIEWER, {"id": ids["Approval"], "outcome": "APPROVE"}),
        "registrationOpen": (CLERK, {"id": ids["Registration"], "purpose": "审核"}),
    }
    if field in CLAIM_READINGS:
        actor, asked = await CLAIM_READINGS[field](town)
        return Exercise(actor, asked, {}, {})
    if field in readings:
        actor, asked = readings[field]
        return Exercise(actor, asked, {}, {})
    exercise = await {**EXERCISES, **STAFF_READINGS, **PREPARED}[field](town)
    if field == "registrationSubmit":
        form = {**exercise.input["form"], "guardianId": encode_id("Person", town.family.parent.id)}
        return replace(exercise, input={"form": form})
    return exercise


async def preview(town: Town) -> Exercise:
    """Let a parent look at what a new name of their child would bring."""
    asked = await a_correction_form(town)
    return Exercise(town.family.log_in, {"personId": asked["personId"], "form": asked["form"]}, {}, {})


async def own_file(town: Town) -> Exercise:
    """Let a parent read the export that they asked for."""
    made = await run(lambda work: privacy.export_file(work, person_id=town.family.child.id), actor=town.family.log_in)
    return Exercise(town.family.log_in, {"id": encode_id("PersonalFile", made)}, {}, {})


async def unmask(town: Town) -> Exercise:
    """Let a reviewer look at the number of a child whose refund they work on."""
    asked = {
        "personId": town.family.ids["Person"],
        "value": "DOCUMENT",
        "purpose": "IDENTITY_CHECK",
        "caseKind": "CORRECTION",
        "caseId": (await a_correction(town))["id"],
    }
    return Exercise(REVIEWER, asked, {}, {})


PREPARED: Final = {"correctionPreview": preview, "ownFile": own_file, "identityUnmask": unmask}


def strangers_to(actor: Actor, town: Town) -> list[Actor]:
    """Give those with the very same rights whose business it is not: neighbours, or a colleague elsewhere."""
    if actor.kind is ActorKind.RESIDENT:
        return [town.neighbours.log_in, town.strangers.log_in]
    return [replace(actor, id=new_id(), region=ELSEWHERE)]


async def ask_for(agency: Agency, actor: Actor, field: str, asked: Mapping[str, object]) -> Answer:
    """Ask for everything that a field has to tell."""
    variables = keyed(field, asked)
    return await agency.ask(actor, document_of(field, variables, whole=True), variables)


def keyed(field: str, asked: Mapping[str, object]) -> dict[str, object]:
    """Make the variables of a request, with a fresh key where there is one."""
    if "input" not in root_fields()[field].args:
        return dict(asked)
    return {"input": {**asked, "idempotencyKey": a_key()} if field in EXERCISES else dict(asked)}


def without_things(value: Any) -> Any:
    """Put an id of the same kind that names nothing in the place of every id."""
    if isinstance(value, dict):
        return {name: without_things(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_things(inner) for inner in value]
    named = split_id(value) if isinstance(value, str) else None
    return encode_id(named[0], new_id()) if named else value


def shown(data: Mapping[str, Any]) -> object:
    """Give what an answer shows: the object of a query, or the object beside the refusals of a payload."""
    (field,) = data.values()
    if not isinstance(field, dict) or "errors" not in field:
        return field
    return next(inner for name, inner in field.items() if name != "errors")
