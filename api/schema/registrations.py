"""Registering a new resident: filed online or at a window, sent back once, checked, decided by a second person."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.schema.errors import UserError
from api.schema.scalars import decode_id, encode_id
from api.schema.words import ERRORS, KEY, VERSION
from domain import residents
from domain.identifiers import CertificateKind
from domain.residents import FormField, HouseholdRole, RegistrationChannel, RegistrationState, Relation, Sex


@strawberry.type(description="需补正的一项。 One thing that has to be completed.")
class ReturnFault:
    """One thing that has to be completed."""

    field: FormField = strawberry.field(description="栏目。 The field of the form.")
    text: str = strawberry.field(description="问题说明。 What is wrong with it.")


@strawberry.type(description="参保登记的办理进度。 Where a registration stands.")
class Registration:
    """Where a registration stands, without what was declared in it."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="登记编号。 The number to read out.")
    channel: RegistrationChannel = strawberry.field(description="渠道。 Where it was filed.")
    state: RegistrationState = strawberry.field(description="状态。 Where it stands.")
    region: str = strawberry.field(description="行政区划代码。 The region of the community.")
    subject_name: str = strawberry.field(description="被登记人姓名。 Who is to be registered.")
    scheme: str = strawberry.field(description="险种代码（insutype）。 The scheme that is wished for.")
    takes_part_from: date = strawberry.field(description="拟参保日期。 From which day.")
    submitted_at: datetime = strawberry.field(description="提交时间。 When it was filed.")
    due_on: date = strawberry.field(description="办结期限（10 个工作日）。 The last day to decide it.")
    due_is_provisional: bool = strawberry.field(description="期限待放假安排公布后确定。 May still move by a holiday.")
    faults: list[ReturnFault] = strawberry.field(description="一次性告知的全部问题。 All that has to be completed.")
    returned_times: int = strawberry.field(description="退回次数。 How often it was sent back.")
    decided_at: datetime | None = strawberry.field(description="审核时间。 When it was decided.")
    reason: str | None = strawberry.field(description="审核意见。 The reason of the decision.")
    person_id: strawberry.ID | None = strawberry.field(description="登记后的参保人。 The person it became.")
    version: int = strawberry.field(description="版本。 The version, for the next step.")

    @classmethod
    def of(cls, record: residents.RegistrationRecord) -> Registration:
        """Show one registration."""
        return cls(
            id=encode_id("Registration", record.id),
            number=record.number,
            channel=record.channel,
            state=record.state,
            region=record.region,
            subject_name=record.subject_name,
            scheme=record.scheme,
            takes_part_from=record.takes_part_from,
            submitted_at=record.submitted_at,
            due_on=record.due_on,
            due_is_provisional=record.due_is_provisional,
            faults=[ReturnFault(field=fault.field, text=fault.text) for fault in record.faults],
            returned_times=record.returned_times,
            decided_at=record.decided_at,
            reason=record.reason,
            person_id=encode_id("Person", record.person_id) if record.person_id else None,
            version=record.version,
        )


@strawberry.type(description="登记表的内容，号码已脱敏。 What was declared; numbers are masked.")
class RegistrationContent:
    """What was declared."""

    name: str = strawberry.field(description="姓名。 Name.")
    sex: Sex = strawberry.field(description="性别。 Sex.")
    born_on: date = strawberry.field(description="出生日期。 Day of birth.")
    document_type: CertificateKind = strawberry.field(description="证件类型。 Kind of document.")
    document_number: str = strawberry.field(description="证件号码（脱敏）。 Its number, masked.")
    phone: str | None = strawberry.field(description="手机号码（脱敏）。 Mobile number, masked.")
    community_code: str = strawberry.field(description="村（社区）代码。 Community.")
    household_number: str | None = strawberry.field(description="并入的户。 The household that is joined.")
    address: str | None = strawberry.field(description="新户地址。 The address of a new household.")
    household_role: HouseholdRole = strawberry.field(description="与户主关系。 Place in the household.")
    guardian_id: strawberry.ID | None = strawberry.field(description="监护人。 The guardian.")
    relation: Relation | None = strawberry.field(description="监护人与本人关系。 What the guardian is to the child.")
    takes_part_from: date = strawberry.field(description="参保日期。 First day of taking part.")
    evidence: list[str] = strawberry.field(description="证明材料。 Evidence.")

    @classmethod
    def of(cls, content: residents.RegistrationContent) -> RegistrationContent:
        """Show what was declared."""
        return cls(
            name=content.name,
            sex=content.sex,
            born_on=content.born_on,
            document_type=content.document_type,
            document_number=content.document_number,
            phone=content.phone,
            community_code=content.community_code,
            household_number=content.household_number,
            address=content.address,
            household_role=content.household_role,
            guardian_id=encode_id("Person", content.guardian_id) if content.guardian_id else None,
            relation=content.relation,
            takes_part_from=content.takes_part_from,
            evidence=list(content.evidence),
        )


@strawberry.type(description="登记档案：进度与内容。 A registration with what was declared in it.")
class RegistrationFile:
    """A registration with what was declared in it."""

    registration: Registration = strawberry.field(description="进度。 Where it stands.")
    content: RegistrationContent = strawberry.field(description="内容（脱敏）。 What was declared, masked.")
    content_digest: str = strawberry.field(description="内容摘要，复核时回传。 Names this content in a decision.")
    warnings: list[str] = strawberry.field(description="疑似同一人的个人编号。 Residents who may be the same person.")

    @classmethod
    def of(cls, file: residents.RegistrationFile) -> RegistrationFile:
        """Show one file."""
        return cls(
            registration=Registration.of(file.record),
            content=RegistrationContent.of(file.content),
            content_digest=file.record.content_digest.hex(),
            warnings=list(file.warnings),
        )


