"""Refusals about receipts."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Said, Text


@dataclass(eq=False)
class ReceiptIsUsed(Said):
    """The receipt is in use, or was paid on, elsewhere."""

    code = "MEDICAL_RECEIPT_USED"
    law = "《财政部 国家医疗保障局关于全面推行医疗收费电子票据管理改革的通知》（财综〔2019〕29号）"
    says = Text(
        "票据 {fact.receipt} 已用于 {fact.used_by}，不能再次报销。",
        "Receipt {fact.receipt} is already used by {fact.used_by} and cannot be paid on again.",
    )
    advises = Text(
        "请删除这张票据；如您未曾用它报销，请联系经办机构核对。",
        "Leave this receipt out; if you never used it, ask the agency to look into it.",
    )
    receipt: str
    used_by: str


class ReceiptCodeShape(Said):
    """The code is not the eight digits of a fiscal receipt, or the twelve of a tax invoice."""

    code = "RECEIPT_CODE_SHAPE"
    says = Text("票据代码位数不对。", "The receipt's code has the wrong length.")
    advises = Text(
        "财政票据代码为 8 位数字，税务发票代码为 10 或 12 位；数电票没有代码。",
        "Fiscal receipts have 8 digits, tax invoices 10 or 12; digital invoices have none.",
    )


class ReceiptNumberShape(Said):
    """The number is not what its kind has."""

    code = "RECEIPT_NUMBER_SHAPE"
    says = Text("票据号码位数不对。", "The receipt's number has the wrong length.")
    advises = Text(
        "财政电子票据号码为 10 位数字，税务发票 8 位，数电票 20 位。",
        "Fiscal receipts have 10 digits, tax invoices 8, digital invoices 20.",
    )


class ReceiptCheckCodeMissing(Said):
    """An electronic receipt whose issuer asks for the check code comes without it."""

    code = "RECEIPT_CHECK_CODE"
    says = Text(
        "电子票据缺少校验码，或校验码不是 4 至 20 位字母数字。", "The receipt's check code is missing or no code."
    )
    advises = Text("请填写票面上的校验码。", "Write down the check code that is printed on it.")


@dataclass(eq=False)
class ReceiptUnreadable(DomainError):
    """A file holds no electronic receipt that can be read."""

    code = "RECEIPT_UNREADABLE"
    why: Text

    def message(self) -> Text:
        """Say why."""
        return Text(f"无法从此文件读取电子票据：{self.why.zh}", f"No electronic receipt can be read: {self.why.en}")

    def remedy(self) -> Text:
        """Say what else can be done."""
        return Text(
            "请上传从财政或医院平台下载的原始文件，或手工填写票面信息。",
            "Upload the original file from the issuer's platform, or write down what is printed.",
        )
