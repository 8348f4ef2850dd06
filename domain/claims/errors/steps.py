"""What may stand against a step of a claim."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Said, Text
from domain.money import Money


class ClaimNotFound(Said):
    """There is no such claim, or it is not for the caller to see."""

    code = "CLAIM_NOT_FOUND"
    says = Text("没有这项报销申请，或您无权办理。", "There is no such claim, or it is not yours to handle.")
    advises = Text("请刷新列表后再试。", "Look at the list again.")


@dataclass(eq=False)
class ClaimChangedMeanwhile(Said):
    """Somebody changed the claim after it was read."""

    code = "CLAIM_VERSION"
    says = Text(
        "申请在您查看之后已变更（现为第 {fact.current} 版）。", "The claim changed after you read it ({fact.current})."
    )
    advises = Text("请刷新后再办理。", "Read it again, then go on.")
    current: int


@dataclass(eq=False)
class ClaimStepNotAllowed(Said):
    """The claim does not stand where this step begins."""

    code = "CLAIM_STEP"
    says = Text("申请当前状态（{fact.state}）不能办理这一步。", "This step does not follow the state {fact.state}.")
    advises = Text("请查看申请的最新状态。", "Look at where the claim stands now.")
    state: str


@dataclass(eq=False)
class ClaimIsHeld(Said):
    """A colleague holds the claim."""

    code = "CLAIM_HELD"
    says = Text("该申请由{fact.holder}办理中。", "{fact.holder} holds this claim.")
    advises = Text("请选择其他申请，或请其移交。", "Take another one, or have it handed over.")
    holder: str


class ClaimNotHeldByYou(Said):
    """Only who holds the claim takes this step."""

    code = "CLAIM_NOT_HELD"
    says = Text("请先领取这项申请再办理。", "Take the claim first; only who holds it goes on.")
    advises = Text("请在队列中领取。", "Take it from the queue.")


class ClaimReturnedBefore(Said):
    """What is missing may be said once."""

    code = "CLAIM_RETURNED_BEFORE"
    law = "《社会保险经办条例》第二十条"
    says = Text("补正材料已一次性告知过，不得再次退回。", "What is missing was said before, and may be said only once.")
    advises = Text("请按已有材料审核并作出决定。", "Review and decide on what is there.")


class ReturnSaysNothing(Said):
    """A return names nothing, or says it without words."""

    code = "CLAIM_RETURN_EMPTY"
    law = "《社会保险经办条例》第二十条、第三十一条"
    says = Text(
        "须逐项写明需补正的内容（每项 300 字以内，至多 20 项）。", "Each thing to complete must be said in words."
    )
    advises = Text("请一次写全。", "Say everything at once.")


@dataclass(eq=False)
class IntakeDiffers(Said):
    """What the clerk counted is not what was declared."""

    code = "CLAIM_INTAKE_DIFFERS"
    says = Text(
        "申报 {fact.declared_count} 张共 {fact.declared_sum} 元，清点 {fact.counted} 张共 {fact.summed} 元。",
        "Declared are {fact.declared_count} of {fact.declared_sum} yuan; here are {fact.counted} of {fact.summed}.",
    )
    advises = Text(
        "请再次清点；确有差异的，一次性告知申请人补正。", "Count again, or return the claim with everything."
    )
    declared_count: int
    declared_sum: Money
    counted: int
    summed: Money


class NothingWasCompleted(Said):
    """The answer to a return changes nothing."""

    code = "CLAIM_NOTHING_CHANGED"
    says = Text("没有补充任何内容。", "Nothing was completed.")
    advises = Text("请按告知的内容补正，或撤回申请。", "Complete what was asked for, or withdraw.")


class ClockStandsAlready(Said):
    """The clock stands still already, or runs already."""

    code = "CLAIM_CLOCK"
    says = Text("办理时限已处于该状态。", "The clock is so already.")
    advises = Text("请查看办理时限。", "Look at the clock.")


class ReasonMissing(Said):
    """A step that touches somebody's right needs its reason."""

    code = "CLAIM_REASON"
    says = Text("须写明理由（500 字以内）。", "The reason must be said, in up to 500 characters.")
    advises = Text("请写明理由，申请人将看到。", "Write the reason; the applicant reads it.")


@dataclass(eq=False)
class ReceiptNotVerified(Said):
    """No money is decided on a receipt that its issuer did not confirm."""

    code = "CLAIM_RECEIPT_UNVERIFIED"
    says = Text(
        "票据 {fact.receipt} 的查验结果为 {fact.verdict}，不能据此支付。", "Receipt {fact.receipt}: {fact.verdict}."
    )
    advises = Text("请等待查验结果，或提出不予支付。", "Wait for the issuer's answer, or propose to refuse.")
    receipt: str
    verdict: str


@dataclass(eq=False)
class LinesDiffer(Said):
    """The reviewed lines do not make the declared total."""

    code = "CLAIM_LINES_DIFFER"
    says = Text(
        "明细合计 {fact.found} 元，与申报总额 {fact.declared} 元不符。",
        "The lines make {fact.found} yuan and not the declared {fact.declared}.",
    )
    advises = Text(
        "请核对明细；不予支付的部分用核减表示，不要删除。", "Correct the lines; what is not paid is deducted."
    )
    declared: Money
    found: Money


