"""Refusals about people, mandates and registrations. Each says its sentences with its facts filled in."""

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


# What may be wrong in a form.


@dataclass(eq=False)
class ValueIsMissing(_Said):
    """A field that must be filled in is empty."""

    code = "VALUE_MISSING"
    says = Text("{fact.what.zh}未填写。", "The {fact.what.en} is missing.")
    advises = Text("请填写{fact.what.zh}。", "Fill in the {fact.what.en}.")
    what: Text


@dataclass(eq=False)
class TextIsTooLong(_Said):
    """A text is longer than its place."""

    code = "TEXT_TOO_LONG"
    says = Text("内容过长，最多 {fact.characters_max} 个字符。", "At most {fact.characters_max} characters fit here.")
    advises = Text("请缩短内容。", "Shorten it.")
    characters_max: int


class NameHasStrangeCharacters(_Said):
    """A name holds something that no name holds: a digit, a bracket, a line break."""

    code = "NAME_SHAPE"
    says = Text("姓名含有数字或符号。", "The name holds digits or signs that no name has.")
    advises = Text("请按证件填写姓名，间隔号用“·”。", "Write the name as the document shows it, with · between parts.")


class BirthDayIsImpossible(_Said):
    """A birth day lies in the future, or more than 130 years back."""

    code = "BIRTH_DAY_IMPOSSIBLE"
    says = Text("出生日期晚于今天或早得不可能。", "The birth day lies in the future or too far back.")
    advises = Text("请对照证件核对出生日期。", "Compare the birth day with the document.")


class FormDiffersFromDocument(_Said):
    """The birth day or the sex is not the one inside the document's number."""

    code = "FORM_DIFFERS_FROM_DOCUMENT"
    says = Text("此项与证件号码所载不一致。", "This is not what the document's number says.")
    advises = Text("请核对证件号码和此项，以证件为准。", "Compare both with the document, which is right.")


class BirthCertificateIsForChildren(_Said):
    """Somebody of 16 years or more comes with a birth certificate."""

    code = "BIRTH_CERTIFICATE_FOR_CHILDREN"
    law = "《居民身份证法》第二条"
    says = Text("年满十六周岁应使用居民身份证。", "From 16 years on the identity card is the document.")
    advises = Text("请填写居民身份证号码。", "Give the number of the identity card.")


class PhoneHasWrongShape(_Said):
    """A phone number is no mobile number of the mainland."""

    code = "PHONE_SHAPE"
    says = Text("手机号码应为 1 开头的 11 位数字。", "A mobile number has 11 digits and begins with 1.")
    advises = Text("请核对手机号码。", "Check the mobile number.")


class CommunityIsUnknown(_Said):
    """No community has this code."""

    code = "COMMUNITY_UNKNOWN"
    says = Text("没有这个村（社区）代码。", "No community has this code.")
    advises = Text("请从村（社区）列表中选择。", "Choose a community from the list.")


class CommunityIsElsewhere(_Said):
    """The community lies outside the office's region."""

    code = "COMMUNITY_ELSEWHERE"
    law = "《舟山市医疗保险参保登记申报管理》一(五)"
    says = Text("该村（社区）不属于本经办机构辖区。", "This community lies outside this office's region.")
    advises = Text("请由户籍所在地经办机构办理。", "The office of the registered residence takes it.")


class HouseholdIsUnknown(_Said):
    """The household is unknown, or another one than the guardian's when filed online."""

    code = "HOUSEHOLD_UNKNOWN"
    says = Text("没有这个户号，或不是监护人所在的户。", "No such household, or not the guardian's.")
    advises = Text("请核对户口簿，或在窗口办理。", "Check the household register, or come to a window.")


class ChooseOneHousehold(_Said):
    """Both an existing household and an address of a new one are given."""

    code = "HOUSEHOLD_TWICE"
    says = Text("户号与新户地址只能填写一项。", "Give the number of a household or the address of a new one, not both.")
    advises = Text("请清除其中一项。", "Clear one of the two.")


