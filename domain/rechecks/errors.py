"""Refusals about second looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.errors import Said, Text
from domain.money import Money
from domain.rechecks.values import Hand

_RULES: Final = "舟山市医疗保险业务经办内部控制实施细则(试行)"
HANDS: Final = {
    Hand.HANDLED: Text("受理或经办", "handled it"),
    Hand.REVIEWED: Text("审核", "reviewed it"),
    Hand.CHECKED: Text("实地核查", "checked it on the spot"),
    Hand.DECIDED: Text("签批", "took part in the decision"),
    Hand.PAID: Text("付款", "took part in paying it"),
}


class RecheckNotFound(Said):
    """There is no such second look, or it is not for the caller to see."""

    code = "RECHECK_NOT_FOUND"
    says = Text("没有这项抽查，或您无权办理。", "There is no such re-check, or it is not yours to handle.")
    advises = Text("请刷新抽查列表后再试。", "Look at the list again.")


@dataclass(eq=False)
class RecheckNotInState(Said):
    """The second look does not stand where this step begins."""

    code = "RECHECK_STATE"
    says = Text("抽查当前状态（{fact.state}）不能办理这一步。", "This step does not follow the state {fact.state}.")
    advises = Text("请查看抽查的最新状态。", "Look at where the re-check stands now.")
    state: str


class RecheckNotTakenByYou(Said):
    """Only who took a second look goes on with it."""

    code = "RECHECK_NOT_TAKEN"
    says = Text("请先领取这项抽查再办理。", "Take this re-check first; only who took it goes on.")
    advises = Text("请在抽查列表中领取。", "Take it from the list.")


@dataclass(eq=False)
class HadAHandInIt(Said):
    """Nobody of internal audit looks at a claim in which they, or whom they stand in for, had a hand."""

    code = "RECHECK_HAD_A_HAND"
    law = _RULES
    says = Text(
        "您或您代岗的同事曾参与该报销（{fact.what.zh}），不能抽查。",
        "You, or a colleague for whom you stand in, {fact.what.en}: this re-check is not for you.",
    )
    advises = Text(
        "请由未参与的稽核或审计人员领取。", "Let a colleague of internal audit take it who had no hand in it."
    )
    hand: str

    @property
    def what(self) -> Text:
        """Say what was done."""
        return HANDS[Hand(self.hand)]


class FindingContradictsItself(Said):
    """A fault has an amount, and what is in order has neither."""

    code = "RECHECK_FINDING"
    says = Text(
        "有差错的须写明差错种类与金额；无差错的两者都不填。", "A fault has a kind and an amount; without one, neither."
    )
    advises = Text("请补全或清除差错种类与金额。", "Fill in both, or none.")


@dataclass(eq=False)
class FaultAmountUnfit(Said):
    """No more can be at fault than was claimed."""

    code = "RECHECK_AMOUNT"
    says = Text(
        "差错金额须大于零且不超过申报总额 {fact.most} 元。",
        "The amount at fault is more than nothing and no more than the claimed {fact.most} yuan.",
    )
    advises = Text("请核对差错金额。", "Check the amount.")
    most: Money


@dataclass(eq=False)
class RecheckReasonUnfit(Said):
    """A fault, and giving a second look back, say why."""

    code = "RECHECK_REASON"
    says = Text("须写明理由（{fact.most} 字以内）。", "Say why, in up to {fact.most} characters.")
    advises = Text(
        "请写明理由；据此重新审核时，申请人将看到。",
        "Write it down: if the claim is opened again, the applicant reads it.",
    )
    most: int


class DecisionIsGone(Said):
    """The decision that was looked at does not stand any more: the claim was opened again before."""

    code = "RECHECK_DECISION_GONE"
    says = Text(
        "被抽查的决定已不存在：该报销已重新审核。", "The decision does not stand any more: its claim was opened again."
    )
    advises = Text("抽查结论已留存，无需再次重新审核。", "The finding is kept; nothing has to be opened again.")
