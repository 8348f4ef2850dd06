"""Comparing a day of many lines: every planted difference is found, and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest

from domain.money import Money
from domain.reconciliation import MismatchKind, MoneyDirection, Movement, StatementLine, Surety, compare

DAY = date(2026, 11, 2)


def ours(number: str, amount: int = 100, *, day: date | None = DAY, surety: Surety = Surety.CERTAIN) -> Movement:
    return Movement(
        direction=MoneyDirection.OUT,
        number=number,
        amount=Money(amount),
        day=day,
        surety=surety,
        about=uuid4(),
        sends=1,
    )


def theirs(number: str, amount: int = 100, *, day: date = DAY, reference: str | None = None) -> StatementLine:
    return StatementLine(MoneyDirection.OUT, number, reference or f"BK{number}", Money(amount), day)


def found(*, held: list[Movement], shown: list[StatementLine]) -> list[tuple[str, str]]:
    comparison = compare(DAY, ours=held, theirs=shown)
    return sorted((one.kind.value, one.number) for one in comparison.differences)


@pytest.mark.parametrize(
    ("held", "shown", "expected"),
    [
        ([ours("a")], [theirs("a")], []),
        ([ours("a")], [], [("MISSING_THERE", "a")]),
        ([ours("a", day=None, surety=Surety.UNDECIDED)], [], [("MISSING_THERE", "a")]),
        ([ours("a", day=None, surety=Surety.POSSIBLE)], [], []),
        ([ours("a", day=None, surety=Surety.DENIED)], [], []),
        ([ours("a", day=None, surety=Surety.DENIED)], [theirs("a")], [("MISSING_HERE", "a")]),
        ([ours("a", day=DAY + timedelta(days=1))], [], []),
        ([], [theirs("a")], [("MISSING_HERE", "a")]),
        ([], [theirs(""), theirs("", reference="other")], [("MISSING_HERE", ""), ("MISSING_HERE", "")]),
        ([ours("a")], [theirs("a", 99)], [("AMOUNT", "a")]),
        ([ours("a")], [theirs("a"), theirs("a")], [("DUPLICATE", "a")]),
        ([ours("a")], [theirs("a", 99), theirs("a")], [("DUPLICATE", "a")]),
        ([ours("a", day=DAY - timedelta(days=3))], [theirs("a")], [("LATE", "a")]),
        ([ours("a", day=None, surety=Surety.UNDECIDED)], [theirs("a")], []),
    ],
)
def test_each_kind_of_difference(
    held: list[Movement], shown: list[StatementLine], expected: list[tuple[str, str]]
) -> None:
    assert found(held=held, shown=shown) == expected


def test_what_comes_in_is_not_mistaken_for_what_goes_out() -> None:
    back = StatementLine(MoneyDirection.IN, "a", "RT1", Money(100), DAY)
    assert found(held=[ours("a")], shown=[theirs("a"), back]) == [("MISSING_HERE", "a")]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("lines", [100, 20_000])
def test_planted_differences_are_all_found_and_nothing_else(seed: int, lines: int) -> None:
    plant_and_compare(lines=lines, seed=seed)


def test_a_hundred_thousand_lines_with_one_in_a_hundred_wrong() -> None:
    plant_and_compare(lines=100_000, seed=2026)


def plant_and_compare(*, lines: int, seed: int) -> None:
    chance = Random(seed)
    held: list[Movement] = []
    shown: list[StatementLine] = []
    planted: Counter[tuple[str, str]] = Counter()
    kinds = [kind for kind in MismatchKind if kind is not MismatchKind.RESULT]
    wrong = {place: kinds[order % len(kinds)] for order, place in enumerate(chance.sample(range(lines), lines // 100))}
    for place in range(lines):
        number, amount = f"Z{place:09d}", chance.randrange(1, 10**7)
        kind = wrong.get(place)
        if kind is not None:
            planted[kind.value, number] += 1
        surety = chance.choice([Surety.CERTAIN, Surety.CERTAIN, Surety.UNDECIDED])
        day = DAY if surety is Surety.CERTAIN else None
        if kind is MismatchKind.LATE:
            surety, day = Surety.CERTAIN, DAY - timedelta(days=chance.randrange(1, 9))
        if kind is not MismatchKind.MISSING_HERE:
            held.append(ours(number, amount, day=day, surety=surety))
        if kind is not MismatchKind.MISSING_THERE:
            off = chance.choice([-1, 1]) if kind is MismatchKind.AMOUNT and amount > 1 else 0
            shown.append(theirs(number, amount + (off or (kind is MismatchKind.AMOUNT))))
        if kind is MismatchKind.DUPLICATE:
            shown.append(theirs(number, amount, reference=f"again{place}"))
    chance.shuffle(shown)

    comparison = compare(DAY, ours=held, theirs=shown)

    told = Counter((one.kind.value, one.number) for one in comparison.differences)
    missed, invented = planted - told, told - planted
    assert (missed, invented) == (Counter(), Counter())
    assert len(planted) == lines // 100
    lost = sum(count for (kind, _), count in planted.items() if kind in {"MISSING_HERE", "MISSING_THERE", "AMOUNT"})
    assert len(comparison.matches) == lines - lost
