"""Money and rates on the wire, and opaque ids that know what they name."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, date, datetime
from typing import NewType
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from api.schema.refusals import IdNamesSomethingElse
from domain.money import Money as MoneyValue
from domain.money import Ratio as RatioValue

Money = NewType("Money", MoneyValue)
Ratio = NewType("Ratio", RatioValue)


def read_moment(text: str) -> datetime:
    """Read a moment with its zone, in UTC. Raises `ValueError` without one, `OverflowError` outside of the calendar."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


SCALARS: dict[object, ScalarDefinition] = {
    Money: strawberry.scalar(
        name="Money",
        serialize=str,
        parse_value=MoneyValue.parse,
        description='人民币元，恰好两位小数的字符串，如 "1300.00"。 Yuan with exactly two decimals, as a string.',
    ),
    Ratio: strawberry.scalar(
        name="Ratio",
        serialize=str,
        parse_value=RatioValue.parse,
        description='比例，如 "0.85"。 A share of the whole as a decimal string.',
    ),
    date: strawberry.scalar(
        name="Date",
        serialize=date.isoformat,
        parse_value=date.fromisoformat,
        description='经办机构所在时区的一天，如 "2027-01-01"。 A day in the agency\'s time zone.',
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        serialize=lambda moment: moment.astimezone(UTC).isoformat(),
        parse_value=read_moment,
        description="时刻（UTC）；输入须带时区。 A moment, in UTC; given with its zone.",
    ),
    UUID: strawberry.scalar(
        name="UUID",
        serialize=str,
        parse_value=UUID,
        description="由客户端生成的请求标识。 A UUID that the client makes, to make a request safe to repeat.",
    ),
}


def encode_id(kind: str, id: UUID) -> strawberry.ID:
    """Make the opaque id of one thing."""
    return strawberry.ID(base64.urlsafe_b64encode(kind.encode() + b":" + id.bytes).decode().rstrip("="))


def decode_id(id: str, kind: str, *path: str) -> UUID:
    """Read an id of this kind; anything else is refused before a query is made of it."""
    found = split_id(id)
    if found is None or found[0] != kind:
        raise IdNamesSomethingElse(expected=kind, path=path)
    return found[1]


def id_of(id: str, kind: str) -> UUID | None:
    """Read an id of this kind for a question; an id of something else names nothing, so the answer is null."""
    found = split_id(id)
    return found[1] if found is not None and found[0] == kind else None


def read_digest(text: str) -> bytes:
    """Read a digest; what is none matches nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def split_id(id: str) -> tuple[str, UUID] | None:
    """Take an id apart, or give None when it is not one of ours."""
    try:
        kind, _, raw = base64.b64decode(id + "=" * (-len(id) % 4), altchars=b"-_", validate=True).partition(b":")
        return kind.decode(), UUID(bytes=raw)
    except (binascii.Error, ValueError):
        return None
