"""Refusals about hand claims. Each says its sentences with its facts filled in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.errors import Said, Text
from domain.money import Money

_PAPERS_LAW = "《社会保险经办条例》第二十条、第三十一条"


# What may be wrong with a filing. Paths are those of the form.


@dataclass(eq=False)
class ClaimValueMissing(Said):
    """Something that a claim needs is not there."""

    code = "CLAIM_VALUE_MISSING"
    says = Text("{fact.what.zh}未填写。", "The {fact.what.en} is missing.")
    advises = Text("请填写{fact.what.zh}后再提交。", "Fill in the {fact.what.en}, then file.")
    what: Text


@dataclass(eq=False)
class ClaimPaperMissing(Said):
    """One of the four papers is not there."""

    code = "CLAIM_PAPER_MISSING"
    law = _PAPERS_LAW
    says = Text("缺少{fact.what.zh}。", "The {fact.what.en} is missing.")
    advises = Text("请拍照或上传{fact.what.zh}。", "Photograph or upload the {fact.what.en}.")
    what: Text


@dataclass(eq=False)
class ClaimTooManyPapers(Said):
    """More files than one claim takes."""

    code = "CLAIM_PAPERS_TOO_MANY"
    says = Text("一次申报最多 {fact.most} 个文件。", "One claim takes {fact.most} files at most.")
    advises = Text("请合并或删除重复的文件。", "Join the files or leave repeated ones out.")
    most: int


class ClaimPaperTwice(Said):
    """The same file stands twice."""

    code = "CLAIM_PAPER_TWICE"
    says = Text("同一文件重复提交。", "The same file stands here twice.")
    advises = Text("请删除重复的文件。", "Leave the repeated one out.")


class ClaimDayAhead(Said):
    """A day lies in the future."""

    code = "CLAIM_DAY_AHEAD"
    says = Text("日期晚于今天。", "This day lies in the future.")
    advises = Text("请对照票据核对日期。", "Compare it with the receipt.")


class ClaimDaysTurned(Said):
    """Care ends before it begins."""

    code = "CLAIM_DAYS_TURNED"
    says = Text("就诊结束日期早于开始日期。", "Care ends before it begins.")
    advises = Text("请核对就诊起止日期。", "Compare both days with your papers.")


class ClaimStayTooLong(Said):
    """A stay is longer than any stay that is settled at once."""

    code = "CLAIM_STAY_TOO_LONG"
    says = Text("单次就诊超过一年。", "One visit or stay lasts longer than a year.")
    advises = Text("请按结算年度分次申报。", "File for each settlement year by itself.")


@dataclass(eq=False)
class ClaimTooLate(Said):
    """Claims for that care could be filed until an earlier day."""

    code = "CLAIM_TOO_LATE"
    says = Text(
        "该次就诊的报销申请须在 {fact.until} 之前提出。", "Claims for this care had to be filed before {fact.until}."
    )
    advises = Text(
        "如有不可抗力等正当理由，请到窗口说明。", "If something prevented you, tell the agency at its window."
    )
    until: date


class ClaimCauseNotPaid(Said):
    """The fund does not pay for care of this cause."""

    code = "CLAIM_CAUSE_NOT_PAID"
    law = "《社会保险法》第三十条"
    says = Text(
        "工伤、应由第三人负担、应由公共卫生负担及境外就医的费用，医保基金不支付。",
        "The fund does not pay for work injuries, what a third party or public health bears, or care abroad.",
    )
    advises = Text(
        "请向工伤保险或责任方申请；第三人不支付或无法确定时，可申请先行支付。",
        "Turn to who bears it; when a third party does not pay, ask for payment in advance.",
    )


@dataclass(eq=False)
class ClaimNotCovered(Said):
    """No scheme covered the person on the last day of care."""

    code = "CLAIM_NOT_COVERED"
    says = Text("{fact.on} 不在待遇享受期内。", "Nobody was insured for this care on {fact.on}.")
    advises = Text("请核对就诊日期或查询参保缴费记录。", "Check the day of care, or look at the payments.")
    on: date


@dataclass(eq=False)
class ReceiptCountDiffers(Said):
    """The number of receipts is not the declared one."""

    code = "CLAIM_RECEIPT_COUNT"
    says = Text(
        "申报票据 {fact.declared} 张，实际填写 {fact.found} 张。",
        "{fact.declared} receipts are declared, and {fact.found} are here.",
    )
    advises = Text("请核对票据张数。", "Count the receipts again.")
    declared: int
    found: int


@dataclass(eq=False)
class ReceiptSumDiffers(Said):
    """The sum of the receipts is not the declared one."""

    code = "CLAIM_RECEIPT_SUM"
    says = Text(
        "申报金额 {fact.declared} 元，票据合计 {fact.found} 元。",
        "{fact.declared} yuan are declared, and the receipts make {fact.found}.",
    )
    advises = Text("请逐张核对票据金额。", "Compare the amount of each receipt.")
    declared: Money
    found: Money


class ReceiptAmountUnfit(Said):
    """A receipt's amount is not more than zero, or larger than any bill."""

    code = "CLAIM_RECEIPT_AMOUNT"
    says = Text("票据金额须大于 0，且不超过一千万元。", "A receipt is more than zero and at most ten million yuan.")
    advises = Text("请核对票面金额；冲红票据不能报销。", "Compare it with the receipt; a reversal cannot be claimed.")


