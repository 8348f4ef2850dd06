"""Refusals about masks, corrections and exports. Each says its sentences with its facts filled in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.errors import DomainError, Text


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


class PrivacyNotForYou(_Said):
    """The caller lacks the office for this."""

    code = "PRIVACY_NOT_ALLOWED"
    says = Text("您的岗位不能办理此项业务。", "Your office may not do this.")
    advises = Text("请由有权限的岗位办理。", "Let somebody with the right do it.")


class CaseIsOfSomebodyElse(_Said):
    """There is no such case, or it is not about this person."""

    code = "UNMASK_CASE_UNFIT"
    law = "《中华人民共和国个人信息保护法》第六条"
    says = Text("没有这项业务，或这项业务与此人无关。", "There is no such case, or it is not about this person.")
    advises = Text("请从正在办理的业务中查看。", "Look from within the case that you work on.")


class NothingIsBehindTheMask(_Said):
    """The house holds no such number of this person."""

    code = "UNMASK_NOTHING_THERE"
    says = Text("系统没有此人的这项号码。", "No such number of this person is held.")
    advises = Text("请向本人核实。", "Ask the person.")


@dataclass(eq=False)
class TooManyUnmaskings(_Said):
    """Somebody has looked behind as many masks as an hour allows."""

    code = "UNMASK_LIMIT"
    says = Text(
        "一小时内最多查看 {fact.allowed} 个完整号码。", "At most {fact.allowed} numbers are shown in full in an hour."
    )
    advises = Text("请稍后再查看。", "Wait a while.")
    allowed: int


class CorrectionNotFound(_Said):
    """There is no such correction, or it is not for the caller to see."""

    code = "CORRECTION_NOT_FOUND"
    says = Text("没有这项变更申请。", "There is no such request for a correction.")
    advises = Text("请核对后重试。", "Check it and try again.")


class CorrectionIsOpenAlready(_Said):
    """Another correction of the same person is not decided yet."""

    code = "CORRECTION_OPEN"
    says = Text("已有一项变更申请在办理。", "Another correction is under way.")
    advises = Text("请等待办结，或先撤回。", "Wait for it, or withdraw it first.")


@dataclass(eq=False)
class CorrectionIsOver(_Said):
    """A step does not fit the state of the correction."""

    code = "CORRECTION_STATE"
    says = Text("这项变更申请当前状态不能这样办理。", "The correction is {fact.state}; this step does not fit.")
    advises = Text("请查看最新状态。", "Look at its present state.")
    state: str


class CorrectionChangesNothing(_Said):
    """The form asks for nothing, or for what is so already."""

    code = "CORRECTION_EMPTY"
    says = Text("没有填写要变更的内容，或与现有信息相同。", "Nothing to change was filled in, or it is so already.")
    advises = Text("请填写要变更的姓名、证件或出生日期。", "Fill in the name, document or birth day to change.")


class CorrectionNeedsPapers(_Said):
    """No paper is named that shows the change."""

    code = "CORRECTION_PAPERS_MISSING"
    law = "《社会保险经办条例》第十条"
    says = Text("变更关键信息须提供证明材料。", "Papers must show the change.")
    advises = Text(
        "请列明证明材料，如户口簿变更页、公安机关证明。", "Name the papers, such as the page of the household register."
    )


class CorrectionNameUnfit(_Said):
    """A name is too long or holds digits or signs."""

    code = "CORRECTION_NAME"
    says = Text("姓名过长，或含有数字或符号。", "The name is too long or holds digits or signs.")
    advises = Text("请按证件填写姓名。", "Write the name as the document shows it.")


@dataclass(eq=False)
class BirthDayDisagrees(_Said):
    """The birth day and the number of the document tell different days."""

    code = "CORRECTION_BIRTH_DAY"
    says = Text("出生日期与证件号码中的日期不一致。", "The birth day and the day in the document's number differ.")
    advises = Text("请同时变更证件号码，或核对出生日期。", "Change the number as well, or check the day.")
    in_number: date | None


class DocumentIsIncomplete(_Said):
    """Kind and number of a document belong together."""

    code = "CORRECTION_DOCUMENT"
    says = Text("证件类型和证件号码须一并填写。", "Kind and number of the document belong together.")
    advises = Text("请补全证件类型或号码。", "Fill in both.")


class DocumentIsTaken(_Said):
    """Somebody else in the register has this document. Nothing more is told."""

    code = "CORRECTION_DOCUMENT_TAKEN"
    says = Text("该证件已有参保登记。", "Somebody with this document is registered already.")
    advises = Text("请到经办窗口查询。", "Ask at a window.")


class EffectsWereNotRead(_Said):
    """What follows from the correction was not shown before, or has changed since."""

    code = "CORRECTION_EFFECTS_CHANGED"
    says = Text("变更的影响尚未确认，或已发生变化。", "The effects were not confirmed, or have changed meanwhile.")
    advises = Text("请重新查看变更影响后再确认。", "Read the effects again, then confirm.")


class RecheckFailed(_Said):
    """What was given to prove that it is really them is wrong."""

    code = "RECHECK_FAILED"
    says = Text("证件号码后四位或短信验证码不正确。", "The end of the document or the code is wrong.")
    advises = Text("请核对后重试；多次错误将暂停一小时。", "Try again; after several faults one waits for an hour.")


class RecheckPaused(_Said):
    """Too many re-checks failed lately."""

    code = "RECHECK_PAUSED"
    says = Text("核验错误次数过多，请一小时后再试。", "Too many checks failed; wait for an hour.")
    advises = Text("也可以到经办窗口办理。", "It can be done at a window, too.")


class ContactChangesNothing(_Said):
    """Neither a phone nor an address was given."""

    code = "CONTACT_EMPTY"
    says = Text("没有填写新的手机号码或地址。", "Neither a phone nor an address was given.")
    advises = Text("请填写要变更的内容。", "Fill in what is to change.")


class ContactCodeMissing(_Said):
    """A phone is changed with the code that was sent to it."""

    code = "CONTACT_CODE"
    says = Text("变更手机号码须填写发到新号码的短信验证码。", "A new number needs the code that was sent to it.")
    advises = Text(
        "请先获取验证码，五分钟内填写。", "Have a code sent to the new number, and give it within five minutes."
    )


class PhoneNotRegistered(_Said):
    """There is no number in the register that could be proved."""

    code = "PHONE_MISSING"
    says = Text("档案里没有手机号码。", "No phone is registered.")
    advises = Text(
        "请本人在微信小程序的“联系方式”里登记。", "The person adds one in the mini-program, under “contact”."
    )


class MessagesPaused(_Said):
    """Too many messages were sent for this person, to this number or from this place."""

    code = "MESSAGES_PAUSED"
    says = Text("短信发送过于频繁，请稍后再试。", "Too many messages. Please wait a while.")
    advises = Text("请一分钟后再试；一小时内最多十条。", "Try again in a minute; an hour has ten messages.")


class MessageNotSent(_Said):
    """The platform did not take the message, there is none, or another code was asked for meanwhile."""

    code = "MESSAGE_NOT_SENT"
    says = Text("验证码未能发送。", "The code could not be sent.")
    advises = Text("请一分钟后重试，并核对手机号码。", "Try again in a minute, and check the number.")


class ContactPhoneUnfit(_Said):
    """A phone number is no mobile number of the mainland."""

    code = "CONTACT_PHONE"
    says = Text("手机号码应为 1 开头的 11 位数字。", "A mobile number has 11 digits and begins with 1.")
    advises = Text("请核对手机号码。", "Check the mobile number.")


class ContactAddressUnfit(_Said):
    """An address is too short or too long to be one."""

    code = "CONTACT_ADDRESS"
    says = Text("地址应为 4 至 120 个字符。", "An address has 4 to 120 characters.")
    advises = Text("请填写完整地址。", "Write the whole address.")


class AddressIsTheHeads(_Said):
    """The address belongs to the household, and its head changes it."""

    code = "CONTACT_ADDRESS_OF_HEAD"
    says = Text("户地址由户主变更。", "The head of the household changes its address.")
    advises = Text("请由户主办理，或到经办窗口办理。", "Let the head do it, or ask at a window.")


class ExportNotFound(_Said):
    """There is no such export, it has expired, or it is somebody else's."""

    code = "EXPORT_NOT_FOUND"
    says = Text("没有这份个人信息副本，或已过期。", "There is no such copy of personal data, or it has expired.")
    advises = Text("请重新申请。", "Ask for a new one.")
