"""The schema keeps its promises to those who build on it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType
from graphql import build_schema as read_schema

from api.schema import build_schema
from api.schema.changes import breaking_changes
from api.schema.errors import every_refusal
from domain.actors import Scope

SCHEMA = build_schema()
COMMITTED = Path(__file__).parents[2] / "api" / "schema.graphql"
HAN = re.compile(r"[一-鿿]")
LATIN = re.compile(r"[A-Za-z]{3}")


def root_fields() -> list[tuple[str, object]]:
    graphql = SCHEMA._schema
    return [
        (f"{root.name}.{name}", field)
        for root in (graphql.query_type, graphql.mutation_type, graphql.subscription_type)
        if root is not None
        for name, field in root.fields.items()
    ]


def test_committed_schema_is_the_schema() -> None:
    assert COMMITTED.read_text() == SCHEMA.as_str() + "\n", (
        "Run `make schema` and read the difference as a client would."
    )


@pytest.mark.parametrize(("name", "field"), root_fields(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_root_field_has_a_scope_or_a_reason(name: str, field: object) -> None:
    definition = field.extensions["strawberry-definition"]
    guards = [type(guard).__name__ for guard in definition.extensions]

    assert guards.count("Needs") + guards.count("OpenToAll") == 1, f"{name}: {guards}"


def test_every_type_field_and_argument_is_described_in_both_languages() -> None:
    silent: list[str] = []
    for kind in SCHEMA._schema.type_map.values():
        if kind.name.startswith("__") or kind.name in {"String", "Int", "Boolean", "ID", "Float", "Query", "Mutation"}:
            continue
        described = [(kind.name, kind.description)]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            described += [(f"{kind.name}.{name}", field.description) for name, field in kind.fields.items()]
        if isinstance(kind, GraphQLEnumType) and kind.name != "ErrorCode":
            described += [(f"{kind.name}.{name}", value.description) for name, value in kind.values.items()]
        silent += [name for name, text in described if not text or not HAN.search(text) or not LATIN.search(text)]
    assert silent == []


def test_codes_of_refusals_are_unique_and_spelled_alike() -> None:
    codes = [kind.code for kind in every_refusal()]

    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", code) for code in codes)


def test_every_scope_guards_something() -> None:
    used = {one for both in re.findall(r'@scope\(is: "([^"]+)"\)', SCHEMA.as_str()) for one in both.split(" or ")}

    assert used <= set(Scope)
    assert set(Scope) - used <= {Scope.DEV_INTROSPECT}


BEFORE = read_schema('type Query { a: Int b: Int @deprecated(reason: "Use a. Removed after 2026-06-30.") c: Int }')
AFTER = read_schema("type Query { a: Int }")


def test_a_field_may_go_only_after_the_day_that_was_announced() -> None:
    in_time = breaking_changes(BEFORE, AFTER, today=date(2026, 7, 1))
    too_early = breaking_changes(BEFORE, AFTER, today=date(2026, 6, 30))

    assert [change for change in in_time if ".b " in change] == []
    assert [change for change in too_early if ".b " in change] != []


def test_a_field_that_was_never_deprecated_may_not_go() -> None:
    assert [change for change in breaking_changes(BEFORE, AFTER, today=date(2030, 1, 1)) if ".c " in change] != []
