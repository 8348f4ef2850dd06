"""Earlier care that is settled after later care: counted where it is settled, or the year is put in order again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree
from uuid import UUID

import asyncpg
import pytest

from domain import claims, ledger, payouts, recovery, rules, settlement
from domain import store as database
from domain.actors import SYSTEM, Actor
from domain.claims import ClaimRecord, ClaimState, PaymentState
from domain.crypto import Purpose
from domain.identity import StaffRole
from domain.money import ZERO, Money
from domain.onestop import PaymentIsUnderWay, calc
from domain.onestop.values import KeptCase
from domain.recovery import RecoveryState
from domain.rules import BUILT_IN, Book
from domain.settlement import Shelf, Visit
from domain.store import row, rows
from tests.builders import KEYS, NOW
from tests.claim_builders import AREA, BOOK, Family, a_declaration, a_family, digest_of, in_review, staff, step
from tests.domain.onestop.test_settling import a_stay, follow, released, statement_of
from tests.payout_world import confirm

pytestmark = [pytest.mark.usefixtures("store"), pytest.mark.timeout(240)]
MARCH, OCTOBER = date(2026, 3, 10), date(2026, 10, 20)


@pytest.fixture
def recomputing(tmp_path: Path) -> Book:
    """The demo city, had it decided to put the year in order."""
    return changed(tmp_path, {"place.yaml": ("counted_where_settled", "recomputed")})


def changed(folder: Path, edits: dict[str, tuple[str, str]]) -> Book:
    copytree(BUILT_IN, folder / "rules", dirs_exist_ok=True)
    for name, (before, after) in edits.items():
        page = folder / "rules" / AREA / name
        assert before in page.read_text("utf-8")
        page.write_text(page.read_text("utf-8").replace(before, after), "utf-8")
    return rules.load_book(folder / "rules")


async def settled_by(book: Book, family: Family, *, amount: str, day: date) -> UUID:
    """Settle a stay that ended on a day, by the law of a book."""
    clerk = await staff(StaffRole.CLERK)
    form = replace(a_declaration(amount=amount), began_on=day.replace(day=1), ended_on=day)
    claim_id = await in_review(family, clerk, declared=form)
    law = {"book": book, "area": AREA}
    await step(clerk, claim_id, claims.propose_settlement, findings=a_stay(amount), **law)
    for role in (StaffRole.REVIEWER, StaffRole.REVIEWER, StaffRole.CENTRE_HEAD, StaffRole.DIVISION_LEADER):
        if (await record_of(claim_id)).state is ClaimState.PROPOSED:
            await signed_by(await staff(role), claim_id, book)
    return claim_id


async def signed_by(actor: Actor, claim_id: UUID, book: Book) -> None:
    seen = await digest_of(claim_id)
    law = {"book": book, "area": AREA}
    await step(actor, claim_id, claims.sign_proposal, seen_digest=seen, approve=True, reason=None, **law)


async def record_of(claim_id: UUID) -> ClaimRecord:
    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    return record


async def paid(claim_id: UUID) -> None:
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    await released(payout.id)
    await confirm(payout)
    await follow(payout.id)


async def in_order(claim_ids: Sequence[UUID], book: Book) -> list[int]:
    """Let the engine settle the cases of these claims by the days of their care: what is payable for each, in fen."""
    cases = [await case_of(claim_id) for claim_id in claim_ids]
    visits = (Visit(case.person, case.episode) for case in sorted(cases, key=lambda case: case.episode.order))
    return [calc.amounts_of(done)["payable"] for done in settlement.settle_in_order(visits, Shelf(book))]


async def case_of(claim_id: UUID) -> KeptCase:
    statement = await statement_of(claim_id)
    sealed = await row("SELECT content_sealed FROM statement WHERE id = $1", statement.id)
    assert sealed is not None
    place = f"statement.content:{statement.id}"
    case = calc.read_content(KEYS.unseal(Purpose.CLAIM, bytes(sealed["content_sealed"]), place=place)).case
    assert case is not None
    return case


async def test_counted_where_settled_leaves_what_was_settled() -> None:
    family = await a_family()
    october = await settled_by(BOOK, family, amount="40000.00", day=OCTOBER)
    before = await statement_of(october)

    await settled_by(BOOK, family, amount="95000.00", day=MARCH)

    assert (await statement_of(october)).id == before.id


async def test_recomputed_puts_the_year_in_order_and_pays_the_difference(recomputing: Book) -> None:
    family = await a_family()
    october = await settled_by(recomputing, family, amount="40000.00", day=OCTOBER)
    await paid(october)
    before = await statement_of(october)

    march = await settled_by(recomputing, family, amount="95000.00", day=MARCH)

    payable = [(await statement_of(claim_id)).payable.fen for claim_id in (march, october)]
    assert payable == await in_order([october, march], recomputing)
    after = await statement_of(october)
    assert (before.id, before.payable < after.payable) == (before.id, True)
    assert (after.set_off, after.paid_out) == (before.payable, after.payable - before.payable)
    record = await record_of(october)
    assert (record.state, record.payment) == (ClaimState.SETTLED, PaymentState.WAITING)
    (case,) = await recovery.list_cases(SYSTEM, on=NOW.date(), first=10)
    assert (case.state, case.left) == (RecoveryState.CLOSED, ZERO)
    waiting = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[october, march])
    assert sum(one.amount.fen for one in waiting) == sum(payable)
    (used,) = await rows("SELECT purses FROM accumulator")
    assert '"inpatient.stays": 2' in str(used["purses"]).replace("'", '"')


async def test_recomputed_lets_what_was_too_much_be_owed_back(tmp_path: Path) -> None:
    small_cap = {"inpatient_390.yaml": ("250000", "70000"), "place.yaml": ("counted_where_settled", "recomputed")}
    book = changed(tmp_path, small_cap)
    family = await a_family()
    october = await settled_by(book, family, amount="40000.00", day=OCTOBER)
    await paid(october)
    before = await statement_of(october)

    march = await settled_by(book, family, amount="95000.00", day=MARCH)

    after = await statement_of(october)
    assert [(await statement_of(march)).payable.fen, after.payable.fen] == await in_order([october, march], book)
    assert after.payable < before.payable
    assert (after.set_off, after.paid_out) == (after.payable, ZERO)
    record = await record_of(october)
    assert (record.state, record.payment) == (ClaimState.PAID, PaymentState.PAID)
    (case,) = await recovery.list_cases(SYSTEM, on=NOW.date(), first=10)
    assert (case.state, case.left) == (RecoveryState.FOUND, before.payable - after.payable)
    owed_between = await rows("SELECT coalesce(sum(amount), 0)::bigint AS owed FROM receivable WHERE fund = '390'")
    advances = await ledger.balance_of(SYSTEM, fund="390", code=ledger.ADVANCES)
    assert advances == case.left + Money(owed_between[0]["owed"])


async def test_a_payment_under_way_keeps_the_earlier_claim_waiting(recomputing: Book) -> None:
    family = await a_family()
    october = await settled_by(recomputing, family, amount="40000.00", day=OCTOBER)
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[october])
    await released(payout.id)

    with pytest.raises(PaymentIsUnderWay):
        await settled_by(recomputing, family, amount="5000.00", day=MARCH)

    assert (await record_of(october)).state is ClaimState.SETTLED
    assert len(await rows("SELECT 1 FROM statement")) == 1


async def test_round_the_code_only_what_was_reversed_is_recomputed(store: str) -> None:
    await settled_by(BOOK, await a_family(), amount="5000.00", day=OCTOBER)
    link = await asyncpg.connect(**database.connect_arguments(store))
    columns = [name for (name,) in await link.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'statement'")]  # fmt: skip
    values = {name: name for name in columns if name != "serial"}
    values |= {"id": "new_id()", "number": "number || 'X'", "recomputes": "id"}
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(
                f"INSERT INTO statement ({', '.join(values)}) SELECT {', '.join(values.values())} FROM statement"
            )
        assert getattr(refused.value, "constraint_name", "") == "statement_recomputes_what_was_reversed"
    finally:
        await link.close()
