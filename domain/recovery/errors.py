"""Refusals about recoveries."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Said, Text
from domain.money import Money


class RecoveryIsClosed(Said):
    """The caller's post does not handle recoveries in this way."""

    code = "RECOVERY_NOT_ALLOWED"
    says = Text("您的岗位不能办理此项追回。", "Your post may not do this with a recovery.")
    advises = Text("请由有此权限的岗位办理。", "Let somebody do it whose post it is.")


class RecoveryNotFound(Said):
    """There is no such case or proposal, or it is not for the caller to see."""

    code = "RECOVERY_NOT_FOUND"
    says = Text("没有此追回事项。", "There is no such recovery.")
    advises = Text("请从追回列表中选择。", "Choose it from the recoveries.")


@dataclass(eq=False)
class RecoveryNotInState(Said):
    """The case takes no such step now."""

    code = "RECOVERY_NOT_IN_STATE"
    says = Text("追回 {fact.number} 当前状态为 {fact.state}。", "Recovery {fact.number} is {fact.state} now.")
    advises = Text("请查看最新状态。", "Look at its present state.")
    number: str
    state: str


@dataclass(eq=False)
class RecoveryProposalWaits(Said):
    """Somebody's proposal about the case waits for a decision."""

    code = "RECOVERY_PROPOSAL_WAITS"
    says = Text("追回 {fact.number} 已有待复核的方案。", "A proposal about recovery {fact.number} waits already.")
    advises = Text("请先由第二人决定该方案。", "Let the second person decide on it first.")
    number: str


class RecoveryReasonMissing(Said):
    """A proposal says why."""

    code = "RECOVERY_REASON"
    says = Text("须写明理由（500 字以内）。", "Say why, in up to 500 characters.")
    advises = Text("请填写理由。", "Fill the reason in.")


@dataclass(eq=False)
class InstalmentsUnfit(Said):
    """Instalments follow one another, begin later than today and are together what is owed."""

    code = "RECOVERY_INSTALMENTS"
    says = Text(
        "分期须为 1 至 {fact.most} 期、日期递增且晚于今天、合计 {fact.left} 元。",
        "A plan has 1 to {fact.most} instalments on rising days after today, together {fact.left} yuan.",
    )
    advises = Text("请更正分期方案。", "Correct the plan.")
    most: int
    left: Money


@dataclass(eq=False)
class RecoveryAmountUnfit(Said):
    """More than nothing and no more than is owed can come back."""

    code = "RECOVERY_AMOUNT"
    says = Text(
        "金额须大于零且不超过未还金额 {fact.left} 元。",
        "The amount is more than nothing and no more than the {fact.left} yuan that are owed.",
    )
    advises = Text("请核对金额；多收的应当场退回。", "Check it; what is too much goes back at once.")
    left: Money


class RecoveryReferenceUnfit(Said):
    """Money that came has a receipt's number or the bank's reference, which is used once."""

    code = "RECOVERY_REFERENCE"
    says = Text(
        "须填写未使用过的票据号或银行流水号（64 字以内）。",
        "Give the number of the receipt or the bank's reference, in up to 64 characters, not used before.",
    )
    advises = Text("请按票据或回单填写。", "Copy it from the receipt or the bank's advice.")
