"""What is settled for good, and the statement of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from domain.errors import Text
from domain.money import Money, Ratio
from domain.settlement import Episode, Person, Settlement


@dataclass(frozen=True, slots=True)
class Subject:
    """What is settled: a claim, by its id and the number that people read."""

    kind: str
    id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who is paid, at which account of which bank (联行号, 12 digits)."""

    holder: str = field(repr=False)
    number: str = field(repr=False)
    bank_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was signed: the settlement that the engine made of it, and who is paid.

    `proposal_id` names the approved proposal, `region` the district whose office handled it.
    """

    subject: Subject
    proposal_id: UUID
    person_id: UUID
    region: str
    done: Settlement
    payee: Account


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of settling a thing: the statement, and what of it is paid out to the person.

    `again` is what was settled anew because of it, in the order of the care.
    """

    subject: Subject
    statement_id: UUID
    paid_out: Money
    again: tuple[Settled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementStep:
    """One step of a settlement as people read it, with the national trace code."""

    code: str
    zh: str
    en: str
    base: Money
    rate: Ratio | None
    result: Money
    term: str
    source: str


@dataclass(frozen=True, slots=True)
class KeptCase:
    """What was settled, and who is paid: enough to settle it anew."""

    person: Person
    episode: Episode
    payee: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is sealed in a statement; a statement of before cases were kept has none."""

    letter: str
    letter_en: str
    steps: tuple[StatementStep, ...]
    case: KeptCase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement (结算单): amounts by the name of their column, the steps, and the letter.

    `payable` is what the person gets: `paid_out`, or `set_off` against what they owe back. `reverses` and
    `reversed_by` name the other half of a pair that is nothing.
    """

    id: UUID
    number: str
    subject_kind: str
    subject_id: UUID
    person_id: UUID
    scheme: str
    fund: str
    year: int
    day: date
    settled_at: datetime
    rules_digest: str
    amounts: Mapping[str, Money]
    set_off: Money
    paid_out: Money
    steps: tuple[StatementStep, ...]
    letter: Text
    reverses: UUID | None
    reversed_by: UUID | None

    @property
    def payable(self) -> Money:
        """What the person gets."""
        return self.amounts["payable"]


@dataclass(frozen=True, slots=True)
class Overpayment:
    """What a person owes back: paid on a statement that does not stand any more. Recovery begins here."""

    statement_id: UUID
    person_id: UUID
    fund: str
    amount: Money
    payout_id: UUID
    reason: str
    found_at: datetime
