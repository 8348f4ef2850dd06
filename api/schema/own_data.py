"""What privacy looks like on the wire: numbers in full, corrections and their effects, and exports."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.scalars import encode_id
from api.schema.words import ERRORS, KEY, VERSION
from domain import privacy
from domain.identifiers import CertificateKind

SealedValue = enum(
    privacy.SealedValue,
    "平时脱敏显示的号码。 A number that is shown masked.",
    BANK_ACCOUNT="报销收款账号。 The bank account of a claim.",
    DOCUMENT="证件号码。 The number of the document.",
    PHONE="手机号码。 The mobile number.",
)
UnmaskPurpose = enum(
    privacy.UnmaskPurpose,
    "查看完整号码的事由。 What a number is shown in full for.",
    IDENTITY_CHECK="核对身份。 To check who somebody is.",
    CONTACT="联系本人。 To reach the person.",
    PAYMENT_FAULT="核实款项差错。 To settle a fault of a payment.",
    LEGAL_DUTY="履行法定协助义务。 Because the law obliges the agency.",
)
CaseKind = enum(
    privacy.CaseKind,
    "所办业务的种类。 The kind of case that is worked on.",
    REGISTRATION="参保登记。 A registration.",
    REFUND="退费。 A refund.",
    CORRECTION="关键信息变更。 A correction.",
    CLAIM="零星报销。 A hand claim.",
)
CorrectionState = enum(
    privacy.CorrectionState,
    "变更申请的状态。 Where a correction stands.",
    ASKED="已申请。 Asked for.",
    TAKEN_UP="材料已核，待复核。 Papers checked, waits for its second person.",
    APPROVED="已通过。 Approved, and done.",
    REJECTED="不予通过。 Rejected, with the reason.",
    WITHDRAWN="已撤回。 Taken back.",
)


@strawberry.type(
    description="完整号码，只显示一次，本人可见这次查看。 A number in full, shown once; the person sees it."
)
class RevealedValue:
    """A number in full."""

    person_id: strawberry.ID = strawberry.field(description="谁的号码。 Whose number.")
    value: privacy.SealedValue = strawberry.field(description="哪项号码。 Which number.")
    text: str = strawberry.field(description="完整号码。 The number in full.")


@strawberry.type(description="某人一天内查看过多完整号码。 Somebody looked at very many numbers on a day.")
class UnmaskingAlarm:
    """A day that those who audit should look into."""

    asked_by: strawberry.ID = strawberry.field(description="账号。 The account.")
    office: str = strawberry.field(description="机构。 The office.")
    day: date = strawberry.field(description="日期。 The day.")
    reached: int = strawberry.field(description="查看次数。 How many times.")
    at: datetime = strawberry.field(description="报警时间。 When it was noticed.")


@strawberry.type(description="变更的一项影响。 Something that follows from a correction.")
class CorrectionEffect:
    """Something that follows."""

    code: str = strawberry.field(description="代码。 Its code.")
    zh: str = strawberry.field(description="说明（中文）。 In Chinese.")
    en: str = strawberry.field(description="说明（英文）。 In English.")
    by_itself: bool = strawberry.field(description="是否自动完成。 Whether it happens by itself.")

    @classmethod
    def of(cls, effect: privacy.Effect) -> CorrectionEffect:
        """Show one effect."""
        return cls(code=effect.code, zh=effect.zh, en=effect.en, by_itself=effect.by_itself)


@strawberry.type(description="变更的影响，确认前阅读。 What would follow; read before confirming.")
class CorrectionPreview:
    """What would follow."""

    effects: list[CorrectionEffect] = strawberry.field(description="全部影响。 All effects.")
    digest: str = strawberry.field(description="确认时带回，表示已阅读。 Sent back to confirm that it was read.")


@strawberry.type(description="关键信息变更申请，号码已脱敏。 A correction; numbers are masked.")
class Correction:
    """A correction."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    person_id: strawberry.ID = strawberry.field(description="变更谁的信息。 Whose it is.")
    person_number: str = strawberry.field(description="个人编号。 Their resident number.")
    person_name: str = strawberry.field(description="现用姓名。 Their name as it is.")
    asked_at: datetime = strawberry.field(description="申请时间。 When it was asked for.")
    state: privacy.CorrectionState = strawberry.field(description="状态。 Where it stands.")
    name: str | None = strawberry.field(description="新姓名。 The new name.")
    born_on: date | None = strawberry.field(description="新出生日期。 The new birth day.")
    document_type: str | None = strawberry.field(description="新证件类型。 The new kind of document.")
    document_hint: str | None = strawberry.field(description="新证件号码（脱敏）。 Its number, masked.")
    papers: list[str] = strawberry.field(description="证明材料。 The papers.")
    effects: list[CorrectionEffect] = strawberry.field(
        description="申请时确认的影响。 The effects as they were confirmed."
    )
    content_digest: str = strawberry.field(description="内容摘要，审核时带回。 Its digest, to be sent back.")
    reason: str | None = strawberry.field(description="不予通过的理由。 Why it was rejected.")
    version: int = strawberry.field(description="版本。 The version.")

    @classmethod
    def of(cls, record: privacy.CorrectionRecord) -> Correction:
        """Show one correction."""
        return cls(
            id=encode_id("Correction", record.id),
            person_id=encode_id("Person", record.person_id),
            person_number=record.person_number,
            person_name=record.person_name,
            asked_at=record.asked_at,
            state=record.state,
            name=record.name,
            born_on=record.born_on,
            document_type=record.document_type,
            document_hint=record.document_hint,
            papers=list(record.papers),
            effects=[CorrectionEffect.of(effect) for effect in record.effects],
            content_digest=record.content_digest.hex(),
            reason=record.reason,
            version=record.version,
        )


