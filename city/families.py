"""Families: who lives together, how old, and who is whose guardian.

The shares of the kinds of household give about 2.6 people a household, as the census of 2020 found in the province;
the rest is plausible and no more. All ages are those on `CITY_DAY`.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from city.draws import between, chance
from domain.identifiers import Sex

CITY_DAY: Final = date(2026, 11, 1)
"""The day on which the city stands still: everybody's age and history end here, on whatever day it is made."""

GROWN: Final = 18
# Who heads a household was grown when the history of the city begins.
_HEAD_FROM: Final = 23
_LONGEST: Final = 8
_DAYS_OF_A_YEAR: Final = 365.2425


class Member(NamedTuple):
    """Somebody in a family; `guardians` are places in the family, with what they are to the child (agnter_rlts)."""

    role: str
    sex: Sex
    born_on: date
    guardians: tuple[int, ...] = ()
    relation: str = ""


def draw_family(rng: Random, *, people_max: int = _LONGEST) -> tuple[Member, ...]:
    """Draw a family of at most so many members; the first is the head of the household."""
    if people_max < _LONGEST:
        return _alone(rng, between(rng, 23, 64))
    return _MAKERS[bisect(_BOUNDS, rng.random() * _BOUNDS[-1])](rng)


def _lone_elder(rng: Random) -> tuple[Member, ...]:
    return _alone(rng, min(between(rng, 64, 100), between(rng, 64, 104)))


def _lone_adult(rng: Random) -> tuple[Member, ...]:
    return _alone(rng, between(rng, 23, 63))


def _elder_couple(rng: Random) -> tuple[Member, ...]:
    return _couple(rng, wife=min(between(rng, 60, 92), between(rng, 60, 92)))


def _couple_alone(rng: Random) -> tuple[Member, ...]:
    return _couple(rng, wife=between(rng, 24, 62))


def _one_child(rng: Random) -> tuple[Member, ...]:
    return _parents_with(rng, ages=(between(rng, 0, 22),))


def _two_children(rng: Random) -> tuple[Member, ...]:
    younger = between(rng, 0, 15)
    return _parents_with(rng, ages=(younger + between(rng, 2, 7), younger))


def _single_parent(rng: Random) -> tuple[Member, ...]:
    age = between(rng, 0, 20)
    parent = Member(
        "HEAD", Sex.FEMALE if chance(rng, 0.75) else Sex.MALE, _born(rng, max(_HEAD_FROM, age + between(rng, 21, 38)))
    )
    return (parent, _child(rng, age, guardians=(0,)))


def _three_generations(rng: Random) -> tuple[Member, ...]:
    family = _one_child(rng) if chance(rng, 0.6) else _two_children(rng)
    head_age = (CITY_DAY - family[0].born_on).days // 365
    grandmother = min(head_age + between(rng, 21, 34), 101)
    elders = [Member("PARENT", Sex.FEMALE, _born(rng, grandmother))]
    if chance(rng, 0.45):
        elders.append(Member("PARENT", Sex.MALE, _born(rng, min(grandmother + between(rng, -1, 5), 103))))
    return (*family, *elders)


def _raised_by_grandparents(rng: Random) -> tuple[Member, ...]:
    age = between(rng, 1, 16)
    couple = _couple(rng, wife=age + between(rng, 44, 62))
    return (*couple, _child(rng, age, guardians=(0, 1), relation="6", role="OTHER"))


def _grown_child(rng: Random) -> tuple[Member, ...]:
    return _parents_with(rng, ages=(between(rng, 18, 32),))


_KINDS: Final[tuple[tuple[int, Callable[[Random], tuple[Member, ...]]], ...]] = (
    (9, _lone_elder),
    (9, _lone_adult),
    (14, _elder_couple),
    (14, _couple_alone),
    (20, _one_child),
    (11, _two_children),
    (4, _single_parent),
    (10, _three_generations),
    (1, _raised_by_grandparents),
    (8, _grown_child),
)
_BOUNDS: Final = tuple(accumulate(weight for weight, _ in _KINDS))
_MAKERS: Final = tuple(maker for _, maker in _KINDS)


def _alone(rng: Random, age: int) -> tuple[Member, ...]:
    return (Member("HEAD", Sex.FEMALE if chance(rng, 0.5) else Sex.MALE, _born(rng, age)),)


def _couple(rng: Random, *, wife: int) -> tuple[Member, Member]:
    born = (_born(rng, wife), _born(rng, max(_HEAD_FROM, min(wife + between(rng, -2, 6), 103))))
    head, spouse = (Sex.MALE, Sex.FEMALE) if chance(rng, 0.8) else (Sex.FEMALE, Sex.MALE)
    return (
        Member("HEAD", head, born[head is Sex.MALE]),
        Member("SPOUSE", spouse, born[spouse is Sex.MALE]),
    )


def _parents_with(rng: Random, *, ages: tuple[int, ...]) -> tuple[Member, ...]:
    couple = _couple(rng, wife=max(_HEAD_FROM, max(ages) + between(rng, 21, 38)))
    return (*couple, *(_child(rng, age, guardians=(0, 1)) for age in ages))


def _child(rng: Random, age: int, *, guardians: tuple[int, ...], relation: str = "5", role: str = "CHILD") -> Member:
    sex = Sex.FEMALE if chance(rng, 0.48) else Sex.MALE
    return Member(role, sex, _born(rng, age), guardians if age < GROWN else (), relation if age < GROWN else "")


def _born(rng: Random, age: int) -> date:
    """Draw a birth date of somebody who is so many years old, leaving out the days around the birthday itself."""
    return CITY_DAY - timedelta(days=int(age * _DAYS_OF_A_YEAR) + between(rng, 2, 363))
