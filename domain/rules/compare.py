"""Read provisions as flat lists of values, so that people can see a day's law and what changed between two days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from domain.money import Money, Ratio
from domain.period import Period
from domain.rules.values import Provision

if TYPE_CHECKING:
    from domain.rules.book import Book

_HEADING = frozenset({field.name for field in fields(Provision)})


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same on two days; `None` where there is none."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in one provision between two days; either version may be missing."""

    kind: str
    region: str
    scheme: str
    before: Provision | None
    after: Provision | None
    differences: tuple[Difference, ...]


def values_of(provision: Provision) -> dict[str, str]:
    """Give every value of a provision by its path, without its heading; values equal to their default are left out."""
    return dict(_leaves(provision, "", skip=_HEADING))


def is_demonstration(provision: Provision, path: str) -> bool:
    """Tell whether the value at a path of `values_of` is made up for the demo city although the rest has a source."""
    named = re.sub(r"\[([^\]]*)\]", r".\1", path)
    plain = re.sub(r"\[[^\]]*\]", "", path)
    return any(
        form == marked or form.startswith(f"{marked}.") for marked in provision.demonstration for form in (named, plain)
    )


def changes_between(book: Book, *, first: date, second: date, region: str | None = None) -> list[Change]:
    """List the provisions that differ between two days, in all places or in one."""
    changes: list[Change] = []
    for (place, kind, scheme), versions in sorted(book.provisions.items()):
        if region is not None and place != region:
            continue
        before = next((version for version in versions if first in version.period), None)
        after = next((version for version in versions if second in version.period), None)
        if before is after:
            continue
        old, new = (values_of(version) if version else {} for version in (before, after))
        differences = tuple(
            Difference(path, old.get(path), new.get(path))
            for path in dict.fromkeys((*old, *new))
            if old.get(path) != new.get(path)
        )
        changes.append(Change(kind, place, scheme, before, after, differences))
    return changes


def _leaves(value: object, path: str, *, skip: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _leaves(inner, f"{path}.{key}" if path else str(key))
        case tuple():
            yield from _listed(value, path)
        case _ if is_dataclass(value) and not isinstance(value, Money | Ratio | Period):
            yield from _fields(value, path, skip=skip)
        case _:
            yield path, _word(value)


def _fields(value: object, path: str, *, skip: frozenset[str]) -> Iterator[tuple[str, str]]:
    assert is_dataclass(value)
    for field in fields(value):
        inner: object = getattr(value, field.name)
        if field.name not in skip and inner not in (field.default, None, (), {}):
            yield from _leaves(inner, f"{path}.{field.name}" if path else field.name)


def _listed(values: tuple[object, ...], path: str) -> Iterator[tuple[str, str]]:
    if all(isinstance(value, str | Ratio) for value in values):
        yield path, ", ".join(_word(value) for value in values)
        return
    for number, value in enumerate(values, 1):
        name = getattr(value, "group", None) or getattr(value, "named_en", None) or getattr(value, "offence", None)
        yield from _leaves(value, f"{path}[{name or number}]", skip=frozenset({"named_en", "group", "offence"}))


def _word(value: object) -> str:
    match value:
        case Ratio():
            return value.percent()
        case Enum():
            return str(value.value)
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case _:
            return str(value)
