"""The words of a comparison: a treated case, what each side paid, and the sums over groups of people. Whole fen."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import add
from typing import Final, Generic, NamedTuple, TypeVar

from domain.errors import DomainError
from domain.settlement import Episode, Person

LEAST_PERSONS: Final = 10
"""No group of fewer people is ever shown: a small cell tells about persons and not about a rule."""

CHANGE_BANDS: Final = (0, 10_000, 100_000, 500_000, 1_000_000, 5_000_000)
"""Where the bands of gain and loss begin, in fen: above 0, from 100, 1,000, 5,000, 10,000 and 50,000 yuan."""


class TreatedCase(NamedTuple):
    """One episode of one person. `line` is its place in a file, for messages.

    `person` holds the facts of that day without an account; `account_credit` is the money in fen that came into the
    personal account since the case before (for the first case: what was in it). `settled` is what was really paid by
    the funds, from the account and in cash, in fen, where the case has been settled already. No episode has payments
    that were decided elsewhere (`Episode.given`).
    """

    line: int
    number: str
    person: Person
    account_credit: int
    episode: Episode
    settled: tuple[int, int, int] | None = None


@dataclass(eq=False)
class CannotSettle(Exception):
    """A case that the rules, or the changed rules, cannot settle, with the engine's own refusals."""

    line: int
    changed_rules: bool
    faults: tuple[DomainError, ...]


class Paid(NamedTuple):
    """Who paid what, in fen.

    `critical` is critical illness with the workers' large-amount fund, `assistance` medical assistance with tilt and
    backstop, `top_up` the money of civil servants, enterprises and disabled veterans. `union` stands outside the fee.
    """

    basic: int = 0
    critical: int = 0
    assistance: int = 0
    top_up: int = 0
    union: int = 0
    account: int = 0
    cash: int = 0

    @property
    def funds(self) -> int:
        """All funds together (fund_pay_sumamt)."""
        return self.basic + self.critical + self.assistance + self.top_up

    @property
    def person(self) -> int:
        """The person's share (psn_part_amt)."""
        return self.account + self.cash

    @property
    def left(self) -> int:
        """What the person bears in the end, after the union's aid."""
        return self.account + self.cash - self.union


class Sums(NamedTuple):
    """What a group of people cost, and who paid it before and after the change."""

    persons: int
    cases: int
    total: int
    before: Paid
    after: Paid


class FundSums(NamedTuple):
    """What one fund paid before and after the change, and for how many people."""

    persons_before: int
    persons_after: int
    before: int
    after: int


S = TypeVar("S", Sums, FundSums)


class Group(NamedTuple, Generic[S]):
    """One row of a result: the keys of the groups that it holds (more than one where small ones were put together)."""

    keys: tuple[str, ...]
    sums: S


# A row of a tally: persons, cases, total, then `Paid` before and `Paid` after.
WIDTH: Final = 3 + 2 * len(Paid._fields)
FUND_WIDTH: Final = len(FundSums._fields)


@dataclass(slots=True)
class Tally:
    """Sums by group that grow while cases are added; two tallies make one, in any order.

    `groups` are named `level:3`, `class:390:2304`, `change:-2`, `cost:1230` (yuan) and `all`, `funds` `390:basic`.
    `settled` counts cases that had been settled, `unlike` those of them that the rules settle otherwise than was paid.
    """

    groups: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    funds: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    settled: int = 0
    unlike: int = 0

    def add(self, group: str, row: list[int]) -> None:
        """Add a row to a group."""
        _add(self.groups, group, row)

    def add_fund(self, fund: str, row: list[int]) -> None:
        """Add a row to a fund."""
        _add(self.funds, fund, row)

    def merge(self, other: Tally) -> None:
        """Take in the sums of another part of the city."""
        for group, row in other.groups.items():
            _add(self.groups, group, row)
        for fund, row in other.funds.items():
            _add(self.funds, fund, row)
        self.settled += other.settled
        self.unlike += other.unlike


def _add(rows: dict[str, list[int]], name: str, row: list[int]) -> None:
    kept = rows.get(name)
    rows[name] = list(row) if kept is None else list(map(add, kept, row))
