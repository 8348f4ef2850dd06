"""Refusals about clearings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.errors import DomainError, Text
from domain.money import Money


class ReceivableMeansAnotherError(RuntimeError):
    """A bug: the same thing was claimed from the same payer a second time with another amount."""


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


class ClearingIsClosed(_Said):
    """The caller lacks the office for this."""

    code = "CLEARING_NOT_ALLOWED"
    says = Text("您的岗位不能办理清算。", "Your office may not handle clearings.")
    advises = Text("请由会计或中心负责人办理。", "Let an accountant or the head of the centre do it.")


@dataclass(eq=False)
class PeriodNotOver(_Said):
    """A period is cleared when its last day is over."""

    code = "CLEARING_PERIOD_NOT_OVER"
    says = Text("清算期尚未结束，{fact.ends} 起可办理。", "The period is not over; it is cleared from {fact.ends} on.")
    advises = Text("请在期满后办理。", "Come back when it is over.")
    ends: date


@dataclass(eq=False)
class ClearedAlready(_Said):
    """The period has its clearing."""

    code = "CLEARING_EXISTS"
    says = Text("该期已有清算 {fact.number}。", "Clearing {fact.number} is about this period already.")
    advises = Text("请办理该清算；此后的更正列入下期。", "Follow that one; later corrections go into the next period.")
    number: str


class NothingToClear(_Said):
    """Nobody owes anything for this period, or corrections leave nothing of it."""

    code = "CLEARING_EMPTY"
    says = Text("该期没有应清算款项。", "Nothing is owed for this period.")
    advises = Text("请核对付款方、基金和期间。", "Check the payer, the fund and the period.")


class ClearingNotFound(_Said):
    """There is no such clearing, or it is not for the caller to see."""

    code = "CLEARING_NOT_FOUND"
    says = Text("没有此清算。", "There is no such clearing.")
    advises = Text("请从清算列表中选择。", "Choose it from the clearings.")


@dataclass(eq=False)
class ClearingNotInState(_Said):
    """The clearing takes no such step now."""

    code = "CLEARING_NOT_IN_STATE"
    says = Text("清算 {fact.number} 当前状态为 {fact.state}。", "Clearing {fact.number} is {fact.state} now.")
    advises = Text("请查看最新状态。", "Look at its present state.")
    number: str
    state: str


@dataclass(eq=False)
class ClearingSumDiffers(_Said):
    """Another sum came in than was asked for."""

    code = "CLEARING_SUM_DIFFERS"
    says = Text(
        "到账 {fact.received} 元与清算 {fact.asked} 元不符。",
        "{fact.received} yuan came in, the clearing asks for {fact.asked}.",
    )
    advises = Text("请与付款方核对后再登记。", "Settle it with the payer first.")
    received: Money
    asked: Money


@dataclass(eq=False)
class DebtorFundIsShort(_Said):
    """The fund that owes does not hold the sum in its expenditure account."""

    code = "CLEARING_FUND_SHORT"
    says = Text(
        "基金 {fact.fund} 支出户余额 {fact.available} 元，不足划转。",
        "Fund {fact.fund} holds {fact.available} yuan in its expenditure account, which is not enough.",
    )
    advises = Text("请先向该基金支出户拨款。", "Fill its expenditure account first.")
    fund: str
    available: Money


class ClearingReceiptUnfit(_Said):
    """Money that came in has a reference of the bank, which is used once."""

    code = "CLEARING_RECEIPT_UNFIT"
    says = Text(
        "须填写未使用过的银行流水号(64 字以内)。", "Give the bank's reference, in up to 64 characters, not used before."
    )
    advises = Text("请按银行回单填写。", "Copy it from the bank's advice.")