class GuardianIsMissing(_Said):
    """A minor is registered without a guardian."""

    code = "GUARDIAN_MISSING"
    law = "《民法典》第二十七条"
    says = Text("未成年人登记须有监护人。", "A minor is registered with a guardian.")
    advises = Text("请填写监护人。", "Name the guardian.")


class GuardianIsUnsuitable(_Said):
    """The guardian is unknown here, under age, dead or has moved away."""

    code = "GUARDIAN_UNSUITABLE"
    law = "《民法典》第二十七条"
    says = Text("监护人须为本地在册的成年人。", "A guardian is an adult who is registered here.")
    advises = Text("请先登记监护人，或更换监护人。", "Register the guardian first, or name another one.")


class GuardianIsForMinors(_Said):
    """A guardian is named for an adult."""

    code = "GUARDIAN_FOR_MINORS"
    says = Text("成年人登记不填写监护人。", "An adult is registered without a guardian.")
    advises = Text("请清除监护人；需要代办的，登记后由本人授权。", "Leave it out; adults appoint delegates themselves.")


class OnlineIsForOwnChildren(_Said):
    """Somebody registers an adult online, or a child in another guardian's name."""

    code = "ONLINE_FOR_OWN_CHILDREN"
    says = Text("线上只能由监护人为自己的未成年子女登记。", "Online, guardians register the minors in their own care.")
    advises = Text("请到经办窗口或社区办理。", "Come to a window or the community.")


class StartDayIsImpossible(_Said):
    """Taking part should begin before birth or more than a year ahead."""

    code = "START_DAY_IMPOSSIBLE"
    says = Text(
        "参保日期不得早于出生日期，也不得晚于一年后。", "One takes part from birth on at the earliest, within a year."
    )
    advises = Text("请更改参保日期。", "Choose another day.")


class PersonIsRegisteredAlready(_Said):
    """The document belongs to somebody in the register. Nothing more is told."""

    code = "PERSON_REGISTERED_ALREADY"
    says = Text("该证件已有参保登记。", "Somebody with this document is registered already.")
    advises = Text(
        "请核对证件号码；如确认无误，请到经办窗口查询。", "Check the number; if it is right, ask at a window."
    )


@dataclass(eq=False)
class RegistrationIsOpenAlready(_Said):
    """The same document has an open registration; its number is told to whoever filed it."""

    code = "REGISTRATION_OPEN_ALREADY"
    says = Text("该证件已有正在办理的登记{fact.told}。", "A registration of this document is under way{fact.told}.")
    advises = Text("请勿重复提交，可查询原登记的进度。", "Do not file it again; follow the one under way.")
    number: str | None

    @property
    def told(self) -> str:
        """The number in a sentence, if it may be told."""
        return f"({self.number})" if self.number else ""


# What may be wrong with a step.


class RegistrationNotFound(_Said):
    """There is no such registration, or it is not for the caller to see."""

    code = "REGISTRATION_NOT_FOUND"
    says = Text("没有这项登记。", "There is no such registration.")
    advises = Text("请从列表中重新选择。", "Choose it from the list again.")


@dataclass(eq=False)
class VersionIsStale(_Said):
    """Somebody changed it since the caller read it."""

    code = "STALE_VERSION"
    says = Text(
        "内容已被他人更新（现为第 {fact.current} 版）。", "It was changed meanwhile; the version is {fact.current}."
    )
    advises = Text("请刷新后重试。", "Read it again, then decide again.")
    current: int


@dataclass(eq=False)
class StepIsNotAllowed(_Said):
    """The registration stands where this step does not lead on from."""

    code = "REGISTRATION_STEP"
    says = Text("登记{fact.called.zh}，不能办理此步骤。", "A registration that is {fact.called.en} has no such step.")
    advises = Text("请查看登记的当前状态。", "Look at where the registration stands.")
    state: str
    called: Text


class StepIsForTheApplicant(_Said):
    """Somebody else than the applicant's side wants to complete or withdraw."""

    code = "REGISTRATION_APPLICANT_ONLY"
    says = Text("只有申请人可以补正或撤回。", "Only the applicant's side completes or withdraws it.")
    advises = Text("请由申请人办理。", "Let the applicant do it.")


