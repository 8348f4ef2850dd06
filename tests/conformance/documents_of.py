"""Documents made from the schema: the smallest that reaches a field, and the one that asks for all there is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from api import schema

SCHEMA: Final = build_schema(schema.build_schema().as_str())
_VALUES: Final[Mapping[str, object]] = {
    "ID": "bm90aGluZw",
    "String": "x",
    "Int": 1,
    "Boolean": False,
    "Money": "1.00",
    "Date": "2027-01-01",
    "UUID": "00000000-0000-4000-8000-000000000001",
}


def root_fields() -> dict[str, GraphQLField]:
    """Give every field that a document can begin with."""
    assert SCHEMA.query_type is not None
    assert SCHEMA.mutation_type is not None
    assert SCHEMA.subscription_type is None, "Subscriptions belong into these tables too."
    return {**SCHEMA.query_type.fields, **SCHEMA.mutation_type.fields}


def document_of(name: str, arguments: Collection[str], *, whole: bool, only: str | None = None) -> str:
    """Ask for a root field with these arguments as variables: for its whole content, or for the least of it.

    `only` names the one field of the content that is asked for, or by a dot one inside it.
    """
    field = root_fields()[name]
    selection = _everything(field.type, only=only) if whole else _least(field.type)
    declared = ", ".join(
        f"${argument}: {known.type}" for argument, known in field.args.items() if argument in arguments
    )
    given = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    kind = "mutation" if SCHEMA.mutation_type and name in SCHEMA.mutation_type.fields else "query"
    return f"{kind} {f'({declared})' if declared else ''} {{ {name}{f'({given})' if given else ''} {selection} }}"


def least_variables(name: str) -> dict[str, object]:
    """Give the arguments that a field cannot do without, with values that name nothing."""
    field = root_fields()[name]
    return {argument: least_value(known.type) for argument, known in field.args.items() if is_required_argument(known)}


def least_value(type_: GraphQLInputType) -> object:
    """Give the smallest value of a type."""
    if is_list_type(get_nullable_type(type_)):
        return []
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        return {name: least_value(field.type) for name, field in named.fields.items() if is_required_input_field(field)}
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    return _VALUES[named.name]


def names_things(name: str) -> bool:
    """Tell whether a field takes an id, alone, in a list or in its input."""
    return any(_has_id(argument.type) for argument in root_fields()[name].args.values())


def _has_id(type_: GraphQLInputType) -> bool:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        return any(_has_id(field.type) for field in named.fields.values())
    return named.name == "ID"


def _least(type_: GraphQLOutputType) -> str:
    return "{ __typename }" if isinstance(get_named_type(type_), GraphQLObjectType | GraphQLInterfaceType) else ""


def _everything(type_: GraphQLOutputType, *, only: str | None = None) -> str:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInterfaceType):
        return "{ code path }"
    if not isinstance(named, GraphQLObjectType):
        return ""
    first, _, rest = (only or "").partition(".")
    asked = {name: field for name, field in named.fields.items() if first in {"", name}}
    return f"{{ {' '.join(f'{name} {_everything(field.type, only=rest)}' for name, field in asked.items())} }}"
