"""The single schema: each room brings its questions and its commands, this file puts them together."""

from __future__ import annotations

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types


@cache
def build_schema() -> strawberry.Schema:
    """Put the rooms together, once in a process. Limits, caches and masking belong to the view."""
    # Rooms import the frame (`api.perform`, `api.schema.errors`), and importing any of them imports this package.
    from api.schema.errors import ERROR_TYPES
    from api.schema.rooms import MUTATIONS, QUERIES
    from api.schema.scalars import SCALARS

    return strawberry.Schema(
        query=merge_types("Query", QUERIES),
        mutation=merge_types("Mutation", MUTATIONS),
        types=tuple(ERROR_TYPES.values()),
        config=StrawberryConfig(scalar_map=SCALARS),
    )
