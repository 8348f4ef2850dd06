"""What may be wrong with a filing. Paths are those of the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.errors import Said, Text
from domain.money import Money

_PAPERS_LAW = "《社会保险经办条例》第二十条、第三十一条"


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


class FileIsNoBill(Said):
    """A file is to be read as an electronic bill, and was sent as something else, without its original form."""

    code = "CLAIM_FILE_NO_BILL"
    says = Text("该文件不是作为电子票据上传的。", "This file was not sent as an electronic bill.")
    advises = Text(
        "请以“医疗收费电子票据”为用途重新上传 XML、OFD 或 PDF 原文件，或按票面填写。",
        "Send the XML, OFD or PDF again with the purpose ELECTRONIC_BILL, or type what is printed.",
    )


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
