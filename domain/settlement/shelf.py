"""The shelf of compiled rules: provisions become tables once for every stretch of days in which nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from domain import rules
from domain.money import MILLION, Money
from domain.period import Period
from domain.rules import (
    ANY,
    BENEFITS,
    LAYERS,
    Account,
    Benefit,
    BenefitClass,
    Book,
    Catalogue,
    Layer,
    Level,
    Measured,
    OffSite,
    OffSiteTerms,
    On,
    Over,
    Union,
    Who,
)
from domain.settlement.stages.bands import ENDLESS, Band, Bands
from domain.settlement.tables import (
    NONE,
    AccountTerms,
    BenefitTerms,
    CapTerms,
    CatalogueTerms,
    ClassTerms,
    LayerClassTerms,
    LayerTerms,
    Plan,
    RulesInForce,
    WhoTerms,
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The compiled rules of a book, each stretch of days compiled once. One for each process; hand it down."""

    book: Book
    compiled: dict[tuple[str, str], list[RulesInForce]] = field(
        default_factory=dict[tuple[str, str], list[RulesInForce]]
    )

    def on(self, day: date, *, region: str, scheme: str) -> RulesInForce:
        """Give the rules in force on a day, or raise `UnknownRule` when the place has none then."""
        kept = self.compiled.setdefault((region, scheme), [])
        for found in kept:
            if day in found.period:
                return found
        found = rules_in_force(self.book, region=region, scheme=scheme, day=day)
        kept.append(found)
        return found


def rules_in_force(book: Book, *, region: str, scheme: str, day: date) -> RulesInForce:
    """Compile the rules of a place and scheme for a day; raises `UnknownRule` when the place has none then."""
    place = book.place(region=region, day=day)
    catalogue = book.in_force(Catalogue, region=region, day=day, scheme=scheme)
    benefits = {
        med_type: terms
        for name in BENEFITS
        if (benefit := book.find(Benefit, region=region, day=day, scheme=scheme, called=name))
        for terms in (_benefit(name, benefit),)
        for med_type in benefit.med_types
    }
    layers = [
        _layer(name, layer)
        for name in LAYERS
        if (layer := book.find(Layer, region=region, day=day, scheme=scheme, called=name))
    ]
    account = book.find(Account, region=region, day=day, scheme=scheme)
    union = book.find(Union, region=region, day=day, scheme=scheme)
    return RulesInForce(
        digest=book.digest,
        region=region,
        scheme=scheme,
        period=_stretch(book, region=region, day=day),
        place=place,
        catalogues=_catalogues(catalogue),
        benefits=benefits,
        layers=tuple(layers),
        account=account and AccountTerms(account, account.in_catalogue_only, frozenset(account.med_types)),
        union=union and _union(union),
    )


def _stretch(book: Book, *, region: str, day: date) -> Period:
    """Give the days around a day on which nothing changes in the place or in what it inherits."""
    levels = {region, f"{region[:4]}00", f"{region[:2]}0000", rules.NATIONAL}
    borders = {
        border
        for (place, _, _), versions in book.provisions.items()
        if place in levels
        for version in versions
        for border in (version.starts, version.ends)
        if border is not None
    }
    before = max((border for border in borders if border <= day), default=day)
    after = min((border for border in borders if border > day), default=None)
    return Period(before, after)


def _who(who: Who) -> WhoTerms:
    return WhoTerms(
        everybody=who.everybody,
        person_types=frozenset(who.person_types),
        groups=frozenset(who.groups),
        categories=frozenset(who.categories),
        age_from=who.age_from,
        age_below=ENDLESS if who.age_below is None else who.age_below,
    )


def _catalogues(catalogue: Catalogue) -> tuple[CatalogueTerms, ...]:
    return tuple(
        CatalogueTerms(
            who=_who(one.who),
            origin=catalogue,
            first_paid_b=NONE if one.first_paid_b is None else one.first_paid_b.millionths,
            special={
                key: (item.first_paid.millionths, NONE if item.fund_pays is None else item.fund_pays.millionths)
                for key, item in one.special.items()
            },
        )
        for one in catalogue.classes
    )


def _benefit(name: str, benefit: Benefit) -> BenefitTerms:
    return BenefitTerms(name, benefit, tuple(_benefit_class(name, one) for one in benefit.classes))


