"""Make the city: one neighbourhood after the other, the same for the same seed, in memory that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Final

from city import demo, places
from city.books import book_payment, book_subsidies
from city.contributions import Insured, draw_history
from city.draws import between, chance
from city.families import CITY_DAY
from city.homes import Home, demo_homes, draw_home
from city.law import Law
from city.lives import SCHEME_RESIDENTS, Serials, draw_delegations, guardianships, participations
from city.papers import Mint
from city.rows import (
    Beneficiary,
    Bill,
    Community,
    Coverage,
    Household,
    Mandate,
    Neighbourhood,
    Order,
    Participation,
    Person,
    School,
)
from domain import rules
from domain.period import age_on

PEOPLE_MIN: Final = 50
_NEIGHBOURHOOD_MAX: Final = 2000
_NEIGHBOURHOOD_MIN: Final = 100
_KINDERGARTEN_FROM: Final = 3
_PRIMARY_FROM: Final = 6
_MIDDLE_FROM: Final = 12
_MIDDLE_UNTIL: Final = 18
_PHONE_FROM: Final = 14


def people(seed: int, count: int) -> Iterator[Person]:
    """Stream exactly so many people; the same seed and count give the same people in the same order."""
    for neighbourhood in neighbourhoods(seed, count):
        yield from neighbourhood.people


def neighbourhoods(seed: int, count: int, *, book: rules.Book | None = None) -> Iterator[Neighbourhood]:
    """Stream the city of exactly so many people as neighbourhoods, those who can log in first.

    The contributions follow the given book of rules, or the one that the house ships.
    Raises ValueError for less than 50 people, and when so many are wanted that identity numbers run out.
    """
    if count < PEOPLE_MIN:
        raise ValueError(f"A city has at least {PEOPLE_MIN} people, not {count}.")
    law, mint, serials = Law(book or rules.load_book()), Mint(), Serials()
    size = max(_NEIGHBOURHOOD_MIN, min(_NEIGHBOURHOOD_MAX, count // 10))
    number, left = 0, count
    while left:
        draft = _Draft(Random(f"{seed}/{number}"), law, mint, serials, number=number)
        draft.settle(people=min(size, left))
        yield draft.finish()
        number, left = number + 1, left - len(draft.people)


class _Draft:
    """A neighbourhood that is being filled."""

    def __init__(self, rng: Random, law: Law, mint: Mint, serials: Serials, *, number: int) -> None:
        self.rng, self.law, self.mint, self.serials = rng, law, mint, serials
        self.number = number
        self.place: Community = places.community(number)
        self.schools: tuple[School, ...] = places.schools(self.place, number=number)
        self.households: list[Household] = []
        self.people: list[Person] = []
        self.beneficiaries: list[Beneficiary] = []
        self.mandates: list[Mandate] = []
        self.participations: list[Participation] = []
        self.bills: list[Bill] = []
        self.coverages: list[Coverage] = []
        self.orders: list[Order] = []

    def settle(self, *, people: int) -> None:
        """Fill the neighbourhood with exactly so many people."""
        if not self.number:
            self._settle_demo_people()
        rng, serials = self.rng, self.serials
        while len(self.people) < people:
            home = draw_home(rng, self.mint, place=self.place, people_max=people - len(self.people))
            persons = self._move_in(rng, home)
            self.mandates += draw_delegations(rng, home.family, persons=persons, lives=home.lives, serials=serials)

    def _settle_demo_people(self) -> None:
        self.schools = (places.university(self.place), *self.schools)
        fixed = Random("people who can log in")
        for home in demo_homes(self.mint, place=self.place):
            self._move_in(fixed, home)
        self.mandates.append(demo.demo_mandate(next(self.serials.mandate)))

    def finish(self) -> Neighbourhood:
        """Close the books and give the neighbourhood."""
        return Neighbourhood(
            number=self.number,
            community=self.place,
            schools=self.schools,
            households=tuple(self.households),
            people=tuple(self.people),
            beneficiaries=tuple(self.beneficiaries),
            mandates=tuple(self.mandates),
            participations=tuple(self.participations),
            bills=tuple(self.bills),
            coverages=tuple(self.coverages),
            orders=tuple(self.orders),
            vouchers=(
                *(book_payment(order, serial=next(self.serials.voucher)) for order in self.orders),
                *book_subsidies(self.place, bills=self.bills, serials=self.serials),
            ),
        )

    def _move_in(self, rng: Random, home: Home) -> tuple[int, ...]:
        """Write down a household with its people, guardians and years of contributions; give the people's serials."""
        household = next(self.serials.household)
        self.households.append(Household(household, self.place.code, home.address))
        persons = tuple(next(self.serials.person) for _ in home.family)
        insured: list[Insured] = []
        for at, serial in enumerate(persons):
            self._add_person(rng, home, at=at, serial=serial, household=household)
            insured += self._add_schemes(home, at=at, serial=serial)
        self.mandates += guardianships(home.family, persons=persons, serials=self.serials)
        # The first of those who live longest pays for all; children come last in a family, so it is a grown person.
        longest = max(home.lives, key=lambda life: life.died_on or CITY_DAY)
        payer = persons[home.lives.index(longest)]
        history = draw_history(
            rng, self.law, insured=insured, behaviour=home.behaviour, payer=payer, serials=self.serials
        )
        self.bills += history.bills
        self.coverages += history.coverages
        self.orders += history.orders
        return persons

    def _add_person(self, rng: Random, home: Home, *, at: int, serial: int, household: int) -> None:
        member, life = home.family[at], home.lives[at]
        age = age_on(member.born_on, CITY_DAY)
        kind, number = home.papers[at]
        registered_on = min(life.came_on + timedelta(days=between(rng, 3, 40)), CITY_DAY)
        self.people.append(
            Person(
                serial=serial,
                name=home.names[at],
                sex=member.sex,
                born_on=member.born_on,
                died_on=life.died_on,
                left_on=life.left_on,
                document=kind,
                document_number=number,
                phone=self.mint.phone() if age >= _PHONE_FROM and chance(rng, home.phone_share) else None,
                household=household,
                role=member.role,
                community=self.place.code,
                school=places.UNIVERSITY if home.students[at] else self._school_of(age),
                registered_on=registered_on,
            )
        )

    def _school_of(self, age: int) -> int | None:
        if not _KINDERGARTEN_FROM <= age < _MIDDLE_UNTIL:
            return None
        kindergarten, primary, middle = self.schools[-3:]
        return (kindergarten if age < _PRIMARY_FROM else primary if age < _MIDDLE_FROM else middle).serial

    def _add_schemes(self, home: Home, *, at: int, serial: int) -> Iterator[Insured]:
        """Write down lists and schemes of somebody; give their time in the residents' scheme, if any."""
        self.beneficiaries += (
            Beneficiary(next(self.serials.beneficiary), serial, *listing) for listing in home.listings[at]
        )
        times = participations(home.lives[at], person=serial, serials=self.serials)
        self.participations += times
        for time in times:
            if time.scheme == SCHEME_RESIDENTS:
                yield Insured(
                    person=serial,
                    born_on=home.family[at].born_on,
                    starts=time.starts,
                    ends=time.ends,
                    student=home.students[at],
                    listings=home.listings[at],
                )
