"""Settle each person's year twice with the engine, add up, and show only groups that are large enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import add
from typing import Final, TypeVar

from domain import settlement
from domain.errors import DomainError, Refused
from domain.settlement import Person, Settlement, Shelf, Visit
from domain.whatif.values import (
    CHANGE_BANDS,
    FUND_WIDTH,
    LEAST_PERSONS,
    WIDTH,
    CannotSettle,
    FundSums,
    Group,
    Paid,
    Sums,
    Tally,
    TreatedCase,
)

T = TypeVar("T", Sums, FundSums)

_FAMILY: Final = {
    "basic": 0,
    "large": 1,
    "critical": 1,
    "assistance": 2,
    "tilt": 2,
    "backstop": 2,
    "civil_servant": 3,
    "enterprise": 3,
    "veteran": 3,
}
# The list that says most about somebody comes first; whoever is on none is shown by psn_type.
_HARDSHIP: Final = ("2304", "2307", "2303", "2305", "2306", "2302")
_BEFORE: Final = 3
_AFTER: Final = _BEFORE + len(Paid._fields)
_UNION, _ACCOUNT, _CASH = (Paid._fields.index(name) for name in ("union", "account", "cash"))
_TENTHS: Final = 10


@dataclass(slots=True)
class Comparison:
    """The rules, the changed rules, and the sums of everybody who was added."""

    before: Shelf
    after: Shelf
    tally: Tally = field(default_factory=Tally)
    alike: dict[tuple[str, str, date, date], bool] = field(default_factory=dict[tuple[str, str, date, date], bool])

    def add_person(self, cases: Sequence[TreatedCase]) -> None:
        """Settle a person's whole year by both rules and add it to the sums.

        Where the change leaves all rules of the person's days alone, one settlement is both.

        Raises `CannotSettle` for the first case that cannot be settled; the person then adds nothing.
        """
        ordered = sorted(cases, key=_order)
        before = _settled(ordered, self.before, changed_rules=False)
        untouched = all(self._leaves_alone(case) for case in ordered)
        after = before if untouched else _settled(ordered, self.after, changed_rules=True)
        self._add(ordered, before, after)

    def _leaves_alone(self, case: TreatedCase) -> bool:
        """Tell whether the change leaves the rules of this case as they are."""
        region, scheme, day = case.person.region, case.person.scheme, case.episode.day
        old = self.before.on(day, region=region, scheme=scheme)
        try:
            new = self.after.on(day, region=region, scheme=scheme)
        except DomainError:
            return False
        # Stretches of days that begin with the same days hold the same rules.
        place = (region, scheme, old.period.starts, new.period.starts)
        if place not in self.alike:
            self.alike[place] = settlement.are_alike(old, new)
        return self.alike[place]

    def _add(self, cases: list[TreatedCase], before: list[Settlement], after: list[Settlement]) -> None:
        tally, year = self.tally, [0] * WIDTH
        seen: dict[str, list[int]] = {}
        funds: dict[str, list[int]] = {}
        for case, old, new in zip(cases, before, after, strict=True):
            row = _row(old, new)
            for group in (f"level:{case.episode.level.national}", f"class:{person_class(case.person)}"):
                kept = seen.get(group)
                seen[group] = row if kept is None else list(map(add, kept, row))
            year = list(map(add, year, row))
            _note_funds(funds, old, at=2)
            _note_funds(funds, new, at=3)
            if case.settled is not None:
                tally.settled += 1
                tally.unlike += case.settled != (old.fen.fund_total, old.fen.account, old.fen.cash)
        sums = sums_of(year)
        assert sums.after.funds + sums.after.person == sums.before.funds + sums.before.person == sums.total, (
            "A change of rules divides the bill otherwise and never changes it."
        )
        for group in ("all", f"cost:{_span(sums.total)}", f"change:{change_band(sums.after.left - sums.before.left)}"):
            seen[group] = year
        for group, row in seen.items():
            tally.add(group, [1, *row[1:]])
        for fund, amounts in funds.items():
            tally.add_fund(fund, [int(amounts[2] > 0), int(amounts[3] > 0), *amounts[2:]])


def settle_case_by_case(cases: Iterable[TreatedCase], shelf: Shelf) -> Iterator[Settlement]:
    """Settle one person's cases, which stand in their order (`settlement.settle_in_order`)."""
    visits = (Visit(case.person, case.episode, case.account_credit) for case in cases)
    return settlement.settle_in_order(visits, shelf)


