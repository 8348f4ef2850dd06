"""Executing documents: graphql-core's executor, with a short way for fields that only read an attribute.

Most values of an answer are attributes of a finished object: no resolver, no guard, no arguments. graphql-core gives
each of them what a resolver would need (its path, its info, the nodes of the document) and asks several times whether
it can be awaited. `LeanExecutor` reads the attribute and writes the value with the very function of the field's type.

It takes the short way only for what it knows: a basic field of Strawberry, without guard or extension, whose type is a
scalar or an enum, and a value of a plain class. Everything else, and every fault, goes to graphql-core from the
beginning, so errors, paths and nulls are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, Final
from uuid import UUID

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, Undefined, get_nullable_type, is_leaf_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from domain.money import Money, Ratio

PLAIN: Final = frozenset({str, int, bool, date, datetime, UUID, Money, Ratio})
"""Classes whose values are neither faults nor awaited; members of an enum are the others."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that only reads an attribute, and how its type writes the value."""

    attribute: str
    write: Callable[[Any], object]


class LeanExecutor(StrawberryGraphQLCoreExecutionContext):
    """Reads attributes by itself and leaves the rest to graphql-core. Made for one schema by `lean_executor`."""

    leaves: ClassVar[Mapping[tuple[str, str], Leaf]] = {}

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: object,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,  # noqa: ANN401 - graphql-core's own business
    ) -> Any:  # noqa: ANN401 - a value of any type
        """Execute one field."""
        leaf = self.leaves.get((parent_type.name, field_details_list[0].node.name.value))
        if leaf is not None and (written := _written(source, leaf)) is not Undefined:
            return written
        return super().execute_field(parent_type, source, field_details_list, path, position_context)


def _written(source: object, leaf: Leaf) -> object:
    """Read and write one value, or give Undefined when graphql-core had better look at it."""
    try:
        value = getattr(source, leaf.attribute)
        if type(value) in PLAIN or isinstance(value, Enum):
            written = leaf.write(value)
            return Undefined if written is None else written
    except Exception:  # noqa: BLE001 - graphql-core meets the same fault again and reports it in its way
        return Undefined
    return Undefined


def lean_executor(schema: GraphQLSchema) -> type[LeanExecutor]:
    """Make the executor of one schema."""
    leaves = {
        (object_type.name, name): leaf
        for object_type in schema.type_map.values()
        if isinstance(object_type, GraphQLObjectType)
        for name, field in object_type.fields.items()
        if (leaf := _leaf_of(field)) is not None
    }
    return type("LeanExecutorOfSchema", (LeanExecutor,), {"leaves": leaves})


def _leaf_of(field: GraphQLField) -> Leaf | None:
    """Recognise a field that only reads an attribute; whatever looks unusual is none."""
    definition = (field.extensions or {}).get("strawberry-definition")
    leaf_type = get_nullable_type(field.type)
    is_bare = (
        type(definition) is StrawberryField
        and definition.is_basic_field
        and definition.default_resolver is getattr
        and not field.args
        and getattr(field.resolve, "__name__", "") == "_get_basic_result"
    )
    if not is_bare or not is_leaf_type(leaf_type):
        return None
    assert isinstance(definition, StrawberryField)
    return Leaf(attribute=definition.python_name, write=leaf_type.coerce_output_value)
