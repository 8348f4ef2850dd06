"""Nobody learns the schema by guessing, not even with a list of all its real names.

A recovering program sends documents with guessed names and reads, from suggestions and from the way in which a wrong
name differs from a right one, what there is. Here the list is the best that there can be: every real name of every
field, argument and type. In operation a real name and an invented one must have the same answer, letter for letter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from random import Random

import orjson
from graphql import GraphQLInputObjectType, GraphQLObjectType

from domain.actors import ANYBODY, Actor
from tests.builders import a_resident
from tests.conformance.agency import Agency, a_log_in
from tests.conformance.documents_of import SCHEMA, root_fields


def real_names() -> set[str]:
    names = set(root_fields())
    for kind in SCHEMA.type_map.values():
        if not kind.name.startswith("__"):
            names.add(kind.name)
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            names |= set(kind.fields)
        if isinstance(kind, GraphQLObjectType):
            names |= {argument for field in kind.fields.values() for argument in field.args}
    return names


def probes(name: str) -> Iterator[str]:
    """Ask after a name in every place where one can stand."""
    yield f"{{ {name} }}"
    yield f"mutation {{ {name} }}"
    yield f"{{ viewer {{ {name} }} }}"
    yield f"{{ home({name}: 1) {{ me {{ name }} }} }}"
    yield f"query ($x: {name}) {{ __typename }}"
    yield f"{{ ... on {name} {{ __typename }} }}"


async def recovered(agency: Agency, who: Actor, *, names: Collection[str]) -> set[str]:
    """Give those of the names whose answers differ from those of one that nobody ever gave to anything."""
    invented = "zz" + "".join(Random(5).choices("abcdefghijklmnop", k=12))
    headers = await agency.headers(who)

    async def answer(text: str) -> bytes:
        got = await agency.http.post("/graphql", json={"query": text}, headers=headers)
        return str(got.status_code).encode() + got.content

    nothing = [await answer(probe) for probe in probes(invented)]
    found = set()
    for name in sorted(names):
        told = [await answer(probe) for probe in probes(name)]
        if told != nothing:
            found.add(name)
    return found


async def test_the_real_names_bring_nothing_to_light(in_operation: Agency) -> None:
    names = real_names()
    assert len(names) > 200
    assert await recovered(in_operation, ANYBODY, names=names) == set()


async def test_nor_do_they_for_a_resident_who_is_logged_in(in_operation: Agency) -> None:
    person = await a_resident()
    some = sorted(real_names())[::5]
    assert await recovered(in_operation, a_log_in(person.id), names=some) == set()


async def test_where_any_document_is_run_the_same_probe_finds_the_schema(agency: Agency) -> None:
    """The negative control: on one's own machine, where suggestions and free documents are allowed, it recovers it."""
    names = {"home", "viewer", "bill", "personOpen"}
    assert await recovered(agency, ANYBODY, names=names) == names


async def test_errors_of_trusted_documents_name_nothing_of_the_schema(in_operation: Agency) -> None:
    """A document by its name with variables that do not fit tells of the variable, and not of its type's fields."""
    body = {"operationName": "PersonOpen", "variables": {"input": {"nonsense": 1}}}
    answer = await in_operation.http.post("/graphql", json=body)
    text = orjson.dumps(answer.json()).decode()
    assert "mean" not in text
