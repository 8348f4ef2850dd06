"""Refusals about bills, payments and refunds. Each says its sentences with its facts filled in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from domain.errors import DomainError, Text
from domain.money import Money


@dataclass(eq=False)
class _Said(DomainError):
    """A refusal whose sentences are templates over its own facts."""

    says: ClassVar[Text]
    advises: ClassVar[Text]

    def message(self) -> Text:
        """Say what is wrong, with the facts."""
        return Text(self.says.zh.format(fact=self), self.says.en.format(fact=self))

    def remedy(self) -> Text:
        """Say what to do next."""
        return Text(self.advises.zh.format(fact=self), self.advises.en.format(fact=self))


# Bills.


class NotForYou(_Said):
    """The caller lacks the office for this."""

    code = "COLLECTION_NOT_ALLOWED"
    says = Text("您的岗位不能办理此项业务。", "Your office may not do this.")
    advises = Text("请由有权限的岗位办理。", "Let somebody with the right do it.")


@dataclass(eq=False)
class OwesNothing(_Said):
    """The person does not take part in the scheme in that year, or is no longer here."""

    code = "OWES_NOTHING"
    says = Text(
        "此人 {fact.year} 年度不参加城乡居民医保，无需缴费。",
        "This person does not take part in the residents' scheme in {fact.year} and owes nothing.",
    )
    advises = Text(
        "如应参保，请先办理参保登记；已参加职工医保的不重复缴费。",
        "Register the person first; who is insured as an employee does not pay twice.",
    )
    year: int


class BillNotFound(_Said):
    """There is no such bill, or it is not for the caller to see."""

    code = "BILL_NOT_FOUND"
    says = Text("没有此缴费单，或您无权为其缴费。", "There is no such bill, or you may not pay it.")
    advises = Text(
        "请从缴费列表中选择；为家人缴费请先办理授权。", "Choose from your list; to pay for others get their mandate."
    )


@dataclass(eq=False)
class BillAlreadyPaid(_Said):
    """The bill is paid."""

    code = "BILL_PAID"
    says = Text("缴费单 {fact.number} 已缴清。", "Bill {fact.number} is paid already.")
    advises = Text("无需再缴，请从列表中去掉。", "Nothing is left to pay; leave it out.")
    number: str


@dataclass(eq=False)
class BillCancelled(_Said):
    """The bill was cancelled."""

    code = "BILL_CANCELLED"
    says = Text("缴费单 {fact.number} 已作废。", "Bill {fact.number} was cancelled.")
    advises = Text("请刷新缴费列表。", "Look at your list of bills again.")
    number: str


@dataclass(eq=False)
class BillTooLate(_Said):
    """The time of late payment is over."""

    code = "BILL_TOO_LATE"
    law = "《浙江省医疗保障条例》第三十一条"
    says = Text(
        "缴费单 {fact.number} 的缴费期已于 {fact.payable_until} 前截止。",
        "Bill {fact.number} could be paid before {fact.payable_until}.",
    )
    advises = Text("请缴纳下一年度的医保费。", "Pay for the next year instead.")
    number: str
    payable_until: date


@dataclass(eq=False)
class BillListedTwice(_Said):
    """One bill stands twice in one order."""

    code = "BILL_LISTED_TWICE"
    says = Text("缴费单 {fact.number} 重复列出。", "Bill {fact.number} stands twice in this order.")
    advises = Text("每张缴费单只列一次。", "List each bill once.")
    number: str


@dataclass(eq=False)
class BillInOpenOrder(_Said):
    """The bill is part of another order that may still be paid."""

    code = "BILL_IN_OPEN_ORDER"
    says = Text(
        "缴费单 {fact.number} 在未完成的订单 {fact.order_number} 中。",
        "Bill {fact.number} is part of order {fact.order_number}, which may still be paid.",
    )
    advises = Text("请支付该订单，或先取消该订单。", "Pay that order, or cancel it first.")
    number: str
    order_number: str
    order_id: UUID


@dataclass(eq=False)
class NothingToPay(_Said):
    """No bill was named, or more than one order holds."""

    code = "ORDER_SIZE"
    says = Text("一次可支付 1 至 {fact.bills_max} 张缴费单。", "An order holds 1 to {fact.bills_max} bills.")
    advises = Text("请选择要支付的缴费单。", "Choose the bills to pay.")
    bills_max: int


# Orders.


class OrderNotFound(_Said):
    """There is no such order, or it is not for the caller to see."""

    code = "ORDER_NOT_FOUND"
    says = Text("没有此支付订单。", "There is no such order.")
    advises = Text("请从订单列表中选择。", "Choose it from your orders.")


@dataclass(eq=False)
class OrderIsOver(_Said):
    """The order is paid, closed or disputed, and takes no further step."""

    code = "ORDER_IS_OVER"
    says = Text("订单 {fact.number} 已结束({fact.state})。", "Order {fact.number} is over ({fact.state}).")
    advises = Text("请查看订单的最新状态。", "Look at its present state.")
    number: str
    state: str


@dataclass(eq=False)
class ReceiptUsed(_Said):
    """The receipt number belongs to another payment."""

    code = "RECEIPT_USED"
    says = Text("收据号 {fact.receipt} 已用于另一笔缴费。", "Receipt {fact.receipt} belongs to another payment.")
    advises = Text("请核对收据号。", "Compare the number on the receipt.")
    receipt: str


class ReceiptUnfit(_Said):
    """A receipt has a number that fits on it."""

    code = "RECEIPT_UNFIT"
    says = Text("须填写收据号(64 字以内)。", "Give the number of the receipt, in up to 64 characters.")
    advises = Text("请填写收据上印的号码。", "Copy the number that is printed on the receipt.")


@dataclass(eq=False)
class AmountIsNotTheSum(_Said):
    """The cashier counted another sum than the bills ask for."""

    code = "AMOUNT_IS_NOT_THE_SUM"
    says = Text(
        "实收 {fact.received} 元与应收 {fact.asked} 元不符。",
        "{fact.received} yuan were received, the bills ask for {fact.asked} yuan.",
    )
    advises = Text("请按应收金额收款后再登记。", "Take exactly what is asked, then enter it.")
    received: Money
    asked: Money


# Refunds and differences.


class RefundNotFound(_Said):
    """There is no such refund, or it is not for the caller to see."""

    code = "REFUND_NOT_FOUND"
    says = Text("没有此退款。", "There is no such refund.")
    advises = Text("请从退款列表中选择。", "Choose it from the refunds.")


@dataclass(eq=False)
class BillNotPaid(_Said):
    """Only what was paid can be given back."""

    code = "BILL_NOT_PAID"
    says = Text("缴费单 {fact.number} 没有可退的缴费。", "Bill {fact.number} has no payment that could go back.")
    advises = Text("请核对缴费单；财政资助部分不退给个人。", "Check the bill; what government paid is not refunded.")
    number: str


@dataclass(eq=False)
class RefundTooLate(_Said):
    """The year of cover has begun."""

    code = "REFUND_TOO_LATE"
    says = Text(
        "{fact.year} 年度待遇期已开始，已缴费用不予退还。",
        "The year {fact.year} has begun; its contribution stays paid.",
    )
    advises = Text(
        "重复缴费、误缴请到窗口说明情况。", "If it was paid twice or by mistake, come to the counter with the proof."
    )
    year: int


@dataclass(eq=False)
class RefundAlreadyAsked(_Said):
    """The same money is on its way back."""

    code = "REFUND_ALREADY_ASKED"
    says = Text("该笔缴费已有退款 {fact.number}。", "Refund {fact.number} is about this payment already.")
    advises = Text("请办理该退款，不要重复申请。", "Follow that refund.")
    number: str


@dataclass(eq=False)
class RefundTakenUpAlready(_Said):
    """Somebody has vouched for the refund; it waits for the second person."""

    code = "REFUND_TAKEN_UP"
    says = Text(
        "退款 {fact.number} 已受理，待第二人复核。", "Refund {fact.number} waits for its second person already."
    )
    advises = Text("请由另一人复核。", "Let somebody else decide about it.")
    number: str


class RefundReasonMissing(_Said):
    """A refund is asked for with a reason."""

    code = "REFUND_REASON_MISSING"
    says = Text("须写明退费理由(200 字以内)。", "Say in up to 200 characters why.")
    advises = Text("请写明为何退费。", "Write why the money should go back.")


@dataclass(eq=False)
class RefundIsOver(_Said):
    """The refund takes no such step any more."""

    code = "REFUND_NOT_IN_STATE"
    says = Text("退款 {fact.number} 当前状态为 {fact.state}。", "Refund {fact.number} is {fact.state} now.")
    advises = Text("请查看退款的最新状态。", "Look at its present state.")
    number: str
    state: str


class DifferenceNotFound(_Said):
    """There is no such open difference."""

    code = "DIFFERENCE_NOT_FOUND"
    says = Text("没有此对账差异，或已处理。", "There is no such open difference.")
    advises = Text("请刷新差异列表。", "Look at the list of differences again.")


@dataclass(eq=False)
class OutcomeMissing(_Said):
    """A difference is closed with words."""

    code = "OUTCOME_MISSING"
    says = Text("须写明处理结果(500 字以内)。", "Say in up to 500 characters how it ended.")
    advises = Text("请写明原因和处理结果。", "Write the cause and what was done.")
