"""What becomes of people: papers, deaths, moves, work, lists of the poor, acting for each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final, NamedTuple

from city.draws import between, chance, pick
from city.families import CITY_DAY, GROWN, Member
from city.papers import Mint
from city.places import ELSEWHERE
from city.rows import Mandate, Participation
from domain.identifiers import CertificateKind
from domain.period import age_on, first_of_month

HISTORY_STARTS: Final = date(2023, 1, 1)
SCHEME_RESIDENTS: Final = "390"
SCHEME_EMPLOYEES: Final = "310"
_WITHOUT_NUMBER_DAYS: Final = 75
_WORKING_AGE: Final = 60
# Who was born in this year or later was a minor when the history begins, and somebody paid for them.
_YOUNG_SINCE: Final = 2004
_OLD: Final = 75

# Shares of grown people who are known by another paper than the identity card.
_PAPERS: Final = (
    (0.0012, CertificateKind.HONG_KONG_PERMIT),
    (0.0018, CertificateKind.MACAO_PERMIT),
    (0.0028, CertificateKind.TAIWAN_PERMIT),
    (0.0044, CertificateKind.RESIDENCE_PERMIT),
    (0.0056, CertificateKind.FOREIGN_RESIDENT_ID),
)
_HOUSEHOLD_LISTS: Final = ("2303", "2303", "2303", "2305", "2305", "2306", "2302")


class Life(NamedTuple):
    """When somebody came, died or left, and when they began to work; `None` where it did not happen."""

    came_on: date
    died_on: date | None
    left_on: date | None
    works_from: date | None
    takes_part: bool


class Listing(NamedTuple):
    """A time on a list of civil affairs or of the association of the disabled (psn_idet_type)."""

    category: str
    starts: date
    ends: date | None
    source: str


class Serials:
    """The next number of every kind of row."""

    def __init__(self, first: int = 1) -> None:
        self.person, self.household, self.bill, self.order, self.coverage = (count(first) for _ in range(5))
        self.beneficiary, self.mandate, self.participation, self.voucher = (count(first) for _ in range(4))


def draw_paper(rng: Random, mint: Mint, member: Member, *, region: str) -> tuple[CertificateKind, str]:
    """Draw the paper that somebody is known by and mint its number."""
    if (CITY_DAY - member.born_on).days < _WITHOUT_NUMBER_DAYS:
        return CertificateKind.BIRTH_CERTIFICATE, mint.birth_certificate()
    grown = not member.guardians
    kind = _other_paper(rng) if grown else CertificateKind.RESIDENT_ID
    match kind:
        case CertificateKind.RESIDENT_ID:
            area = pick(rng, ELSEWHERE) if grown and chance(rng, 0.12) else region
        case CertificateKind.RESIDENCE_PERMIT:
            area = pick(rng, ("810000", "820000", "830000"))
        case CertificateKind.FOREIGN_RESIDENT_ID:
            return kind, mint.foreign_id(between(rng, 0, 2), born_on=member.born_on, sex=member.sex)
        case _:
            return kind, mint.permit(kind)
    return kind, mint.resident_id(area, born_on=member.born_on, sex=member.sex)


def _other_paper(rng: Random) -> CertificateKind:
    drawn = rng.random()
    return next((kind for bound, kind in _PAPERS if drawn < bound), CertificateKind.RESIDENT_ID)


def draw_lives(rng: Random, family: tuple[Member, ...]) -> tuple[Life, ...]:
    """Draw what became of each of a family since 2023; parents of the young stay alive, families leave together."""
    young = any(member.role in {"CHILD", "OTHER"} and member.born_on.year >= _YOUNG_SINCE for member in family)
    needed = {place for place, member in enumerate(family) if young and member.role in {"HEAD", "SPOUSE"}}
    left_on = _a_day(rng, since=HISTORY_STARTS) if chance(rng, 0.025) else None
    return tuple(
        _draw_life(rng, member, left_on=left_on, needed=place in needed) for place, member in enumerate(family)
    )


def _draw_life(rng: Random, member: Member, *, left_on: date | None, needed: bool) -> Life:
    age = age_on(member.born_on, CITY_DAY)
    mortality = 0.002 if age < _WORKING_AGE else 0.03 if age < _OLD else 0.2
    died_on = None
    if not needed and age >= GROWN and chance(rng, mortality):
        died_on = _a_day(rng, since=HISTORY_STARTS)
    if left_on is not None and (died_on is not None or left_on <= member.born_on + timedelta(days=30)):
        left_on = None
    came_on = member.born_on
    if chance(rng, 0.1) and age >= GROWN:
        came_on = max(came_on, date(between(rng, 2005, 2022), between(rng, 1, 12), between(rng, 1, 28)))
    return Life(came_on, died_on, left_on, _draw_work(rng, member.born_on, age), not chance(rng, 0.015))


def _draw_work(rng: Random, born_on: date, age: int) -> date | None:
    """Draw since when somebody is insured as an employee or pensioner; some began only in the years of the history."""
    if age < 22 or not chance(rng, 0.46 if age < _WORKING_AGE else 0.38):  # noqa: PLR2004 - after university
        return None
    if chance(rng, 0.1) and age < _WORKING_AGE:
        return date(between(rng, 2023, 2026), between(rng, 1, 10), 1)
    earliest = date(born_on.year + 20, 1, 1)
    return max(earliest, date(between(rng, 1998, 2022), between(rng, 1, 12), 1))


def participations(life: Life, *, person: int, serials: Serials) -> list[Participation]:
    """Say in which schemes somebody was, one after the other and never two at once."""
    if not life.takes_part:
        return []
    gone_on = life.left_on or (life.died_on + timedelta(days=1) if life.died_on else None)
    work = life.works_from if life.works_from and (gone_on is None or life.works_from < gone_on) else None
    times: list[Participation] = []
    joined_on = max(life.came_on, date(2009, 1, 1))
    until = work if work is not None else gone_on
    if (work is None or work.year >= HISTORY_STARTS.year) and (until is None or joined_on < until):
        reason = "出生参保" if life.came_on == joined_on else "参保登记"
        times.append(Participation(next(serials.participation), person, SCHEME_RESIDENTS, joined_on, until, reason))
    if work is not None:
        times.append(Participation(next(serials.participation), person, SCHEME_EMPLOYEES, work, gone_on, "单位参保"))
    return times


def draw_listings(rng: Random, family: tuple[Member, ...]) -> tuple[tuple[Listing, ...], ...]:
    """Draw which lists of civil affairs each of a family is on: poor households as a whole, the disabled alone."""
    elder_alone = len(family) == 1 and age_on(family[0].born_on, CITY_DAY) >= _WORKING_AGE
    shared: Listing | None = None
    if chance(rng, 0.035):
        starts = date(between(rng, 2020, 2026), between(rng, 1, 9), 1)
        ends = first_of_month(starts, months_later=12 * between(rng, 1, 4)) if chance(rng, 0.3) else None
        category = pick(rng, ("2304", "2307", "2303") if elder_alone else _HOUSEHOLD_LISTS)
        shared = Listing(category, starts, ends, "民政部门名单")
    return tuple(tuple(_listings_of(rng, member, shared=shared)) for member in family)


def _listings_of(rng: Random, member: Member, *, shared: Listing | None) -> Iterator[Listing]:
    if shared is not None and (shared.ends is None or member.born_on < shared.ends):
        yield shared._replace(starts=max(shared.starts, member.born_on))
    if chance(rng, 0.012):
        since = date(between(rng, 2015, 2025), between(rng, 1, 12), 1)
        yield Listing("2308", max(since, member.born_on), None, "残联名单")


def guardianships(family: tuple[Member, ...], *, persons: tuple[int, ...], serials: Serials) -> Iterator[Mandate]:
    """Say who are the guardians of minors, up to their eighteenth birthday."""
    for member, person in zip(family, persons, strict=True):
        for guardian in member.guardians:
            yield Mandate(
                serial=next(serials.mandate),
                kind="GUARDIAN",
                holder=persons[guardian],
                subject=person,
                relation=member.relation,
                starts=member.born_on,
                ends=_birthday(member.born_on, GROWN),
                evidence="户口簿",
            )


def draw_delegations(
    rng: Random, family: tuple[Member, ...], *, persons: tuple[int, ...], lives: tuple[Life, ...], serials: Serials
) -> Iterator[Mandate]:
    """Draw delegates of elders, always with an end, some of them over, and family accounts of couples."""
    if lives[0].died_on is not None:
        return
    for at, member in enumerate(family[1:], start=1):
        alive = lives[at].died_on is None
        if alive and age_on(member.born_on, CITY_DAY) >= _OLD and chance(rng, 0.5):
            starts = date(between(rng, 2024, 2026), between(rng, 1, 9), between(rng, 1, 28))
            ends = starts + timedelta(days=between(rng, 90, 365))
            relation = "1" if member.role == "SPOUSE" else "2"
            yield _mandate(
                "DELEGATE", persons[0], persons[at], relation=relation, starts=starts, ends=ends, serials=serials
            )
        if alive and member.role == "SPOUSE" and chance(rng, 0.15):
            starts = date(between(rng, 2023, 2026), between(rng, 1, 10), 1)
            yield _mandate("FAMILY", persons[0], persons[at], relation="1", starts=starts, ends=None, serials=serials)


def _mandate(
    kind: str, holder: int, subject: int, *, relation: str, starts: date, ends: date | None, serials: Serials
) -> Mandate:
    evidence = {"DELEGATE": "代办委托书", "FAMILY": "家庭共济备案"}[kind]
    return Mandate(next(serials.mandate), kind, holder, subject, relation, starts, ends, evidence)


def _a_day(rng: Random, *, since: date) -> date:
    return since + timedelta(days=between(rng, 0, (CITY_DAY - since).days - 1))


def _birthday(born_on: date, age: int) -> date:
    """Give the first day of being so old; 29 February becomes 1 March in common years."""
    try:
        return born_on.replace(year=born_on.year + age)
    except ValueError:
        return date(born_on.year + age, 3, 1)
