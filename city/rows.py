"""What the synthetic city is made of: plain frozen rows that know nothing of tables. Amounts are whole fen.

People, households, bills and the like are numbered by serials that start at 1 in every city; a loader makes ids of
them. Named tuples and not dataclasses: a city of a million people makes fifteen million of these.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.identifiers import CertificateKind, Sex


class Community(NamedTuple):
    """A neighbourhood or village with a twelve-digit code that no statistical office has given out."""

    code: str
    region: str
    name: str


class School(NamedTuple):
    """A kindergarten, school or university."""

    serial: int
    name: str
    kind: str
    community: str


class Household(NamedTuple):
    """A household register with its address."""

    serial: int
    community: str
    address: str


class Person(NamedTuple):
    """A resident: alive here, dead or moved away."""

    serial: int
    name: str
    sex: Sex
    born_on: date
    died_on: date | None
    left_on: date | None
    document: CertificateKind
    document_number: str
    phone: str | None
    household: int
    role: str
    community: str
    school: int | None
    registered_on: date


class Beneficiary(NamedTuple):
    """A time on one of the lists of civil affairs (psn_idet_type)."""

    serial: int
    person: int
    category: str
    starts: date
    ends: date | None
    source: str


class Mandate(NamedTuple):
    """Who may act for whom: GUARDIAN, DELEGATE or FAMILY; `relation` is the national agnter_rlts code."""

    serial: int
    kind: str
    holder: int
    subject: int
    relation: str
    starts: date
    ends: date | None
    evidence: str


class Participation(NamedTuple):
    """A time in a scheme: 390 for residents, 310 for those insured as employees, who are never billed here."""

    serial: int
    person: int
    scheme: str
    starts: date
    ends: date | None
    reason: str


class Bill(NamedTuple):
    """What somebody owed for a year of the residents' scheme, and whether it was paid."""

    serial: int
    person: int
    year: int
    standard: str
    group: str
    grade: str
    relief_category: str | None
    own_fen: int
    relief_fen: int
    subsidy_fen: int
    window_starts: date
    window_ends: date
    payable_until: date
    settled_on: date | None
    made_on: date


class Coverage(NamedTuple):
    """Days on which the residents' fund pays; `explanation` is JSON, the steps that gave the first day."""

    serial: int
    person: int
    year: int
    starts: date
    ends: date
    wait_months: int
    explanation: str
    bill: int


class Order(NamedTuple):
    """One payment of one household for one or more bills; `items` are pairs of bill serial and fen."""

    serial: int
    payer: int
    channel: str
    paid_on: date
    items: tuple[tuple[int, int], ...]

    @property
    def amount_fen(self) -> int:
        """What was paid."""
        return sum(fen for _, fen in self.items)


class Posting(NamedTuple):
    """One line of a voucher: debit positive; of a payment, each credit names the bill that it is for."""

    code: str
    fen: int
    bill: int | None = None


class Voucher(NamedTuple):
    """A voucher of the residents' fund: of one order, or of what government added for a community in a year."""

    serial: int
    order: int | None
    year: int
    day: date
    summary: str
    postings: tuple[Posting, ...]


class Neighbourhood(NamedTuple):
    """One community with everything that belongs to it: the unit in which a city is made and loaded."""

    number: int
    community: Community
    schools: tuple[School, ...]
    households: tuple[Household, ...]
    people: tuple[Person, ...]
    beneficiaries: tuple[Beneficiary, ...]
    mandates: tuple[Mandate, ...]
    participations: tuple[Participation, ...]
    bills: tuple[Bill, ...]
    coverages: tuple[Coverage, ...]
    orders: tuple[Order, ...]
    vouchers: tuple[Voucher, ...]
