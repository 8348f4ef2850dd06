"""A family that owes, the books, and a way to pay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import asyncpg
import pytest

from domain import collection, enrollment, identity, ledger, rules
from domain.actors import SYSTEM, Actor, ActorKind
from domain.collection import BillFacts, OrderFacts
from domain.enrollment.models import Coverage
from domain.identity import StaffRole
from domain.ids import new_id
from domain.money import Money
from domain.period import Period
from domain.residents.models import Beneficiary, Person, School
from domain.store import connect_arguments
from tests.builders import COMMUNITY, NOW, a_child_of, a_clerk, a_resident, acting, run

REGION = "330900"
YEAR = 2027
BOOK = rules.load_book()


@pytest.fixture
async def books(store: str) -> str:
    """The database with the chart of accounts in it."""
    await ledger.install_chart()
    return store


@pytest.fixture
async def link(books: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that goes round our code."""
    connection = await asyncpg.connect(**connect_arguments(books))
    yield connection
    await connection.close()


@dataclass
class Family:
    """A mother with a child, both billed for the year."""

    mother: Person
    child: Person
    actor: Actor
    mothers_bill: UUID
    childs_bill: UUID

    @property
    def bill_ids(self) -> list[UUID]:
        return [self.mothers_bill, self.childs_bill]


@pytest.fixture
async def family(books: str) -> Family:
    return await a_family()


async def a_family() -> Family:
    """Put a mother with a child there who take part, were covered every year and have their bills."""
    mother = await always_covered(await takes_part(await a_resident()))
    child = await always_covered(await takes_part(await a_child_of(mother)))
    return Family(mother, child, acting(mother), await billed(mother), await billed(child))


async def takes_part(person: Person, *, scheme: str = "390", starts: date | None = None) -> Person:
    """Let a person take part in a scheme since they were born."""
    starts = starts or max(person.born_on, date(2020, 1, 1))
    await run(
        lambda work: enrollment.join(work, person_id=person.id, scheme=scheme, starts=starts, reason="test"),
        actor=SYSTEM,
    )
    return person


async def always_covered(person: Person) -> Person:
    """Give a person cover for the years in which missing it would make them wait."""
    for year in (2025, 2026):
        await Coverage.create(
            id=new_id(),
            person_id=person.id,
            scheme="390",
            year=year,
            starts=date(year, 1, 1),
            ends=date(year + 1, 1, 1),
            explanation=[],
        )
    return person


async def on_list(person: Person, category: str, *, ends: date | None = None) -> Person:
    """Put a person on a list of civil affairs."""
    await Beneficiary.create(
        id=new_id(), person_id=person.id, category=category, starts=date(2024, 1, 1), ends=ends, source="test"
    )
    return person


async def at_university(person: Person) -> Person:
    """Send a person to university."""
    school = await School.create(id=new_id(), name="海岛大学", kind="UNIVERSITY", community_code=COMMUNITY)
    person.school_id = school.id
    await person.save(update_fields=["school_id"])
    return person


async def billed(person: Person, *, year: int = YEAR, now: datetime = NOW) -> UUID:
    """Bill one person and give the bill's id."""
    return await run(
        lambda work: collection.bill_person(work, book=BOOK, region=REGION, person_id=person.id, year=year),
        actor=SYSTEM,
        now=now,
    )


async def ordered(actor: Actor, *bill_ids: UUID, now: datetime = NOW) -> OrderFacts:
    """Order the payment of bills and give the order as it stands."""
    order_id = await run(lambda work: collection.create_order(work, bill_ids=bill_ids), actor=actor, now=now)
    return await the_order(order_id)


def paying(
    order: OrderFacts, *, amount: Money | None = None, reference: str | None = None, at: datetime | None = None
) -> collection.Payment:
    """Say what the platform says when an order was paid."""
    return collection.Payment(
        order_number=order.number,
        reference=reference or f"42000{order.number[1:]}",
        amount=amount or order.amount,
        paid_at=at or NOW + timedelta(minutes=2),
    )


def a_message(text: str = "one") -> collection.Message:
    """Make a message of the platform."""
    return collection.Message(id=text, kind="TRANSACTION.SUCCESS", body_digest=sha256(text.encode()).digest())


async def confirm(payment: collection.Payment, *, message: collection.Message | None = None) -> UUID:
    """Tell our side that money came in, as the callback does."""
    return await run(
        lambda work: collection.confirm_payment(work, book=BOOK, region=REGION, payment=payment, message=message),
        actor=SYSTEM,
        now=NOW + timedelta(minutes=3),
    )


async def the_order(order_id: UUID) -> OrderFacts:
    found = await collection.find_order(SYSTEM, order_id=order_id)
    assert found is not None
    return found


async def the_bill(bill_id: UUID) -> BillFacts:
    found = await collection.find_bill(SYSTEM, bill_id=bill_id, on=NOW.date())
    assert found is not None
    return found


async def covered_from(person: Person) -> date | None:
    """Give the first covered day of the billed year, or None."""
    found = await enrollment.list_coverages(SYSTEM, person_ids=[person.id], on=NOW.date())
    of_year = [coverage.starts for coverage in found if coverage.year == YEAR]
    assert len(of_year) <= 1
    return of_year[0] if of_year else None


async def balances() -> dict[str, int]:
    """Give every account that moved, in fen, debit minus credit; they sum to nothing."""
    books = await ledger.trial_balance(SYSTEM, fund="390", period=Period(date(2020, 1, 1)))
    assert books.balanced
    return {row.account.code: row.closing.fen for row in books.balances if row.closing}


async def differences() -> list[tuple[str, int]]:
    """List what is open: kind and fen."""
    found = await collection.list_differences(SYSTEM, only_open=True, first=100)
    return [(row.kind.value, row.amount.fen) for row in found]


async def refunds() -> list[collection.RefundFacts]:
    """List all refunds."""
    return await collection.list_refunds(SYSTEM, states=list(collection.RefundState), first=100)


def a_cashier(*, name: str = "出纳丙", region: str = REGION) -> Actor:
    scopes = identity.scopes_of_person(kind=ActorKind.STAFF, roles=[StaffRole.CASHIER])
    return replace(a_clerk(region=region, name=name), scopes=scopes, roles=frozenset({"CASHIER"}))


def an_accountant(*, name: str = "会计丁", region: str = REGION) -> Actor:
    scopes = identity.scopes_of_person(kind=ActorKind.STAFF, roles=[StaffRole.ACCOUNTANT])
    return replace(a_clerk(region=region, name=name), scopes=scopes, roles=frozenset({"ACCOUNTANT"}))
