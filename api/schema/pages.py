"""Long lists: keyset pages in the Relay form, at most a hundred rows at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson
import strawberry

from api.asking import as_request_error
from api.schema.refusals import CursorDamaged

NodeType = TypeVar("NodeType")
Row = TypeVar("Row")


@strawberry.type(description="翻页信息。 Where this page ends.")
class PageInfo:
    """Where a page ends."""

    has_next_page: bool = strawberry.field(description="后面还有。 Whether more follows.")
    end_cursor: str | None = strawberry.field(description="下一页从此开始。 Pass it as `after`.")


@strawberry.type(description="列表中的一项。 One row of a page.")
class Edge(Generic[NodeType]):
    """One row of a page."""

    cursor: str = strawberry.field(description="此项的位置。 The place of this row.")
    node: NodeType = strawberry.field(description="此项内容。 The row itself.")


@strawberry.type(description="一页列表。 One page of a list.")
class Connection(Generic[NodeType]):
    """One page of a list."""

    edges: list[Edge[NodeType]] = strawberry.field(description="本页各项。 The rows of this page.")
    page_info: PageInfo = strawberry.field(description="翻页信息。 Where this page ends.")


def page_of(
    rows: Sequence[Row], *, first: int, node: Callable[[Row], NodeType], key: Callable[[Row], Sequence[object]]
) -> Connection[NodeType]:
    """Make a page of `first` rows; ask the query for one row more, so that the page knows whether others follow."""
    edges = [Edge(cursor=encode_cursor(key(row)), node=node(row)) for row in rows[:first]]
    end = edges[-1].cursor if edges else None
    return Connection(edges=edges, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end))


def encode_cursor(key: Sequence[object]) -> str:
    """Write the sort key of a row as an opaque cursor."""
    return base64.urlsafe_b64encode(orjson.dumps([str(part) for part in key])).decode().rstrip("=")


def decode_cursor(after: str | None, *, kinds: Sequence[Callable[[str], Any]]) -> list[Any] | None:
    """Read a cursor whose parts are of these kinds; None is the beginning. A foreign cursor is refused in words."""
    if after is None:
        return None
    try:
        key = orjson.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
        return [_storable(kind(part)) for kind, part in zip(kinds, key, strict=True)]
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError) as damaged:
        raise as_request_error(CursorDamaged(path=("after",))) from damaged


def _storable(part: object) -> object:
    """Bring a moment to UTC, as the database does. Raises `OverflowError` where that lies outside of the calendar."""
    return part.astimezone(UTC) if isinstance(part, datetime) else part