@strawberry.type(description="登记办理结果。 What came of a step, or every refusal at once.")
class RegistrationPayload:
    """What came of a step."""

    registration: Registration | None = strawberry.field(description="办理后的登记。 The registration afterwards.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="打开的登记档案。 The opened file, or every refusal.")
class RegistrationOpenPayload:
    """The opened file."""

    file: RegistrationFile | None = strawberry.field(description="档案。 The file.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="登记表；补正时未填的栏目保持原样，空文本清除原值。 A form; when completing, null keeps.")
class RegistrationFormInput:
    """A form as somebody filled it in."""

    name: str | None = strawberry.field(default=None, description="姓名，与证件一致。 The name as in the document.")
    sex: Sex | None = strawberry.field(default=None, description="性别，证号可推出时可不填。 Unless the number tells.")
    born_on: date | None = strawberry.field(default=None, description="出生日期，同上。 Unless the number tells.")
    document_type: CertificateKind | None = strawberry.field(default=None, description="证件类型。 Kind of document.")
    document_number: str | None = strawberry.field(default=None, description="证件号码。 Its number.")
    phone: str | None = strawberry.field(default=None, description="手机号码，可不填。 Mobile number, if any.")
    community_code: str | None = strawberry.field(
        default=None, description="村（社区）代码；不填则随监护人。 Community; the guardian's when left out."
    )
    household_number: str | None = strawberry.field(
        default=None, description="并入的户号；不填则随监护人。 Household to join; the guardian's when left out."
    )
    address: str | None = strawberry.field(default=None, description="另立新户的地址。 Address of a new household.")
    household_role: HouseholdRole | None = strawberry.field(default=None, description="与户主关系。 Place in it.")
    guardian_id: strawberry.ID | None = strawberry.field(
        default=None, description="监护人；线上为本人。 The guardian; online it is the caller."
    )
    relation: Relation | None = strawberry.field(
        default=None, description="监护人与本人关系。 What the guardian is to them."
    )
    takes_part_from: date | None = strawberry.field(
        default=None, description="参保日期；新生儿默认自出生。 First day; a newborn's is its birth."
    )
    evidence: list[str] | None = strawberry.field(default=None, description="证明材料说明。 Notes on the evidence.")

    def to_form(self) -> residents.RegistrationForm:
        """Hand the form on."""
        return residents.RegistrationForm(
            name=self.name,
            sex=self.sex,
            born_on=self.born_on,
            document_type=self.document_type,
            document_number=self.document_number,
            phone=self.phone,
            community_code=self.community_code,
            household_number=self.household_number,
            address=self.address,
            household_role=self.household_role,
            guardian_id=decode_id(self.guardian_id, "Person", "guardian_id") if self.guardian_id else None,
            relation=self.relation,
            takes_part_from=self.takes_part_from,
            evidence=None if self.evidence is None else tuple(self.evidence),
        )


@strawberry.input(description="提交登记。 File a registration.")
class RegistrationSubmitInput:
    """File a registration."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    form: RegistrationFormInput = strawberry.field(description="登记表。 The form.")


@strawberry.input(description="补正登记。 Complete or change a registration.")
class RegistrationCompleteInput:
    """Complete a registration."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="登记。 The registration.")
    expected_version: int = strawberry.field(description=VERSION)
    form: RegistrationFormInput = strawberry.field(description="改动的栏目。 The fields that change.")


@strawberry.input(description="办理一步。 Take a registration one step on.")
class RegistrationStepInput:
    """One step of a registration."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="登记。 The registration.")
    expected_version: int = strawberry.field(description=VERSION)


@strawberry.input(description="需补正的一项。 One thing to complete.")
class ReturnFaultInput:
    """One thing to complete."""

    field: FormField = strawberry.field(description="栏目。 The field of the form.")
    text: str = strawberry.field(description="问题说明，申请人将看到。 What is wrong; the applicant reads it.")


@strawberry.input(description="一次性告知后退回。 Send back once with all faults.")
class RegistrationReturnInput(RegistrationStepInput):
    """Send back once with all faults."""

    faults: list[ReturnFaultInput] = strawberry.field(description="全部问题。 Every fault at once.")
    late_because: str | None = strawberry.field(
        default=None, description="补充告知此前可见问题的理由，留痕。 Why a fault comes late; goes on record."
    )


@strawberry.input(description="复核决定。 The second person's decision.")
class RegistrationDecideInput(RegistrationStepInput):
    """The second person's decision."""

    content_digest: str = strawberry.field(description="所见内容的摘要。 Names the content that was read.")
    approve: bool = strawberry.field(description="是否通过。 Whether to approve.")
    reason: str | None = strawberry.field(default=None, description="意见；不通过必填。 The reason; a must to reject.")


@strawberry.input(description="查阅登记档案。 Open a registration on record.")
class RegistrationOpenInput:
    """Open a registration on record."""

    id: strawberry.ID = strawberry.field(description="登记。 The registration.")
    purpose: str = strawberry.field(description="查阅事由，监护人可见。 What for; the guardian sees it.")
