"""From the city's rows to the columns of the tables: ids, business numbers, sealed papers, moments of the day.

An id is made of the kind of row and its serial, in the form of UUID version 7 with moments of New Year 2023, so that
rows lie in the order of their making and a repeated load gives the same ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, unique
from functools import lru_cache
from typing import Final
from uuid import UUID

from city.demo import OFFICE, REGION, DemoPerson, demo_people, person_of
from city.lives import SCHEME_RESIDENTS
from city.rows import Bill, Coverage, Neighbourhood, Order, Person, Voucher
from domain import identity, ledger, residents
from domain.actors import ActorKind
from domain.business_numbers import NumberKind, make_number
from domain.crypto import Keyring, Purpose
from domain.identifiers import mask

Record = tuple[object, ...]

_NEW_YEAR_2023: Final = 1_672_531_200_000
_SPREAD: Final = 0x9E37_79B9_7F4A_7C15
_REST: Final = (1 << 62) - 1
# Nine in the morning in Shanghai, when the counters open.
_MORNING: Final = time(1, tzinfo=UTC)
_FIRST_YEAR: Final = 2023
_PAYING: Final = timedelta(minutes=30)

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "community": ("code", "region", "name"),
    "school": ("id", "name", "kind", "community_code"),
    "household": ("id", "number", "community_code", "address"),
    "person": (
        *("id", "number", "name", "name_pinyin", "sex", "born_on", "died_on", "left_on"),
        *("document_type", "document_sealed", "document_index", "document_hint", "phone_sealed", "phone_hint"),
        *("phone_proved_at", "phone_proved_mark"),
        *("household_id", "household_role", "community_code", "school_id", "registered_at"),
    ),
    "beneficiary": ("id", "person_id", "category", "starts", "ends", "source"),
    "mandate": ("id", "kind", "holder_id", "subject_id", "relation", "starts", "ends", "evidence", "granted_at"),
    "participation": ("id", "person_id", "scheme", "starts", "ends", "reason"),
    "bill": (
        *("id", "number", "person_id", "scheme", "year", "standard", "rules_digest", "contributor_group", "grade"),
        *("relief_category", "own_amount", "relief_amount", "subsidy_amount"),
        *("window_starts", "window_ends", "payable_until", "state", "settled_on", "made_at"),
    ),
    "coverage": ("id", "person_id", "scheme", "year", "starts", "ends", "wait_months", "explanation", "bill_id"),
    "payment_order": (
        *("id", "number", "payer_id", "payer_account", "channel", "amount", "state", "created_at", "expires_at"),
        *("channel_reference", "paid_at", "paid_amount"),
    ),
    "payment_item": ("order_id", "bill_id", "amount", "settles"),
    "entry": (
        *("id", "number", "fund", "key", "reason", "day", "about_kind", "about_id", "summary", "lines"),
        *("made_by", "made_at"),
    ),
    "posting": ("entry_id", "line", "fund", "code", "amount", "about_kind", "about_id"),
}
"""The tables that are filled, in the order in which they refer to each other, with the columns that are given."""


@unique
class Kind(IntEnum):
    """What an id stands for."""

    ACCOUNT = 1
    BENEFICIARY = 2
    BILL = 3
    COVERAGE = 4
    ENTRY = 5
    HOUSEHOLD = 6
    MANDATE = 7
    ORDER = 8
    PARTICIPATION = 9
    PERSON = 10
    SCHOOL = 11


BEFORE_US: Final = 0
"""The serial of the account that stands for everybody who paid before they could log in."""

_ACCOUNTS: Final = {person_of(person): serial for serial, person in enumerate(demo_people(), start=1)}


@lru_cache(maxsize=60_000)
def id_of(kind: Kind, serial: int) -> UUID:
    """Make the id of a row; each is asked for several times, always in the same neighbourhood."""
    rest = ((serial << 8 | kind) * _SPREAD) & _REST
    return UUID(int=(_NEW_YEAR_2023 + serial) << 80 | 0x7 << 76 | kind << 64 | 0b10 << 62 | rest)


def records_of(neighbourhood: Neighbourhood, *, keys: Keyring, rules_digest: str) -> dict[str, list[Record]]:
    """Give the records of a neighbourhood for each table of `COLUMNS`."""
    here = neighbourhood
    return {
        "community": [tuple(here.community)],
        "school": [(id_of(Kind.SCHOOL, row.serial), *row[1:]) for row in here.schools],
        "household": [
            (
                id_of(Kind.HOUSEHOLD, row.serial),
                make_number(NumberKind.HOUSEHOLD, year=_FIRST_YEAR, serial=row.serial),
                *row[1:],
            )
            for row in here.households
        ],
        "person": [_person(row, keys=keys) for row in here.people],
        "beneficiary": [
            (id_of(Kind.BENEFICIARY, row.serial), id_of(Kind.PERSON, row.person), *row[2:])
            for row in here.beneficiaries
        ],
        "mandate": [
            (
                id_of(Kind.MANDATE, row.serial),
                row.kind,
                id_of(Kind.PERSON, row.holder),
                id_of(Kind.PERSON, row.subject),
                *row[4:],
                morning(row.starts),
            )
            for row in here.mandates
        ],
        "participation": [
            (id_of(Kind.PARTICIPATION, row.serial), id_of(Kind.PERSON, row.person), *row[2:])
            for row in here.participations
        ],
        "bill": [_bill(row, rules_digest=rules_digest) for row in here.bills],
        "coverage": [_coverage(row) for row in here.coverages],
        "payment_order": [_order(row) for row in here.orders],
        "payment_item": [
            (id_of(Kind.ORDER, row.serial), id_of(Kind.BILL, bill), fen, True)
            for row in here.orders
            for bill, fen in row.items
        ],
        "entry": [_entry(row, community=here.community.code) for row in here.vouchers],
        "posting": [record for row in here.vouchers for record in _postings(row)],
    }


def _person(row: Person, *, keys: Keyring) -> Record:
    person = id_of(Kind.PERSON, row.serial)
    phone = row.phone
    return (
        person,
        make_number(NumberKind.RESIDENT, year=max(_FIRST_YEAR, row.registered_on.year), serial=row.serial),
        row.name,
        _spell(row.name),
        row.sex.value,
        row.born_on,
        row.died_on,
        row.left_on,
        row.document.value,
        keys.seal(Purpose.IDENTITY, row.document_number, place=f"person.document:{person}"),
        residents.document_index(keys, kind=row.document, number=row.document_number),
        mask(row.document_number),
        phone and keys.seal(Purpose.PHONE, phone, place=f"person.phone:{person}"),
        phone and mask(phone),
        *_proof_of(person, row, keys=keys),
        id_of(Kind.HOUSEHOLD, row.household),
        row.role,
        row.community,
        row.school and id_of(Kind.SCHOOL, row.school),
        morning(row.registered_on),
    )


def _proof_of(person: UUID, row: Person, *, keys: Keyring) -> Record:
    """Say when the number was proved: on the day of registration, for those with a log-in; others never."""
    if row.phone is None or row.serial not in _ACCOUNTS:
        return (None, None)
    return (morning(row.registered_on), residents.phone_mark(keys, person_id=person, phone=row.phone))


def _bill(row: Bill, *, rules_digest: str) -> Record:
    return (
        id_of(Kind.BILL, row.serial),
        make_number(NumberKind.BILL, year=row.year, serial=row.serial),
        id_of(Kind.PERSON, row.person),
        SCHEME_RESIDENTS,
        row.year,
        row.standard,
        rules_digest,
        row.group,
        row.grade,
        row.relief_category,
        row.own_fen,
        row.relief_fen,
        row.subsidy_fen,
        row.window_starts,
        row.window_ends,
        row.payable_until,
        "OPEN" if row.settled_on is None else "PAID",
        row.settled_on,
        morning(row.made_on),
    )


def _coverage(row: Coverage) -> Record:
    return (
        id_of(Kind.COVERAGE, row.serial),
        id_of(Kind.PERSON, row.person),
        SCHEME_RESIDENTS,
        row.year,
        row.starts,
        row.ends,
        row.wait_months,
        row.explanation,
        id_of(Kind.BILL, row.bill),
    )


def _order(row: Order) -> Record:
    paid_at = morning(row.paid_on)
    return (
        id_of(Kind.ORDER, row.serial),
        make_number(NumberKind.ORDER, year=row.paid_on.year, serial=row.serial),
        id_of(Kind.PERSON, row.payer),
        id_of(Kind.ACCOUNT, _ACCOUNTS.get(row.payer, BEFORE_US)),
        row.channel,
        row.amount_fen,
        "PAID",
        paid_at,
        paid_at + _PAYING,
        f"CITY{row.serial:012d}",
        paid_at,
        row.amount_fen,
    )


def _entry(row: Voucher, *, community: str) -> Record:
    entry = id_of(Kind.ENTRY, row.serial)
    payment = row.order is not None
    about = id_of(Kind.ORDER, row.order) if row.order is not None else entry
    return (
        entry,
        make_number(NumberKind.VOUCHER, year=row.day.year, serial=row.serial),
        ledger.RESIDENTS,
        f"payment:{about}" if payment else f"subsidy:{community}:{row.year}",
        "CONTRIBUTION" if payment else "SUBSIDY",
        row.day,
        "payment_order" if payment else "entry",
        about,
        row.summary,
        len(row.postings),
        "synthetic city",
        morning(row.day),
    )


def _postings(row: Voucher) -> Iterator[Record]:
    entry = id_of(Kind.ENTRY, row.serial)
    payment = None if row.order is None else ("payment_order", id_of(Kind.ORDER, row.order))
    for line, (code, fen, bill) in enumerate(row.postings, start=1):
        about = ("bill", id_of(Kind.BILL, bill)) if bill is not None else payment or (None, None)
        yield (entry, line, ledger.RESIDENTS, code, fen, *about)


def account_of(person: DemoPerson) -> identity.NewAccount:
    """Give the account of somebody who can log in."""
    serial = next(serial for serial, other in enumerate(demo_people(), start=1) if other == person)
    resident = person_of(person)
    return identity.NewAccount(
        id=id_of(Kind.ACCOUNT, serial),
        kind=ActorKind.STAFF if resident is None else ActorKind.RESIDENT,
        login=person.account,
        display_name=person.name,
        person_id=None if resident is None else id_of(Kind.PERSON, resident),
        roles=frozenset(person.roles),
        office=OFFICE if resident is None else None,
        region=REGION if resident is None else None,
    )


@lru_cache(maxsize=50_000)
def _spell(name: str) -> str:
    return residents.spell(name)


@lru_cache(maxsize=50_000)
def morning(day: date) -> datetime:
    """Give the moment of a day at which things happen in the city."""
    return datetime.combine(day, _MORNING)
