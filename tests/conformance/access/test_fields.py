"""Every field of every object, for every kind of caller: decided by `table.yaml` and `fields.yaml`, none left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLObjectType, get_named_type

from domain.actors import Actor, ActorKind
from tests.builders import KEYS
from tests.conformance.access.fields import (
    FIELDS,
    WHY_IN_FULL,
    all_numbers,
    marked,
    objects,
    reached_from,
    shown_in,
    unmasked_in,
)
from tests.conformance.access.test_access import DOORS, ROWS
from tests.conformance.agency import ELSEWHERE, HERE, Agency, Answer, everybody
from tests.conformance.documents_of import SCHEMA, document_of, least_variables, root_fields
from tests.conformance.town import Household, Town

EVERYBODY: Final = "everybody"
# They show no rows of people: what is public, what is in the token, and the books and runs of the whole area.
OF_NOBODY: Final = frozenset(
    {
        "about",
        "viewer",
        "communities",
        "contributionStandard",
        "billingRuns",
        "hospital",
        "tipoffOffences",
        "tipoffStatistics",
        "trialBalance",
        "journal",
        "voucher",
    }
)
EMPTY_IN_TOWN: Final = frozenset(
    [
        "absences",
        "approvals",
        "beneficiaryImports",
        "bindings",
        "catalogueImports",
        "catalogueItem",
        "catalogueItems",
        "channelStatements",
        "claimQueue",
        "clearings",
        "corrections",
        "hospitalLists",
        "hospitals",
        "incompatiblePosts",
        "institutionChanges",
        "institutions",
        "investigatorKeys",
        "investigatorRelations",
        "myAccess",
        "myClaims",
        "myCorrections",
        "myNoticeWish",
        "myNotices",
        "myRecoveries",
        "mySessions",
        "myTipoffRewards",
        "paymentDifferences",
        "payoutBatches",
        "payoutRepairs",
        "recheckDraws",
        "recheckStatistics",
        "rechecks",
        "reconciliationDifferences",
        "recoveries",
        "staffChanges",
        "staffMembers",
        "tipoffOpenings",
        "tipoffRewards",
        "tipoffs",
        "tipoffsLinked",
        "unmaskingAlarms",
    ]
)
STATES: Final[Mapping[str, Mapping[str, object]]] = {
    "registrations": {"states": ["SUBMITTED", "RETURNED", "CHECKED", "APPROVED", "REJECTED", "WITHDRAWN"]},
    "corrections": {"states": ["ASKED", "TAKEN_UP", "APPROVED", "REJECTED", "WITHDRAWN"]},
}


def test_every_field_of_every_object_is_in_the_table() -> None:
    in_schema = {f"{name}.{field}" for name, kind in objects().items() for field in kind.fields}
    in_table = {f"{name}.{field}" for name, told in FIELDS.items() for field in told["fields"]}

    assert in_table == in_schema


def test_every_caller_reaches_the_fields_that_the_table_says_and_no_other(town_callers: set[str]) -> None:
    """A role that is new reaches nothing until it stands at a door, and then it must stand here as well."""
    reaches: dict[str, set[str]] = {name: set() for name in FIELDS}
    for field, allowed in DOORS.items():
        for name in reached_from(field) & FIELDS.keys():
            reaches[name] |= town_callers if allowed == EVERYBODY else set(allowed)
    decided = {
        name: town_callers if told["seen_by"] == EVERYBODY else set(told["seen_by"]) for name, told in FIELDS.items()
    }

    assert {name: who for name, who in reaches.items() if who != decided[name]} == {}


def test_every_number_in_full_has_its_reason_and_every_hint_is_masked() -> None:
    assert marked("full") == set(WHY_IN_FULL)
    hints = {f"{name}.{field}" for name, kind in objects().items() for field in kind.fields if field.endswith("Hint")}
    assert hints <= marked("masked")


@pytest.fixture
def town_callers() -> set[str]:
    return set(everybody(Actor(kind=ActorKind.RESIDENT)))


@pytest.mark.timeout(300)
async def test_no_list_shows_others_and_no_number_is_shown_in_full(agency: Agency, town: Town) -> None:
    """Own, other and other region, for the questions that take no id: every caller, with everything there is to ask."""
    numbers = await all_numbers(KEYS)
    lists = {name for name in questions() if name not in ROWS}
    seen_at_all: set[str] = set()
    for who, actor in callers_of(town):
        for field in sorted(lists):
            if DOORS[field] != EVERYBODY and who not in DOORS[field]:
                continue
            answer = await everything_of(agency, actor, field)
            assert unmasked_in(answer, numbers) == [], (who, field)
            if field in OF_NOBODY:
                continue
            for household in (town.family, town.neighbours, town.strangers):
                shown = secrets_in(answer, household)
                if may_see(actor, household, town):
                    seen_at_all |= {field} if shown else set()
                else:
                    assert shown == [], (who, field)
    # Those of the town have nothing of these, or what they have names nobody; a new list has to be seen or stand here.
    assert lists - OF_NOBODY - seen_at_all <= EMPTY_IN_TOWN


async def test_what_is_shown_in_full_would_be_noticed(agency: Agency, town: Town) -> None:
    """The negative control of the masks."""
    answer = await everything_of(agency, town.family.log_in, "home")
    (hint, *_) = [value for name, value in shown_in(answer) if name == "Resident.documentHint"]
    assert unmasked_in(answer, {str(hint)})
    bare = orjson.loads(orjson.dumps(answer).replace(b"*", b"1"))
    assert "Resident.documentHint is not masked" in unmasked_in(bare, set())


def questions() -> set[str]:
    assert SCHEMA.query_type is not None
    return set(SCHEMA.query_type.fields)


def callers_of(town: Town) -> list[tuple[str, Actor]]:
    """Give a caller of every kind; residents and staff more than once, here and in another district."""
    from dataclasses import replace

    found = list(everybody(town.family.log_in).items())
    found += [("resident", town.neighbours.log_in), ("resident", town.strangers.log_in)]
    found += [(who, replace(actor, region=ELSEWHERE)) for who, actor in found if actor.kind is ActorKind.STAFF]
    return found


def may_see(actor: Actor, household: Household, town: Town) -> bool:
    """Say whose household somebody may see: their own, or those of their district."""
    if actor.kind is ActorKind.RESIDENT:
        return actor is household.log_in
    at_home = HERE if household is not town.strangers else ELSEWHERE
    return actor.kind is ActorKind.STAFF and actor.region == at_home


def secrets_in(answer: Mapping[str, Any], household: Household) -> list[str]:
    text = orjson.dumps(answer).decode()
    return [secret for secret in household.secrets if secret in text]


async def everything_of(agency: Agency, actor: Actor, field: str) -> Mapping[str, Any]:
    """Ask for everything that a question has to tell; in parts where all of it at once costs more than one may ask."""
    variables = {**least_variables(field), **STATES.get(field, {})}
    whole = document_of(field, variables, whole=True)
    answer = await agency.ask(actor, whole, variables)
    if _costs_too_much(answer):
        return {field: await in_parts(agency, actor, field, variables)}
    assert set(answer.codes) <= {"BAD_USER_INPUT"}, answer.body
    return answer.body["data"]


async def in_parts(
    agency: Agency, actor: Actor, field: str, variables: Mapping[str, object], *, path: tuple[str, ...] = ()
) -> list[Any]:
    """Ask for each field of the answer in a document of its own, and for what is inside it where that is too much."""
    told: list[Any] = []
    for part in _fields_at(field, path):
        only = document_of(field, variables, whole=True, only=".".join((*path, part)))
        answer = await agency.ask(actor, only, variables)
        if _costs_too_much(answer):
            told += await in_parts(agency, actor, field, variables, path=(*path, part))
        else:
            told.append(answer.data[field])
    return told


def _costs_too_much(answer: Answer) -> bool:
    return [(error.get("extensions") or {}).get("limit") for error in answer.body.get("errors", ())] == ["cost"]


def _fields_at(field: str, path: tuple[str, ...]) -> list[str]:
    kind = get_named_type(root_fields()[field].type)
    for part in path:
        assert isinstance(kind, GraphQLObjectType)
        kind = get_named_type(kind.fields[part].type)
    assert isinstance(kind, GraphQLObjectType)
    return list(kind.fields)
