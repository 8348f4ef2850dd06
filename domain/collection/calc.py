"""Deciding about bills and payments: pure, from facts to decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import Final
from uuid import UUID

from domain.collection.values import (
    Band,
    BillFacts,
    DifferenceKind,
    Item,
    Judgement,
    Leftover,
    OrderState,
    RefundState,
    ReliefAmount,
)
from domain.money import Money, total
from domain.period import Period
from domain.rules import Book, ContributionGroup, ContributionStandard, Reason, UnknownRule, wait_of

ORDER_ALLOWED: Final[Mapping[OrderState, frozenset[OrderState]]] = MappingProxyType(
    {
        OrderState.CREATED: frozenset(OrderState) - {OrderState.CREATED},
        OrderState.WAITING: frozenset(
            {OrderState.WAITING, OrderState.UNKNOWN, OrderState.PAID, OrderState.CLOSED, OrderState.DISPUTED}
        ),
        OrderState.UNKNOWN: frozenset(
            {OrderState.WAITING, OrderState.UNKNOWN, OrderState.PAID, OrderState.CLOSED, OrderState.DISPUTED}
        ),
        OrderState.PAID: frozenset(),
        OrderState.CLOSED: frozenset({OrderState.DISPUTED}),
        OrderState.DISPUTED: frozenset(),
    }
)
REFUND_ALLOWED: Final[Mapping[RefundState, frozenset[RefundState]]] = MappingProxyType(
    {
        RefundState.REQUESTED: frozenset({RefundState.APPROVED, RefundState.REJECTED}),
        RefundState.APPROVED: frozenset({RefundState.SENDING, RefundState.DONE}),
        RefundState.SENDING: frozenset({RefundState.UNKNOWN, RefundState.DONE, RefundState.FAILED}),
        RefundState.UNKNOWN: frozenset({RefundState.SENDING, RefundState.DONE, RefundState.FAILED}),
        RefundState.DONE: frozenset(),
        RefundState.REJECTED: frozenset(),
        RefundState.FAILED: frozenset(),
    }
)
_CHINESE_GROUP: Final = MappingProxyType({"ADULT": "成年居民", "MINOR": "未成年居民", "STUDENT": "在校大学生"})
_ENGLISH_GROUP: Final = MappingProxyType({"ADULT": "adults", "MINOR": "minors", "STUDENT": "university students"})


def billing_day(year: int, *, today: date) -> date:
    """Give the day on which one must take part to owe for a year: its first day, or today once it has begun."""
    days = Period.of_year(year)
    assert days.last_day is not None
    return min(max(today, days.starts), days.last_day)


def region_prefix(region: str) -> str:
    """Give the digits that the codes of everything inside a pooling area begin with: 330900 holds all of 3309xx."""
    return region[:2] + region[2:].removesuffix("00").removesuffix("00")


def bands_of(standard: ContributionStandard, *, grade: str = "STANDARD") -> tuple[Band, ...]:
    """Turn the ages of a standard into birth days, so that the database compares days and counts no years."""
    return tuple(_band(group, age_day=standard.age_day) for group in standard.groups if group.grade == grade)


def relief_amounts(standard: ContributionStandard, *, grade: str = "STANDARD") -> tuple[ReliefAmount, ...]:
    """Compute what government pays of the own part, for each group and beneficiary category, half-up to the fen."""
    return tuple(
        ReliefAmount(group=group.group, category=relief.category, amount=group.own.share(relief.share))
        for group in standard.groups
        if group.grade == grade
        for relief in group.relief
    )


def is_worth_billing(book: Book, *, region: str, year: int, today: date, born_on: date) -> bool:
    """Tell whether a newcomer who pays today for a year gets covered days in it; a window must have opened."""
    try:
        standard = book.contribution(region=region, year=year)
    except UnknownRule:
        return False
    if not standard.window.starts <= today < standard.late_until:
        return False
    rule = book.waiting(region=region, day=max(today, standard.starts))
    wait = wait_of(rule, year=year, window=standard.window, pays_on=today, born_on=born_on)
    return wait.covered_from < date(year + 1, 1, 1)


def explain_bill(bill: BillFacts, standard: ContributionStandard) -> tuple[Reason, ...]:
    """Say step by step how the amount of a bill came about; amounts from the bill, sources from the rules."""
    steps = [_explain_standard(bill, standard), _explain_subsidy(bill, standard)]
    if bill.relief_category:
        steps.append(_explain_relief(bill, standard))
    steps.append(
        _reason(standard, f"个人应缴 {bill.due_amount} 元。", f"What you have to pay yourself: {bill.due_amount} yuan.")
    )
    return tuple(steps)


def judge_payment(*, order_state: OrderState, asked: Money, paid: Money, items: Sequence[Item]) -> Judgement:
    """Decide what a payment settles. What it does not settle is left over, to the fen, with the reason why."""
    judgement = _judge(order_state=order_state, asked=asked, paid=paid, items=items)
    used = total(item.amount for item in judgement.settled) + total(part.amount for part in judgement.leftovers)
    assert used == paid, "Every fen that came in is either settled or left over."
    return judgement


def refund_digest(*, number: str, order_id: UUID, bill_id: UUID | None, amount: Money, reason: str) -> bytes:
    """Fingerprint what a refund says, so that an approval is bound to exactly this."""
    return sha256("\n".join((number, str(order_id), str(bill_id or ""), str(amount.fen), reason)).encode()).digest()


def _band(group: ContributionGroup, *, age_day: date) -> Band:
    return Band(
        group=group.group,
        grade=group.grade,
        students=group.students,
        born_after=None if group.age_below is None else _latest_birth(age_day, age=group.age_below),
        # Somebody born after the reference day has no age yet and belongs to the youngest.
        born_until=_latest_birth(age_day, age=group.age_from) if group.age_from else None,
        own=group.own,
        subsidy=group.subsidy,
    )


def _latest_birth(day: date, *, age: int) -> date:
    """Give the last birth day of those who have reached an age on a day."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:
        return date(day.year - age, 2, 28)