def person_class(person: Person) -> str:
    """Name the class under which somebody is shown: scheme and hardest list, else scheme and national psn_type."""
    for category in _HARDSHIP if person.categories else ():
        if category in person.categories:
            return f"{person.scheme}:{category}"
    return f"{person.scheme}:{person.person_type}"


def change_band(change: int) -> int:
    """Give the band of what somebody bears more (positive) or less (negative), 0 for no change at all."""
    size = sum(abs(change) > 0 if not floor else abs(change) >= floor for floor in CHANGE_BANDS)
    return size if change > 0 else -size


def sums_of(row: Sequence[int]) -> Sums:
    """Read a row of a tally."""
    return Sums(row[0], row[1], row[2], Paid(*row[_BEFORE:_AFTER]), Paid(*row[_AFTER:WIDTH]))


def whole(tally: Tally) -> Sums:
    """Give the sums of everybody."""
    return sums_of(tally.groups.get("all", [0] * WIDTH))


def by_fund(tally: Tally) -> list[Group[FundSums]]:
    """Show each fund; those that paid for few people are put together."""
    groups = [Group((fund,), FundSums(*row)) for fund, row in sorted(tally.funds.items())]
    return _put_together(groups, is_small=_pays_for_few, join=_join_funds)


def by_person_class(tally: Tally) -> list[Group[Sums]]:
    """Show each class of people (`person_class`); small ones are put together."""
    return _put_together(_groups(tally, "class:"), is_small=_is_small, join=_join)


def by_level(tally: Tally) -> list[Group[Sums]]:
    """Show each hospital level by its national code; somebody who was in two counts in both."""
    return _put_together(_groups(tally, "level:"), is_small=_is_small, join=_join)


def tenths_of_cost(tally: Tally) -> list[Group[Sums]]:
    """Divide the people by the cost of their year into tenths; keys are lowest costs in whole yuan.

    Costs are told apart by three digits, and people of one cost stay together, so tenths are nearly equal.
    """
    spans = sorted(_groups(tally, "cost:"), key=lambda group: int(group.keys[0]))
    everybody = whole(tally).persons
    tenths: dict[int, Group[Sums]] = {}
    below = 0
    for span in spans:
        middle = 2 * below + span.sums.persons
        tenth = middle * _TENTHS // (2 * everybody)
        below += span.sums.persons
        tenths[tenth] = Group(tenths[tenth].keys, _join([tenths[tenth], span])) if tenth in tenths else span
    return _with_neighbours(list(tenths.values()), toward=len(tenths) - 1)


def by_change(tally: Tally) -> list[Group[Sums]]:
    """Show bands of gain (negative) and loss; a small band joins its neighbour on the side of no change."""
    bands = sorted(_groups(tally, "change:"), key=lambda group: int(group.keys[0]))
    unchanged = min(range(len(bands)), key=lambda place: abs(int(bands[place].keys[0])), default=0)
    return _with_neighbours(bands, toward=unchanged)


def _order(case: TreatedCase) -> tuple[object, ...]:
    return case.episode.order


def _settled(cases: list[TreatedCase], shelf: Shelf, *, changed_rules: bool) -> list[Settlement]:
    done: list[Settlement] = []
    try:
        for one in settle_case_by_case(cases, shelf):
            done.append(one)  # noqa: PERF402 - what was settled before a refusal tells which case was refused
    except Refused as refusal:
        raise CannotSettle(cases[len(done)].line, changed_rules, refusal.faults) from refusal
    except DomainError as refusal:
        raise CannotSettle(cases[len(done)].line, changed_rules, (refusal,)) from refusal
    return done


