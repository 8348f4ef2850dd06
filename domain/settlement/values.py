"""What goes into a settlement and what comes out: person, episode, lines, accumulators, shares.

Amounts at the border are `Money`; inside a `Settlement` they are whole fen, because a year of a city is settled in
minutes and every object costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from domain.money import ZERO, Money, Ratio, half_up
from domain.rules import Level, OffSite, Provision

NO_GIVEN: Final[Mapping[str, Money]] = {}
_FEN_IN_PRICE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The facts about a person that rules ask for, as they are on the day of the episode.

    `person_type` is the national psn_type, `categories` are psn_idet_type codes, `groups` the place's words (HIGH,
    LOW, CIVIL_SERVANT, ENTERPRISE, UNION). `account` is the balance of the personal account, `cap_lift` what the
    incentive adds to the critical-illness cap.
    """

    region: str
    scheme: str
    person_type: str = ""
    born_on: date | None = None
    categories: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    account: Money = ZERO
    cap_lift: Money = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a bill. `grade` is chrgitm_lv: 01 甲, 02 乙, 03 丙.

    `limit` is the whole line at the limit price; what lies above is own money. `first_paid` is the item's own
    first-paid share, before the place's. `within_limits=False` (限定支付 not met) makes the line own money. A refund
    is a line with a negative amount.
    """

    code: str = ""
    name: str = ""
    grade: str = "01"
    amount: Money
    first_paid: Ratio | None = None
    limit: Money | None = None
    within_limits: bool = True
    special: str = ""


def amount_of(*, price: str, count: str) -> Money:
    """Multiply a price in yuan (six decimals at most) by a count (four at most), half-up to the fen."""
    millionths, ten_thousandths = _scaled(price, 6), _scaled(count, 4)
    return Money(half_up(millionths * ten_thousandths * _FEN_IN_PRICE, 10**10))


def _scaled(text: str, places: int) -> int:
    scaled = Decimal(text).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more than {places} decimals.")
    return int(scaled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One stay or visit that is settled on `day`: by lines, or by totals when there are no lines.

    With totals, `in_scope` is the cost within the catalogue after first-paid shares; without it everything that is
    not own money, above a limit price or first-paid is in scope. `given` are payments that were decided elsewhere,
    by the name of the layer (`basic`, `critical` …, `hospital`, `union`, `commercial`): they are taken over and not
    computed. `days` of a stay and `delivery` (matn_type) are asked for by few rules.
    """

    id: str
    day: date
    med_type: str
    level: Level
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
    lines: tuple[Line, ...] = ()
    given: Mapping[str, Money] = field(default_factory=dict[str, Money])

    @property
    def order(self) -> tuple[date, date, str]:
        """The order in which episodes of one person are settled: by day, then by first day, then by id."""
        return (self.day, self.began_on or self.day, self.id)


class Visit(NamedTuple):
    """An episode with the facts about its person on that day.

    `credit` is the money in fen that came into the personal account since the visit before (for the first visit:
    what was in it); the account itself goes from visit to visit, so `person.account` is not looked at.
    """

    person: Person
    episode: Episode
    credit: int = 0


@dataclass(frozen=True, slots=True)
class Accumulators:
    """What one person has used up in one settlement year of one scheme. Never changed: each settlement makes a new one.

    `purses` are named `<purse>.deductible`, `.base`, `.paid`, `.stays` …, in fen (stays are counted).
    """

    year: int
    purses: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Case:
    """One episode of one person, with what was used up before it."""

    person: Person
    episode: Episode
    before: Accumulators


class LineShare(NamedTuple):
    """How one line was split, in fen."""

    own_pay: int
    over_limit: int
    first_paid: int
    in_scope: int


class Mark(NamedTuple):
    """One step as the engine leaves it; `explanation` makes sentences of it.

    `kind` chooses the sentence, `code` is the national trace code, `rate` is in millionths (-1: there is none).
    """

    kind: str
    code: str
    base: int
    rate: int
    result: int
    origin: Provision | None
    facts: tuple[int | str, ...] = ()


class Shares(NamedTuple):
    """Every amount of a settlement, in fen.

    `first_paid` includes `off_site_paid`. `over_cap` is cost in scope that the cap of the basic fund left unpaid,
    `critical_base` the cost in scope that was left before critical illness. `union` and `commercial` are third
    parties' money and stand outside the sum of the fee.
    """

    total: int = 0
    own_pay: int = 0
    over_limit: int = 0
    first_paid: int = 0
    off_site_paid: int = 0
    in_scope: int = 0
    deductible: int = 0
    over_cap: int = 0
    critical_base: int = 0
    fund_total: int = 0
    hospital: int = 0
    person_total: int = 0
    account: int = 0
    cash: int = 0
    balance: int = 0
    union: int = 0
    commercial: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """Who pays what for one episode, why, and what is used up afterwards.

    `paid` names what each layer paid, in order; `changes` are the movements of the accumulators. `digest` names the
    rule book. `reverses` is the id of the episode whose settlement this one takes back.
    """

    case: Case
    digest: str
    fen: Shares
    paid: tuple[tuple[str, int], ...]
    lines: tuple[LineShare, ...]
    marks: tuple[Mark, ...]
    changes: tuple[tuple[str, int], ...]
    after: Accumulators
    reverses: str = ""

    def paid_by(self, layer: str) -> Money:
        """Give what a layer (`basic`, `critical`, `assistance` …) paid; nothing when it does not apply."""
        return Money(sum(fen for name, fen in self.paid if name == layer))

    @property
    def total(self) -> Money:
        """The whole bill."""
        return Money(self.fen.total)

    @property
    def fund_total(self) -> Money:
        """What all funds pay together (fund_pay_sumamt)."""
        return Money(self.fen.fund_total)

    @property
    def person_total(self) -> Money:
        """What the person bears, from the account or in cash (psn_part_amt)."""
        return Money(self.fen.person_total)
