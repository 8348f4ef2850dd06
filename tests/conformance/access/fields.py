"""What `fields.yaml` says of every field, and what an answer shows, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)

from domain.crypto import Keyring, Purpose
from domain.store import rows
from tests.conformance.documents_of import SCHEMA, root_fields

FIELDS: Final[Mapping[str, Mapping[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("fields.yaml").read_text(encoding="utf-8")
)["types"]
WHY_IN_FULL: Final = {
    "RevealedValue.text": "It is what identityUnmask is for: once, on record, for a case.",
    "PersonalFile.json": "Everything that is held, for the person alone.",
    "PersonalFile.html": "The same, to read.",
}


def objects() -> dict[str, GraphQLObjectType]:
    """Give every object that holds values: all but the roots and the refusals, whose facts are made from the code."""
    roots = {"Query", "Mutation"}
    return {
        name: kind
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType)
        and not name.startswith("__")
        and name not in roots
        and not any(interface.name == "UserError" for interface in kind.interfaces)
    } | {"UserError": SCHEMA.type_map["UserError"]}  # type: ignore[dict-item] # an interface has fields as well


def reached_from(field: str) -> set[str]:
    """Give the types that a document beginning with a field can show."""
    found: set[str] = set()
    waiting: list[GraphQLOutputType] = [root_fields()[field].type]
    while waiting:
        named = get_named_type(waiting.pop())
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and named.name not in found:
            found.add(named.name)
            waiting += [inner.type for inner in named.fields.values()]
    return found


def shown_in(data: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Give every single value of an answer with its `Type.field`."""
    (field,) = data
    yield from _values(root_fields()[field].type, data[field], of=f"Query.{field}")


def _values(kind: GraphQLOutputType, value: Any, *, of: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for inner in value:
            yield from _values(kind, inner, of=of)
        return
    named = get_named_type(kind)
    if isinstance(value, dict) and isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        for name, inner in value.items():
            yield from _values(named.fields[name].type, inner, of=f"{named.name}.{name}")
        return
    yield of, value


def marked(mark: str) -> set[str]:
    """Give the fields that have a mark, as `Type.field`."""
    return {f"{name}.{field}" for name, told in FIELDS.items() for field in told.get(mark, ())}


async def all_numbers(keys: Keyring) -> set[str]:
    """Open every sealed number of the town: none of them may be read where it should be masked."""
    found: set[str] = set()
    for row in await rows("SELECT id, document_sealed, phone_sealed FROM person"):
        place = f"person.document:{row['id']}"
        found.add(keys.unseal(Purpose.IDENTITY, bytes(row["document_sealed"]), place=place))
        if row["phone_sealed"]:
            found.add(keys.unseal(Purpose.PHONE, bytes(row["phone_sealed"]), place=f"person.phone:{row['id']}"))
    return found


def unmasked_in(data: Mapping[str, Any], numbers: set[str]) -> list[str]:
    """List the fields that show a number in full and must not, or hold no mask where one belongs."""
    faults: list[str] = []
    for name, value in shown_in(data):
        if name in marked("masked") and value is not None and "*" not in str(value):
            faults.append(f"{name} is not masked")
        if name not in marked("full") and any(number in str(value) for number in numbers):
            faults.append(f"{name} shows a number in full")
    return faults
