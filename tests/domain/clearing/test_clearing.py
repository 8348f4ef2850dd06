"""What other payers owe: claimed once, billed by period after a second person agreed, booked when it comes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from domain import approvals, clearing, ledger
from domain.actors import SYSTEM, Actor, Scope
from domain.clearing import ClearingFacts, ClearingPayer, ClearingState
from domain.errors import Refused
from domain.ids import new_id
from domain.money import Money
from tests.builders import NOW, a_clerk, run
from tests.payout_world import FUND, balances, open_books

JANUARY = NOW + timedelta(days=70)


def an_accountant(name: str = "会计丁") -> Actor:
    return replace(a_clerk(name=name), scopes=frozenset({Scope.CLEARING_HANDLE.value}), roles=frozenset({"ACCOUNTANT"}))


async def claimed(
    amount: int,
    *,
    day: date = date(2026, 11, 2),
    payer: ClearingPayer = ClearingPayer.UNION,
    subject: UUID | None = None,
) -> UUID:
    about = subject or new_id()
    return await run(
        lambda work: clearing.claim_from(
            work, payer=payer, fund=FUND, subject_kind="claim", subject_id=about, amount=Money(amount), day=day
        ),
        actor=SYSTEM,
    )


async def made(
    *,
    payer: ClearingPayer = ClearingPayer.UNION,
    day: date = date(2026, 11, 2),
    now: datetime = JANUARY,
    actor: Actor | None = None,
) -> ClearingFacts:
    clearing_id = await run(
        lambda work: clearing.make_clearing(work, payer=payer, fund=FUND, day=day),
        actor=actor or an_accountant(),
        now=now,
    )
    return await the_clearing(clearing_id)


async def decided(
    found: ClearingFacts, *, approve: bool = True, actor: Actor | None = None, now: datetime = JANUARY
) -> ClearingFacts:
    await run(
        lambda work: clearing.decide_clearing(
            work,
            clearing_id=found.id,
            seen_digest=found.content_digest,
            approve=approve,
            reason=None if approve else "金额有误",
        ),
        actor=actor or an_accountant("会计戊"),
        now=now,
    )
    return await the_clearing(found.id)


async def received(found: ClearingFacts, amount: int, *, receipt: str = "YH001") -> ClearingFacts:
    await run(
        lambda work: clearing.receive_clearing(
            work, clearing_id=found.id, received=Money(amount), receipt=receipt, on=date(2027, 1, 15)
        ),
        actor=an_accountant(),
    )
    return await the_clearing(found.id)


async def the_clearing(clearing_id: UUID) -> ClearingFacts:
    found = await clearing.find_clearing(SYSTEM, clearing_id=clearing_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("payer", "day", "starts", "ends"),
    [
        (ClearingPayer.UNION, date(2026, 11, 2), date(2026, 10, 1), date(2027, 1, 1)),
        (ClearingPayer.UNION, date(2026, 1, 1), date(2026, 1, 1), date(2026, 4, 1)),
        (ClearingPayer.CIVIL_AFFAIRS, date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (ClearingPayer.CIVIL_AFFAIRS, date(2026, 2, 28), date(2026, 2, 1), date(2026, 3, 1)),
    ],
)
def test_periods_are_months_and_quarters(payer: ClearingPayer, day: date, starts: date, ends: date) -> None:
    period = clearing.period_of(payer, day=day)
    assert (period.starts, period.ends) == (starts, ends)


async def test_quarter_is_claimed_billed_and_received(store: str) -> None:
    await open_books()
    rows = [await claimed(amount) for amount in (30_000, 12_345, 1)]
    await claimed(99, payer=ClearingPayer.CIVIL_AFFAIRS)
    await claimed(77, day=date(2027, 1, 1))
    found = await decided(await made())
    paid = await received(found, 42_346)

    statement = await clearing.list_statement(an_accountant(), clearing_id=found.id, first=10)
    assert [row.receivable_id for row in statement] == sorted(rows)
    assert sum(row.amount.fen for row in statement) == found.total.fen == 42_346
    assert (paid.state, paid.receipt) == (ClearingState.RECEIVED, "YH001")
    assert {code: fen for code, fen in (await balances()).items() if code in {"1002", "1101"}} == {
        "1002": 42_346,
        "1101": -42_346,
    }


async def test_thing_is_claimed_once(store: str) -> None:
    subject = new_id()
    made_ids = await asyncio.gather(*(claimed(500, subject=subject) for _ in range(4)))
    assert len(set(made_ids)) == 1
    with pytest.raises(clearing.ReceivableMeansAnotherError):
        await claimed(501, subject=subject)


async def test_claim_taken_back_lowers_the_next_bill_once(store: str) -> None:
    wrong, _ = await claimed(500), await claimed(800)
    first, second = [
        await run(lambda work: clearing.take_claim_back(work, receivable_id=wrong, day=date(2026, 12, 1)), actor=SYSTEM)
        for _ in range(2)
    ]
    found = await made()
    assert first == second
    assert (found.receivables, found.total) == (3, Money(800))


async def test_period_is_cleared_when_it_is_over_and_once(store: str) -> None:
    await claimed(500)
    with pytest.raises(Refused) as early:
        await made(now=NOW)
    assert [fault.code for fault in early.value.faults] == ["CLEARING_PERIOD_NOT_OVER"]
    await made()
    await claimed(600)
    with pytest.raises(Refused) as again:
        await made()
    assert [fault.code for fault in again.value.faults] == ["CLEARING_EXISTS"]
    with pytest.raises(Refused) as empty:
        await made(payer=ClearingPayer.CIVIL_AFFAIRS)
    assert [fault.code for fault in empty.value.faults] == ["CLEARING_EMPTY"]


async def test_claim_that_came_late_is_in_the_next_period(store: str) -> None:
    await claimed(500)
    await decided(await made())
    await claimed(600)
    found = await made(day=date(2027, 1, 5), now=JANUARY + timedelta(days=90))
    assert found.total == Money(600)


async def test_dissolved_clearing_frees_its_claims(store: str) -> None:
    await claimed(500)
    await decided(await made(), approve=False)
    assert (await made()).total == Money(500)


async def test_maker_does_not_send_and_strangers_see_nothing(store: str) -> None:
    await claimed(500)
    maker = an_accountant()
    found = await made(actor=maker)
    with pytest.raises(approvals.MakerMayNotDecide):
        await decided(found, actor=maker)
    with pytest.raises(clearing.ClearingIsClosed):
        await decided(found, actor=a_clerk())
    assert await clearing.list_clearings(a_clerk(), first=10) == []
    assert await clearing.list_statement(a_clerk(), clearing_id=found.id, first=10) == []


async def test_other_sum_and_used_receipt_are_refused(store: str) -> None:
    await ledger.install_chart()
    await claimed(500)
    found = await decided(await made())
    with pytest.raises(Refused) as refusal:
        await received(found, 499, receipt=" ")
    assert {fault.code for fault in refusal.value.faults} == {"CLEARING_SUM_DIFFERS", "CLEARING_RECEIPT_UNFIT"}
    await received(found, 500)
    with pytest.raises(clearing.ClearingNotInState):
        await received(found, 500)


async def test_a_fund_pays_another_back_and_both_books_say_so(store: str) -> None:
    await open_books()
    payer, critical = ClearingPayer.FUND_392, "392"
    await claimed(166_400, payer=payer, day=date(2026, 12, 30))
    found = await decided(await made(payer=payer, day=date(2026, 12, 31)))

    with pytest.raises(Refused) as refused:
        await received(found, 166_400)
    assert [fault.code for fault in refused.value.faults] == ["CLEARING_FUND_SHORT"]
    await run(
        lambda work: ledger.post(
            work,
            fund=critical,
            key="transfer:392",
            reason="TRANSFER",
            day=NOW.date(),
            about=ledger.About("transfer", found.id),
            postings=[
                ledger.debit(ledger.EXPENDITURE_DEPOSITS, Money(166_400)),
                ledger.credit(ledger.FISCAL_DEPOSITS, Money(166_400)),
            ],
            summary="用款",
        ),
        actor=SYSTEM,
    )

    assert (await received(found, 166_400)).state is ClearingState.RECEIVED
    spent = await ledger.balance_of(SYSTEM, fund=critical, code=ledger.EXPENDITURE_DEPOSITS)
    owed = await ledger.balance_of(SYSTEM, fund=critical, code=ledger.SUSPENSE)
    back = await ledger.balance_of(SYSTEM, fund=FUND, code=ledger.ADVANCES)
    assert (spent, owed, back) == (Money(0), Money(166_400), Money(-166_400))


async def test_a_fund_owes_nothing_to_itself(store: str) -> None:
    with pytest.raises(Exception, match="receivable_is_owed_by_another"):
        await claimed(1, payer=ClearingPayer.FUND_390)