class LineUnfit(Said):
    """A line contradicts itself."""

    code = "CLAIM_LINE"
    says = Text("明细有误：金额须大于 0、等于单价乘数量，名称不能为空。", "This line contradicts itself.")
    advises = Text("请核对单价、数量与金额。", "Compare price, count and amount.")


class DeductionUnfit(Said):
    """A deduction is more than its line, or without a reason from the list."""

    code = "CLAIM_DEDUCTION"
    says = Text(
        "核减金额须在 0 与该行金额之间，并选择理由。", "A deduction lies between zero and its line, with a reason."
    )
    advises = Text("请核对核减金额并选择理由。", "Correct the amount and choose the reason.")


@dataclass(eq=False)
class ProposalOutdated(Said):
    """What the proposal was made of has changed since: it must be looked at again."""

    code = "CLAIM_PROPOSAL_OUTDATED"
    says = Text("提出结算之后，{fact.changed.zh}已变更。", "The {fact.changed.en} changed since this was proposed.")
    advises = Text("请由初审人员重新审核并提出。", "The reviewer must look at it again and propose anew.")
    changed: Text


@dataclass(eq=False)
class BankNotKnown(Said):
    """The number of the payee's bank does not follow from the name that was declared."""

    code = "CLAIM_BANK"
    says = Text("由开户行名称“{fact.bank}”查不到联行号。", "The name {fact.bank} does not say which bank it is.")
    advises = Text("请查明后填写 12 位联行号。", "Look the bank up, and enter its number of twelve digits.")
    bank: str


class FieldCheckOpen(Said):
    """A field check is under way."""

    code = "CLAIM_FIELD_CHECK_OPEN"
    says = Text("实地核查尚未完成。", "A field check is not finished.")
    advises = Text("请等待核查报告经另一名核查人员确认。", "Wait until its report is confirmed.")


class FieldCheckNotFound(Said):
    """There is no field check of this kind."""

    code = "CLAIM_FIELD_CHECK"
    says = Text(
        "没有可办理的实地核查，或您不是核查人员。", "There is no such field check, or you are none of its members."
    )
    advises = Text("请查看申请的核查记录。", "Look at the claim's field checks.")


@dataclass(eq=False)
class FieldCheckByTwo(Said):
    """A field check needs at least two different people."""

    code = "CLAIM_FIELD_CHECK_PEOPLE"
    law = "《医疗保障基金使用监督管理条例》第二十九条"
    says = Text(
        "实地核查须由不少于 {fact.least} 名不同人员进行。", "A field check needs {fact.least} different people."
    )
    advises = Text("请指定更多核查人员。", "Name more people.")
    least: int


class ReportByAnother(Said):
    """A report is confirmed by another member than who wrote it."""

    code = "CLAIM_FIELD_CHECK_OWN"
    says = Text("核查报告须由另一名核查人员确认。", "Another member confirms the report.")
    advises = Text("请由同行的核查人员确认。", "Let the other member confirm it.")


class AppealExists(Said):
    """The decision was appealed against before, or there is none."""

    code = "CLAIM_APPEAL_ONCE"
    says = Text("对该决定已提出过申诉。", "This decision was appealed against already.")
    advises = Text(
        "如仍不服，可依法申请行政复议或提起诉讼。", "You may ask for an administrative review, or go to court."
    )


class AppealTooLate(Said):
    """The time for an appeal is over."""

    code = "CLAIM_APPEAL_LATE"
    law = "《行政复议法》第二十条"
    says = Text("自知道决定之日起已超过六十日。", "More than sixty days have passed since the decision.")
    advises = Text("可依法申请行政复议或提起诉讼。", "You may ask for an administrative review, or go to court.")


class AppealNotFound(Said):
    """No appeal waits."""

    code = "CLAIM_APPEAL"
    says = Text("没有待处理的申诉。", "No appeal waits here.")
    advises = Text("请刷新列表。", "Look at the list again.")


class SignerMayNotDecideAppeal(Said):
    """Who made or signed the decision does not decide on the appeal against it."""

    code = "CLAIM_APPEAL_OWN"
    law = "《社会保险经办条例》第三十七条"
    says = Text("参与原决定的人员不能处理对该决定的申诉。", "Who took part in the decision may not judge the appeal.")
    advises = Text("请由其他人员处理。", "Let somebody else decide.")


class ClaimIsPaid(Said):
    """Money is on its way or has arrived: the way back is recovery."""

    code = "CLAIM_PAID"
    law = "《社会保险经办条例》第四十六条"
    says = Text("该申请已进入支付，不能直接重新审核。", "Money is on its way; this can no longer be opened again.")
    advises = Text("请通过追回程序办理。", "Recover what was overpaid.")


@dataclass(eq=False)
class ColleagueUnknown(Said):
    """There is nobody of that name to hand over to."""

    code = "CLAIM_COLLEAGUE"
    says = Text("没有可接收此申请的同事。", "There is no such colleague who could take it.")
    advises = Text("请选择本辖区有审核权限的同事。", "Choose one of the region who reviews claims.")
