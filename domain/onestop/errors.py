"""Refusals and bugs of settling for good."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Said, Text


class SettledOnOldGroundError(Exception):
    """A settlement was handed over that was made of other accumulators than those that stand: a bug of its room."""


class StatementNotFound(Said):
    """There is no such statement, or it does not stand."""

    code = "STATEMENT_NOT_FOUND"
    says = Text("没有这份有效的结算单。", "There is no such statement that stands.")
    advises = Text("请刷新后查看最新的结算单。", "Look again for the statement that stands now.")


@dataclass(eq=False)
class PaymentIsUnderWay(Said):
    """The payment of a settlement is in a batch or on its way: whether it arrives is not known yet."""

    code = "PAYMENT_UNDER_WAY"
    says = Text(
        "付款 {fact.number} 正在办理，尚不能撤销结算。",
        "Payment {fact.number} is under way; its settlement cannot be reversed yet.",
    )
    advises = Text("请等待银行回复，或先退回付款批次。", "Wait for the bank's answer, or dissolve its batch first.")
    number: str
