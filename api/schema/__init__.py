"""The single schema: each room brings its questions and its commands, this file puts them together."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from api.schema.about import AboutQuery
from api.schema.errors import ERROR_TYPES
from api.schema.home import HomeQuery
from api.schema.scalars import SCALARS

QUERIES = (AboutQuery, HomeQuery)
MUTATIONS: tuple[type, ...] = ()


def build_schema(extensions: Sequence[type[SchemaExtension]] = ()) -> strawberry.Schema:
    """Put the rooms together; extensions (limits, caches, masking) come from the view."""
    return strawberry.Schema(
        query=merge_types("Query", QUERIES),
        mutation=merge_types("Mutation", MUTATIONS) if MUTATIONS else None,
        types=tuple(ERROR_TYPES.values()),
        extensions=list(extensions),
        config=StrawberryConfig(scalar_map=SCALARS),
    )
