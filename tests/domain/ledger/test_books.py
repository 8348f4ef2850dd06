"""Vouchers as the code posts, reverses and reads them."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from domain import ledger
from domain.actors import ANYBODY, SYSTEM, Actor, ActorKind, Scope
from domain.money import ZERO, Money
from domain.period import Period
from domain.store import rows
from domain.work import Work
from tests.domain.ledger.conftest import ACCOUNTANT, DAY, PostSum, Run

YEAR = Period.of_year(2026)


async def test_voucher_keeps_its_lines_and_what_it_is_about(post_sum: PostSum) -> None:
    entry_id = await post_sum(63_000, summary="Contribution of a child")

    voucher = await ledger.find_voucher(ACCOUNTANT, entry_id=entry_id)

    assert voucher is not None
    assert (voucher.day, voucher.summary, voucher.reverses) == (DAY, "Contribution of a child", None)
    assert voucher.lines == (
        ledger.Line("1002", Money(63_000)),
        ledger.Line("4001", Money(-63_000), voucher.about),
    )
    assert voucher.total == Money(63_000)
    assert voucher.number.startswith("V2026")


async def test_same_event_is_posted_once(post_sum: PostSum) -> None:
    first = await post_sum(100, key="payment:one")
    again = await post_sum(100, key="payment:one")

    assert again == first
    assert await ledger.balance_of(ACCOUNTANT, fund="390", code="1002") == Money(100)


async def test_same_event_posted_twenty_times_at_once_is_one_voucher(post_sum: PostSum) -> None:
    made = await asyncio.gather(*(post_sum(100, key="payment:one") for _ in range(20)))

    assert len(set(made)) == 1
    assert await ledger.count_journal(ACCOUNTANT, fund="390") == 1


async def test_key_of_another_event_is_a_bug(post_sum: PostSum) -> None:
    await post_sum(100, key="payment:one")

    with pytest.raises(ledger.KeyMeansAnotherEventError):
        await post_sum(101, key="payment:one")


@pytest.mark.parametrize(
    "postings",
    [
        [],
        [ledger.debit("1002", Money(1))],
        [ledger.debit("1002", Money(2)), ledger.credit("4001", Money(1))],
    ],
)
async def test_lines_that_do_not_balance_are_a_bug(run: Run, postings: list[ledger.Line]) -> None:
    about = ledger.About("test", uuid4())
    with pytest.raises(ValueError, match="two sides"):
        await run(
            lambda work: ledger.post(
                work, fund="390", key="odd", reason="TEST", day=DAY, about=about, postings=postings, summary="Odd"
            )
        )


@pytest.mark.parametrize("fen", [0, -1])
def test_a_side_takes_more_than_nothing(fen: int) -> None:
    for side in (ledger.debit, ledger.credit):
        with pytest.raises(ValueError):
            side("1002", Money(fen))


async def test_reversal_turns_every_line(run: Run, post_sum: PostSum) -> None:
    entry_id = await post_sum(20_000)

    reversal_id = await run(lambda work: ledger.reverse(work, entry_id=entry_id, reason="MISTAKE"))

    original = await ledger.find_voucher(ACCOUNTANT, entry_id=entry_id)
    reversal = await ledger.find_voucher(ACCOUNTANT, entry_id=reversal_id)
    assert original is not None
    assert reversal is not None
    assert reversal.lines == tuple(ledger.Line(line.code, -line.amount, line.about) for line in original.lines)
    assert (reversal.reverses, original.reversed_by) == (entry_id, reversal_id)
    assert await ledger.balance_of(ACCOUNTANT, fund="390", code="4001") == ZERO


async def test_second_reversal_is_refused(run: Run, post_sum: PostSum) -> None:
    entry_id = await post_sum(20_000)
    await run(lambda work: ledger.reverse(work, entry_id=entry_id, reason="MISTAKE"))

    with pytest.raises(ledger.VoucherAlreadyReversed):
        await run(lambda work: ledger.reverse(work, entry_id=entry_id, reason="MISTAKE"))


async def test_of_ten_reversals_at_once_one_is_made(run: Run, post_sum: PostSum) -> None:
    entry_id = await post_sum(20_000)

    outcomes = await asyncio.gather(
        *(run(lambda work: ledger.reverse(work, entry_id=entry_id, reason="MISTAKE")) for _ in range(10)),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, ledger.VoucherAlreadyReversed)]
    assert len(refused) == 9, outcomes
    assert await ledger.balance_of(ACCOUNTANT, fund="390", code="1002") == ZERO


async def test_reversal_itself_is_not_reversed(run: Run, post_sum: PostSum) -> None:
    entry_id = await post_sum(20_000)
    reversal_id = await run(lambda work: ledger.reverse(work, entry_id=entry_id, reason="MISTAKE"))

    with pytest.raises(ledger.ReversalStays):
        await run(lambda work: ledger.reverse(work, entry_id=reversal_id, reason="MISTAKE"))


async def test_unknown_voucher_is_not_reversed(run: Run) -> None:
    with pytest.raises(ledger.VoucherUnknown):
        await run(lambda work: ledger.reverse(work, entry_id=uuid4(), reason="MISTAKE"))


async def test_trial_balance_separates_what_was_before(run: Run, post_sum: PostSum) -> None:
    await post_sum(1_000, day=date(2025, 12, 31))
    await post_sum(20, day=date(2026, 1, 1))
    kept = await post_sum(300, day=date(2026, 12, 31))
    await post_sum(4, day=date(2027, 1, 1))
    await run(lambda work: ledger.reverse(work, entry_id=kept, reason="MISTAKE", day=date(2026, 12, 31)))

    balance = await ledger.trial_balance(ACCOUNTANT, fund="390", period=YEAR)

    assert balance.balanced
    deposits = next(row for row in balance.balances if row.account.code == "1002")
    assert (deposits.opening, deposits.debits, deposits.credits) == (Money(1_000), Money(320), Money(300))
    assert deposits.closing == Money(1_020)
    assert deposits.account.name_zh == "收入户存款"


async def test_journal_is_read_page_by_page(post_sum: PostSum) -> None:
    made = [await post_sum(fen, day=DAY + timedelta(days=fen // 3)) for fen in range(1, 8)]

    pages: list[ledger.Voucher] = []
    after = None
    while page := await ledger.list_journal(ACCOUNTANT, fund="390", first=3, after=after):
        pages.extend(page)
        after = ledger.JournalPlace(page[-1].day, page[-1].id)

    assert [voucher.id for voucher in pages] == made[::-1]
    one_day = Period(DAY + timedelta(days=1), DAY + timedelta(days=2))
    of_day = await ledger.list_journal(ACCOUNTANT, fund="390", first=10, period=one_day, code="4001")
    assert [voucher.id for voucher in of_day] == made[2:5][::-1]
    assert await ledger.list_journal(ACCOUNTANT, fund="390", first=10, code="5001") == []


@pytest.mark.parametrize(
    "stranger",
    [
        ANYBODY,
        Actor(kind=ActorKind.STAFF, id=uuid4()),
        Actor(kind=ActorKind.RESIDENT, id=uuid4(), scopes=frozenset({Scope.LEDGER_READ})),
    ],
    ids=["anybody", "clerk without the right", "resident with a wrong token"],
)
async def test_books_are_closed_to_strangers(books: str, stranger: Actor) -> None:
    with pytest.raises(ledger.BooksAreClosed):
        await ledger.trial_balance(stranger, fund="390", period=YEAR)
    with pytest.raises(ledger.BooksAreClosed):
        await ledger.list_journal(stranger, fund="390", first=1)


async def test_chart_is_installed_again_without_a_change(books: str) -> None:
    before = await ledger.list_accounts(SYSTEM, fund="390")

    await ledger.install_chart()

    assert await ledger.list_accounts(SYSTEM, fund="390") == before
    assert {account.code: account.standing for account in before}["1004"] is ledger.Standing.SEEN
    assert len({account.code for account in before}) == len(before) > 20


async def test_application_without_rights_on_history_posts_and_reverses(run: Run, post_sum: PostSum) -> None:
    async def as_application(work: Work) -> UUID:
        await rows("SET LOCAL ROLE yibao_app")
        about = ledger.About("test", uuid4())
        lines = [ledger.debit("1002", Money(5)), ledger.credit("4001", Money(5))]
        made = await ledger.post(
            work, fund="390", key="app", reason="TEST", day=DAY, about=about, postings=lines, summary="By the role"
        )
        return await ledger.reverse(work, entry_id=made, reason="MISTAKE")

    assert await run(as_application)
