"""Enums of the domain on the wire, each value described in both languages."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

Kind = TypeVar("Kind", bound=Enum)


def enum(kind: type[Kind], description: str, **values: str) -> type[Kind]:
    """Put an enum of the domain on the wire; every value needs its own description."""
    assert values.keys() == kind.__members__.keys(), f"{kind.__name__}: {values.keys() ^ kind.__members__.keys()}"
    made = strawberry.enum(kind, description=description)
    definition: StrawberryEnumDefinition = made.__strawberry_definition__  # pyright: ignore[reportAttributeAccessIssue] - Strawberry puts it there
    for value in definition.values:
        value.description = values[value.name]
    return made