def _benefit_class(name: str, one: BenefitClass) -> ClassTerms:
    kinds: dict[OffSite, OffSiteTerms] = {OffSite.HOME: OffSiteTerms(), **one.off_site}
    plans = {
        (level, kind): _plan(one, level=level, terms=terms)
        for level in _levels_of(one)
        for kind, terms in kinds.items()
    }
    caps = tuple(
        CapTerms(
            on_base=cap.on is On.BASE,
            amount=cap.amount.fen,
            purse="" if cap.per is Over.STAY else _cap_purse(name, cap),
        )
        for cap in one.caps
    )
    return ClassTerms(
        who=_who(one.who),
        named=one,
        plans=plans,
        waived_for=frozenset(one.deductible.waived_for),
        caps=caps,
        grant=0 if one.grant is None else one.grant.fen,
        lump_sums={birth: amount.fen for birth, amount in one.lump_sums.items()},
        purse=name,
        deductible_purse=one.deductible.purse or name,
        counts_base=one.over is Over.YEAR or any(cap.on_base and cap.purse for cap in caps),
    )


def _cap_purse(name: str, cap: rules.Cap) -> str:
    return f"{name}.base" if cap.on is On.BASE else f"{cap.purse or name}.paid"


def _levels_of(one: BenefitClass) -> list[Level]:
    """Give the levels about which a class says something; `any` is all of them."""
    tables = [table for table in (one.deductible.amounts, one.bands[0].pays if one.bands else {}) if table]
    levels = list(Level)
    for table in tables:
        if ANY not in table:
            levels = [level for level in levels if level.value in table]
    return levels


def _plan(one: BenefitClass, *, level: Level, terms: OffSiteTerms) -> Plan:
    deductible, following = one.deductible, one.deductible.following
    first = _at(deductible.amounts, level) if deductible.amounts else 0
    if terms.deductible is not None:
        first = terms.deductible.fen
    amounts = following.amounts if following else None
    floor = terms.floor or one.floor
    return Plan(
        bands=_bands(one.bands, level=level, terms=terms),
        absolute=one.measured is Measured.ABSOLUTE,
        over_year=one.over is Over.YEAR,
        counts=deductible.counts,
        first=first,
        following=_at(amounts, level) if amounts else NONE,
        factor=following.factor.millionths if following and following.factor is not None else NONE,
        less=following.less.fen if following and following.less is not None else NONE,
        least=following.least.fen if following else 0,
        year_ceiling=NONE if deductible.year_ceiling is None else deductible.year_ceiling.fen,
        off_site_paid=0 if terms.first_paid is None else terms.first_paid.millionths,
        floor=NONE if floor is None else floor.millionths,
    )


def _at(table: Mapping[str, Money], level: Level) -> int:
    return (table[ANY] if ANY in table else table[level.value]).fen


def _bands(bands: tuple[rules.Band, ...], *, level: Level, terms: OffSiteTerms) -> Bands:
    compiled: list[Band] = []
    for band in bands:
        rate = (band.pays[ANY] if ANY in band.pays else band.pays[level.value]).millionths
        if terms.rate is not None:
            rate = terms.rate.millionths
        if terms.points_less is not None:
            rate = max(0, rate - terms.points_less.millionths)
        assert 0 <= rate <= MILLION
        compiled.append(Band(band.above.fen, ENDLESS if band.up_to is None else band.up_to.fen, rate))
    return tuple(compiled)


def _layer(name: str, layer: Layer) -> LayerTerms:
    classes = tuple(
        LayerClassTerms(
            who=_who(one.who),
            named=one.named,
            named_en=one.named_en,
            threshold=one.threshold.fen,
            absolute=one.measured is Measured.ABSOLUTE,
            bands=_bands(one.bands, level=Level.OTHER, terms=OffSiteTerms()),
            caps=tuple(
                CapTerms(
                    on_base=False,
                    amount=cap.amount.fen,
                    purse="" if cap.per is Over.STAY else f"{cap.purse or name}.paid",
                )
                for cap in one.caps
            ),
        )
        for one in layer.classes
    )
    return LayerTerms(
        name, layer, layer.base, layer.over is Over.YEAR, frozenset(layer.benefits), classes, f"{name}.base"
    )


def _union(union: Union) -> LayerTerms:
    classes = tuple(
        LayerClassTerms(
            who=_who(one.who),
            named=one.named,
            named_en=one.named_en,
            threshold=one.threshold.fen,
            absolute=one.measured is Measured.ABSOLUTE,
            bands=_bands(one.bands, level=Level.OTHER, terms=OffSiteTerms()),
            caps=()
            if one.cap_year is None
            else (CapTerms(on_base=False, amount=one.cap_year.fen, purse="union.paid"),),
            per_day=NONE if one.per_day is None else one.per_day.fen,
            days_from=one.days_from,
            days_most=NONE if one.days_most is None else one.days_most,
            per_stay=NONE if one.per_stay is None else one.per_stay.fen,
        )
        for one in union.classes
    )
    over_year = union.over is Over.YEAR
    return LayerTerms("union", union, union.base, over_year, frozenset(union.benefits), classes, "union.base")
