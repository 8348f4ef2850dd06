"""A whole office at once: families file, sixteen clerks review, four approvers sign, and every fen comes out right.

Many claims are of the same people, so they share deductibles, thresholds and caps of a year. What each person got is
compared with the second engine (tests/reference), run over their claims in the order in which they were settled.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, Final
from uuid import UUID

import orjson
import pytest

from domain import claims, ledger, rules
from domain.actors import SYSTEM, Actor
from domain.claims import ClaimRecord, ClaimState, Findings, ReviewedLine, queries
from domain.errors import DomainError, Refused
from domain.identity import StaffRole
from domain.money import Money
from domain.residents.models import Person
from domain.store import open_database, rows
from domain.work import Work
from tests.builders import KEYS, NOW, a_child_of, a_resident, run
from tests.claim_builders import (
    LAW,
    Family,
    a_declaration,
    a_draft,
    a_family,
    staff,
    step,
    verified,
    who_files,
)
from tests.domain.collection.conftest import always_covered, takes_part
from tests.reference import settlement as reference
from tests.reference.law import Law

CLERKS: Final = 16
APPROVERS: Final = (
    *(StaffRole.REVIEWER, StaffRole.REVIEWER),
    *(StaffRole.CENTRE_HEAD, StaffRole.DIVISION_LEADER),
)
CHILDREN_OF_A_MOTHER: Final = 5
# Below the deductible, two signatures, three, four; seven of the last pass the cap of the year.
AMOUNTS: Final = ("500.00", "5000.00", "15000.00", "40000.00", "95000.00", "95000.00")
PAUSE: Final = 0.2
DAY: Final = date(2026, 10, 20)
# What people in a crowd are told: another was faster, or it is not their turn.
EXPECTED: Final = {
    "ClaimIsHeld",
    "ClaimChangedMeanwhile",
    "ClaimStepNotAllowed",
    "DecidedBefore",
    "StepIsForOthers",
}


@dataclass
class Office:
    """Everybody's claims, and what people were told."""

    claims: int
    """How many are filed in all."""
    desk: int
    """How many proposals wait for signatures before the clerks wait, too."""
    random: Random
    amounts: dict[UUID, str] = field(default_factory=dict[UUID, str])
    refusals: Counter[str] = field(default_factory=Counter[str])

    async def try_to(self, actor: Actor, record: ClaimRecord, do: Callable[..., Awaitable[UUID]], **more: Any) -> bool:
        """Take one step on a claim as it was seen in a list; a refusal is counted, and anything else is a bug."""

        async def command(work: Work) -> UUID:
            return await do(work, claim_id=record.id, expected_version=record.version, **more)

        try:
            await run(command, actor=actor)
        except Refused as refused:
            self.refusals.update(type(fault).__name__ for fault in refused.faults)
            return False
        except DomainError as refusal:
            self.refusals[type(refusal).__name__] += 1
            return False
        return True

    async def is_done(self) -> bool:
        """Tell whether every claim that was to be filed is settled."""
        return await self.count(ClaimState.SETTLED) == self.claims

    async def count(self, state: ClaimState) -> int:
        """Count the claims in a state."""
        (found,) = await rows("SELECT count(*) AS claims FROM claim WHERE state = $1", state.value)
        return found["claims"]


@pytest.fixture
async def pooled(database_url: str) -> Any:
    """The store with as many connections as people ask at once."""
    async with open_database(database_url, pool=CLERKS + len(APPROVERS) + 4):
        yield database_url


@pytest.mark.usefixtures("pooled")
@pytest.mark.timeout(120)
async def test_an_office_of_twenty_settles_the_claims_of_a_few_people_once_and_rightly() -> None:
    await an_office_settles(people=10, each=3)


@pytest.mark.long
@pytest.mark.usefixtures("pooled")
@pytest.mark.timeout(3000)
async def test_an_office_of_twenty_settles_two_thousand_claims_once_and_rightly() -> None:
    await an_office_settles(people=250, each=8)


async def an_office_settles(*, people: int, each: int) -> None:
    office = Office(people * each, min(people, 2 * CLERKS), Random(2026))
    families = await children(people)
    clerks = [await staff(StaffRole.CLERK) for _ in range(CLERKS)]
    approvers = [await staff(role) for role in APPROVERS]
    async with asyncio.TaskGroup() as crowd:
        crowd.create_task(file_claims(office, families, each=each))
        for clerk in clerks:
            crowd.create_task(review_claims(office, clerk))
        for approver in approvers:
            crowd.create_task(sign_claims(office, approver))

    print(f"{office.claims} claims of {people} people, told: {dict(office.refusals)}")
    assert office.refusals.keys() <= EXPECTED
    await check_that_nothing_was_decided_twice(office)
    await check_against_the_second_engine([family.child for family in families])
    await check_the_books()


