"""A request that is sent again has one effect and one answer, however often and however close together."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type
from graphql import build_schema as build_graphql_schema

from api.schema import build_schema
from domain.store import rows
from tests.conformance.agency import Agency
from tests.conformance.idempotency.exercises import EXERCISES, WITHOUT_KEY, a_key
from tests.conformance.town import Town

SCHEMA: Final = build_graphql_schema(build_schema().as_str())
TIMES: Final = 5
# An ended mandate is no mandate any more, so there is nothing to show; ending it again changes nothing either.
SHOWS_NOTHING: Final = frozenset({"mandateEnd"})
# A run that is under way is found, not started a second time, a notice is read once, and what is wished already stays.
# What was declared, shared, retired or ordered to be paid is so already.
FOUND_AGAIN: Final = frozenset(
    {
        *("billingStart", "noticeRead", "noticeTextsSet", "recoveryConsent"),
        *("investigatorKeyRetire", "investigatorRelationDeclare", "tipoffRecordRemove", "tipoffRewardPay"),
        "tipoffShare",
    }
)
# What is written about every request, or by the queue's own hand, is no effect of it.
NOT_EFFECTS: Final = frozenset({"pgqueuer_log", "pgqueuer_statistics", "pgqueuer_schedules"})


def inputs() -> dict[str, GraphQLInputObjectType]:
    """Give the input of every mutation, by the name of the mutation."""
    mutation = SCHEMA.mutation_type
    assert mutation is not None
    found = {}
    for name, field in mutation.fields.items():
        assert set(field.args) == {"input"}, f"{name} does not take one object"
        named = get_named_type(field.args["input"].type)
        assert isinstance(named, GraphQLInputObjectType)
        found[name] = named
    return found


def document(name: str) -> str:
    """Ask for whatever a mutation did: its object with the fields that hold no object, and every refusal."""
    assert SCHEMA.mutation_type is not None
    payload = get_named_type(SCHEMA.mutation_type.fields[name].type)
    (shown,) = (field for field in payload.fields if field != "errors")
    plain = " ".join(
        inner
        for inner, field in get_named_type(payload.fields[shown].type).fields.items()
        if not hasattr(get_named_type(field.type), "fields")
    )
    named = inputs()[name].name
    return f"mutation ($input: {named}!) {{ {name}(input: $input) {{ {shown} {{ {plain} }} errors {{ code path }} }} }}"


def test_every_mutation_is_in_the_table() -> None:
    with_key = {name for name, asked in inputs().items() if "idempotencyKey" in asked.fields}

    assert with_key == set(EXERCISES)
    assert set(inputs()) - with_key == set(WITHOUT_KEY)


def test_every_key_must_be_given() -> None:
    for name in EXERCISES:
        assert isinstance(inputs()[name].fields["idempotencyKey"].type, GraphQLNonNull), name


@pytest.mark.parametrize("name", EXERCISES)
async def test_a_key_has_one_effect_and_one_answer(agency: Agency, town: Town, name: str) -> None:
    exercise = await EXERCISES[name](town)
    asked = {"input": {**exercise.input, "idempotencyKey": a_key()}}
    before = await everything()

    answers = await asyncio.gather(*(agency.ask(exercise.actor, document(name), asked) for _ in range(TIMES)))
    after = await everything()
    again = await agency.ask(exercise.actor, document(name), asked)
    asked["input"] |= exercise.other
    other = await agency.ask(exercise.actor, document(name), asked)
    at_the_end = await everything()

    payloads = [answer.payload() for answer in (*answers, again)]
    assert payloads[0]["errors"] == []
    assert name in SHOWS_NOTHING or next(iter(payloads[0].values())) is not None
    assert payloads == payloads[:1] * (TIMES + 1)
    assert {table: after[table] - before[table] for table in exercise.effects} == dict(exercise.effects)
    assert after["command_log"] - before["command_log"] == 1
    assert [count for count in (await changes()).values() if count > 1] == []
    assert other.payload()["errors"] == [{"code": "IDEMPOTENCY_KEY_REUSED", "path": ["idempotencyKey"]}]
    assert at_the_end == after


@pytest.mark.parametrize("name", sorted(set(EXERCISES) - FOUND_AGAIN - SHOWS_NOTHING))
async def test_another_key_is_another_request(agency: Agency, town: Town, name: str) -> None:
    """The control: were the key ignored and the answer kept by content, the test above would pass as well."""
    exercise = await EXERCISES[name](town)

    answers = [
        await agency.ask(exercise.actor, document(name), {"input": {**exercise.input, "idempotencyKey": a_key()}})
        for _ in range(2)
    ]

    first, second = (answer.payload() for answer in answers)
    assert first["errors"] == []
    assert first != second


async def everything() -> dict[str, int]:
    """Count the rows of every table."""
    tables = [
        row["relname"] for row in await rows("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
    ]
    counted = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS number FROM \"{table}\"" for table in tables if table not in NOT_EFFECTS
    )
    return {row["name"]: row["number"] for row in await rows(counted)}


async def changes() -> Mapping[Any, int]:
    """Count how often the audit says that one request did one thing to one subject, over all requests of the API."""
    found = await rows("SELECT action, subject_id FROM audit WHERE request_id IS NOT NULL")
    return Counter((row["action"], row["subject_id"]) for row in found)
