"""What may change in the schema: a field goes only after the day that its deprecation announced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from graphql.utilities import find_breaking_changes

_REMOVED: Final = re.compile(r"(?:Field )?(\w+)\.(\w+) was removed\.")
_ANNOUNCED: Final = re.compile(r"Removed after (\d{4}-\d{2}-\d{2})\.")


def breaking_changes(before: GraphQLSchema, after: GraphQLSchema, *, today: date) -> Sequence[str]:
    """List the changes that would break a client and were not announced, or whose day has not passed."""
    changes = [change.description for change in find_breaking_changes(before, after)]
    return [change for change in changes if not is_announced(change, before, today=today)]


def is_announced(change: str, before: GraphQLSchema, *, today: date) -> bool:
    """Tell whether a removal was announced by a deprecation whose last day has passed."""
    removed = _REMOVED.fullmatch(change)
    if removed is None:
        return False
    owner = before.type_map.get(removed[1])
    if not isinstance(owner, GraphQLObjectType | GraphQLInterfaceType):
        return False
    announced = _ANNOUNCED.search(owner.fields[removed[2]].deprecation_reason or "")
    return announced is not None and date.fromisoformat(announced[1]) < today
