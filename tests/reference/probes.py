"""Every border in the rules, and a case on each side of it, made from the rules themselves.

A border is a day on which a version begins or ends, an amount at which a band, a threshold, a deductible, a grant or
a cap ends, an age at which a class ends, a size at which another person must sign. Facts are plain text, as they
stand in the files of `tests/cases/borders`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from domain import rules
from domain.money import Money

Facts = dict[str, str]
YUAN = Money.yuan(1)
FEN = Money(1)
COST = Money.yuan(8000)
ADULT = date(1980, 1, 1)
USUAL_PERSON = {"310": "11"}


@dataclass(frozen=True)
class Probe:
    """One side of one border: `name` says which, `facts` are the case."""

    region: str
    provision: str
    scheme: str
    name: str
    facts: Facts = field(default_factory=dict)


def probes_of(book: rules.Book) -> Iterator[Probe]:
    """List both sides of every border of a book."""
    for (region, provision, scheme), versions in sorted(book.provisions.items()):
        for version in versions:
            for name, facts in _sides(book, provision, version):
                yield Probe(region, provision, scheme, f"{version.starts} {name}", facts)


def _sides(book: rules.Book, provision: str, version: rules.Provision) -> Iterator[tuple[str, Facts]]:
    match version:
        case rules.Benefit():
            yield from _dates(version, _benefit_case(version, version.classes[-1], COST))
            for one in version.classes:
                yield from _benefit_borders(version, one, purse=provision)
        case rules.Layer() | rules.Union():
            last = version.classes[-1]
            if usual := _layer_case(book, provision, version, last, last.threshold + COST):
                yield from _dates(version, usual)
            for one in version.classes:
                yield from _layer_borders(book, provision, version, one)
        case rules.Approval():
            yield from _dates(version, {})
            yield from _tiers(version)
        case rules.ContributionStandard():
            yield from _dates(version, {})
            yield from _ages(version)
        case _:
            yield from _dates(version, {})


def _dates(version: rules.Provision, usual: Facts) -> Iterator[tuple[str, Facts]]:
    before = version.starts - timedelta(days=1)
    yield "starts, the day before", {**usual, "day": before.isoformat()}
    yield "starts, the day", {**usual, "day": version.starts.isoformat()}
    if version.ends is not None:
        yield "ends, the last day", {**usual, "day": (version.ends - timedelta(days=1)).isoformat()}
        yield "ends, the day after", {**usual, "day": version.ends.isoformat()}


def _person(version: rules.Provision, who: rules.Who) -> Facts:
    facts: Facts = {"born_on": ADULT.isoformat()}
    person_type = who.person_types[0] if who.person_types else USUAL_PERSON.get(version.scheme, "15")
    facts["person_type"] = person_type
    if who.categories:
        facts["categories"] = who.categories[0]
    if who.groups:
        facts["groups"] = who.groups[0]
    if who.age_below is not None:
        facts["born_on"] = f"{version.starts.year - who.age_below + 1}-01-01"
    return facts


def _level(one: rules.BenefitClass) -> str:
    for table in (one.deductible.amounts, one.bands[0].pays if one.bands else {}):
        if table and rules.ANY not in table:
            return next(iter(table))
    return "secondary"


def _benefit_case(version: rules.Benefit, one: rules.BenefitClass, cost: Money, **more: str) -> Facts:
    facts = {
        "day": version.starts.isoformat(),
        "scheme": version.scheme,
        "med_type": version.med_types[0],
        "level": _level(one),
        "in_scope": str(cost),
        **_person(version, one.who),
    }
    if one.lump_sums:
        facts["delivery"] = next(iter(one.lump_sums))
    return {**facts, **more}


def _two_sides(name: str, at: Facts, above: Facts) -> Iterator[tuple[str, Facts]]:
    yield f"{name}, up to it", at
    yield f"{name}, above it", above


def _benefit_borders(version: rules.Benefit, one: rules.BenefitClass, *, purse: str) -> Iterator[tuple[str, Facts]]:
    def at(name: str, cost: Money, **more: str) -> Iterator[tuple[str, Facts]]:
        at_it = _benefit_case(version, one, cost, **more)
        return _two_sides(f"{one.named_en}, {name}", at_it, {**at_it, "in_scope": str(cost + YUAN)})

    deductible = one.deductible.amounts
    usual = deductible.get(rules.ANY) or deductible.get(_level(one)) or Money(0)
    for level, amount in deductible.items():
        yield from at(f"deductible {level}", amount, level=_level(one) if level == rules.ANY else level)
    if one.deductible.following is not None:
        yield from at("second deductible", usual, used=f"{purse}.stays=1")
    for band in one.bands:
        if band.up_to is not None:
            shift = usual if one.measured is rules.Measured.EXCESS else Money(0)
            yield from at(f"band {band.up_to}", band.up_to + shift)
    for birth, amount in one.lump_sums.items():
        yield from at(f"sum {birth}", amount, delivery=birth)
    if one.grant is not None:
        yield from at("grant", one.grant)
    yield from _cap_borders(version, one, purse=purse)
    yield from _age_borders(version, one)


def _cap_borders(version: rules.Benefit, one: rules.BenefitClass, *, purse: str) -> Iterator[tuple[str, Facts]]:
    for cap in one.caps:
        if cap.on is rules.On.BASE:
            room = _benefit_case(version, one, COST, used=f"{purse}.base={cap.amount - min(cap.amount, COST)}")
            yield from _two_sides(f"{one.named_en}, cap on cost", room, {**room, "in_scope": str(COST + YUAN)})
            continue
        for name, left in (("nothing left of the cap", Money(0)), ("ten yuan left of the cap", Money.yuan(10))):
            used = f"{cap.purse or purse}.paid={cap.amount - left}"
            yield f"{one.named_en}, {name}", _benefit_case(version, one, COST, used=used)


def _age_borders(version: rules.Benefit, one: rules.BenefitClass) -> Iterator[tuple[str, Facts]]:
    if one.who.age_below is None:
        return
    birthday = date(version.starts.year + 1, 3, 2)
    born_on = birthday.replace(year=birthday.year - one.who.age_below).isoformat()
    case = _benefit_case(version, one, COST, born_on=born_on)
    last_day = (birthday - timedelta(days=1)).isoformat()
    yield f"{one.named_en}, last day of the age", {**case, "day": last_day}
    yield f"{one.named_en}, the birthday after", {**case, "day": birthday.isoformat()}


def _layer_case(
    book: rules.Book,
    provision: str,
    version: rules.Layer | rules.Union,
    one: rules.LayerClass | rules.UnionClass,
    cost: Money,
    **more: str,
) -> Facts | None:
    """Make a case in which exactly `cost` reaches the layer; `None` where nobody pays before it."""
    schemes = [version.scheme] if version.scheme else ["390", "310"]
    for scheme in schemes:
        called = version.benefits[0] if version.benefits else "inpatient"
        benefit = book.find(rules.Benefit, region=version.region, day=version.starts, scheme=scheme, called=called)
        if benefit is None:
            continue
        facts = _benefit_case(benefit, benefit.classes[-1], cost)
        facts |= {**_person(version, one.who), "day": version.starts.isoformat()}
        others = [name for name in ("basic", *rules.LAYERS) if name != provision]
        if version.base is rules.Base.OVER_CAP:
            others = [name for name in rules.LAYERS if name != provision]
            cap = benefit.classes[-1].caps[0]
            facts["used"] = f"{cap.purse or called}.paid={cap.amount} {called}.stays=1 {called}.deductible=1600"
        facts["nothing_from"] = " ".join(others)
        return {**facts, **({"used": f"{facts.get('used', '')} {more['used']}".strip()} if "used" in more else {})}
    return None


def _layer_borders(
    book: rules.Book, provision: str, version: rules.Layer | rules.Union, one: rules.LayerClass | rules.UnionClass
) -> Iterator[tuple[str, Facts]]:
    shift = one.threshold if one.measured is rules.Measured.EXCESS else Money(0)
    borders = {f"band {band.up_to}": band.up_to + shift for band in one.bands if band.up_to is not None}
    if one.threshold:
        borders["threshold"] = one.threshold
    for name, cost in borders.items():
        below = _layer_case(book, provision, version, one, cost)
        above = _layer_case(book, provision, version, one, cost + YUAN)
        if below and above:
            yield from _two_sides(f"{one.named_en}, {name}", below, above)
    caps = [cap.amount for cap in one.caps] if isinstance(one, rules.LayerClass) else [one.cap_year]
    for amount in (amount for amount in caps if amount is not None):
        for name, left in (("nothing left of the cap", Money(0)), ("ten yuan left of the cap", Money.yuan(10))):
            used = f"{provision}.paid={amount - left}"
            if case := _layer_case(book, provision, version, one, one.threshold + COST, used=used):
                yield f"{one.named_en}, {name}", case


def _tiers(version: rules.Approval) -> Iterator[tuple[str, Facts]]:
    for kind, tiers in version.tiers.items():
        for tier in tiers:
            if tier.last_fen is not None:
                last = Money(tier.last_fen)
                yield f"{kind}, last of a tier {last}", {"kind": kind, "amount": str(last)}
                yield f"{kind}, first after {last}", {"kind": kind, "amount": str(last + FEN)}


def _ages(version: rules.ContributionStandard) -> Iterator[tuple[str, Facts]]:
    for group in version.groups:
        if group.age_below is None:
            continue
        birthday = version.age_day.replace(year=version.age_day.year - group.age_below)
        for name, born_on in (("turns it that day", birthday), ("turns it a day later", birthday + timedelta(days=1))):
            yield f"{group.group} below {group.age_below}, {name}", {"born_on": born_on.isoformat()}