@strawberry.type(description="个人信息副本，只有申请人可取，一天后清除。 All that is held about a person, for a day.")
class PersonalFile:
    """An export."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    expires_at: datetime = strawberry.field(description="清除时间。 When it is cleared.")
    json: str = strawberry.field(description="机器可读的内容（JSON）。 For machines.")
    html: str = strawberry.field(description="可阅读的网页。 For people.")


@strawberry.type(description="查看完整号码的结果。 The number, or every refusal.")
class IdentityUnmaskPayload:
    """What came of asking for a number in full."""

    revealed: RevealedValue | None = strawberry.field(description="完整号码。 The number.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="变更申请的办理结果。 The correction, or every refusal.")
class CorrectionPayload:
    """What came of a step of a correction."""

    correction: Correction | None = strawberry.field(description="变更申请。 The correction.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="变更后的联系方式。 How one is reached now.")
class Contact:
    """How one is reached now."""

    phone_hint: str | None = strawberry.field(description="手机号码（脱敏）。 Mobile number, masked.")
    address: str = strawberry.field(description="户地址。 The household's address.")


@strawberry.type(description="发往新号码的验证码。 A code on its way to a number.")
class PhoneCode:
    """A code on its way."""

    expires_at: datetime = strawberry.field(description="有效期至。 Until when it is good.")


@strawberry.type(description="发送验证码的结果。 The code on its way, or every refusal.")
class PhoneCodePayload:
    """What came of asking for a code."""

    code: PhoneCode | None = strawberry.field(description="已发送的验证码。 The code on its way.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="已验证的手机号码。 The number that was proved.")
class ProvedPhone:
    """The number that was proved."""

    phone_hint: str | None = strawberry.field(description="手机号码（脱敏）。 Mobile number, masked.")


@strawberry.type(description="窗口验证号码的结果。 The number that was proved, or every refusal.")
class PhoneProofPayload:
    """What came of giving a code back at a window."""

    phone: ProvedPhone | None = strawberry.field(description="已验证的手机号码。 The number that was proved.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="联系方式变更结果。 How one is reached now, or every refusal.")
class ContactChangePayload:
    """What came of changing phone or address."""

    contact: Contact | None = strawberry.field(description="联系方式。 How one is reached now.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="个人信息副本的申请结果。 The export, or every refusal.")
class PersonalFilePayload:
    """What came of asking for an export."""

    file: PersonalFile | None = strawberry.field(description="个人信息副本。 The export.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="查看一项完整号码，须属于所办业务。 Show one number in full, for a case.")
class IdentityUnmaskInput:
    """Which number of whom, what for, and for which case."""

    person_id: strawberry.ID = strawberry.field(description="谁的号码。 Whose number.")
    value: privacy.SealedValue = strawberry.field(description="哪项号码。 Which number.")
    purpose: privacy.UnmaskPurpose = strawberry.field(description="事由，本人可见。 What for; the person sees it.")
    case_kind: privacy.CaseKind = strawberry.field(description="业务种类。 The kind of case.")
    case_id: strawberry.ID = strawberry.field(description="业务标识。 The case.")


@strawberry.input(description="要变更的内容；不填的不变。 What to change; what is left out stays.")
class CorrectionForm:
    """What somebody is to be known by from now on."""

    name: str | None = strawberry.field(default=None, description="新姓名。 The new name.")
    born_on: date | None = strawberry.field(default=None, description="新出生日期。 The new birth day.")
    document_type: CertificateKind | None = strawberry.field(default=None, description="新证件类型。 Kind of document.")
    document_number: str | None = strawberry.field(default=None, description="新证件号码。 Its number.")
    papers: list[str] = strawberry.field(description="证明材料。 The papers that show it.")

    def to_form(self) -> privacy.CorrectionForm:
        """Hand on the form."""
        return privacy.CorrectionForm(
            name=self.name,
            born_on=self.born_on,
            document_type=self.document_type,
            document_number=self.document_number,
            papers=tuple(self.papers),
        )


@strawberry.input(description="确认影响并申请变更。 Confirm the effects and ask for a correction.")
class CorrectionAskInput:
    """Whose, what, and that the effects were read."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    person_id: strawberry.ID = strawberry.field(description="本人或被监护人。 Oneself or a ward.")
    form: CorrectionForm = strawberry.field(description="要变更的内容。 What to change.")
    effects_digest: str = strawberry.field(description="所读影响的摘要。 The digest of the effects that were read.")


