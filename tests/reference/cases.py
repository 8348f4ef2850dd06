"""Random cases in plain values, for both engines, and the way from them to the values of the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from domain import rules, settlement
from domain.money import Money, Ratio

FEN = Fraction(1, 100)
CATEGORIES = ("2302", "2303", "2304", "2305", "2306")
GROUPS = ("HIGH", "LOW", "CIVIL_SERVANT", "ENTERPRISE", "UNION")


@dataclass(frozen=True)
class Where:
    """A place, a scheme and days on which it has rules."""

    region: str
    scheme: str
    starts: date
    ends: date
    med_types: tuple[str, ...]


def places_of(book: rules.Book) -> list[Where]:
    """List every stretch of days in which a scheme of a place has benefits."""
    found: list[Where] = []
    for (region, name, scheme), versions in book.provisions.items():
        if name not in rules.BENEFITS:
            continue
        for version in versions:
            assert isinstance(version, rules.Benefit)
            ends = version.ends or version.starts + timedelta(days=1200)
            found.append(Where(region, scheme, version.starts, ends, version.med_types))
    return found


def an_amount(random: Random, most: int = 30_000_000) -> Fraction:
    """An amount in yuan: small, middling and large ones alike often, whole yuan now and then."""
    fen = random.randint(0, min(most, random.choice((2000, 200_000, 2_000_000, 6_000_000, most))))
    return (fen // 100 * 100 if random.random() < 0.3 else fen) * FEN


def a_person(random: Random) -> dict[str, Any]:
    """Somebody, sometimes poor, sometimes with an account, sometimes without a birthday."""
    person: dict[str, Any] = {
        "person_type": random.choice(("11", "12", "15", "33", "")),
        "categories": tuple(random.sample(CATEGORIES, random.choice((0, 0, 1, 2)))),
        "groups": tuple(random.sample(GROUPS, random.choice((0, 1, 2)))),
        "account": random.choice((Fraction(0), an_amount(random, 500_000))),
        "cap_lift": random.choice((Fraction(0), Fraction(1000), Fraction(2000))),
    }
    if random.random() < 0.8:
        person["born_on"] = date(1930, 1, 1) + timedelta(days=random.randint(0, 33_000))
    return person


def a_line(random: Random) -> dict[str, Any]:
    """A line of any grade, sometimes special, limited, or outside its limits of use."""
    line: dict[str, Any] = {"grade": random.choice(("01", "01", "02", "03")), "amount": an_amount(random, 900_000)}
    match random.randint(0, 11):
        case 0:
            line["special"] = random.choice(("prosthesis", "examination"))
        case 1:
            line["first_paid"] = Fraction(random.randint(0, 1_000_000), 1_000_000)
        case 2:
            line["limit"] = an_amount(random, 900_000)
        case 3:
            line["within_limits"] = False
        case _:
            pass
    return line


def a_bill(random: Random, where: Where) -> dict[str, Any]:
    """An episode in a place on a day on which it has rules, by lines or by totals."""
    span = (where.ends - where.starts).days - 1
    episode: dict[str, Any] = {
        "day": where.starts + timedelta(days=random.randint(0, span)),
        "med_type": random.choice(where.med_types),
        "level": random.choice(("primary", "secondary", "tertiary")),
        "off_site": random.choice(("home",) * 8 + tuple(kind.value for kind in rules.OffSite)),
        "provider": random.choice(("A", "B")),
        "days": random.randint(0, 50),
        "delivery": random.choice(("1", "3", "1", "3", "5")),
    }
    if random.random() < 0.3:
        episode["lines"] = [a_line(random) for _ in range(random.randint(1, 6))]
        if sum(line["grade"] == "03" for line in episode["lines"]) < len(episode["lines"]):
            return episode
        del episode["lines"]
    parts = {name: an_amount(random, 300_000) for name in ("own_pay", "first_paid") if random.random() < 0.5}
    in_scope = an_amount(random)
    return {**episode, **parts, "in_scope": in_scope, "total": in_scope + sum(parts.values(), Fraction(0))}


def a_year(random: Random, where: Where, *, most: int = 4) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A person and some bills in the order of their days, most of them close together."""
    bills = [a_bill(random, where) for _ in range(random.randint(1, most))]
    if random.random() < 0.7:
        for bill in bills[1:]:
            bill["day"] = bills[0]["day"]
    return a_person(random), sorted(bills, key=lambda bill: bill["day"])


def person_of(plain: dict[str, Any], where: Where) -> settlement.Person:
    """Make the house's person."""
    return settlement.Person(
        region=where.region,
        scheme=where.scheme,
        person_type=plain["person_type"],
        born_on=plain.get("born_on"),
        categories=frozenset(plain["categories"]),
        groups=frozenset(plain["groups"]),
        account=money(plain["account"]),
        cap_lift=money(plain["cap_lift"]),
    )


def episode_of(plain: dict[str, Any], name: str = "one") -> settlement.Episode:
    """Make the house's episode."""
    sums = {key: money(plain[key]) for key in ("total", "own_pay", "first_paid") if key in plain}
    return settlement.Episode(
        id=name,
        day=plain["day"],
        med_type=plain["med_type"],
        level=rules.Level(plain["level"]),
        off_site=rules.OffSite(plain["off_site"]),
        provider=plain["provider"],
        days=plain["days"],
        delivery=plain["delivery"],
        in_scope=money(plain["in_scope"]) if "in_scope" in plain else None,
        lines=tuple(_line(line) for line in plain.get("lines", ())),
        given={layer: money(amount) for layer, amount in plain.get("given", {}).items()},
        **sums,
    )


def _line(plain: dict[str, Any]) -> settlement.Line:
    first_paid = plain.get("first_paid")
    return settlement.Line(
        grade=plain["grade"],
        amount=money(plain["amount"]),
        first_paid=None if first_paid is None else Ratio(int(first_paid * 1_000_000)),
        limit=money(plain["limit"]) if "limit" in plain else None,
        within_limits=plain.get("within_limits", True),
        special=plain.get("special", ""),
    )


def money(amount: Fraction) -> Money:
    """Make whole fen of a fraction that is whole fen."""
    fen = amount * 100
    assert fen.denominator == 1
    return Money(int(fen))