def _row(old: Settlement, new: Settlement) -> list[int]:
    row = [0] * WIDTH
    row[1], row[2] = 1, old.fen.total
    for start, one in ((_BEFORE, old), (_AFTER, new)):
        for layer, pays in one.paid:
            row[start + _FAMILY[layer]] += pays
        fen = one.fen
        row[start + _UNION], row[start + _ACCOUNT], row[start + _CASH] = fen.union, fen.account, fen.cash
    return row


def _note_funds(funds: dict[str, list[int]], one: Settlement, *, at: int) -> None:
    scheme = one.case.person.scheme
    for layer, pays in one.paid:
        if pays:
            funds.setdefault(f"{scheme}:{layer}", [0] * FUND_WIDTH)[at] += pays
    if one.fen.union:
        funds.setdefault(f"{scheme}:union", [0] * FUND_WIDTH)[at] += one.fen.union


def _span(fen: int) -> int:
    """Give the lowest whole yuan of the costs that are told apart no further: three digits."""
    yuan, scale = fen // 100, 1
    while yuan // scale >= 1000:  # noqa: PLR2004 - three digits
        scale *= 10
    return yuan // scale * scale


def _groups(tally: Tally, prefix: str) -> list[Group[Sums]]:
    return [
        Group((name.removeprefix(prefix),), sums_of(row))
        for name, row in sorted(tally.groups.items())
        if name.startswith(prefix)
    ]


def _join(groups: Sequence[Group[Sums]]) -> Sums:
    parts = [group.sums for group in groups]
    return Sums(
        persons=sum(part.persons for part in parts),
        cases=sum(part.cases for part in parts),
        total=sum(part.total for part in parts),
        before=Paid(*map(sum, zip(*(part.before for part in parts), strict=True))),
        after=Paid(*map(sum, zip(*(part.after for part in parts), strict=True))),
    )


def _join_funds(groups: Sequence[Group[FundSums]]) -> FundSums:
    return FundSums(*(sum(group.sums[place] for group in groups) for place in range(FUND_WIDTH)))


def _is_small(sums: Sums) -> bool:
    return sums.persons < LEAST_PERSONS


def _pays_for_few(sums: FundSums) -> bool:
    return 0 < sums.persons_before < LEAST_PERSONS or 0 < sums.persons_after < LEAST_PERSONS


def _put_together(
    groups: list[Group[T]], *, is_small: Callable[[T], bool], join: Callable[[Sequence[Group[T]]], T]
) -> list[Group[T]]:
    """Put small groups together, and with the next smallest, so that no total gives one of them away."""
    shown = [group for group in groups if not is_small(group.sums)]
    rest = [group for group in groups if is_small(group.sums)]
    shown.sort(key=lambda group: group.sums[0])
    while rest and is_small(join(rest)) and shown:
        rest.append(shown.pop(0))
    if rest and is_small(join(rest)):
        return []
    together = [Group(tuple(key for group in rest for key in group.keys), join(rest))] if rest else []
    return sorted(shown, key=lambda group: group.keys) + together


def _with_neighbours(groups: list[Group[Sums]], *, toward: int) -> list[Group[Sums]]:
    """Let every small group join its neighbour on the way to one place, from both ends inwards."""
    low = _carried(groups[:toward])
    high = _carried(groups[: toward - len(groups) : -1]) if toward < len(groups) - 1 else []
    middle = groups[toward : toward + 1]
    for side in (low, high):
        if side and _is_small(side[-1].sums):
            middle = [_together([side.pop(), *middle])]
    while middle and _is_small(middle[0].sums) and (low or high):
        side = low or high
        middle = [_together([side.pop(), *middle])]
    if middle and _is_small(middle[0].sums):
        return []
    return low + middle + high[::-1]


def _carried(groups: Sequence[Group[Sums]]) -> list[Group[Sums]]:
    kept: list[Group[Sums]] = []
    for group in groups:
        if kept and _is_small(kept[-1].sums):
            kept[-1] = _together([kept[-1], group])
        else:
            kept.append(group)
    return kept


def _together(groups: Sequence[Group[Sums]]) -> Group[Sums]:
    keys = sorted({int(key) for group in groups for key in group.keys})
    return Group(tuple(str(key) for key in keys), _join(groups))
