"""Refusals about payouts. Each says its sentences with its facts filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.errors import DomainError, Text
from domain.money import Money


class PayoutMeansAnotherError(RuntimeError):
    """A bug: the same part of the same thing was to be paid a second time with other content."""


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


class PayoutsAreClosed(_Said):
    """The caller lacks the office for this."""

    code = "PAYOUT_NOT_ALLOWED"
    says = Text("您的岗位不能办理付款业务。", "Your office may not handle payouts.")
    advises = Text("请由有权限的岗位办理。", "Let somebody with the right do it.")


@dataclass(eq=False)
class PayeeNameUnfit(_Said):
    """A bank compares the name with its own books."""

    code = "PAYEE_NAME_UNFIT"
    says = Text(
        "户名须为 1 至 {fact.longest} 字，不含分隔符和换行。",
        "The payee's name has 1 to {fact.longest} characters and no separators.",
    )
    advises = Text("请按银行账户上的户名填写。", "Write the name as the bank has it.")
    longest: int


class PayeeAccountUnfit(_Said):
    """An account number has digits only."""

    code = "PAYEE_ACCOUNT_UNFIT"
    says = Text("银行账号须为 8 至 32 位数字。", "An account number has 8 to 32 digits.")
    advises = Text("请核对银行卡或存折上的账号。", "Compare the number on the card or the bank book.")


class PayeeBankUnfit(_Said):
    """A bank is named by its clearing number."""

    code = "PAYEE_BANK_UNFIT"
    says = Text("开户行联行号须为 12 位数字。", "The bank's clearing number has 12 digits.")
    advises = Text("请按开户行查询联行号。", "Look the number up by the branch.")


class PayoutNotFound(_Said):
    """There is no such payout, or it is not for the caller to see."""

    code = "PAYOUT_NOT_FOUND"
    says = Text("没有此笔付款。", "There is no such payout.")
    advises = Text("请从付款列表中选择。", "Choose it from the payouts.")


@dataclass(eq=False)
class PayoutNotInState(_Said):
    """The payout takes no such step now."""

    code = "PAYOUT_NOT_IN_STATE"
    says = Text("付款 {fact.number} 当前状态为 {fact.state}。", "Payout {fact.number} is {fact.state} now.")
    advises = Text("请查看该笔付款的最新状态。", "Look at its present state.")
    number: str
    state: str


@dataclass(eq=False)
class PayoutRepairedAlready(_Said):
    """What failed is being paid by another payout already."""

    code = "PAYOUT_REPAIRED"
    says = Text(
        "付款 {fact.number} 已由 {fact.repair} 重新支付。", "Payout {fact.number} is paid anew by {fact.repair}."
    )
    advises = Text("请办理新的付款，不要重复登记。", "Follow the new one.")
    number: str
    repair: str


@dataclass(eq=False)
class PayoutSettlementIsGone(_Said):
    """What was paid is not settled so any more: the matter was opened again, or reckoned anew."""

    code = "PAYOUT_SETTLEMENT_GONE"
    says = Text(
        "付款 {fact.number} 所付的结算已撤销或重新计算，不能按原金额重新支付。",
        "What payout {fact.number} paid was reversed or reckoned anew: it is not paid again as it was.",
    )
    advises = Text(
        "请等待重新审核的结果；新的结算会生成新的付款，届时再核对收款账户。",
        "Wait for the new settlement, which makes a payout of its own; check the account with that one.",
    )
    number: str


class PayoutReasonMissing(_Said):
    """A change of account says why."""

    code = "PAYOUT_REASON_MISSING"
    says = Text("须写明理由(200 字以内)。", "Say in up to 200 characters why.")
    advises = Text("请写明如何核实了新的账户。", "Write how the new account was verified.")


class NothingToPayOut(_Said):
    """No payout waits for a batch."""

    code = "PAYOUT_BATCH_EMPTY"
    says = Text("该基金没有待付款项。", "No payout of this fund waits for a batch.")
    advises = Text(
        "请等待新的待付款项，或检查待复核的更正。", "Wait for new ones, or see which repairs wait for a check."
    )


@dataclass(eq=False)
class BatchSizeUnfit(_Said):
    """A batch holds so many and no more."""

    code = "PAYOUT_BATCH_SIZE"
    says = Text("每批 1 至 {fact.largest} 笔。", "A batch holds 1 to {fact.largest} payouts.")
    advises = Text("请分批付款。", "Make several batches.")
    largest: int


class BatchNotFound(_Said):
    """There is no such batch, or it is not for the caller to see."""

    code = "PAYOUT_BATCH_NOT_FOUND"
    says = Text("没有此付款批次。", "There is no such batch.")
    advises = Text("请从批次列表中选择。", "Choose it from the batches.")


@dataclass(eq=False)
class BatchIsDecided(_Said):
    """The batch was released or dissolved before."""

    code = "PAYOUT_BATCH_DECIDED"
    says = Text("付款批次 {fact.number} 已办结({fact.state})。", "Batch {fact.number} is {fact.state} already.")
    advises = Text("请查看批次的最新状态。", "Look at its present state.")
    number: str
    state: str


@dataclass(eq=False)
class FundIsShort(_Said):
    """The expenditure account does not hold what would leave it."""

    code = "FUND_IS_SHORT"
    says = Text(
        "支出户可用余额 {fact.available} 元，不足支付本批 {fact.asked} 元。",
        "The expenditure account has {fact.available} yuan to give; this batch asks for {fact.asked}.",
    )
    advises = Text("请先从财政专户拨入资金，再放款。", "Have it filled from the fiscal special account first.")
    available: Money
    asked: Money


class RewardsLeaveByTheirDesk(_Said):
    """A file for the bank would hold the names of those who are rewarded."""

    code = "PAYOUT_REWARDS_NO_FILE"
    says = Text("举报奖励不能以文件方式付款。", "Rewards for reports are not paid by a file.")
    advises = Text("请选择逐笔付款，由奖励发放台发送。", "Choose single instructions; the reward desk sends them.")
