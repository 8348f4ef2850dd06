"""A machine that orders, pays, pays wrongly, closes, refunds and repeats at random, beside a model of a few dicts.

After every step the books balance and every account, bill and coverage is what the model says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from domain import collection, ledger
from domain.actors import SYSTEM
from domain.collection import RefundFacts, RefundState
from domain.errors import DomainError, Refused
from domain.money import Money
from domain.store import open_database
from tests.builders import NOW, run
from tests.domain.collection.conftest import (
    Family,
    a_cashier,
    a_family,
    an_accountant,
    balances,
    confirm,
    covered_from,
    ordered,
    paying,
    the_bill,
)
from tests.domain.collection.test_payment import receive
from tests.domain.collection.test_refund import decide, requested

T = TypeVar("T")
PICK = st.integers(0, 1000)
RECEIPTS = count(1)


@dataclass
class ModelOrder:
    """What the model knows of an order."""

    facts: collection.OrderFacts
    bills: list[UUID]
    state: str = "OPEN"
    paid_with: str | None = None


@dataclass
class ModelRefund:
    """What the model knows of a refund: of a settled bill, or of money in suspense."""

    facts: RefundFacts
    bill: UUID | None
    account: str
    state: str = "REQUESTED"


@dataclass
class Model:
    """Everything that must be true, in plain words."""

    amounts: dict[UUID, int]
    bills: dict[UUID, str] = field(default_factory=dict)
    orders: list[ModelOrder] = field(default_factory=list)
    refunds: list[ModelRefund] = field(default_factory=list)
    books: dict[str, int] = field(default_factory=lambda: {"1002": 0, "2001": 0, "4001": 0})

    def move(self, account: str, fen: int) -> None:
        """Money comes in (or goes out) and stands on the other side of an account."""
        self.books["1002"] += fen
        self.books[account] -= fen


def machine(database_url: str) -> type[RuleBasedStateMachine]:  # noqa: C901 - one class with its rules
    runner = asyncio.Runner()

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._open = open_database(database_url, pool=4)
            runner.run(self._open.__aenter__())
            self.before = self.do(books_now)
            self.family: Family = self.do(a_family)
            self.model = Model(amounts={self.family.mothers_bill: 77_000, self.family.childs_bill: 63_000})
            self.model.bills = dict.fromkeys(self.model.amounts, "OPEN")

        def teardown(self) -> None:
            runner.run(self._open.__aexit__(None, None, None))

        def do(self, work: Callable[[], Awaitable[T]]) -> T:
            async def once() -> T:
                return await work()

            return runner.run(once())

        def refused(self, work: Callable[[], Awaitable[Any]]) -> list[str]:
            """Run what must be refused; give the codes."""
            try:
                found = self.do(work)
            except Refused as refusal:
                return [fault.code for fault in refusal.faults]
            except DomainError as refusal:
                return [refusal.code]
            raise AssertionError(f"This should have been refused, but gave {found}.")

        @rule(which=st.sampled_from([(0,), (1,), (0, 1)]))
        def order(self, which: tuple[int, ...]) -> None:
            bills = [self.family.bill_ids[place] for place in which]
            expected = [code for bill in bills if (code := self.why_not(bill))]
            if expected:
                assert self.refused(lambda: ordered(self.family.actor, *bills)) == expected
                return
            facts = self.do(lambda: ordered(self.family.actor, *bills))
            assert facts.amount.fen == sum(self.model.amounts[bill] for bill in bills)
            self.model.orders.append(ModelOrder(facts, bills))

        def why_not(self, bill: UUID) -> str | None:
            if self.model.bills[bill] != "OPEN":
                return {"PAID": "BILL_PAID", "CANCELLED": "BILL_CANCELLED"}[self.model.bills[bill]]
            if any(bill in order.bills and order.state == "OPEN" for order in self.model.orders):
                return "BILL_IN_OPEN_ORDER"
            return None

        @rule(pick=PICK, wrong=st.sampled_from([0, 0, 0, 1, -1]), times=st.integers(1, 3), at_once=st.booleans())
        def pay(self, pick: int, wrong: int, times: int, *, at_once: bool) -> None:
            if not self.model.orders:
                return
            order = self.model.orders[pick % len(self.model.orders)]
            amount = order.facts.amount.fen + wrong
            if order.state in {"PAID", "DISPUTED"}:
                amount = order.facts.paid_amount.fen if order.facts.paid_amount else amount
            payment = paying(order.facts, amount=Money(amount), reference=f"r-{order.facts.number}")

            async def told() -> None:
                if at_once:
                    await asyncio.gather(*(confirm(payment) for _ in range(times)))
                else:
                    for _ in range(times):
                        await confirm(payment)

            self.do(told)
            if order.state in {"OPEN", "CLOSED"}:
                self.judge(order, amount)
                found = self.do(lambda: collection.find_order(SYSTEM, order_id=order.facts.id))
                assert found is not None
                assert found.state.value == order.state
                order.facts = found

        def judge(self, order: ModelOrder, amount: int) -> None:
            if order.state == "CLOSED" or amount != order.facts.amount.fen:
                goes_back = order.state == "CLOSED"
                order.state = "DISPUTED"
                self.model.move("2001", amount)
                if goes_back:
                    self.take_in_refunds()
                return
            order.state = "DISPUTED"
            for bill in order.bills:
                fits = self.model.bills[bill] == "OPEN"
                self.model.move("4001" if fits else "2001", self.model.amounts[bill])
                if fits:
                    self.model.bills[bill], order.state = "PAID", "PAID"
            self.take_in_refunds()

        def take_in_refunds(self) -> None:
            """Learn of the refunds that the system asked for by itself."""
            known = {refund.facts.id for refund in self.model.refunds}
            mine = {order.facts.id for order in self.model.orders}
            found = self.do(lambda: collection.list_refunds(SYSTEM, states=list(RefundState), first=10_000))
            for facts in found:
                if facts.order_id in mine and facts.id not in known:
                    self.do(lambda facts=facts: run(take_up(facts), actor=an_accountant()))
                    self.model.refunds.append(ModelRefund(facts, None, "2001"))

        @rule(pick=PICK)
        def pay_a_second_time(self, pick: int) -> None:
            paid = [order for order in self.model.orders if order.state in {"PAID", "DISPUTED"}]
            if not paid:
                return
            order = paid[pick % len(paid)]
            reference = f"second-{order.facts.number}"
            self.do(lambda: confirm(paying(order.facts, reference=reference)))
            if order.paid_with != reference:
                order.paid_with = reference
                self.model.move("2001", order.facts.amount.fen)

        @rule(pick=PICK)
        def close(self, pick: int) -> None:
            if not self.model.orders:
                return
            order = self.model.orders[pick % len(self.model.orders)]
            self.do(lambda: run(lambda work: collection.close_order(work, order_id=order.facts.id), actor=SYSTEM))
            if order.state == "OPEN":
                order.state = "CLOSED"

        @rule()
        def pay_at_the_counter(self) -> None:
            expected = [code for bill in self.family.bill_ids if (code := self.why_not(bill))]
            whole = Money(sum(self.model.amounts.values()))
            receipt = f"SJ-{next(RECEIPTS)}-{self.family.mothers_bill}"

            def take() -> Awaitable[UUID]:
                return receive(a_cashier(), self.family, whole, receipt=receipt)

            if expected:
                assert self.refused(take) == expected
                return
            order_id = self.do(take)
            facts = self.do(lambda: collection.find_order(SYSTEM, order_id=order_id))
            assert facts is not None
            for bill in self.family.bill_ids:
                self.model.bills[bill] = "PAID"
            self.model.move("4001", whole.fen)

        @rule(place=st.integers(0, 1))
        def ask_for_a_refund(self, place: int) -> None:
            bill = self.family.bill_ids[place]
            pending = any(refund.bill == bill and refund.state == "REQUESTED" for refund in self.model.refunds)
            if self.model.bills[bill] != "PAID" or pending:
                code = "REFUND_ALREADY_ASKED" if pending else "BILL_NOT_PAID"
                assert self.refused(lambda: requested(bill, actor=an_accountant())) == [code]
                return
            facts = self.do(lambda: requested(bill, actor=an_accountant()))
            self.model.refunds.append(ModelRefund(facts, bill, "4001"))

        @rule(pick=PICK, approve=st.booleans())
        def decide_a_refund(self, pick: int, *, approve: bool) -> None:
            if not self.model.refunds:
                return
            refund = self.model.refunds[pick % len(self.model.refunds)]

            def say() -> Awaitable[UUID]:
                return decide(refund.facts, actor=an_accountant(), approve=approve, reason="test")

            if refund.state != "REQUESTED":
                assert self.refused(say) == ["REFUND_NOT_IN_STATE"]
                return
            self.do(say)
            refund.state = "APPROVED" if approve else "REJECTED"
            if approve and refund.bill is not None:
                self.model.bills[refund.bill] = "CANCELLED"

        @rule(pick=PICK, ends=st.sampled_from(["DONE", "DONE", "FAILED", "UNKNOWN"]), times=st.integers(1, 3))
        def carry_out_a_refund(self, pick: int, ends: str, times: int) -> None:
            approved = [refund for refund in self.model.refunds if refund.state in {"APPROVED", "UNKNOWN"}]
            if not approved:
                return
            refund = approved[pick % len(approved)]
            if refund.state == "APPROVED":
                self.do(lambda: run(sending(refund.facts), actor=SYSTEM))
            for _ in range(times):
                self.do(lambda: run(ending(refund.facts, ends), actor=SYSTEM))
            refund.state = ends
            if ends == "DONE":
                self.model.move(refund.account, -refund.facts.amount.fen)

        @invariant()
        def books_are_what_the_model_says(self) -> None:
            now = self.do(books_now)
            moved = {code: now.get(code, 0) - self.before.get(code, 0) for code in self.model.books}
            assert moved == self.model.books

        @invariant()
        def bills_and_cover_are_what_the_model_says(self) -> None:
            family = self.family
            for person, bill in ((family.mother, family.mothers_bill), (family.child, family.childs_bill)):
                state = self.do(lambda bill=bill: the_bill(bill)).state.value
                covered = self.do(lambda person=person: covered_from(person)) is not None
                assert (state, covered) == (self.model.bills[bill], self.model.bills[bill] == "PAID")

    return Machine


def take_up(refund: RefundFacts) -> Any:
    return lambda work: collection.take_up_refund(work, refund_id=refund.id)


def sending(refund: RefundFacts) -> Any:
    return lambda work: collection.start_sending_refund(work, refund_id=refund.id)


def ending(refund: RefundFacts, ends: str) -> Any:
    if ends == "DONE":
        done_at = NOW + timedelta(hours=1)
        return lambda work: collection.complete_refund(work, refund_id=refund.id, reference="r", done_at=done_at)
    if ends == "FAILED":
        return lambda work: collection.fail_refund(work, refund_id=refund.id)
    return lambda work: collection.mark_refund_unknown(work, refund_id=refund.id)


async def books_now() -> dict[str, int]:
    return await balances()


def test_orders_payments_and_refunds_agree_with_the_model_after_every_step(database_url: str) -> None:
    with asyncio.Runner() as runner:
        runner.run(open_books(database_url))
    run_state_machine_as_test(
        machine(database_url),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            phases=(Phase.generate,),  # The database remembers, so a failure is shown as it came and not made smaller.
            suppress_health_check=list(HealthCheck),
        ),
    )


async def open_books(database_url: str) -> None:
    async with open_database(database_url):
        await ledger.install_chart()