async def children(people: int) -> list[Family]:
    """Let so many children be covered, every third of them of a family with a minimum income."""
    first = await a_family()
    families = [first]
    while len(families) < people:
        # Nobody shares a birthday, so that there are numbers enough for everybody.
        mother, older = families[-1].mother, timedelta(days=len(families))
        if len(families) % CHILDREN_OF_A_MOTHER == 0:
            mother = await always_covered(await takes_part(await a_resident(born_on=date(1988, 1, 1) - older)))
        child = await always_covered(await takes_part(await a_child_of(mother, born_on=date(2019, 1, 1) - older)))
        families.append(Family(mother, child, who_files(mother)))
    for family in families[::3]:
        await rows(
            "INSERT INTO beneficiary (id, person_id, category, starts, source)"
            " VALUES (gen_random_uuid(), $1, '2303', '2026-01-01', '民政') RETURNING id",
            family.child.id,
        )
    return families


async def file_claims(office: Office, families: list[Family], *, each: int) -> None:
    """File everything, the claims of a person far from one another, as they come in a year."""
    for _ in range(each):
        for family in families:
            amount = office.random.choice(AMOUNTS)
            claim_id = await a_draft(family, declared=a_declaration(amount=amount))
            office.amounts[claim_id] = amount
            await step(family.log_in, claim_id, claims.file_claim, **LAW)
            await verified(claim_id)


async def review_claims(office: Office, clerk: Actor) -> None:
    """Take what waits, count and propose; look again at what has come back."""
    while not await office.is_done():
        for record in await claims.list_queue(clerk, on=NOW.date(), states=[ClaimState.IN_REVIEW], mine=True, first=10):
            await office.try_to(
                clerk, record, claims.propose_settlement, findings=findings_of(office.amounts[record.id]), **LAW
            )
        # A desk that is full waits for the signatures: every settlement sends the person's other proposals back.
        if await office.count(ClaimState.PROPOSED) >= office.desk:
            await asyncio.sleep(PAUSE)
            continue
        waiting = await claims.list_queue(clerk, on=NOW.date(), states=[ClaimState.FILED], unheld=True, first=3)
        for record in waiting:
            if await office.try_to(clerk, record, claims.take_claim):
                await accept(office, clerk, record.id)
        if not waiting:
            await asyncio.sleep(PAUSE)


async def accept(office: Office, clerk: Actor, claim_id: UUID) -> None:
    """Count the one receipt of a claim that one holds."""
    record = await claims.find_claim(clerk, claim_id=claim_id, on=NOW.date())
    assert record is not None
    summed = Money.parse(office.amounts[claim_id])
    assert await office.try_to(clerk, record, claims.accept_claim, counted=1, summed=summed, **LAW)


async def sign_claims(office: Office, approver: Actor) -> None:
    """Sign whatever waits, in any order, whether or not it is one's turn or a colleague is at it."""
    tried: set[tuple[UUID, int]] = set()
    while not await office.is_done():
        waiting = await claims.list_queue(approver, on=NOW.date(), states=[ClaimState.PROPOSED], first=40)
        news = [record for record in waiting if (record.id, record.version) not in tried]
        tried |= {(record.id, record.version) for record in news}
        office.random.shuffle(news)
        for record in news:
            seen = await digest_seen(record)
            if seen is not None:
                told = {"seen_digest": seen, "approve": True, "reason": None, **LAW}
                await office.try_to(approver, record, claims.sign_proposal, **told)
        if not news:
            await asyncio.sleep(PAUSE / 4)


async def digest_seen(record: ClaimRecord) -> bytes | None:
    """Read what waits for a signature; None when it waits no more."""
    now = await claims.find_claim(SYSTEM, claim_id=record.id, on=NOW.date())
    if now is None or now.proposal_id is None or now.version != record.version:
        return None
    return (await queries.find_proposal(KEYS, proposal_id=now.proposal_id)).digest


