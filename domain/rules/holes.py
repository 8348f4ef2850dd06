"""What one file cannot see: days without a provision that the place needs, benefits in each other's way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from domain.rules.errors import BrokenRule
from domain.rules.provisions import BENEFITS, PROVISIONS
from domain.rules.provisions.benefit import Benefit
from domain.rules.provisions.place import Place

if TYPE_CHECKING:
    from domain.rules.book import Book


def holes_of(book: Book) -> Iterator[BrokenRule]:
    """List every hole of a book."""
    for (region, name, _), versions in sorted(book.provisions.items()):
        for version in versions:
            if isinstance(version, Place):
                yield from _missing(book, region=region, place=version)
            if isinstance(version, Benefit):
                yield from _homeless(book, region=region, name=name, benefit=version)
                yield from _collisions(book, region=region, name=name, benefit=version)


def _missing(book: Book, *, region: str, place: Place) -> Iterator[BrokenRule]:
    for scheme, names in place.needs.items():
        for name in names:
            if name not in PROVISIONS:
                yield _hole(region, f"$.needs.{scheme}", f"{name!r} is no provision.")
            elif (day := _first_day_without(book, region=region, scheme=scheme, name=name, place=place)) is not None:
                yield _hole(region, f"$.needs.{scheme}", f"The provision {name!r} is missing from {day} on.")


def _first_day_without(book: Book, *, region: str, scheme: str, name: str, place: Place) -> date | None:
    """Walk from version to version, and give the first day of the place on which none is in force."""
    day: date | None = place.starts
    while day is not None and day in place.period:
        found = book.find(PROVISIONS[name].form, region=region, day=day, scheme=scheme, called=name)
        if found is None:
            return day
        day = found.ends
    return None


def _homeless(book: Book, *, region: str, name: str, benefit: Benefit) -> Iterator[BrokenRule]:
    if book.find(Place, region=region, day=benefit.starts) is None:
        yield _hole(region, f"$.{name}", f"{benefit.key}: the region has no place.yaml in force on {benefit.starts}.")


def _collisions(book: Book, *, region: str, name: str, benefit: Benefit) -> Iterator[BrokenRule]:
    for first, second in combinations(BENEFITS, 2):
        if name != first:
            continue
        for other in book.provisions.get((region, second, benefit.scheme), ()):
            both = set(benefit.med_types) & set(getattr(other, "med_types", ()))
            if both and benefit.period.overlaps(other.period):
                words = (
                    f"{first} and {second} of scheme {benefit.scheme} both take medical type {', '.join(sorted(both))}."
                )
                yield _hole(region, f"$.{first}", words)


def _hole(region: str, place: str, reason: str) -> BrokenRule:
    return BrokenRule(file=f"{region}/", place=place, line=1, reason=reason)
