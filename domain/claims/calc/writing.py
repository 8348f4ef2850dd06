"""Canonical texts of what is sealed and digested: the same content gives the same text, letter for letter."""

from __future__ import annotations

from typing import Final, TypeVar
from uuid import UUID

import orjson
from cattrs.preconf.orjson import make_converter

from domain.money import Money, Ratio

T = TypeVar("T")

_TEXT: Final = make_converter()
_TEXT.register_structure_hook(UUID, lambda text, _: UUID(text))
_TEXT.register_unstructure_hook(UUID, str)
_TEXT.register_structure_hook(Money, lambda fen, _: Money(fen))
_TEXT.register_unstructure_hook(Money, lambda money: money.fen)
_TEXT.register_structure_hook(Ratio, lambda millionths, _: Ratio(millionths))
_TEXT.register_unstructure_hook(Ratio, lambda ratio: ratio.millionths)


def write(content: object) -> str:
    """Write a value of this room as canonical JSON."""
    return orjson.dumps(_TEXT.unstructure(content), default=str, option=orjson.OPT_SORT_KEYS).decode()


def read(text: str, kind: type[T]) -> T:
    """Read what `write` wrote."""
    return _TEXT.structure(orjson.loads(text), kind)