def findings_of(amount: str) -> Findings:
    """Find operations below their limit price that make the amount."""
    whole = Money.parse(amount)
    count = 25 if whole.fen > 4_000_000 else 10
    line = ReviewedLine(
        code="DEMO-S009", name="骨科内固定术", price=str(Money(whole.fen // count)), count=str(count), amount=whole
    )
    return Findings(lines=(line,))


async def check_that_nothing_was_decided_twice(office: Office) -> None:
    """Every claim has one decision, one statement, and one payout where something is due."""
    (counted,) = await rows(
        "SELECT count(*) AS settled, count(DISTINCT claim_id) AS claims FROM claim_history WHERE action = 'settle'"
    )
    assert (counted["settled"], counted["claims"]) == (office.claims, office.claims)
    (decided,) = await rows(
        "SELECT count(*) AS decided, count(DISTINCT subject_id) AS claims FROM statement WHERE reverses IS NULL"
    )
    assert (decided["decided"], decided["claims"]) == (office.claims, office.claims)
    unpaid = await rows(
        "SELECT 1 FROM statement LEFT JOIN payout USING (subject_kind, subject_id)"
        " WHERE coalesce(payout.amount, 0) <> statement.payable"
    )
    assert unpaid == []
    assert len(await rows("SELECT 1 FROM payout")) <= office.claims


async def check_against_the_second_engine(people: list[Person]) -> None:
    """Settle each person's claims once more in the order in which they were settled."""
    law = Law(rules.BUILT_IN)
    by_person: defaultdict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await rows("SELECT * FROM statement ORDER BY serial"):
        by_person[row["person_id"]].append(row)
    listed = {row["person_id"] for row in await rows("SELECT person_id FROM beneficiary")}
    moved = {
        (row["person_id"], row["purse"]): int(row["moved"])
        for row in await rows(
            "SELECT person_id, purse, sum(change)::bigint AS moved FROM accumulator_movement GROUP BY 1, 2"
        )
        if row["moved"]
    }
    stands: dict[tuple[UUID, str], int] = {}
    for row in await rows("SELECT person_id, purses FROM accumulator"):
        stands |= {(row["person_id"], purse): used for purse, used in purses_of(row["purses"]).items() if used}
    assert stands == moved
    for person in people:
        used: dict[str, Fraction] = {}
        for statement in by_person[person.id]:
            done = settled_by_the_second_engine(law, person, statement, used=used, is_listed=person.id in listed)
            found = {name: statement[name] for name in ("deductible", "basic", "critical", "assistance", "tilt")}
            expected = {name: done[name if name == "deductible" else f"paid_{name}"] for name in found}
            assert found == {name: int(amount * 100) for name, amount in expected.items()}, statement["number"]
            used = done["used"]
        assert {purse: amount for (owner, purse), amount in stands.items() if owner == person.id} == {
            purse: int(amount if purse.endswith("stays") else amount * 100) for purse, amount in used.items()
        }
        assert sum(statement["basic"] for statement in by_person[person.id]) <= 250_000_00


def purses_of(stored: Any) -> dict[str, int]:
    """Read what is used up, as the database gives it."""
    return orjson.loads(stored) if isinstance(stored, str | bytes) else dict(stored)


def settled_by_the_second_engine(
    law: Law, person: Person, statement: Mapping[str, Any], *, used: Mapping[str, Fraction], is_listed: bool
) -> dict[str, Any]:
    total = Fraction(Decimal(statement["total"])) / 100
    episode = {"day": DAY, "med_type": "21", "level": "tertiary", "total": total, "in_scope": total}
    facts = {
        "person_type": "",
        "born_on": person.born_on,
        "categories": ("2303",) if is_listed else (),
        "groups": (),
    }
    case = {"region": "330900", "scheme": "390", "person": facts, "episode": episode, "used": dict(used)}
    return reference.settle(law, case)


async def check_the_books() -> None:
    """Each fund's books balance, and hold what the statements say, no more and no less."""
    assert await rows("SELECT fund FROM posting GROUP BY fund HAVING sum(amount) <> 0") == []
    assert await rows("SELECT entry_id FROM posting GROUP BY entry_id HAVING sum(amount) <> 0") == []
    (whole,) = await rows(
        "SELECT sum(basic)::bigint AS basic, sum(critical)::bigint AS critical, sum(payable)::bigint AS payable"
        " FROM statement"
    )
    assert await ledger.balance_of(SYSTEM, fund="390", code=ledger.BENEFITS) == Money(whole["basic"])
    assert await ledger.balance_of(SYSTEM, fund="392", code=ledger.BENEFITS) == Money(whole["critical"])
    advanced = Money(whole["payable"] - whole["basic"])
    assert await ledger.balance_of(SYSTEM, fund="390", code=ledger.ADVANCES) == advanced
