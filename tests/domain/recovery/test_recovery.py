"""What was paid too much comes back: set off, by instalments, at the counter or by bank, or written off by two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from domain import claims, ledger, notices, payouts, recovery
from domain import store as database
from domain.actors import SYSTEM, Actor
from domain.approvals import MakerMayNotDecide
from domain.claims import ClaimState, PaymentState
from domain.errors import Refused
from domain.identity import StaffRole
from domain.money import ZERO, Money
from domain.recovery import (
    Instalment,
    RecoveryCase,
    RecoveryMeans,
    RecoveryMeasure,
    RecoverySetOffGround,
    RecoveryState,
    Wish,
)
from domain.store import rows
from tests.builders import NOW, run
from tests.claim_builders import AREA, BOOK, LAW, Family, a_family, staff, step
from tests.domain.onestop.test_settling import (
    a_stay,
    follow,
    released,
    settled,
    signed_by_all,
    statement_of,
)
from tests.payout_world import confirm

pytestmark = [pytest.mark.usefixtures("store"), pytest.mark.timeout(240)]
TODAY: Final = NOW.date()
PAID: Final = Money.parse("2940.00")
"""What a stay of 5,000 yuan gives: (5,000 - 800) x 70 %."""


async def paid(family: Family, *, amount: str = "5000.00") -> UUID:
    """Settle a stay of the child, and let the bank pay it."""
    claim_id = await settled(family, amount=amount)
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    await released(payout.id)
    await confirm(payout)
    await follow(payout.id)
    return claim_id


async def overpaid(family: Family) -> tuple[UUID, RecoveryCase]:
    """Pay a stay and open it again: all of it is owed back."""
    claim_id = await paid(family)
    leader = await staff(StaffRole.DIVISION_LEADER)
    await step(leader, claim_id, claims.reopen_claim, reason="票据系伪造", **LAW)
    (case,) = await recovery.list_cases(SYSTEM, on=TODAY, first=10)
    return claim_id, case


async def settle_anew(claim_id: UUID, *, amount: str) -> None:
    clerk = await staff(StaffRole.CLERK)
    await step(clerk, claim_id, claims.take_claim)
    await step(clerk, claim_id, claims.propose_settlement, findings=a_stay(amount), **LAW)
    await signed_by_all(claim_id)


async def demanded(case: RecoveryCase, *, clerk: Actor | None = None) -> RecoveryCase:
    who = clerk or await staff(StaffRole.CLERK)
    await run(lambda work: recovery.demand(work, case_id=case.id, book=BOOK, area=AREA), actor=who)
    return await the(case)


async def proposed(case: RecoveryCase, wish: Wish, *, clerk: Actor | None = None) -> RecoveryCase:
    who = clerk or await staff(StaffRole.CLERK)
    await run(lambda work: recovery.propose(work, case_id=case.id, wish=wish, book=BOOK, area=AREA), actor=who)
    return await the(case)


async def decided(case: RecoveryCase, *, actor: Actor | None = None, approve: bool = True) -> RecoveryCase:
    who = actor or await staff(StaffRole.CENTRE_HEAD)
    waits = case.proposals[-1]
    await run(
        lambda work: recovery.decide(
            work,
            proposal_id=waits.id,
            seen_digest=waits.content_digest,
            approve=approve,
            reason=None if approve else "不符合条件",
        ),
        actor=who,
    )
    return await the(case)


async def received(
    case: RecoveryCase, amount: str, *, means: RecoveryMeans = RecoveryMeans.COUNTER, reference: str
) -> RecoveryCase:
    cashier = await staff(StaffRole.CASHIER)
    await run(
        lambda work: recovery.receive(
            work, case_id=case.id, amount=Money.parse(amount), means=means, reference=reference, on=TODAY
        ),
        actor=cashier,
    )
    return await the(case)


async def the(case: RecoveryCase) -> RecoveryCase:
    found = await recovery.find_case(SYSTEM, case_id=case.id, on=TODAY)
    assert found is not None
    return found


def a_plan(*parts: str, first: date = TODAY + timedelta(days=30)) -> Wish:
    plan = tuple(Instalment(first + timedelta(days=30 * place), Money.parse(part)) for place, part in enumerate(parts))
    return Wish(RecoveryMeasure.INSTALMENTS, "家庭困难", plan)


async def balance(code: str) -> Money:
    return await ledger.balance_of(SYSTEM, fund="390", code=code)


async def test_what_was_paid_before_counts_first_when_the_same_claim_is_settled_anew() -> None:
    family = await a_family()
    claim_id, case = await overpaid(family)
    assert (case.state, case.amount, case.left) == (RecoveryState.FOUND, PAID, PAID)

    await settle_anew(claim_id, amount="5000.00")

    statement = await statement_of(claim_id)
    assert (statement.payable, statement.set_off, statement.paid_out) == (PAID, PAID, ZERO)
    closed = await the(case)
    assert (closed.state, closed.left, [entry.kind for entry in closed.entries]) == (
        RecoveryState.CLOSED,
        ZERO,
        ["SET_OFF"],
    )
    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=TODAY)
    assert record is not None
    assert (record.state, record.payment) == (ClaimState.SETTLED, PaymentState.NOTHING_DUE)
    assert [await balance(ledger.ADVANCES), await balance(ledger.SUSPENSE)] == [ZERO, ZERO]


async def test_a_set_off_is_undone_when_its_settlement_is_reversed() -> None:
    family = await a_family()
    claim_id, case = await overpaid(family)
    await settle_anew(claim_id, amount="5000.00")

    await step(await staff(StaffRole.DIVISION_LEADER), claim_id, claims.reopen_claim, reason="再次有误", **LAW)

    again = await the(case)
    assert (again.state, again.left, len(again.entries)) == (RecoveryState.FOUND, PAID, 2)
    assert len(await recovery.list_cases(SYSTEM, on=TODAY, first=10)) == 1
    assert [await balance(ledger.ADVANCES), await balance(ledger.SUSPENSE)] == [PAID, ZERO]


async def test_a_later_benefit_is_smaller_only_by_consent_or_law() -> None:
    family = await a_family()
    _, case = await overpaid(family)

    without = await settled(family)

    assert (await statement_of(without)).paid_out > ZERO
    await run(lambda work: recovery.consent_to_set_off(work, case_id=case.id), actor=family.log_in)
    with_consent = await settled(family, amount="40000.00")
    statement = await statement_of(with_consent)
    assert (statement.set_off, statement.paid_out) == (PAID, statement.payable - PAID)
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[with_consent])
    assert payout.amount == statement.paid_out
    closed = await the(case)
    assert (closed.state, closed.set_off) == (RecoveryState.CLOSED, RecoverySetOffGround.CONSENT)
    told = await notices.list_notices(family.log_in, first=50)
    assert any("已从应付待遇中抵扣" in one.body for one in told), "Who acts for a child is told."


async def test_a_debt_is_demanded_and_paid_by_instalments_that_another_decided() -> None:
    family = await a_family()
    _, found = await overpaid(family)
    clerk = await staff(StaffRole.CLERK)

    case = await demanded(found, clerk=clerk)
    assert (case.state, case.due_on) == (RecoveryState.DEMANDED, TODAY + timedelta(days=30))
    assert case.ground is not None
    assert "第四十六条" in case.ground
    case = await proposed(case, a_plan("1000.00", "1940.00"), clerk=clerk)
    assert case.state is RecoveryState.DEMANDED
    both = replace(await staff(StaffRole.CENTRE_HEAD), id=clerk.id)
    with pytest.raises(MakerMayNotDecide):
        await decided(case, actor=both)
    case = await decided(case)
    assert case.state is RecoveryState.IN_INSTALMENTS
    assert [str(part.amount) for part in case.plan] == ["1000.00", "1940.00"]
    cash = await balance(ledger.CASH)
    case = await received(case, "1000.00", reference="SJ0001")
    assert (case.state, case.left) == (RecoveryState.IN_INSTALMENTS, Money.parse("1940.00"))
    case = await received(case, "1940.00", means=RecoveryMeans.BANK, reference="YH0001")

    assert (case.state, case.left) == (RecoveryState.CLOSED, ZERO)
    assert await balance(ledger.CASH) - cash == Money.parse("1000.00")
    assert await balance(ledger.ADVANCES) == ZERO


async def test_what_is_written_off_was_decided_by_another_and_stands_in_the_books() -> None:
    _, found = await overpaid(await a_family())
    case = await proposed(await demanded(found), Wish(RecoveryMeasure.WRITE_OFF, "本人死亡，无遗产"))

    refused = await decided(case, approve=False)
    assert (refused.state, refused.left) == (RecoveryState.DEMANDED, PAID)
    case = await decided(await proposed(refused, Wish(RecoveryMeasure.WRITE_OFF, "本人死亡，无遗产")))

    assert (case.state, [entry.kind for entry in case.entries]) == (RecoveryState.CLOSED, ["WRITTEN_OFF"])
    assert [await balance(ledger.OTHER_EXPENSES), await balance(ledger.ADVANCES)] == [PAID, ZERO]


@pytest.mark.parametrize(
    ("wish", "codes"),
    [
        (a_plan("1000.00", "1000.00"), ["RECOVERY_INSTALMENTS"]),
        (a_plan("2940.00", first=TODAY), ["RECOVERY_INSTALMENTS"]),
        (Wish(RecoveryMeasure.INSTALMENTS, ""), ["RECOVERY_INSTALMENTS", "RECOVERY_REASON"]),
        (Wish(RecoveryMeasure.WRITE_OFF, " "), ["RECOVERY_REASON"]),
    ],
)
async def test_an_unfit_proposal_names_every_fault(wish: Wish, codes: Sequence[str]) -> None:
    _, found = await overpaid(await a_family())
    case = await demanded(found)

    with pytest.raises(Refused) as refused:
        await proposed(case, wish)

    assert sorted(fault.code for fault in refused.value.faults) == codes


async def test_no_more_comes_back_than_is_owed_and_no_receipt_twice() -> None:
    _, found = await overpaid(await a_family())

    with pytest.raises(Refused):
        await received(found, "2940.01", reference="SJ1")
    await received(found, "10.00", reference="SJ1")
    with pytest.raises(Refused):
        await received(found, "10.00", reference="SJ1")

    assert (await the(found)).left == Money.parse("2930.00")


async def test_others_see_nothing_of_it_and_clerks_do_not_take_money() -> None:
    family = await a_family()
    _, case = await overpaid(family)
    stranger = (await a_family()).log_in
    elsewhere = await staff(StaffRole.CLERK, region="330921")

    assert [one.id for one in await recovery.list_cases(family.log_in, on=TODAY, first=10)] == [case.id]
    assert await recovery.list_cases(stranger, on=TODAY, first=10) == []
    assert await recovery.list_cases(elsewhere, on=TODAY, first=10) == []
    with pytest.raises(recovery.RecoveryIsClosed):
        clerk = await staff(StaffRole.CLERK)
        await run(
            lambda work: recovery.receive(
                work, case_id=case.id, amount=PAID, means=RecoveryMeans.COUNTER, reference="S", on=TODAY
            ),
            actor=clerk,
        )


async def test_round_the_code_the_promises_of_recovery_hold(store: str) -> None:
    family = await a_family()
    _, found = await overpaid(family)
    case = await demanded(found)
    await proposed(case, a_plan("2940.00"))
    await received(case, "10.00", reference="SJ1")
    taken = f"'{case.id}', 'RECEIVED', 5, '2026-11-02', 'BANK', 'Y', now()"
    into = "INSERT INTO recovery_entry (id, case_id, kind, amount, day, means, reference, made_at)"
    attacks = {
        "UPDATE recovery_case SET settled = amount + 1": "recovery_is_never_more_than_owed",
        "UPDATE recovery_case SET settled = 20": "recovery_is_its_entries",
        "UPDATE recovery_case SET state = 'CLOSED'": "recovery_is_closed_when_nothing_is_left",
        "UPDATE recovery_case SET state = 'IN_INSTALMENTS'": "recovery_instalments_are_decided",
        "UPDATE recovery_case SET set_off = 'LAW', set_off_by = new_id()": "recovery_set_off_is_decided",
        "UPDATE recovery_case SET amount = amount - 1": "recovery_goes_known_ways",
        "DELETE FROM recovery_case": "recovery_goes_known_ways",
        "DELETE FROM recovery_entry": "recovery_entry_append_only",
        "UPDATE recovery_instalment SET amount = 1": "recovery_instalment_append_only",
        "UPDATE recovery_proposal SET amount = 1": "recovery_proposal_is_final",
        "UPDATE recovery_proposal SET state = 'APPROVED', decided_by = new_id(), decided_at = now()": (
            "recovery_proposal_needs_approval"
        ),
        "UPDATE recovery_proposal SET state = 'REJECTED', decided_by = proposed_by, decided_at = now()": (
            "recovery_maker_is_not_checker"
        ),
        f"{into} VALUES (new_id(), {taken})": "recovery_entry_is_booked",
        "INSERT INTO recovery_entry (id, case_id, kind, amount, day, statement_id, made_at)"
        " SELECT new_id(), recovery_case.id, 'SET_OFF', 5, '2026-11-02', statement.id, now()"
        " FROM recovery_case, statement WHERE reverses IS NOT NULL": "recovery_is_set_off_by_consent_or_law",
        "INSERT INTO recovery_entry (id, case_id, kind, amount, day, proposal_id, made_at)"
        " SELECT new_id(), case_id, 'WRITTEN_OFF', amount, '2026-11-02', id, now()"
        " FROM recovery_proposal": "recovery_is_written_off_by_decision",
        "INSERT INTO recovery_instalment SELECT id, 2, '2027-01-01', 1 FROM recovery_proposal": (
            "recovery_instalment_joins_its_plan"
        ),
    }
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        for attack, promise in attacks.items():
            with pytest.raises((asyncpg.CheckViolationError, asyncpg.UniqueViolationError)) as refused:
                async with link.transaction():
                    await link.execute(attack)
            assert getattr(refused.value, "constraint_name", "") == promise, attack
    finally:
        await link.close()
    assert len(await rows("SELECT 1 FROM recovery_entry")) == 1
