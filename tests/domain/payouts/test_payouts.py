"""A payout from what is owed to what is paid, refused, sent back, repaired."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from domain import approvals, ledger, payouts
from domain.errors import Refused
from domain.ids import new_id
from domain.money import Money
from domain.payouts import Payee, PayoutState, Subject
from tests.builders import NOW, a_clerk, run
from tests.payout_world import (
    a_payee,
    a_preparer,
    a_releaser,
    all_payouts,
    balances,
    batched,
    confirm,
    confirmed,
    decide,
    open_books,
    open_differences,
    owed,
    queue,
    queued,
    refused,
    reload,
    repaired,
    sending,
    system,
    the_payout,
)

FULL = 10_000_000_000


async def test_payout_is_owed_released_paid_and_booked(funds: str) -> None:
    payout = await owed()
    at_first = await balances()
    batch = await decide(await batched())
    await queue(batch)
    queued_one = await reload(payout)
    sent = await sending(payout)
    paid = await confirmed(sent)

    assert (payout.state, payout.name_hint, payout.account_hint[-4:]) == (
        PayoutState.DRAFT,
        "王**",
        payout.account_hint[-4:],
    )
    assert at_first == {"1003": -FULL, "1004": FULL, "2001": -123_456, "5001": 123_456}
    assert (queued_one.state, sent.state, paid.state) == (
        PayoutState.QUEUED,
        PayoutState.SENDING,
        PayoutState.CONFIRMED,
    )
    assert await balances() == {"1003": -FULL, "1004": FULL - 123_456, "5001": 123_456}


async def test_same_part_of_the_same_thing_is_owed_once(funds: str) -> None:
    subject, payee = Subject("claim", new_id(), "BENEFIT"), a_payee()
    made = await asyncio.gather(*(owed(subject=subject, payee=payee) for _ in range(5)))
    assert len({payout.id for payout in made}) == 1
    assert (await balances())["5001"] == 123_456
    with pytest.raises(payouts.PayoutMeansAnotherError):
        await owed(subject=subject, payee=payee, amount=1)
    with pytest.raises(payouts.PayoutMeansAnotherError):
        await owed(subject=subject, payee=a_payee())
    other = await owed(subject=Subject("claim", subject.id, "ASSISTANCE"), payee=payee)
    assert other.id != made[0].id


async def test_payee_is_refused_with_every_fault_at_once(funds: str) -> None:
    with pytest.raises(Refused) as refusal:
        await owed(payee=Payee(name="王|丽", account="12", bank_code="1"))
    assert {fault.code for fault in refusal.value.faults} == {
        "PAYEE_NAME_UNFIT",
        "PAYEE_ACCOUNT_UNFIT",
        "PAYEE_BANK_UNFIT",
    }
    copied = await owed(payee=a_payee(account="6217 0012 3456 7890 122"))
    assert copied.account_hint[-4:] == "0122"


async def test_who_booked_the_payable_is_not_booked_again(funds: str) -> None:
    await owed(expense=None)
    assert await balances() == {"1003": -FULL, "1004": FULL}


async def test_draft_whose_ground_is_gone_is_taken_back_with_its_voucher(funds: str) -> None:
    payout = await owed()
    await system(lambda work: payouts.cancel(work, payout_id=payout.id, reason="claim corrected"))
    assert (await reload(payout)).state is PayoutState.CANCELLED
    assert await balances() == {"1003": -FULL, "1004": FULL}
    kept = await owed()
    await batched()
    with pytest.raises(payouts.PayoutNotInState):
        await system(lambda work: payouts.cancel(work, payout_id=kept.id, reason="too late"))


async def test_maker_of_a_batch_does_not_release_it(funds: str) -> None:
    await owed()
    both = a_preparer()
    batch = await batched(actor=both)
    with pytest.raises(payouts.PayoutsAreClosed):
        await decide(batch, actor=both)
    from dataclasses import replace

    powerful = replace(both, scopes=both.scopes | a_releaser().scopes, roles=both.roles | a_releaser().roles)
    with pytest.raises(approvals.MakerMayNotDecide):
        await decide(batch, actor=powerful)
    with pytest.raises(approvals.ContentChangedMeanwhile):
        await decide(batch, seen=b"x" * 32)
    with pytest.raises(payouts.PayoutsAreClosed):
        await batched(actor=a_clerk())


async def test_dissolved_batch_frees_its_payouts(funds: str) -> None:
    payout = await owed()
    batch = await decide(await batched(), approve=False, reason="金额有误")
    with pytest.raises(payouts.BatchIsDecided):
        await decide(batch)
    again = await decide(await batched())
    assert (await reload(payout)).state is PayoutState.APPROVED
    assert (batch.state.value, again.state.value) == ("DISSOLVED", "RELEASED")


async def test_two_batches_at_once_share_nothing(funds: str) -> None:
    for _ in range(6):
        await owed()
    made = await asyncio.gather(*(batched(at_most=3) for _ in range(2)))
    assert [batch.payouts for batch in made] == [3, 3]
    with pytest.raises(payouts.NothingToPayOut):
        await batched()


async def test_fund_gives_no_more_than_it_holds(store: str) -> None:
    await open_books(yuan=100)
    await owed(amount=6_000)
    first = await decide(await batched())
    await owed(amount=6_000)
    second = await batched()
    with pytest.raises(Refused) as refusal:
        await decide(second)
    (fault,) = refusal.value.faults
    assert isinstance(fault, payouts.FundIsShort)
    assert (fault.available, fault.asked) == (Money(4_000), Money(6_000))
    assert first.state.value == "RELEASED"


async def test_two_releases_at_once_do_not_promise_the_same_money(store: str) -> None:
    await open_books(yuan=100)
    await owed(amount=6_000)
    one = await batched()
    await owed(amount=6_000)
    other = await batched()
    outcomes = await asyncio.gather(decide(one), decide(other), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BatchFacts", "Refused"]


async def test_confirming_again_changes_nothing_and_a_second_execution_is_a_difference(funds: str) -> None:
    payout = await sending(await queued())
    await asyncio.gather(*(confirm(payout) for _ in range(5)))
    await confirm(payout, reference="another")
    (difference,) = await open_differences()
    assert (difference.kind.value, difference.reference, difference.about_id) == ("DUPLICATE", "another", payout.id)
    assert (await balances())["1004"] == FULL - 123_456


async def test_other_sum_confirms_nothing(funds: str) -> None:
    payout = await sending(await queued())
    await confirm(payout, amount=123_457)
    (difference,) = await open_differences()
    assert difference.kind.value == "AMOUNT"
    assert (await reload(payout)).state is PayoutState.UNKNOWN


async def test_execution_of_what_never_left_is_a_difference(funds: str) -> None:
    payout = await owed()
    await confirm(payout)
    (difference,) = await open_differences()
    assert difference.kind.value == "MISSING_HERE"
    assert (await reload(payout)).state is PayoutState.DRAFT


async def test_sending_is_begun_once(funds: str) -> None:
    payout = await queued()
    started = await asyncio.gather(
        *(system(lambda work: payouts.start_sending(work, payout_id=payout.id, refuses_after=None)) for _ in range(5))
    )
    assert sorted(map(bool, started)) == [False, False, False, False, True]
    assert (await reload(payout)).sends == 1


async def test_what_the_bank_never_took_goes_again_only_when_the_message_is_too_old(funds: str) -> None:
    payout = await sending(await queued(), refuses_after=timedelta(minutes=5))
    never = lambda work: payouts.note_never_taken(work, payout_id=payout.id, sends=1)  # noqa: E731 - said twice below
    await system(never, now=NOW + timedelta(minutes=5))
    too_early = await reload(payout)
    await system(never, now=NOW + timedelta(minutes=6))
    again = await reload(payout)
    assert (too_early.state, again.state, again.number) == (PayoutState.UNKNOWN, PayoutState.QUEUED, payout.number)


async def test_bank_that_takes_any_message_is_never_sent_one_again_by_itself(funds: str) -> None:
    payout = await sending(await queued())
    for day in range(1, 4):
        await system(
            lambda work: payouts.note_never_taken(work, payout_id=payout.id, sends=1), now=NOW + timedelta(days=day)
        )
    assert (await reload(payout)).state is PayoutState.UNKNOWN


async def test_refusal_of_an_earlier_sending_decides_nothing_about_the_later(funds: str) -> None:
    payout = await sending(await queued(), refuses_after=timedelta(0))
    await system(
        lambda work: payouts.note_never_taken(work, payout_id=payout.id, sends=1), now=NOW + timedelta(minutes=1)
    )
    await sending(payout, now=NOW + timedelta(minutes=1))
    late = await refused(payout, sends=1)
    right = await refused(payout, sends=2)
    assert (late.state, right.state, right.refusal_code) == (
        PayoutState.UNKNOWN,
        PayoutState.REJECTED,
        "ACCOUNT_CLOSED",
    )


async def test_refused_payout_is_paid_anew_to_an_account_that_a_second_person_checked(funds: str) -> None:
    old = await refused(await sending(await queued()))
    clerk = a_preparer()
    new = await repaired(old, actor=clerk)
    with pytest.raises(payouts.NothingToPayOut):
        await batched()
    await check(new, approve=True)
    await queue(await decide(await batched()))
    paid = await confirmed(await sending(new))

    assert (new.attempt, new.replaces, new.amount, paid.state) == (2, old.id, old.amount, PayoutState.CONFIRMED)
    assert new.number != old.number
    assert (await reload(old)).state is PayoutState.REJECTED
    assert await balances() == {"1003": -FULL, "1004": FULL - 123_456, "5001": 123_456}
    (latest,) = await payouts.find_latest_for(a_preparer(), subject_kind="claim", subject_ids=[old.subject_id])
    assert latest.id == new.id


async def test_repair_is_asked_for_once_and_checked_by_somebody_else(funds: str) -> None:
    old = await refused(await sending(await queued()))
    new = await repaired(old)
    with pytest.raises(Refused) as refusal:
        await repaired(old, payee=Payee(name="", account="1", bank_code=""))
    assert {fault.code for fault in refusal.value.faults} == {
        "PAYOUT_REPAIRED",
        "PAYEE_NAME_UNFIT",
        "PAYEE_ACCOUNT_UNFIT",
        "PAYEE_BANK_UNFIT",
    }
    assert [one.id for one in await payouts.list_repairs_to_check(a_releaser(), now=NOW, first=10)] == [new.id]
    await check(new, approve=False)
    again = await repaired(old)
    assert ((await the_payout(new.id)).state, again.attempt) == (PayoutState.CANCELLED, 3)


async def test_what_comes_back_is_reversed_and_owed_again(funds: str) -> None:
    payout = await confirmed(await sending(await queued()))
    back = lambda work: payouts.take_return(  # noqa: E731 - said twice below
        work, payout_id=payout.id, reference="RT1", on=date(2026, 11, 5)
    )
    await system(back)
    await system(back)
    returned = await reload(payout)
    assert (returned.state, returned.returned_on) == (PayoutState.RETURNED, date(2026, 11, 5))
    assert await balances() == {"1003": -FULL, "1004": FULL, "2001": -123_456, "5001": 123_456}
    vouchers = await ledger.list_vouchers_about(a_releaser(), about=ledger.About("payout", payout.id))
    assert [(voucher.reason, voucher.day) for voucher in vouchers][-1] == ("PAYOUT_RETURNED", date(2026, 11, 5))


async def test_strangers_see_no_payouts(funds: str) -> None:
    payout = await owed()
    assert await payouts.find_payout(a_clerk(), payout_id=payout.id) is None
    assert await payouts.list_payouts(a_clerk(), states=list(PayoutState), first=10) == []
    assert await payouts.list_batches(a_clerk(), first=10) == []
    assert len(await all_payouts()) == 1


async def check(payout: payouts.PayoutFacts, *, approve: bool) -> None:
    await run(
        lambda work: payouts.decide_repair(
            work,
            payout_id=payout.id,
            seen_digest=payout.content_digest,
            approve=approve,
            reason=None if approve else "未核实",
        ),
        actor=a_releaser(),
    )
