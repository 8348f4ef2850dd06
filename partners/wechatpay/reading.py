"""Reading JSON documents strictly: a field has the type that the protocol says, or the document is unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias, cast

import orjson

from domain.money import Money

Document: TypeAlias = Mapping[str, object]


class Unreadable(ValueError):
    """A document that is not what the protocol says. The sentence names the field."""


def parse(body: bytes) -> Document:
    """Read a JSON object; anything else is unreadable."""
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"This is no JSON: {error}.") from None
    return _object(document, "the document")


def text(document: Document, name: str) -> str:
    """Read a text that must be there."""
    found = document.get(name)
    if not isinstance(found, str) or not found:
        raise Unreadable(f"{name} is no text.")
    return found


def optional_text(document: Document, name: str) -> str | None:
    """Read a text that may be missing or empty, which are the same to the platform."""
    return text(document, name) if document.get(name) not in (None, "") else None


def fen(document: Document, name: str) -> Money:
    """Read an amount in whole fen, never negative."""
    found = document.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Unreadable(f"{name} is no amount in whole fen.")
    return Money(found)


def moment(document: Document, name: str) -> datetime:
    """Read a moment with its time zone (RFC 3339)."""
    written = text(document, name)
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise Unreadable(f"{name} is no moment: {written!r}.") from None
    if found.tzinfo is None:
        raise Unreadable(f"{name} lacks its time zone: {written!r}.")
    return found


def optional_moment(document: Document, name: str) -> datetime | None:
    """Read a moment that may be missing or empty."""
    return moment(document, name) if document.get(name) not in (None, "") else None


def part(document: Document, name: str) -> Document:
    """Read an object inside the document."""
    return _object(document.get(name), name)


def optional_part(document: Document, name: str) -> Document | None:
    """Read an object inside the document that may be missing."""
    return part(document, name) if document.get(name) is not None else None


def _object(found: object, name: str) -> Document:
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is no object.")
    # JSON's keys are texts, and orjson makes nothing else of them.
    return cast("Document", found)