class NothingWasChanged(_Said):
    """Completing changed nothing."""

    code = "NOTHING_CHANGED"
    says = Text("内容没有变化。", "Nothing was changed.")
    advises = Text("请按一次性告知的内容补正。", "Complete what was asked for.")


class ReturnNeedsFaults(_Said):
    """Something is sent back without saying what is wrong, or a fault names no field of the form."""

    code = "RETURN_WITHOUT_FAULTS"
    law = "《社会保险经办条例》第二十条"
    says = Text("退回须一次性写明全部需补正的内容。", "Sending back needs every fault, each with its field and words.")
    advises = Text("请逐项写明。", "Name each of them.")


@dataclass(eq=False)
class FaultWasVisibleBefore(_Said):
    """A clerk asks a second time for what could be seen the first time."""

    code = "FAULT_VISIBLE_BEFORE"
    law = "《社会保险经办条例》第二十条"
    says = Text(
        "“{fact.called.zh}”在上次退回时已可发现，应当一次性告知。", "The {fact.called.en} could be seen the first time."
    )
    advises = Text(
        "请不要再次退回；确有必要的，须说明理由并留痕。",
        "Do not send it back for this; if it must be, give the reason, which is put on record.",
    )
    field: str
    called: Text


# What may be wrong with a person or a mandate.


class PersonNotFound(_Said):
    """There is no such person, or it is not for the caller to see or act for."""

    code = "PERSON_NOT_FOUND"
    says = Text("没有此人，或您无权代其办理。", "There is no such person, or you may not act for them.")
    advises = Text("请核对所选人员。", "Check whom you chose.")


class MandateNotFound(_Said):
    """There is no such mandate, or the caller is on neither side of it."""

    code = "MANDATE_NOT_FOUND"
    says = Text("没有这项授权。", "There is no such mandate.")
    advises = Text("请从列表中重新选择。", "Choose it from the list again.")


class MandateIsGivenByLaw(_Said):
    """A guardian's mandate is neither granted nor ended by the people themselves."""

    code = "MANDATE_BY_LAW"
    law = "《民法典》第二十七条"
    says = Text("监护关系依法产生，不能自行授予或解除。", "Guardianship comes from the law, not from a grant.")
    advises = Text("变更监护人请到经办窗口办理。", "Come to a window to change a guardian.")


class OnlyForOneself(_Said):
    """Somebody grants a mandate in another name, or is a minor."""

    code = "MANDATE_SELF_ADULT"
    law = "《民法典》第一百六十一条"
    says = Text("只有成年人本人可以授权他人代办。", "Only adults themselves let somebody act for them.")
    advises = Text("未成年人由监护人办理。", "A guardian acts for a minor.")


class DelegateIsUnknown(_Said):
    """No adult resident has this number and this name; which of both is wrong is not told."""

    code = "DELEGATE_UNKNOWN"
    says = Text("居民编号与姓名不匹配，或对方不是本地在册成年人。", "No adult resident has this number and this name.")
    advises = Text("请向对方核对居民编号和姓名。", "Ask them for their resident number and name.")


@dataclass(eq=False)
class MandateEndsWrongly(_Said):
    """A mandate ends before it begins, or a delegate's after more than a year."""

    code = "MANDATE_END"
    says = Text(
        "授权须在 {fact.earliest} 至 {fact.latest} 之间结束。",
        "The mandate must end between {fact.earliest} and {fact.latest}.",
    )
    advises = Text("请更改结束日期；到期后可再次授权。", "Choose another end; it may be granted again afterwards.")
    earliest: date
    latest: date


class MandateExists(_Said):
    """The same person has such a mandate already."""

    code = "MANDATE_EXISTS"
    says = Text("对方已有有效的同类授权。", "They have such a mandate already.")
    advises = Text("请先结束原授权。", "End the earlier one first.")


class PurposeIsMissing(_Said):
    """A file is opened without saying what for."""

    code = "PURPOSE_MISSING"
    says = Text("查阅档案须写明事由(1 至 200 字)。", "Opening a file needs a purpose of 1 to 200 characters.")
    advises = Text("请写明事由，本人可以看到。", "Write what for; the person will see it.")
