"""A settled claim is opened again: later care is put in order by the place's rule, and its payment stops or waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from domain import approvals, claims, ledger, payouts, recovery
from domain import store as database
from domain.actors import SYSTEM
from domain.claims import ClaimState, PaymentState
from domain.claims import errors as claims_errors
from domain.errors import Refused
from domain.identity import StaffRole
from domain.money import ZERO, Money
from domain.onestop import PaymentIsUnderWay
from domain.payouts import Payee, PayoutSettlementIsGone, PayoutState
from domain.recovery import RecoveryMeasure, RecoverySetOffGround, RecoveryState, Wish
from domain.rules import Book
from domain.settlement import LaterSettlementStands
from domain.store import rows
from tests.builders import NOW, run
from tests.claim_builders import AREA, BOOK, a_declaration, a_family, in_review, staff, step
from tests.domain.onestop.test_late_episodes import (
    MARCH,
    OCTOBER,
    changed,
    in_order,
    record_of,
    settled_by,
    signed_by,
)
from tests.domain.onestop.test_settling import a_stay, follow, settled, statement_of
from tests.domain.recovery.test_recovery import decided, demanded, overpaid, proposed, the
from tests.payout_world import (
    a_payee,
    batched,
    confirm,
    decide,
    open_books,
    queue,
    refused,
    repaired,
    sending,
    system,
    the_payout,
)

pytestmark = [pytest.mark.usefixtures("store"), pytest.mark.timeout(240)]


@pytest.fixture
def recomputing(tmp_path: Path) -> Book:
    """The demo city, had it decided to put the year in order."""
    return changed(tmp_path, {"place.yaml": ("counted_where_settled", "recomputed")})


async def opened(claim_id: UUID, book: Book = BOOK) -> claims.ClaimRecord:
    leader = await staff(StaffRole.DIVISION_LEADER)
    return await step(leader, claim_id, claims.reopen_claim, reason="金额有误", book=book, area=AREA)


async def decided_anew(claim_id: UUID, book: Book, *, amount: str) -> None:
    clerk = await staff(StaffRole.CLERK)
    await step(clerk, claim_id, claims.take_claim)
    await step(clerk, claim_id, claims.propose_settlement, findings=a_stay(amount), book=book, area=AREA)
    for role in (StaffRole.REVIEWER, StaffRole.REVIEWER, StaffRole.CENTRE_HEAD, StaffRole.DIVISION_LEADER):
        if (await record_of(claim_id)).state is ClaimState.PROPOSED:
            await signed_by(await staff(role), claim_id, book)


async def balance(code: str) -> Money:
    return await ledger.balance_of(SYSTEM, fund="390", code=code)


async def test_opening_an_earlier_claim_puts_the_later_care_of_the_year_in_order(recomputing: Book) -> None:
    family = await a_family()
    march = await settled_by(recomputing, family, amount="95000.00", day=MARCH)
    october = await settled_by(recomputing, family, amount="40000.00", day=OCTOBER)
    await all_paid(march, october)
    before = await statement_of(october)

    assert (await opened(march, recomputing)).state is ClaimState.IN_REVIEW

    after = await statement_of(october)
    assert [after.payable.fen] == await in_order([october], recomputing)
    assert before.payable != after.payable
    record = await record_of(october)
    assert record.statement_id == after.id
    (word,) = await rows("SELECT note FROM claim_history WHERE claim_id = $1 AND action = 'recompute'", october)
    assert "重新审核" in word["note"]
    assert (await rows("SELECT 1 FROM statement WHERE reverses IS NOT NULL")).__len__() == 2

    await decided_anew(march, recomputing, amount="95000.00")

    both = [(await statement_of(claim_id)).payable.fen for claim_id in (march, october)]
    assert both == await in_order([march, october], recomputing)
    assert (await statement_of(october)).payable == before.payable
    (used,) = await rows("SELECT (purses->>'inpatient.stays')::int AS stays FROM accumulator")
    assert used["stays"] == 2


async def test_what_the_later_care_was_paid_too_much_is_owed_back_when_the_earlier_is_opened(recomputing: Book) -> None:
    # The yearly threshold of critical illness was passed in March: without it the later stay gets less.
    book = recomputing
    family = await a_family()
    march = await settled_by(book, family, amount="95000.00", day=MARCH)
    october = await settled_by(book, family, amount="40000.00", day=OCTOBER)
    await all_paid(march, october)
    before = await statement_of(october)

    await opened(march, book)

    after = await statement_of(october)
    (case,) = [one for one in await recovery.list_cases(SYSTEM, on=NOW.date(), first=10) if one.subject_id == october]
    assert after.payable < before.payable
    assert (after.set_off, after.paid_out) == (after.payable, ZERO)
    assert (case.amount, case.left) == (before.payable, before.payable - after.payable)
    record = await record_of(october)
    assert (record.state, record.payment) == (ClaimState.PAID, PaymentState.PAID)


async def all_paid(*claim_ids: UUID) -> None:
    """Let the bank pay these claims, in one batch."""
    await open_books()
    await queue(await decide(await batched()))
    for claim_id in claim_ids:
        (payout,) = await owed_for(claim_id)
        await confirm(await sending(payout))
        await follow(payout.id)


async def owed_for(claim_id: UUID) -> list[payouts.PayoutFacts]:
    return await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])


async def test_where_it_counts_where_it_was_settled_the_last_goes_first() -> None:
    family = await a_family()
    march = await settled_by(BOOK, family, amount="5000.00", day=MARCH)
    await settled_by(BOOK, family, amount="5000.00", day=OCTOBER)

    with pytest.raises(LaterSettlementStands):
        await opened(march)

    assert (await record_of(march)).state is ClaimState.SETTLED


async def test_an_earlier_claim_is_not_opened_while_a_later_payment_is_under_way(recomputing: Book) -> None:
    family = await a_family()
    march = await settled_by(recomputing, family, amount="5000.00", day=MARCH)
    october = await settled_by(recomputing, family, amount="5000.00", day=OCTOBER)
    (payout,) = await owed_for(october)
    await open_books()
    await queue(await decide(await batched()))
    await sending(await the_payout(payout.id))

    with pytest.raises(PaymentIsUnderWay):
        await opened(march, recomputing)

    assert [(await record_of(one)).state for one in (march, october)] == [ClaimState.SETTLED] * 2
    assert len(await rows("SELECT 1 FROM statement")) == 2


async def test_a_debt_is_set_off_by_law_and_set_off_anew_when_the_year_is_put_in_order(recomputing: Book) -> None:
    family = await a_family()
    _, found = await overpaid(family)
    case = await decided(await proposed(await demanded(found), Wish(RecoveryMeasure.SET_OFF, "拒不退回")))
    assert (case.state, case.set_off) == (RecoveryState.DEMANDED, RecoverySetOffGround.LAW)
    debt = case.left

    march = await settled_by(recomputing, family, amount="9000.00", day=MARCH)
    statement = await statement_of(march)
    assert (statement.set_off, statement.paid_out) == (debt, statement.payable - debt)
    assert (await the(case)).state is RecoveryState.CLOSED
    october = await settled_by(recomputing, family, amount="40000.00", day=OCTOBER)
    assert (await statement_of(october)).set_off == ZERO

    # Opened again, the earlier claim pays nothing back; the debt stands again, and the later claim bears it.
    await opened(march, recomputing)

    later = await statement_of(october)
    assert (later.set_off, later.paid_out) == (debt, later.payable - debt)
    closed = await the(case)
    assert (closed.state, [entry.amount for entry in closed.entries]) == (RecoveryState.CLOSED, [debt, -debt, debt])
    owed_out = [one.amount for one in await owed_for(october) if one.state is PayoutState.DRAFT]
    assert owed_out == [later.paid_out]
    assert await balance(ledger.SUSPENSE) == -later.paid_out


@pytest.mark.parametrize("stands", ["MADE", "APPROVED", "QUEUED", "SENDING", "UNKNOWN"])
async def test_a_claim_is_not_opened_from_the_batch_on_until_the_bank_has_spoken(stands: str) -> None:
    claim_id = await settled(await a_family())
    (payout,) = await owed_for(claim_id)
    await open_books()
    batch = await batched()
    if stands != "MADE":
        batch = await decide(batch)
    if stands not in {"MADE", "APPROVED"}:
        await queue(batch)
    if stands in {"SENDING", "UNKNOWN"}:
        await sending(payout)
    if stands == "UNKNOWN":
        await system(lambda work: payouts.mark_unknown(work, payout_id=payout.id))
    reached = await the_payout(payout.id)
    assert reached.state.value == ("DRAFT" if stands == "MADE" else stands)

    with pytest.raises(PaymentIsUnderWay) as refusal:
        await opened(claim_id)

    assert refusal.value.number == payout.number
    assert payout.number in refusal.value.message().zh
    assert (await record_of(claim_id)).state is ClaimState.SETTLED
    assert len(await rows("SELECT 1 FROM statement")) == 1
    if stands in {"SENDING", "UNKNOWN"}:
        await confirm(payout)
        assert (await opened(claim_id)).state is ClaimState.IN_REVIEW


async def test_a_last_signature_waits_for_the_bank_and_is_given_again(recomputing: Book) -> None:
    family = await a_family()
    october = await settled_by(recomputing, family, amount="40000.00", day=OCTOBER)
    (payout,) = await owed_for(october)
    await open_books()
    await queue(await decide(await batched()))
    await sending(payout)
    clerk = await staff(StaffRole.CLERK)
    form = replace(a_declaration(amount="5000.00"), began_on=MARCH.replace(day=1), ended_on=MARCH)
    march = await in_review(family, clerk, declared=form)
    await step(clerk, march, claims.propose_settlement, findings=a_stay("5000.00"), book=recomputing, area=AREA)
    await signed_by(await staff(StaffRole.REVIEWER), march, recomputing)
    last = await staff(StaffRole.REVIEWER)

    with pytest.raises(PaymentIsUnderWay):
        await signed_by(last, march, recomputing)
    assert (await record_of(march)).state is ClaimState.PROPOSED
    assert await rows("SELECT 1 FROM approval_decision WHERE decider_id = $1", last.id) == []
    await confirm(payout)
    await signed_by(last, march, recomputing)

    assert (await record_of(march)).state is ClaimState.SETTLED
    both = [(await statement_of(claim_id)).payable.fen for claim_id in (march, october)]
    assert both == await in_order([march, october], recomputing)


async def test_two_claims_of_a_year_opened_at_once_leave_the_year_in_order(recomputing: Book) -> None:
    family = await a_family()
    march = await settled_by(recomputing, family, amount="95000.00", day=MARCH)
    october = await settled_by(recomputing, family, amount="40000.00", day=OCTOBER)

    async def open_it(claim_id: UUID) -> bool:
        try:
            await opened(claim_id, recomputing)
        except claims_errors.ClaimChangedMeanwhile:
            return False
        return True

    done = await asyncio.gather(open_it(march), open_it(october))

    assert done[0], "The earlier claim is opened whatever becomes of the later."
    standing = await rows(
        "SELECT subject_id FROM statement AS one WHERE reverses IS NULL"
        " AND NOT EXISTS (SELECT FROM statement WHERE reverses = one.id)"
    )
    assert [one["subject_id"] for one in standing] == ([] if done[1] else [october])
    if not done[1]:
        assert [(await statement_of(october)).payable.fen] == await in_order([october], recomputing)


async def sent_back() -> tuple[UUID, payouts.PayoutFacts]:
    """Settle a claim whose payment the bank refuses."""
    claim_id = await settled(await a_family())
    (payout,) = await owed_for(claim_id)
    await open_books()
    await queue(await decide(await batched()))
    return claim_id, await refused(await sending(payout))


async def test_what_is_not_settled_any_more_is_not_paid_anew_and_says_so_kindly() -> None:
    claim_id, payout = await sent_back()
    await opened(claim_id)

    with pytest.raises(Refused) as refusal:
        await repaired(payout)
    with pytest.raises(Refused) as several:
        await repaired(payout, payee=Payee(name="", account="12", bank_code="1"))

    (fault,) = refusal.value.faults
    assert isinstance(fault, PayoutSettlementIsGone)
    assert (fault.path, fault.number) == (("payout_id",), payout.number)
    assert payout.number in fault.message().zh
    assert payout.number in fault.message().en
    assert "新的结算" in fault.remedy().zh
    assert {one.code for one in several.value.faults} > {"PAYOUT_SETTLEMENT_GONE", "PAYEE_NAME_UNFIT"}
    assert await rows("SELECT 1 FROM payout WHERE replaces IS NOT NULL") == []

    await decided_anew(claim_id, BOOK, amount="5000.00")
    record = await record_of(claim_id)
    assert (record.state, record.payment) == (ClaimState.SETTLED, PaymentState.WAITING)
    with pytest.raises(Refused):
        await repaired(payout)


async def test_a_repair_that_waits_for_its_check_is_called_back_with_its_question() -> None:
    claim_id, payout = await sent_back()
    repair = await repaired(payout)

    await opened(claim_id)

    assert (await the_payout(repair.id)).state is PayoutState.CANCELLED
    assert await payouts.list_repairs_to_check(SYSTEM, now=NOW, first=10) == []
    (question,) = await rows("SELECT state FROM approval WHERE kind = 'PAYOUT_REPAIR'")
    assert question["state"] == approvals.ApprovalState.EXPIRED


async def test_opening_waits_for_whoever_pays_anew_at_this_moment(store: str) -> None:
    """Who pays anew holds the row of the payout that failed; without waiting both would be done, and it paid twice."""
    claim_id, payout = await sent_back()
    link = await asyncpg.connect(**database.connect_arguments(store))
    held = link.transaction()
    await held.start()
    try:
        await link.execute("SELECT FROM payout WHERE id = $1 FOR UPDATE", payout.id)
        opening = asyncio.create_task(opened(claim_id))
        done, _ = await asyncio.wait({opening}, timeout=1)
        assert not done
    finally:
        await held.rollback()
        await link.close()
    assert (await opening).state is ClaimState.IN_REVIEW


async def test_opening_and_paying_anew_at_once_never_leave_a_payment_without_its_settlement() -> None:
    claim_id, payout = await sent_back()

    async def pay_anew() -> str:
        try:
            await run(
                lambda work: payouts.request_repair(work, payout_id=payout.id, payee=a_payee(), reason="电话核实"),
                actor=await staff(StaffRole.CASHIER),
            )
        except Refused as refusal:
            return ",".join(fault.code for fault in refusal.faults)
        return "PAID_ANEW"

    _, answer = await asyncio.gather(opened(claim_id), pay_anew())

    assert answer in {"PAID_ANEW", "PAYOUT_SETTLEMENT_GONE"}
    assert await rows("SELECT 1 FROM payout WHERE state NOT IN ('REJECTED', 'CANCELLED')") == []
