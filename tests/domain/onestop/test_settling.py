"""With the last signature everything happens at once: statement, accumulators, books, receivables, payout."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from domain import claims, ledger, onestop, payouts
from domain import store as database
from domain.actors import SYSTEM, Actor
from domain.claims import ClaimState, Findings, PaymentState, ReviewedLine
from domain.identity import StaffRole
from domain.money import Money
from domain.onestop import PaymentIsUnderWay, calc
from domain.payouts import PayoutState
from domain.settlement import LaterSettlementStands
from domain.store import rows
from domain.work import Work
from tests.builders import KEYS, NOW, run
from tests.claim_builders import (
    LAW,
    Family,
    a_declaration,
    a_family,
    in_review,
    proposed,
    sign,
    staff,
    step,
)
from tests.payout_world import batched, confirm, decide, open_books, queue, sending, the_payout

COLUMNS: Final = (
    *("id", "number", "subject_kind", "subject_id", "decided_by_approval_of", "person_id", "region", "scheme", "fund"),
    *("year", "day", "settled_at", "rules_digest", "content_sealed", "reverses", "set_off", "paid_out"),
)
pytestmark = [pytest.mark.usefixtures("store"), pytest.mark.timeout(240)]


async def settled(family: Family, *, amount: str = "5000.00") -> UUID:
    """Settle a stay of the child for good; the amount is one operation beside the bed."""
    clerk = await staff(StaffRole.CLERK)
    claim_id = await in_review(family, clerk, declared=a_declaration(amount=amount))
    await step(clerk, claim_id, claims.propose_settlement, findings=a_stay(amount), **LAW)
    await signed_by_all(claim_id)
    return claim_id


def a_stay(amount: str) -> Findings:
    """Ten operations below their limit price, or as many as make the amount."""
    whole = Money.parse(amount)
    count = 10 if whole.fen < 4_000_000 else 25
    line = ReviewedLine(
        code="DEMO-S009", name="骨科内固定术", price=str(Money(whole.fen // count)), count=str(count), amount=whole
    )
    return Findings(lines=(line,))


async def signed_by_all(claim_id: UUID) -> None:
    """Let as many sign as the amount asks for."""
    for role in (StaffRole.REVIEWER, StaffRole.REVIEWER, StaffRole.CENTRE_HEAD, StaffRole.DIVISION_LEADER):
        record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
        assert record is not None
        if record.state is ClaimState.PROPOSED:
            await sign(await staff(role), claim_id)


async def listed(family: Family, category: str) -> None:
    await rows(
        "INSERT INTO beneficiary (id, person_id, category, starts, source)"
        " VALUES (gen_random_uuid(), $1, $2, '2026-01-01', '民政') RETURNING id",
        family.child.id,
        category,
    )


def copied(change: str) -> str:
    """Write the statement once more, with one column otherwise."""
    name, value = change.split(" = ", 1)
    values = {column: column for column in (*COLUMNS, *calc.AMOUNTS)}
    values |= {"id": "gen_random_uuid()", "number": "number || 'X'", "decided_by_approval_of": "gen_random_uuid()"}
    values[name] = value
    return f"INSERT INTO statement ({', '.join(values)}) SELECT {', '.join(values.values())} FROM statement"


async def statement_of(claim_id: UUID) -> onestop.Statement:
    found = await claims.find_statement(SYSTEM, keys=KEYS, claim_id=claim_id, on=NOW.date())
    assert found is not None
    return found


async def test_four_layers_are_settled_booked_claimed_and_owed_at_once() -> None:
    family = await a_family()
    await listed(family, "2303")

    claim_id = await settled(family, amount="40000.00")

    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    assert (record.state, record.payment) == (ClaimState.SETTLED, PaymentState.WAITING)
    statement = await statement_of(claim_id)
    # (40,000 - 800) x 70 % = 27,440; critical (12,560 - 10,000) x 65 % = 1,664; assistance 10,896 x 70 % = 7,627.20.
    amounts = {name: str(statement.amounts[name]) for name in ("basic", "critical", "assistance", "tilt", "payable")}
    assert amounts["basic"] == "27440.00"
    assert amounts["critical"] == "1664.00"
    assert amounts["assistance"] == "7627.20"
    assert statement.amounts["total"] == statement.amounts["fund_total"] + statement.amounts["person_total"]
    assert "27,440.00" in statement.letter.zh
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    assert (payout.amount, payout.state, payout.fund) == (statement.payable, PayoutState.DRAFT, "390")
    owed = await rows("SELECT payer, amount, fund FROM receivable ORDER BY payer")
    aid = statement.amounts["assistance"] + statement.amounts["tilt"]
    assert [dict(one) for one in owed] == [
        {"payer": "CIVIL_AFFAIRS", "amount": aid.fen, "fund": "390"},
        {"payer": "FUND_392", "amount": statement.amounts["critical"].fen, "fund": "390"},
    ]
    vouchers = await ledger.list_vouchers_about(SYSTEM, about=ledger.About("statement", statement.id))
    assert sorted(voucher.fund for voucher in vouchers) == ["390", "392"]
    assert (await ledger.balance_of(SYSTEM, fund="390", code=ledger.BENEFITS)) == statement.amounts["basic"]
    assert (await ledger.balance_of(SYSTEM, fund="392", code=ledger.BENEFITS)) == statement.amounts["critical"]
    advanced = statement.payable - statement.amounts["basic"]
    assert (await ledger.balance_of(SYSTEM, fund="390", code=ledger.ADVANCES)) == advanced


async def test_a_claim_that_gives_nothing_is_settled_too() -> None:
    family = await a_family()

    claim_id = await settled(family, amount="500.00")

    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    assert (record.state, record.payment) == (ClaimState.SETTLED, PaymentState.NOTHING_DUE)
    assert (await statement_of(claim_id)).amounts["deductible"] == Money.parse("500.00")
    assert await rows("SELECT 1 FROM payout") == []
    assert await rows("SELECT 1 FROM entry") == []


async def test_the_second_claim_of_a_year_goes_on_where_the_first_ended() -> None:
    family = await a_family()
    await settled(family, amount="500.00")

    second = await settled(family, amount="5000.00")

    # The deductible is by stay; what was used up before stands in the proposal's ground.
    (used,) = await rows("SELECT purses FROM accumulator")
    assert '"inpatient.stays": 2' in str(used["purses"]).replace("'", '"')
    assert (await statement_of(second)).amounts["basic"] > Money(0)


async def test_two_claims_of_one_person_signed_at_once_share_the_year_once() -> None:
    family = await a_family()
    clerk = await staff(StaffRole.CLERK)
    for _ in range(6):
        waiting = [await proposed(family, clerk) for _ in range(2)]
        for claim_id in waiting:
            await sign(await staff(StaffRole.REVIEWER), claim_id)
        last = [await staff(StaffRole.REVIEWER) for _ in waiting]
        ends = await asyncio.gather(*(sign(one, claim_id) for one, claim_id in zip(last, waiting, strict=True)))

        assert sorted(end.state for end in ends) == [ClaimState.IN_REVIEW, ClaimState.SETTLED]
        (back,) = [end.id for end in ends if end.state is ClaimState.IN_REVIEW]
        await step(clerk, back, claims.propose_settlement, findings=a_stay("5000.00"), **LAW)
        await signed_by_all(back)
    settlements = await rows("SELECT basic, deductible FROM statement ORDER BY serial")
    (used,) = await rows("SELECT (purses->>'inpatient.stays')::int AS stays, (purses->>'pool_390.paid')::bigint AS paid"
                         " FROM accumulator")  # fmt: skip
    assert used["stays"] == len(settlements) == 12
    assert await rows("SELECT 1 FROM claim WHERE state <> 'SETTLED'") == []


async def test_the_cap_of_the_year_is_passed_by_nobody_who_signs_at_once() -> None:
    family = await a_family()
    clerk = await staff(StaffRole.CLERK)
    waiting = [await proposed_stay(family, clerk, amount="95000.00") for _ in range(5)]
    leaders = [await staff(StaffRole.DIVISION_LEADER) for _ in waiting]
    while waiting:
        for claim_id in waiting:
            for role in (StaffRole.REVIEWER, StaffRole.REVIEWER, StaffRole.CENTRE_HEAD):
                await sign(await staff(role), claim_id)
        ends = await asyncio.gather(
            *(sign(leader, claim_id) for leader, claim_id in zip(leaders, waiting, strict=False))
        )
        assert sum(end.state is ClaimState.SETTLED for end in ends) == 1
        waiting = [end.id for end in ends if end.state is not ClaimState.SETTLED]
        for claim_id in waiting:
            await step(clerk, claim_id, claims.propose_settlement, findings=a_stay("95000.00"), **LAW)

    (paid,) = await rows("SELECT sum(basic)::bigint AS basic, sum(critical)::bigint AS critical FROM statement")
    assert paid["basic"] == 250_000_00
    assert paid["critical"] <= 300_000_00


async def proposed_stay(family: Family, clerk: Actor, *, amount: str) -> UUID:
    claim_id = await in_review(family, clerk, declared=a_declaration(amount=amount))
    await step(clerk, claim_id, claims.propose_settlement, findings=a_stay(amount), **LAW)
    return claim_id


async def test_what_is_reversed_is_given_exactly_back_and_may_be_settled_anew() -> None:
    family = await a_family()
    await listed(family, "2303")
    claim_id = await settled(family, amount="40000.00")
    first = await statement_of(claim_id)

    opened = await step(await staff(StaffRole.DIVISION_LEADER), claim_id, claims.reopen_claim, reason="金额有误", **LAW)

    assert (opened.state, opened.payment, opened.statement_id) == (ClaimState.IN_REVIEW, None, None)
    (used,) = await rows("SELECT purses FROM accumulator")
    assert str(used["purses"]) == "{}"
    for fund in ("390", "392"):
        for code in (ledger.BENEFITS, ledger.ADVANCES, ledger.SUSPENSE):
            assert await ledger.balance_of(SYSTEM, fund=fund, code=code) == Money(0)
    (owed,) = await rows("SELECT coalesce(sum(amount), 0)::bigint AS left FROM receivable")
    assert owed["left"] == 0
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    assert payout.state is PayoutState.CANCELLED
    clerk = await staff(StaffRole.CLERK)
    await step(clerk, claim_id, claims.take_claim)
    await step(clerk, claim_id, claims.propose_settlement, findings=a_stay("40000.00"), **LAW)
    await signed_by_all(claim_id)
    again = await statement_of(claim_id)
    assert again.id != first.id
    assert again.amounts == first.amounts
    history = await onestop.list_statements(KEYS, subject_kind="claim", subject_id=claim_id)
    assert [one.payable.fen for one in history] == [first.payable.fen, -first.payable.fen, first.payable.fen]


async def test_only_the_last_settlement_of_a_year_is_reversed() -> None:
    family = await a_family()
    first = await settled(family)
    await settled(family)

    with pytest.raises(LaterSettlementStands):
        await step(await staff(StaffRole.DIVISION_LEADER), first, claims.reopen_claim, reason="金额有误", **LAW)


async def test_the_claim_follows_its_payment_and_a_paid_one_leaves_an_overpayment() -> None:
    family = await a_family()
    claim_id = await settled(family)
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    leader = await staff(StaffRole.DIVISION_LEADER)
    await released(payout.id)
    with pytest.raises(PaymentIsUnderWay):
        await step(leader, claim_id, claims.reopen_claim, reason="金额有误", **LAW)

    await confirm(payout)
    for _ in range(2):
        await follow(payout.id)

    paid = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert paid is not None
    assert (paid.state, paid.payment, paid.paid_on) == (ClaimState.PAID, PaymentState.PAID, NOW.date())
    opened = await step(leader, claim_id, claims.reopen_claim, reason="金额有误", **LAW)
    assert opened.state is ClaimState.IN_REVIEW
    (owed,) = await onestop.list_overpayments(first=10)
    assert owed.amount == payout.amount
    assert await ledger.balance_of(SYSTEM, fund="390", code=ledger.ADVANCES) == payout.amount
    assert await ledger.balance_of(SYSTEM, fund="390", code=ledger.SUSPENSE) == Money(0)


async def test_money_that_comes_back_is_waited_for_again() -> None:
    claim_id = await settled(await a_family())
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    await released(payout.id)
    await confirm(payout)
    await follow(payout.id)
    await run(lambda work: payouts.take_return(work, payout_id=payout.id, reference="R1", on=NOW.date()), actor=SYSTEM)

    await follow(payout.id)

    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    assert (record.state, record.payment, record.paid_on) == (ClaimState.SETTLED, PaymentState.SENT_BACK, None)


async def released(payout_id: UUID) -> None:
    """Let the payout leave: batched by one, released by another, sent."""
    await open_books()
    await queue(await decide(await batched()))
    await sending(await the_payout(payout_id))


async def follow(payout_id: UUID) -> None:
    async def note(work: Work) -> UUID | None:
        return await claims.note_payment(work, payout_id=payout_id)

    await run(note, actor=SYSTEM)


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE statement SET basic = basic + 1", "statement_is_kept"),
        ("DELETE FROM accumulator_movement", "accumulator_movement_append_only"),
        ("UPDATE accumulator SET purses = '{}'", "accumulator_is_its_movements"),
        ("UPDATE accumulator SET year = 2025", "accumulator_stays_whose_it_is"),
        ("DELETE FROM accumulator", "accumulator_stays_whose_it_is"),
        ("UPDATE claim SET reason = 'x'", "claim_decided_is_kept"),
        ("UPDATE claim SET state = 'PAID', payment = 'WAITING', paid_on = now()", "claim_paid_says_when"),
        (
            """INSERT INTO accumulator_movement (person_id, year, scheme, purse, change, statement_id, moved_at)
               SELECT person_id, year, scheme, 'other.stays', -5, id, now() FROM statement""",
            "accumulator_is_its_movements",
        ),
        (copied("basic = basic + 1"), "statement_funds_are_the_layers"),
        (copied("cash = cash + 1"), "statement_person_is_account_and_cash"),
        (copied("in_scope = in_scope - 1"), "statement_bill_is_divided_whole"),
        (copied("hospital = hospital + 1"), "statement_total_is_funds_person_hospital"),
        (copied("paid_elsewhere = paid_elsewhere + 1"), "statement_pays_what_is_not_paid"),
        (copied("set_off = set_off + 1"), "statement_is_paid_out_or_set_off"),
        (copied("decided_by_approval_of = gen_random_uuid()"), "statement_stands_alone"),
        (copied("reverses = statement.id"), "statement_parts_have_one_sign"),
    ],
)
async def test_round_the_code_the_promises_hold(store: str, statement: str, promise: str) -> None:
    await settled(await a_family())
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.UniqueViolationError)) as refused:
            async with link.transaction():
                await link.execute(statement)
        assert refused.value.constraint_name == promise
    finally:
        await link.close()
