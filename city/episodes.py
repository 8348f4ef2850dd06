"""A year's treatment of a made-up city, case by case, for trying changes of the law: nobody in it exists.

Persons here are numbers and facts that rules ask for; they are not the people of `city.people`. Shares of classes,
visits and hospital levels are plausible and not measured; costs have the long tail that funds live and die by. The
same seed gives the same cases in the same order, person after person, in memory that does not grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple, TypeVar

from city.draws import between, chance
from domain.money import Money
from domain.period import Period
from domain.rules import Level, OffSite
from domain.settlement import Episode, Person
from domain.whatif import TreatedCase

T = TypeVar("T")


class _Class(NamedTuple):
    """A class of people: how many of a thousand treated people, its ages, how often and how gravely they are ill."""

    share: int
    scheme: str
    person_type: str
    youngest: int
    oldest: int
    visits: int
    stays: int
    births: int = 0
    groups: tuple[tuple[int, str], ...] = ()


# `visits` is the mean number of visits a year; `stays`, `births` and groups are so many of a thousand people.
_CLASSES: Final = (
    _Class(45, "390", "1402", 0, 5, visits=4, stays=70),
    _Class(90, "390", "1403", 6, 17, visits=2, stays=25),
    _Class(25, "390", "1404", 18, 23, visits=1, stays=15),
    _Class(240, "390", "15", 18, 59, visits=2, stays=90, births=14),
    _Class(190, "390", "16", 60, 94, visits=4, stays=240),
    _Class(
        260,
        "310",
        "11",
        20,
        59,
        visits=3,
        stays=70,
        births=18,
        groups=((90, "CIVIL_SERVANT"), (150, "ENTERPRISE"), (400, "UNION")),
    ),
    _Class(148, "310", "12", 55, 94, visits=5, stays=260, groups=((70, "CIVIL_SERVANT"),)),
    _Class(2, "310", "33", 25, 75, visits=5, stays=300),
)
_HARDSHIP: Final = (("2303", 18), ("2304", 5), ("2305", 10), ("2306", 4))
_LEVELS_VISIT: Final = ((620, Level.PRIMARY), (860, Level.SECONDARY), (1000, Level.TERTIARY))
_LEVELS_STAY: Final = ((180, Level.PRIMARY), (560, Level.SECONDARY), (1000, Level.TERTIARY))
_OFF_SITE: Final = (
    (940, OffSite.HOME),
    (970, OffSite.PROVINCE_FILED),
    (982, OffSite.PROVINCE_UNFILED),
    (994, OffSite.NATION_FILED),
    (1000, OffSite.NATION_UNFILED),
)
# Median costs in yuan, and the width of the logarithmic normal distribution around it.
_VISIT_COST: Final = {Level.PRIMARY: (95, 0.8), Level.SECONDARY: (210, 0.8), Level.TERTIARY: (380, 0.9)}
_STAY_COST: Final = {Level.PRIMARY: (3200, 0.6), Level.SECONDARY: (7400, 0.8), Level.TERTIARY: (16500, 0.95)}
_CHRONIC_COST: Final = (420, 0.9)
_MOST_YUAN: Final = 2_000_000
_THOUSAND: Final = 1000


def treated_cases(seed: int, *, count: int, region: str, year: Period) -> Iterator[TreatedCase]:
    """Stream exactly so many cases of one settlement year, person after person in the order of their numbers."""
    left, number = count, 0
    while left > 0:
        number += 1
        rng = Random(f"{seed}/{number}")
        for case in _year_of(rng, number=number, region=region, year=year)[:left]:
            left -= 1
            yield case


def _year_of(rng: Random, *, number: int, region: str, year: Period) -> list[TreatedCase]:
    """Draw a person and what happened to them in the year, at least one case, in the order of the days."""
    kind = _draw_class(rng)
    person = _draw_person(rng, kind, region=region, year=year)
    drafts = [_visit(rng, kind) for _ in range(max(1, int(rng.expovariate(1 / kind.visits))))]
    if chance(rng, kind.stays / _THOUSAND):
        drafts += [_stay(rng) for _ in range(1 + int(rng.expovariate(1.4)))]
    if kind.births and chance(rng, kind.births / _THOUSAND):
        drafts.append(_birth(rng))
    days = sorted(between(rng, 0, _length(year) - 1) for _ in drafts)
    credit = between(rng, 20_000, 900_000) if kind.scheme == "310" else 0
    episodes = [
        _episode(rng, draft, id_=f"{number:09d}-{place:03d}", day=year.starts + timedelta(days=offset))
        for place, (draft, offset) in enumerate(zip(drafts, days, strict=True), 1)
    ]
    # Sorted again: of two that end on one day, the stay that began before comes first.
    episodes.sort(key=lambda episode: episode.order)
    return [
        TreatedCase(0, f"P{number:09d}", person, 0 if place else credit, episode)
        for place, episode in enumerate(episodes)
    ]


class _Draft(NamedTuple):
    """A case before it has a day: cost in fen, days in hospital."""

    med_type: str
    level: Level
    fen: int
    days: int = 0
    delivery: str = ""


def _draw_class(rng: Random) -> _Class:
    drawn = between(rng, 1, sum(kind.share for kind in _CLASSES))
    for kind in _CLASSES:
        drawn -= kind.share
        if drawn <= 0:
            return kind
    raise AssertionError("Somebody belongs to no class.")


def _draw_person(rng: Random, kind: _Class, *, region: str, year: Period) -> Person:
    age = between(rng, kind.youngest, kind.oldest)
    born_on = date(year.starts.year - age - 1, 1, 1) + timedelta(days=between(rng, 1, 365))
    drawn = between(rng, 1, _THOUSAND)
    listed: frozenset[str] = frozenset()
    if kind.scheme == "390" or drawn % 4 == 0:
        for category, share in _HARDSHIP:
            drawn -= share
            if drawn <= 0:
                listed = frozenset({category})
                break
    groups = frozenset(group for share, group in kind.groups if chance(rng, share / _THOUSAND))
    if "CIVIL_SERVANT" in groups:
        groups -= {"ENTERPRISE"}
    return Person(
        region=region,
        scheme=kind.scheme,
        person_type=kind.person_type,
        born_on=born_on,
        categories=listed,
        groups=groups,
    )


def _visit(rng: Random, kind: _Class) -> _Draft:
    level = _one_of(rng, _LEVELS_VISIT)
    if kind.youngest >= 50 and chance(rng, 0.22):  # noqa: PLR2004 - the old have most of the chronic diseases
        return _Draft("14", level, _cost(rng, *_CHRONIC_COST))
    return _Draft("13" if chance(rng, 0.06) else "11", level, _cost(rng, *_VISIT_COST[level]))


def _stay(rng: Random) -> _Draft:
    level = _one_of(rng, _LEVELS_STAY)
    fen = _cost(rng, *_STAY_COST[level])
    if chance(rng, 0.012):
        fen = min(fen * between(rng, 4, 15), _MOST_YUAN * 100)
    days = max(1, min(180, fen // between(rng, 60_000, 160_000)))
    return _Draft("28" if days == 1 else "21", level, fen, days)


def _birth(rng: Random) -> _Draft:
    section = chance(rng, 0.42)
    return _Draft(
        "52", _one_of(rng, _LEVELS_STAY), _cost(rng, 9200 if section else 5600, 0.3), 5, "3" if section else "1"
    )


def _cost(rng: Random, median: int, width: float) -> int:
    """Draw a cost in fen; the float is a draw of chance, the amount is whole from here on."""
    return max(500, min(_MOST_YUAN * 100, int(median * 100 * rng.lognormvariate(0, width))))


def _episode(rng: Random, draft: _Draft, *, id_: str, day: date) -> Episode:
    fen = draft.fen
    own = fen * between(rng, 0, 160) // _THOUSAND
    over = fen * between(rng, 0, 30) // _THOUSAND if chance(rng, 0.1) else 0
    first = fen * between(rng, 5, 50) // _THOUSAND
    return Episode(
        id=id_,
        day=day,
        began_on=day - timedelta(days=draft.days) if draft.days else None,
        med_type=draft.med_type,
        level=draft.level,
        off_site=_one_of(rng, _OFF_SITE),
        days=draft.days,
        delivery=draft.delivery,
        total=Money(fen),
        own_pay=Money(own),
        over_limit=Money(over),
        first_paid=Money(first),
    )


def _one_of(rng: Random, shares: tuple[tuple[int, T], ...]) -> T:
    drawn = between(rng, 1, _THOUSAND)
    return next(value for bound, value in shares if drawn <= bound)


def _length(year: Period) -> int:
    assert year.ends is not None
    return (year.ends - year.starts).days
