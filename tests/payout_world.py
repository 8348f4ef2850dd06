"""Payouts that wait, people who may release them, and books with money in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final
from uuid import UUID

from domain import ledger, payouts, reconciliation
from domain.actors import SYSTEM, Actor, Scope
from domain.ids import new_id
from domain.money import Money
from domain.payouts import BatchFacts, Payee, PayoutFacts, PayoutState, Settlement, Subject
from domain.period import Period
from domain.work import Work, perform
from tests.builders import KEYS, NOW, a_clerk, run

FUND: Final = ledger.RESIDENTS
BANK_CODE: Final = "102345000012"
STATES: Final = list(PayoutState)
_SERIAL: Final = count(1)


def a_preparer(*, name: str = "出纳丙") -> Actor:
    scopes = {Scope.PAYOUT_PREPARE.value, Scope.PAYOUT_READ.value, Scope.RECONCILIATION_HANDLE.value}
    return replace(a_clerk(name=name), scopes=frozenset(scopes), roles=frozenset({"CASHIER"}))


def a_releaser(*, name: str = "会计丁") -> Actor:
    own = (Scope.PAYOUT_READ, Scope.PAYOUT_RELEASE, Scope.RECONCILIATION_HANDLE, Scope.LEDGER_READ)
    scopes = {scope.value for scope in own}
    return replace(a_clerk(name=name), scopes=frozenset(scopes), roles=frozenset({"ACCOUNTANT"}))


def a_payee(*, name: str = "王小丽", account: str | None = None, bank_code: str = BANK_CODE) -> Payee:
    return Payee(name=name, account=account or f"62170012345{next(_SERIAL):08d}", bank_code=bank_code)


async def open_books(*, yuan: int = 100_000_000) -> None:
    """Bring the chart in and fill the expenditure account from the fiscal special account."""
    await ledger.install_chart()
    transfer = new_id()
    await run(
        lambda work: ledger.post(
            work,
            fund=FUND,
            key=f"transfer:{transfer}",
            reason="TRANSFER",
            day=NOW.date(),
            about=ledger.About("transfer", transfer),
            postings=[
                ledger.debit(ledger.EXPENDITURE_DEPOSITS, Money.yuan(yuan)),
                ledger.credit(ledger.FISCAL_DEPOSITS, Money.yuan(yuan)),
            ],
            summary="用款",
        ),
        actor=SYSTEM,
    )


async def owed(
    *,
    amount: int = 123_456,
    payee: Payee | None = None,
    subject: Subject | None = None,
    expense: str | None = ledger.BENEFITS,
    now: datetime = NOW,
) -> PayoutFacts:
    """Owe somebody money."""
    about = subject or Subject("claim", new_id(), "BENEFIT")
    chosen = payee or a_payee()
    payout_id = await run(
        lambda work: payouts.create(
            work, subject=about, fund=FUND, amount=Money(amount), payee=chosen, remark="零星报销", expense=expense
        ),
        actor=SYSTEM,
        now=now,
    )
    return await the_payout(payout_id)


async def batched(
    *, actor: Actor | None = None, channel: payouts.BatchChannel = payouts.BatchChannel.DIRECT, at_most: int = 100
) -> BatchFacts:
    """Put what waits into a batch."""
    batch_id = await run(
        lambda work: payouts.make_batch(work, fund=FUND, channel=channel, at_most=at_most),
        actor=actor or a_preparer(),
    )
    return await the_batch(batch_id)


async def decide(
    batch: BatchFacts,
    *,
    actor: Actor | None = None,
    approve: bool = True,
    reason: str | None = None,
    seen: bytes | None = None,
) -> BatchFacts:
    """Decide about a batch as the second person."""
    digest = seen or batch.content_digest
    await run(
        lambda work: payouts.decide_batch(work, batch_id=batch.id, seen_digest=digest, approve=approve, reason=reason),
        actor=actor or a_releaser(),
    )
    return await the_batch(batch.id)


async def queued(*, amount: int = 123_456, payee: Payee | None = None) -> PayoutFacts:
    """Owe, batch, release and queue one payout."""
    payout = await owed(amount=amount, payee=payee)
    batch = await decide(await batched())
    await queue(batch)
    return await reload(payout)


async def queue(batch: BatchFacts) -> None:
    while (await system(lambda work: payouts.queue_next_step(work, batch_id=batch.id))) is not None:
        pass


async def sending(payout: PayoutFacts, *, refuses_after: timedelta | None = None, now: datetime = NOW) -> PayoutFacts:
    await system(lambda work: payouts.start_sending(work, payout_id=payout.id, refuses_after=refuses_after), now=now)
    return await reload(payout)


async def confirmed(payout: PayoutFacts, *, reference: str | None = None, on: date | None = None) -> PayoutFacts:
    await confirm(payout, reference=reference, on=on)
    return await reload(payout)


async def confirm(
    payout: PayoutFacts, *, reference: str | None = None, on: date | None = None, amount: int | None = None
) -> None:
    settlement = Settlement(
        reference=reference or f"BK{payout.number}",
        amount=payout.amount if amount is None else Money(amount),
        on=on or NOW.date(),
    )
    await system(lambda work: payouts.confirm(work, payout_id=payout.id, settlement=settlement))


async def refused(payout: PayoutFacts, *, sends: int = 1, code: str = "ACCOUNT_CLOSED") -> PayoutFacts:
    await system(
        lambda work: payouts.refuse_payout(work, payout_id=payout.id, sends=sends, code=code, sentence="账户已销户")
    )
    return await reload(payout)


async def repaired(payout: PayoutFacts, *, payee: Payee | None = None, actor: Actor | None = None) -> PayoutFacts:
    chosen = payee or a_payee()
    made = await run(
        lambda work: payouts.request_repair(work, payout_id=payout.id, payee=chosen, reason="电话核实，参保人提供新卡"),
        actor=actor or a_preparer(),
    )
    return await the_payout(made)


async def system(do: Callable[[Work], Awaitable[UUID | None]], *, now: datetime = NOW) -> UUID | None:
    return (await perform(do, actor=SYSTEM, now=now, keys=KEYS)).result


async def reload(payout: PayoutFacts) -> PayoutFacts:
    return await the_payout(payout.id)


async def the_payout(payout_id: UUID) -> PayoutFacts:
    found = await payouts.find_payout(SYSTEM, payout_id=payout_id)
    assert found is not None
    return found


async def the_batch(batch_id: UUID) -> BatchFacts:
    found = await payouts.find_batch(SYSTEM, batch_id=batch_id)
    assert found is not None
    return found


async def all_payouts(*states: PayoutState) -> list[PayoutFacts]:
    return await payouts.list_payouts(SYSTEM, states=states or STATES, first=100_000)


async def balances() -> dict[str, int]:
    """Give every account but the fiscal one that moved, in fen, debit minus credit."""
    books = await ledger.trial_balance(SYSTEM, fund=FUND, period=Period(date(2020, 1, 1)))
    assert books.balanced
    return {row.account.code: row.closing.fen for row in books.balances if row.closing}


async def open_differences() -> list[reconciliation.DifferenceFacts]:
    return await reconciliation.list_differences(SYSTEM, only_open=True, first=100_000)


async def closed(
    difference: reconciliation.DifferenceFacts,
    action: reconciliation.ClosingAction,
    *,
    people: Sequence[Actor] | None = None,
) -> reconciliation.DifferenceFacts:
    """Let two people close a difference."""
    one, other = people or (a_preparer(), a_releaser())
    await run(
        lambda work: reconciliation.propose_closing(
            work, difference_id=difference.id, action=action, outcome="与银行电话核实"
        ),
        actor=one,
    )
    proposed = await reconciliation.find_difference(SYSTEM, difference_id=difference.id)
    assert proposed is not None
    digest = proposed.content_digest
    assert digest is not None
    await run(
        lambda work: reconciliation.decide_closing(
            work, difference_id=difference.id, seen_digest=digest, approve=True, reason=None
        ),
        actor=other,
    )
    await system(lambda work: payouts.follow_difference(work, difference_id=difference.id))
    found = await reconciliation.find_difference(SYSTEM, difference_id=difference.id)
    assert found is not None
    return found
