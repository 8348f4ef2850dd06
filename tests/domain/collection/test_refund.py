"""Money that goes back: asked for, approved by a second person, sent once, booked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain import approvals, collection, ledger
from domain.actors import SYSTEM, Actor
from domain.collection import BillState, RefundFacts, RefundState
from domain.errors import DomainError, Refused
from domain.money import Money
from domain.work import Work
from tests.builders import NOW, a_clerk, a_resident, acting, run
from tests.domain.collection.conftest import (
    Family,
    a_cashier,
    an_accountant,
    balances,
    billed,
    confirm,
    covered_from,
    differences,
    ordered,
    paying,
    refunds,
    the_bill,
)
from tests.domain.collection.test_payment import receive

Do = Callable[[Work], Awaitable[UUID]]


async def test_paid_bill_goes_back_after_two_people_said_so(family: Family) -> None:
    await paid(family)
    maker, checker = an_accountant(), an_accountant(name="会计戊")

    refund = await requested(family.childs_bill, actor=maker)
    await decide(refund, actor=checker)
    taken_away = await the_bill(family.childs_bill), await covered_from(family.child)
    before = await balances()
    await send_and_complete(refund)

    assert (taken_away[0].state, taken_away[1]) == (BillState.CANCELLED, None)
    assert before == {"1002": 140_000, "4001": -140_000}, "the books move with the money, not with the decision"
    assert (await the_refund(refund)).state is RefundState.DONE
    assert await balances() == {"1002": 77_000, "4001": -77_000}
    assert (await the_bill(family.mothers_bill)).state is BillState.PAID
    assert await covered_from(family.mother) is not None


async def test_refund_turns_exactly_what_the_payment_booked_for_the_bill(family: Family) -> None:
    order = await paid(family)
    refund = await requested(family.childs_bill, actor=an_accountant())
    await decide(refund, actor=an_accountant())
    await send_and_complete(refund)

    (payment,) = await ledger.list_vouchers_about(SYSTEM, about=ledger.About("payment_order", order.id))
    (back,) = await ledger.list_vouchers_about(SYSTEM, about=ledger.About("refund", refund.id))

    of_the_bill = [line for line in payment.lines if line.about == ledger.About("bill", family.childs_bill)]
    assert [line for line in back.lines if line.about == ledger.About("bill", family.childs_bill)] == [
        ledger.Line(line.code, -line.amount, line.about) for line in of_the_bill
    ]


async def test_who_asked_does_not_decide(family: Family) -> None:
    await paid(family)
    maker = an_accountant()
    refund = await requested(family.childs_bill, actor=maker)

    with pytest.raises(approvals.MakerMayNotDecide):
        await decide(refund, actor=maker)
    assert (await the_refund(refund)).state is RefundState.REQUESTED


async def test_decision_on_other_content_is_refused(family: Family) -> None:
    await paid(family)
    refund = await requested(family.childs_bill, actor=an_accountant())
    with pytest.raises(approvals.ContentChangedMeanwhile):
        await decide(refund, actor=an_accountant(), seen=b"another")


async def test_two_checkers_at_once_send_it_once(family: Family) -> None:
    await paid(family)
    refund = await requested(family.childs_bill, actor=an_accountant())

    outcomes = await asyncio.gather(*(decide(refund, actor=an_accountant()) for _ in range(5)), return_exceptions=True)

    assert len([outcome for outcome in outcomes if isinstance(outcome, UUID)]) == 1
    assert len([outcome for outcome in outcomes if isinstance(outcome, collection.RefundIsOver)]) == 4


async def test_resident_asks_and_two_of_the_staff_decide(family: Family) -> None:
    await paid(family)
    refund = await requested(family.childs_bill, actor=family.actor)
    first, second = an_accountant(), an_accountant()

    with pytest.raises(approvals.ApprovalNotFound):
        await decide(refund, actor=second)
    await run(lambda work: collection.take_up_refund(work, refund_id=refund.id), actor=first)
    with pytest.raises(approvals.MakerMayNotDecide):
        await decide(refund, actor=first)
    await decide(refund, actor=second)

    assert (await the_refund(refund)).state is RefundState.APPROVED
    mine = await collection.find_refund(family.actor, refund_id=refund.id)
    assert mine is not None
    assert await collection.find_refund(acting(await a_resident(name="别家人")), refund_id=refund.id) is None


async def test_rejected_refund_leaves_everything_and_may_be_asked_for_again(family: Family) -> None:
    await paid(family)
    refund = await requested(family.childs_bill, actor=an_accountant())
    await decide(refund, actor=an_accountant(), approve=False, reason="材料不符")

    assert (await the_refund(refund)).state is RefundState.REJECTED
    assert await covered_from(family.child) is not None
    assert (await requested(family.childs_bill, actor=an_accountant())).id != refund.id


@pytest.mark.parametrize("actor", ["clerk", "stranger"])
async def test_strangers_ask_for_nothing(family: Family, actor: str) -> None:
    await paid(family)
    who = a_clerk() if actor == "clerk" else acting(await a_resident(name="别家人"))
    with pytest.raises(DomainError) as refusal:
        await requested(family.childs_bill, actor=who)
    assert refusal.value.code == {"clerk": "COLLECTION_NOT_ALLOWED", "stranger": "BILL_NOT_FOUND"}[actor]


async def test_begun_year_and_unpaid_bill_are_named_together(family: Family) -> None:
    with pytest.raises(Refused) as refusal:
        await requested(family.childs_bill, actor=an_accountant(), now=datetime(2027, 1, 1, tzinfo=NOW.tzinfo))
    assert [fault.code for fault in refusal.value.faults] == ["BILL_NOT_PAID", "REFUND_TOO_LATE"]


async def test_same_money_is_asked_for_once_even_at_once(family: Family) -> None:
    await paid(family)
    outcomes = await asyncio.gather(
        *(requested(family.childs_bill, actor=an_accountant()) for _ in range(8)), return_exceptions=True
    )
    assert len([outcome for outcome in outcomes if isinstance(outcome, RefundFacts)]) == 1
    assert {type(outcome) for outcome in outcomes} == {RefundFacts, collection.RefundAlreadyAsked}


async def test_double_payment_goes_back_from_suspense(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    await run(lambda work: collection.close_order(work, order_id=order.id), actor=SYSTEM)
    await confirm(paying(order))
    (refund,) = await refunds()
    await run(lambda work: collection.take_up_refund(work, refund_id=refund.id), actor=an_accountant())
    await decide(refund, actor=an_accountant())

    await send_and_complete(refund)

    assert await balances() == {}
    assert (await the_bill(family.childs_bill)).state is BillState.OPEN
    (difference,) = await collection.list_differences(SYSTEM, only_open=True, first=10)
    await run(
        lambda work: collection.close_difference(work, difference_id=difference.id, outcome="已原路退回"),
        actor=an_accountant(),
    )
    assert await differences() == []


async def test_wrong_amount_goes_back_when_people_ask(family: Family) -> None:
    order = await ordered(family.actor, family.childs_bill)
    await confirm(paying(order, amount=Money(1)))

    refund_id = await run(
        lambda work: collection.request_leftover_refund(work, order_id=order.id, reason="金额不符"),
        actor=an_accountant(),
    )
    (refund,) = await refunds()
    await decide(refund, actor=an_accountant())
    await send_and_complete(refund)

    assert refund.id == refund_id
    assert await balances() == {}


async def test_completion_told_many_times_at_once_is_booked_once(family: Family) -> None:
    await paid(family)
    refund = await approved(family.childs_bill)
    await run(lambda work: collection.start_sending_refund(work, refund_id=refund.id), actor=SYSTEM)

    await asyncio.gather(*(complete(refund) for _ in range(20)))

    assert await balances() == {"1002": 77_000, "4001": -77_000}


async def test_refund_is_sent_by_one_of_two_workers(family: Family) -> None:
    await paid(family)
    refund = await approved(family.childs_bill)
    outcomes = await asyncio.gather(
        *(run(lambda work: collection.start_sending_refund(work, refund_id=refund.id), actor=SYSTEM) for _ in range(5)),
        return_exceptions=True,
    )
    assert len([outcome for outcome in outcomes if isinstance(outcome, UUID)]) == 1
    assert (await the_refund(refund)).state is RefundState.SENDING


async def test_unclear_answer_makes_it_unknown_until_an_inquiry(family: Family) -> None:
    await paid(family)
    refund = await approved(family.childs_bill)
    await run(lambda work: collection.start_sending_refund(work, refund_id=refund.id), actor=SYSTEM)

    await run(lambda work: collection.mark_refund_unknown(work, refund_id=refund.id), actor=SYSTEM)
    unknown = (await the_refund(refund)).state
    due = await collection.list_refunds_to_inquire(SYSTEM, now=NOW + timedelta(minutes=5), first=10)
    await run(lambda work: collection.note_refund_underway(work, refund_id=refund.id), actor=SYSTEM)

    assert unknown is RefundState.UNKNOWN
    assert [row.id for row in due] == [refund.id]
    assert (await the_refund(refund)).state is RefundState.SENDING
    assert await balances() == {"1002": 140_000, "4001": -140_000}


async def test_refund_that_the_channel_refuses_is_asked_for_anew_with_another_number(family: Family) -> None:
    await paid(family)
    refund = await approved(family.childs_bill)
    await run(lambda work: collection.start_sending_refund(work, refund_id=refund.id), actor=SYSTEM)
    await run(lambda work: collection.fail_refund(work, refund_id=refund.id), actor=SYSTEM)
    open_differences = await differences()

    again_id = await run(
        lambda work: collection.repeat_refund(work, refund_id=refund.id, reason="原卡已换"), actor=an_accountant()
    )
    again = await collection.find_refund(SYSTEM, refund_id=again_id)

    assert open_differences == [("REFUND", 63_000)]
    assert again is not None
    assert again.number != refund.number
    assert again.state is RefundState.REQUESTED


async def test_counter_gives_back_what_the_counter_took(family: Family) -> None:
    await receive(a_cashier(), family, Money(140_000), receipt="SJ-1")
    refund = await approved(family.childs_bill)

    with pytest.raises(collection.NotForYou):
        await run(pay_back(refund), actor=an_accountant())
    await run(pay_back(refund), actor=a_cashier())

    assert await balances() == {"1002": 77_000, "4001": -77_000}
    assert (await the_refund(refund)).channel_reference == "TK-1"


async def test_counter_does_not_give_back_what_the_platform_took(family: Family) -> None:
    await paid(family)
    refund = await approved(family.childs_bill)
    with pytest.raises(collection.RefundIsOver):
        await run(pay_back(refund), actor=a_cashier())


async def test_who_took_the_money_back_may_be_billed_again(family: Family) -> None:
    await paid(family)
    await approved(family.childs_bill)
    assert await billed(family.child) != family.childs_bill


@pytest.mark.parametrize("outcome", ["", "   ", "x" * 501])
async def test_difference_is_closed_with_words(family: Family, outcome: str) -> None:
    await confirm(paying(await ordered(family.actor, family.childs_bill), amount=Money(1)))
    (difference,) = await collection.list_differences(SYSTEM, only_open=True, first=10)
    with pytest.raises(Refused):
        await run(
            lambda work: collection.close_difference(work, difference_id=difference.id, outcome=outcome),
            actor=an_accountant(),
        )


async def test_differences_are_not_shown_to_residents(family: Family) -> None:
    await confirm(paying(await ordered(family.actor, family.childs_bill), amount=Money(1)))
    assert await collection.list_differences(family.actor, only_open=True, first=10) == []
    assert len(await collection.list_differences(an_accountant(), only_open=True, first=10)) == 1


async def paid(family: Family) -> collection.OrderFacts:
    order = await ordered(family.actor, *family.bill_ids)
    await confirm(paying(order))
    return order


async def requested(bill_id: UUID, *, actor: Actor, now: datetime = NOW) -> RefundFacts:
    refund_id = await run(
        lambda work: collection.request_refund(work, bill_id=bill_id, reason="转职工医保"), actor=actor, now=now
    )
    found = await collection.find_refund(SYSTEM, refund_id=refund_id)
    assert found is not None
    return found


async def approved(bill_id: UUID) -> RefundFacts:
    refund = await requested(bill_id, actor=an_accountant())
    await decide(refund, actor=an_accountant())
    return refund


async def decide(
    refund: RefundFacts, *, actor: Actor, approve: bool = True, reason: str | None = None, seen: bytes | None = None
) -> UUID:
    digest = seen or refund.content_digest
    return await run(
        lambda work: collection.decide_refund(
            work, refund_id=refund.id, seen_digest=digest, approve=approve, reason=reason
        ),
        actor=actor,
    )


async def complete(refund: RefundFacts) -> UUID:
    return await run(
        lambda work: collection.complete_refund(
            work, refund_id=refund.id, reference=f"50{refund.number}", done_at=NOW + timedelta(hours=1)
        ),
        actor=SYSTEM,
    )


async def send_and_complete(refund: RefundFacts) -> None:
    await run(lambda work: collection.start_sending_refund(work, refund_id=refund.id), actor=SYSTEM)
    await complete(refund)


def pay_back(refund: RefundFacts) -> Do:
    return lambda work: collection.pay_refund_at_counter(work, refund_id=refund.id, receipt="TK-1")


async def the_refund(refund: RefundFacts) -> RefundFacts:
    found = await collection.find_refund(SYSTEM, refund_id=refund.id)
    assert found is not None
    return found