class ReceiptTwice(Said):
    """The same receipt stands twice in one claim."""

    code = "CLAIM_RECEIPT_TWICE"
    says = Text("同一张票据在本次申报中重复填写。", "The same receipt stands here twice.")
    advises = Text("请删除重复的票据。", "Leave the repeated one out.")


class ReceiptIsReversed(Said):
    """The receipt that was read is a reversal (冲红)."""

    code = "CLAIM_RECEIPT_REVERSAL"
    says = Text("这是一张冲红票据，不能报销。", "This receipt is a reversal and cannot be claimed.")
    advises = Text("请使用医院重新开具的票据。", "Use the receipt that the hospital issued instead.")


class ReceiptOfAnother(Said):
    """The receipt names another person."""

    code = "CLAIM_RECEIPT_OF_ANOTHER"
    says = Text("票据上的姓名或证件号与参保人不一致。", "The receipt names somebody else.")
    advises = Text("请使用本人的票据；姓名有误请由医院更正。", "Use one's own; the hospital corrects a wrong name.")


@dataclass(eq=False)
class ClaimTooManyReceipts(Said):
    """More receipts than one claim takes."""

    code = "CLAIM_RECEIPTS_TOO_MANY"
    says = Text("一次申报最多 {fact.most} 张票据。", "One claim takes {fact.most} receipts at most.")
    advises = Text("请分次申报。", "File several claims.")
    most: int


class AccountNumberUnfit(Said):
    """A bank account's number is no number of a card or account."""

    code = "CLAIM_ACCOUNT_NUMBER"
    says = Text("银行账号有误：应为 12 至 19 位数字，卡号须通过校验。", "This is no number of a bank card or account.")
    advises = Text("请对照银行卡核对账号。", "Compare it with the card.")


class AccountOfAnother(Said):
    """The account belongs to neither the person nor who acts for them."""

    code = "CLAIM_ACCOUNT_HOLDER"
    says = Text("收款人须为参保人本人或其监护人、代办人。", "Money goes to the person, or to who acts for them.")
    advises = Text("请填写本人或监护人的账户。", "Give an account of one of these.")


@dataclass(eq=False)
class ClaimTextTooLong(Said):
    """A text is longer than its place."""

    code = "CLAIM_TEXT_LONG"
    says = Text("内容过长，最多 {fact.most} 个字符。", "At most {fact.most} characters fit here.")
    advises = Text("请缩短内容。", "Shorten it.")
    most: int


class HospitalCodeUnfit(Said):
    """The hospital's code is no national code."""

    code = "CLAIM_HOSPITAL_CODE"
    says = Text("医疗机构代码应为 H 加 11 位数字字母。", "A hospital's code is H and eleven digits or letters.")
    advises = Text("请从票据上抄写，或选择医疗机构。", "Copy it from the receipt, or choose the hospital.")


class MedicalTypeUnfit(Said):
    """The kind of treatment does not belong to the kind of care."""

    code = "CLAIM_MEDICAL_TYPE"
    says = Text("医疗类别与门诊或住院不符。", "This type of treatment does not belong to the kind of care.")
    advises = Text("请重新选择医疗类别。", "Choose the type again.")


# Steps.


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
    law = _PAPERS_LAW
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
