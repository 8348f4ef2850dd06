"""One household before it is written down: drawn by chance, or one of those whose people can log in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Final, NamedTuple

from city import demo, places
from city.contributions import Behaviour, draw_behaviour
from city.draws import chance
from city.families import CITY_DAY, Member, draw_family
from city.lives import Life, Listing, draw_listings, draw_lives, draw_paper
from city.names import dotted_name, given_name, latin_name, surname
from city.papers import Mint
from city.rows import Community
from domain.identifiers import CertificateKind
from domain.period import age_on

_STUDENT: Final = range(18, 23)


class Home(NamedTuple):
    """A family with everything that was decided about it; all tuples have one item for each member."""

    address: str
    family: tuple[Member, ...]
    names: tuple[str, ...]
    papers: tuple[tuple[CertificateKind, str], ...]
    lives: tuple[Life, ...]
    students: tuple[bool, ...]
    listings: tuple[tuple[Listing, ...], ...]
    behaviour: Behaviour
    phone_share: float
    """How many of the grown members have a telephone."""


def draw_home(rng: Random, mint: Mint, *, place: Community, people_max: int) -> Home:
    """Draw a household of at most so many people."""
    family = draw_family(rng, people_max=people_max)
    papers = tuple(draw_paper(rng, mint, member, region=place.region) for member in family)
    return Home(
        address=places.address(rng, place),
        family=family,
        names=tuple(_draw_names(rng, family, papers=papers)),
        papers=papers,
        lives=draw_lives(rng, family),
        students=tuple(_is_student(rng, member) for member in family),
        listings=draw_listings(rng, family),
        behaviour=draw_behaviour(rng),
        phone_share=0.93,
    )


def demo_homes(mint: Mint, *, place: Community) -> Iterator[Home]:
    """Give the households of the people who can log in; nothing in them is left to chance."""
    for number, household in enumerate(demo.HOUSEHOLDS, start=1):
        family = tuple(member for _, member in household.members)
        jobs = dict(household.employees)
        listing = (Listing(household.category, date(2023, 1, 1), None, "民政部门名单"),) if household.category else ()
        yield Home(
            address=f"{place.name}1幢1单元{number}01室",
            family=family,
            names=tuple(name for name, _ in household.members),
            papers=tuple(
                (
                    CertificateKind.RESIDENT_ID,
                    mint.resident_id(place.region, born_on=member.born_on, sex=member.sex),
                )
                for member in family
            ),
            lives=tuple(
                Life(member.born_on, died_on=None, left_on=None, works_from=jobs.get(at), takes_part=True)
                for at, member in enumerate(family)
            ),
            students=tuple(False for _ in family),
            listings=tuple(listing for _ in family),
            behaviour=household.behaviour,
            phone_share=1.0,
        )


def _draw_names(
    rng: Random, family: tuple[Member, ...], *, papers: tuple[tuple[CertificateKind, str], ...]
) -> Iterator[str]:
    """Name a family: children and the head's parents share a surname with the head or with the spouse."""
    shared = surname(rng)
    dotted = chance(rng, 0.006)
    for (kind, _), member in zip(papers, family, strict=True):
        if kind is CertificateKind.FOREIGN_RESIDENT_ID:
            yield latin_name(rng)
        elif dotted:
            yield dotted_name(rng)
        else:
            own = member.role == "SPOUSE" or (member.role == "PARENT" and chance(rng, 0.5))
            family_name = surname(rng) if own else shared
            yield family_name + given_name(rng, sex=member.sex, age=age_on(member.born_on, CITY_DAY))


def _is_student(rng: Random, member: Member) -> bool:
    return member.role == "CHILD" and age_on(member.born_on, CITY_DAY) in _STUDENT and chance(rng, 0.6)