@strawberry.input(description="变更申请的一步。 A step of a correction.")
class CorrectionStepInput:
    """Which correction, as it was read."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="变更申请。 The correction.")
    expected_version: int = strawberry.field(description=VERSION)


@strawberry.input(description="第二人审核变更。 Decide as the second person.")
class CorrectionDecideInput:
    """Which correction, exactly which content, and the decision."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="变更申请。 The correction.")
    expected_version: int = strawberry.field(description=VERSION)
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was read.")
    approve: bool = strawberry.field(description="是否通过。 Whether it is approved.")
    reason: str | None = strawberry.field(default=None, description="理由，不通过时必填。 Why; a must to reject.")


@strawberry.input(description="向要登记的手机号码发送验证码。 Have a code sent to the number that is to be proved.")
class PhoneCodeSendInput:
    """Where to."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    phone: str = strawberry.field(description="手机号码，新号码或在册号码。 The mobile number, new or registered.")


@strawberry.input(description="在窗口向在册号码发送验证码。 At a window, have a code sent to the registered number.")
class CounterPhoneCodeSendInput:
    """To whom."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    person_id: strawberry.ID = strawberry.field(description="来窗口的本人。 Who stands at the window.")


@strawberry.input(description="在窗口验证在册号码。 At a window, prove the registered number.")
class CounterPhoneProveInput:
    """Whose, and the code that they read out."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    person_id: strawberry.ID = strawberry.field(description="来窗口的本人。 Who stands at the window.")
    code: str = strawberry.field(description="本人读出的验证码。 The code that they read out.")


@strawberry.input(description="变更本人手机号或户地址。 Change one's phone or the household's address.")
class ContactChangeInput:
    """What is new, and how one's document ends."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    phone: str | None = strawberry.field(default=None, description="新手机号码。 The new mobile number.")
    phone_code: str | None = strawberry.field(
        default=None,
        description="发到该号码的验证码，填手机号码时必填。 The code that was sent to it; a must with a phone.",
    )
    address: str | None = strawberry.field(default=None, description="新户地址，由户主变更。 The new address.")
    document_tail: str = strawberry.field(description="证件号码后四位，用于核验。 How one's document ends.")


@strawberry.input(description="申请个人信息副本。 Ask for all that is held about oneself or a ward.")
class OwnFileExportInput:
    """About whom."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    person_id: strawberry.ID = strawberry.field(description="本人或被监护人。 Oneself or a ward.")
