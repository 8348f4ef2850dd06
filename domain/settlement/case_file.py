"""Cases written by hand in YAML: one person and the episodes of a year, read as strictly as the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from domain.money import ZERO, Money, Ratio
from domain.rules import Level, OffSite, read_strictly
from domain.settlement.national import to_national
from domain.settlement.values import Accumulators, Episode, Line, Person, Settlement, amount_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LineForm:
    """A line: either `amount`, or `price` and `count`; `limit_price` is the limit for one piece."""

    name: str
    code: str = ""
    grade: str
    amount: Money | None = None
    price: str | None = None
    count: str = "1"
    limit_price: str | None = None
    first_paid: Ratio | None = None
    within_limits: bool = True
    special: str = ""

    def __post_init__(self) -> None:
        if (self.amount is None) == (self.price is None):
            raise ValueError("A line has either an amount or a price.")
        if self.grade not in {"01", "02", "03"}:
            raise ValueError(f"The grade {self.grade!r} is none of 01 (甲), 02 (乙), 03 (丙).")

    def line(self) -> Line:
        """Make the line of the engine."""
        amount = self.amount if self.price is None else amount_of(price=self.price, count=self.count)
        assert amount is not None
        limit = None if self.limit_price is None else amount_of(price=self.limit_price, count=self.count)
        return Line(
            code=self.code,
            name=self.name,
            grade=self.grade,
            amount=amount,
            first_paid=self.first_paid,
            limit=limit,
            within_limits=self.within_limits,
            special=self.special,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForm:
    """The person; see `settlement.Person`."""

    person_type: str = ""
    born_on: date | None = None
    categories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    account: Money = ZERO
    cap_lift: Money = ZERO


NOBODY_SPECIAL: Final = PersonForm()


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeForm:
    """An episode; see `settlement.Episode`. `expect` holds national names and amounts that must come out."""

    id: str = ""
    day: date
    med_type: str
    level: Level = Level.OTHER
    off_site: OffSite = OffSite.HOME
    began_on: date | None = None
    provider: str = ""
    days: int = 0
    delivery: str = ""
    total: Money = ZERO
    in_scope: Money | None = None
    own_pay: Money = ZERO
    over_limit: Money = ZERO
    first_paid: Money = ZERO
    lines: tuple[LineForm, ...] = ()
    given: Mapping[str, Money] = field(default_factory=dict[str, Money])
    expect: Mapping[str, Money] = field(default_factory=dict[str, Money])

    def episode(self, number: int) -> Episode:
        """Make the episode of the engine; without an id it is named by its place in the file."""
        return Episode(
            id=self.id or f"episode {number}",
            day=self.day,
            med_type=self.med_type,
            level=self.level,
            off_site=self.off_site,
            began_on=self.began_on,
            provider=self.provider,
            days=self.days,
            delivery=self.delivery,
            total=self.total,
            in_scope=self.in_scope,
            own_pay=self.own_pay,
            over_limit=self.over_limit,
            first_paid=self.first_paid,
            lines=tuple(line.line() for line in self.lines),
            given=self.given,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeForm:
    """What was used up before, by purse: amounts in yuan, stays as a number."""

    year: int
    stays: Mapping[str, int] = field(default_factory=dict[str, int])
    amounts: Mapping[str, Money] = field(default_factory=dict[str, Money])

    def accumulators(self) -> Accumulators:
        """Make the accumulators of the engine."""
        stays = {f"{purse}.stays": number for purse, number in self.stays.items()}
        return Accumulators(self.year, {**stays, **{purse: amount.fen for purse, amount in self.amounts.items()}})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case file. `what` says in a sentence what it shows; `place`, `grade`, `source` and `note` where it is from."""

    what: str
    region: str
    scheme: str
    person: PersonForm = NOBODY_SPECIAL
    before: BeforeForm | None = None
    episodes: tuple[EpisodeForm, ...]
    tolerance: Money = ZERO
    place: str = ""
    grade: str = ""
    source: str = ""
    note: str = ""

    def insured(self) -> Person:
        """Make the person of the engine."""
        return Person(
            region=self.region,
            scheme=self.scheme,
            person_type=self.person.person_type,
            born_on=self.person.born_on,
            categories=frozenset(self.person.categories),
            groups=frozenset(self.person.groups),
            account=self.person.account,
            cap_lift=self.person.cap_lift,
        )

    def all_episodes(self) -> tuple[Episode, ...]:
        """Make the episodes of the engine, in the order of the file."""
        return tuple(form.episode(number) for number, form in enumerate(self.episodes, 1))

    def differences(self, settled: Sequence[Settlement]) -> list[dict[str, str]]:
        """List every expected amount that did not come out, within the tolerance of the file."""
        expected = {episode.id: form.expect for episode, form in zip(self.all_episodes(), self.episodes, strict=True)}
        found: list[dict[str, str]] = []
        for one in settled:
            amounts = to_national(one)
            for name, amount in expected[one.case.episode.id].items():
                real = Money.parse(amounts[name]) if name in amounts else None
                if real is None or abs(real.fen - amount.fen) > self.tolerance.fen:
                    found.append(
                        {
                            "episode": one.case.episode.id,
                            "name": name,
                            "expected": str(amount),
                            "found": "unknown name" if real is None else str(real),
                        }
                    )
        return found

    def used_before(self) -> Accumulators | None:
        """Make the accumulators at the start, or `None` for a fresh year."""
        return None if self.before is None else self.before.accumulators()


def read_case(path: Path) -> CaseFile:
    """Read a case file; raises `Refused` with every fault and its place at once."""
    return read_strictly(CaseFile, file=path.name, text=path.read_text("utf-8"))
