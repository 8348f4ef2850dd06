"""Refusals on the wire: one interface, one type for each refusal of the domain, made from its facts.

Nobody writes these types by hand: a refusal that a room defines appears here with its facts as fields, so that a
client may read them instead of the sentence.
"""

from __future__ import annotations

from dataclasses import fields as facts_of
from datetime import date
from enum import Enum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, cast, get_type_hints
from uuid import UUID

import strawberry

import domain
from api.schema.scalars import Money, Ratio
from domain.errors import DomainError, Text
from domain.money import Money as MoneyValue
from domain.money import Ratio as RatioValue

_ON_THE_WIRE: dict[object, object] = {
    str: str,
    int: int,
    bool: bool,
    date: date,
    UUID: strawberry.ID,
    MoneyValue: Money,
    RatioValue: Ratio,
    str | None: str | None,
    int | None: int | None,
    date | None: date | None,
}


def every_refusal() -> tuple[type[DomainError], ...]:
    """List every kind of refusal that the words and rooms of the domain define, by code."""
    for room in iter_modules(domain.__path__):
        if room.name != "migrations":
            import_module(f"domain.{room.name}")
    found: list[type[DomainError]] = []
    waiting = list(DomainError.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "code" in vars(kind):
            found.append(kind)
    return tuple(sorted(found, key=lambda kind: kind.code))


ErrorCode = strawberry.enum(
    cast("type[Enum]", Enum("ErrorCode", {kind.code: kind.code for kind in every_refusal()})),
    description="拒绝的代码，只增不改。 The code of a refusal; codes are added, never changed.",
)


@strawberry.interface(description="拒绝：哪里不符、怎么办、依据什么。 A refusal: what is wrong and what to do.")
class UserError:
    """What every refusal says."""

    code: ErrorCode = strawberry.field(description="代码。 The code.")  # pyright: ignore[reportInvalidTypeForm] - an enum made at start
    message: str = strawberry.field(description="哪里不符。 What is wrong, in Chinese.")
    message_en: str = strawberry.field(description="哪里不符（英文）。 What is wrong, in English.")
    path: list[str] = strawberry.field(description="涉及的输入字段。 The input field it is about.")
    remedy: str = strawberry.field(description="接下来怎么办。 What to do next, in Chinese.")
    remedy_en: str = strawberry.field(description="接下来怎么办（英文）。 What to do next, in English.")
    law_ref: str | None = strawberry.field(description="法规依据。 The legal ground.")


def _make_type(kind: type[DomainError]) -> type[UserError]:
    hints = get_type_hints(kind)
    wire = {fact.name: _ON_THE_WIRE[hints[fact.name]] for fact in facts_of(kind) if _is_fact(fact.name, hints)}
    about = (kind.__doc__ or "").split("\n", maxsplit=1)[0]
    body: dict[str, Any] = {"__annotations__": wire, "__doc__": about}
    for name in wire:
        body[name] = strawberry.field(description=f"事实：{name}。 A fact of this refusal.")
    made = type(kind.__name__, (UserError,), body)
    return strawberry.type(made, description=f"拒绝：{kind.code}。 {about}")


def _is_fact(name: str, hints: dict[str, Any]) -> bool:
    if name == "path" or name in UserError.__annotations__:
        return False
    if hints[name] in _ON_THE_WIRE:
        return True
    assert hints[name] in {Text, object} or "tuple" in str(hints[name]), f"Put {hints[name]} on the wire in errors.py."
    return False


ERROR_TYPES: dict[type[DomainError], type[UserError]] = {kind: _make_type(kind) for kind in every_refusal()}


def to_wire(refusal: DomainError) -> UserError:
    """Translate one refusal, facts and sentences."""
    made = ERROR_TYPES[_nearest(type(refusal))]
    message, remedy = refusal.message(), refusal.remedy()
    facts = {name: _encode(getattr(refusal, name)) for name in made.__annotations__}
    return made(
        code=ErrorCode[refusal.code],
        message=message.zh,
        message_en=message.en,
        path=[_camel(step) for step in refusal.path],
        remedy=remedy.zh,
        remedy_en=remedy.en,
        law_ref=refusal.law,
        **facts,
    )


def _nearest(kind: type[DomainError]) -> type[DomainError]:
    return next(ancestor for ancestor in kind.__mro__ if ancestor in ERROR_TYPES)


def _encode(fact: object) -> object:
    return str(fact) if isinstance(fact, UUID) else fact


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