def _judge(*, order_state: OrderState, asked: Money, paid: Money, items: Sequence[Item]) -> Judgement:
    assert order_state not in {OrderState.PAID, OrderState.DISPUTED}, "A payment is judged once."
    if order_state is OrderState.CLOSED:
        return Judgement(OrderState.DISPUTED, (), (Leftover(DifferenceKind.LATE, None, paid),))
    if paid != asked:
        return Judgement(OrderState.DISPUTED, (), (Leftover(DifferenceKind.AMOUNT, None, paid),))
    settled = tuple(item for item in items if item.left_because is None)
    leftovers = tuple(Leftover(why, item.bill_id, item.amount) for item in items if (why := item.left_because))
    return Judgement(OrderState.PAID if settled else OrderState.DISPUTED, settled, leftovers)


def _explain_standard(bill: BillFacts, standard: ContributionStandard) -> Reason:
    group_zh, group_en = _CHINESE_GROUP[bill.contributor_group], _ENGLISH_GROUP[bill.contributor_group]
    whole = bill.own_amount + bill.subsidy_amount
    return _reason(
        standard,
        f"{bill.year}年度{group_zh}筹资标准为每人 {whole} 元，其中个人缴费 {bill.own_amount} 元。",
        f"The standard of {bill.year} for {group_en} is {whole} yuan, {bill.own_amount} yuan of it the own part.",
    )


def _explain_subsidy(bill: BillFacts, standard: ContributionStandard) -> Reason:
    return _reason(
        standard,
        f"财政补助 {bill.subsidy_amount} 元由政府直接划入基金，不需您缴纳。",
        f"The treasury pays {bill.subsidy_amount} yuan into the fund; you do not pay it.",
    )


def _explain_relief(bill: BillFacts, standard: ContributionStandard) -> Reason:
    return _reason(
        standard,
        f"您属于资助参保对象(类别 {bill.relief_category}),个人缴费由政府资助 {bill.relief_amount} 元。",
        f"You are on a list of people whom government helps (category {bill.relief_category}):"
        f" it pays {bill.relief_amount} yuan of the own part.",
    )


def _reason(standard: ContributionStandard, zh: str, en: str) -> Reason:
    return Reason(zh=zh, en=en, source=standard.source, standing=standard.standing)
