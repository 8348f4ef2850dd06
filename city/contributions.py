"""Four years of contributions: who was billed what by the law of the time, who paid when, and what cover it gave.

Amounts, windows and waiting come from the rules of the house and from nowhere else; only what people do is drawn.
A household pays together inside the window; who is late pays alone; a newborn is paid for when it is registered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

from city.draws import between, chance
from city.families import CITY_DAY
from city.law import YEARS, Law
from city.lives import Listing, Serials
from city.rows import Bill, Coverage, Order
from domain.rules import ContributionGroup

_STUDENT_FROM: Final = 18
_LATE_UNTIL_MONTH: Final = 10


class Behaviour(NamedTuple):
    """What share of its bills a household pays inside the window, and what share of the others late."""

    in_time: float
    late: float
    skips: frozenset[int] = frozenset()
    """Years for which it never pays."""


RELIABLE: Final = Behaviour(1.0, 0.0)
SOMETIMES: Final = Behaviour(0.6, 0.5)
SELDOM: Final = Behaviour(0.3, 0.15)


class Insured(NamedTuple):
    """Somebody's time in the residents' scheme, with what decides their bills."""

    person: int
    born_on: date
    starts: date
    ends: date | None
    student: bool
    listings: tuple[Listing, ...]


class History(NamedTuple):
    """What the years left behind of one household."""

    bills: list[Bill]
    coverages: list[Coverage]
    orders: list[Order]


class _Window(NamedTuple):
    """The days on which somebody pays in time, and the day before which they may pay at all."""

    starts: date
    ends: date
    payable_until: date


def draw_behaviour(rng: Random) -> Behaviour:
    """Draw how a household pays: most always, some now and then, a few seldom."""
    drawn = rng.random()
    return RELIABLE if drawn < 0.86 else SOMETIMES if drawn < 0.95 else SELDOM  # noqa: PLR2004 - shares


def draw_history(
    rng: Random, law: Law, *, insured: Sequence[Insured], behaviour: Behaviour, payer: int, serials: Serials
) -> History:
    """Draw the bills of a household for all years, with what was paid for them and what cover followed."""
    history = History([], [], [])
    missed: dict[int, frozenset[int]] = defaultdict(frozenset)
    for year in YEARS:
        moment = rng.random()
        paid: dict[date, list[tuple[int, int]]] = defaultdict(list)
        for somebody in insured:
            window = _window_of(law, year, somebody)
            if window is None:
                continue
            pays_on = None
            if year not in behaviour.skips:
                pays_on = _draw_payment(rng, window, year=year, behaviour=behaviour, moment=moment, ends=somebody.ends)
            bill, pays_on = _make_bill(law, year, somebody, window=window, pays_on=pays_on, serial=next(serials.bill))
            history.bills.append(bill)
            if pays_on is None:
                missed[somebody.person] |= {year}
                continue
            if due := bill.own_fen - bill.relief_fen:
                paid[pays_on].append((bill.serial, due))
            covered = _cover(law, somebody, bill=bill, pays_on=pays_on, missed=missed[somebody.person], serials=serials)
            history.coverages.extend(covered)
        for day in sorted(paid):
            channel = "WECHAT" if chance(rng, 0.7) else "COUNTER"
            history.orders.append(Order(next(serials.order), payer, channel, day, tuple(paid[day])))
    return history


def _window_of(law: Law, year: int, somebody: Insured) -> _Window | None:
    """Give the days on which somebody could pay for a year, or nothing when that year was not theirs to pay."""
    standard = law.standard(year)
    new_year = date(year, 1, 1)
    assert standard.window.ends is not None, "A collection window ends."
    if somebody.starts.year > year or (somebody.ends is not None and somebody.ends <= new_year):
        return None
    starts, ends = standard.window.starts, standard.window.ends
    if somebody.born_on >= starts:
        starts = somebody.born_on
        ends = max(ends, starts + timedelta(days=law.newborn_days(starts) + 1))
    return _Window(starts, ends, max(standard.late_until, ends))


def _draw_payment(
    rng: Random, window: _Window, *, year: int, behaviour: Behaviour, moment: float, ends: date | None
) -> date | None:
    """Draw the day of the payment; `moment` is the part of the window after which the household pays together."""
    last = min(day for day in (CITY_DAY, window.payable_until, ends) if day is not None)
    if chance(rng, behaviour.in_time):
        length = (min(window.ends, last) - window.starts).days
        return window.starts + timedelta(days=int(moment * length)) if length > 0 else None
    length = (min(last, date(year, _LATE_UNTIL_MONTH, 1)) - window.ends).days
    if length > 0 and chance(rng, behaviour.late):
        return window.ends + timedelta(days=between(rng, 0, length - 1))
    return None


def _make_bill(
    law: Law, year: int, somebody: Insured, *, window: _Window, pays_on: date | None, serial: int
) -> tuple[Bill, date | None]:
    """Make a bill, settled on the day that it is paid; where government pays all of it, on its first day."""
    new_year = date(year, 1, 1)
    student = somebody.student and year - somebody.born_on.year > _STUDENT_FROM
    group = law.group(year, born_on=somebody.born_on, student=student)
    relief_category, relief_fen = _relief(group, somebody.listings, day=max(new_year, window.starts))
    if relief_fen == group.own.fen:
        pays_on = window.starts
    bill = Bill(
        serial=serial,
        person=somebody.person,
        year=year,
        standard=law.standard(year).key,
        group=group.group,
        grade=group.grade,
        relief_category=relief_category,
        own_fen=group.own.fen,
        relief_fen=relief_fen,
        subsidy_fen=group.subsidy.fen,
        window_starts=window.starts,
        window_ends=window.ends,
        payable_until=window.payable_until,
        settled_on=pays_on,
        made_on=window.starts,
    )
    return bill, pays_on


def _relief(group: ContributionGroup, listings: tuple[Listing, ...], *, day: date) -> tuple[str | None, int]:
    """Give the category that takes the largest part of the bill off, and the fen of it."""
    best: tuple[str | None, int] = (None, 0)
    if not listings:
        return best
    on_list = {row.category for row in listings if row.starts <= day and (row.ends is None or day < row.ends)}
    for relief in group.relief:
        amount = group.own.share(relief.share).fen
        if relief.category in on_list and amount > best[1]:
            best = (relief.category, amount)
    return best


def _cover(
    law: Law, somebody: Insured, *, bill: Bill, pays_on: date, missed: frozenset[int], serials: Serials
) -> tuple[Coverage, ...]:
    answer = law.cover(
        bill.year, pays_on=pays_on, missed=missed, exempt_as=bill.relief_category, born_on=somebody.born_on
    )
    new_year = date(bill.year + 1, 1, 1)
    until = new_year if somebody.ends is None else min(somebody.ends, new_year)
    if answer.covered_from >= until:
        return ()
    coverage = Coverage(
        serial=next(serials.coverage),
        person=somebody.person,
        year=bill.year,
        starts=answer.covered_from,
        ends=until,
        wait_months=answer.wait_months,
        explanation=answer.explanation,
        bill=bill.serial,
    )
    return (coverage,)
