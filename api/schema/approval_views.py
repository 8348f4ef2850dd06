"""What is asked for decisions, who has to decide, and what everybody said: the types on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import strawberry

from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.scalars import Money, encode_id
from api.schema.words import ERRORS
from domain import approvals

ApprovalKind = enum(
    approvals.ApprovalKind,
    "审核事项种类。 What is decided about.",
    REGISTRATION="参保登记。 Registration of a resident.",
    REFUND="退费。 Refund.",
    CLAIM="零星报销。 Hand claim.",
    PAYOUT_BATCH="拨付批次。 Batch of payouts.",
    PAYOUT_REPAIR="拨付退回更正。 Repair of a returned payout.",
    CATALOGUE_CHANGE="目录变更。 Change of the catalogue.",
    BENEFICIARY_LIST="资助对象名单。 List of beneficiaries.",
    HOSPITAL_LIST="定点医疗机构名单。 List of contracted hospitals.",
    STAFF_ACCOUNT="工作人员账号。 Account of a member of staff.",
    INSTITUTION_KEY="机构密钥。 Key of an institution.",
    TIPOFF_REWARD="举报奖励。 Reward for a report.",
    TIPOFF_OPENING="开启举报人信息。 Opening of an informant's record.",
    KEY_CHANGE="关键信息变更。 Change of key personal data.",
    RECONCILIATION="对账差异处理。 Closing of a difference.",
    CLEARING_BATCH="清算。 Clearing with another payer.",
    RECOVERY="追回。 Recovery of what was paid too much.",
)
ApprovalState = enum(
    approvals.ApprovalState,
    "审核状态。 Where a question stands.",
    PENDING="待审核。 Waits for a step.",
    APPROVED="已通过全部审核。 Every step is approved.",
    REJECTED="不予通过。 Rejected.",
    RETURNED="退回经办。 Sent back to whoever handles it.",
    EXPIRED="已失效（内容变更或超期）。 Over: its content changed, or nobody decided in time.",
)
Outcome = enum(
    approvals.Outcome,
    "审核意见；集体讨论时为表决。 One person's word on a step; in a discussion, a vote.",
    APPROVE="同意。 For it.",
    REJECT="不同意。 Against it.",
    RETURN="退回。 To be done again.",
)
Names = Mapping[UUID, str]


@strawberry.type(description="审核内容的一项。 One line of what is asked about.")
class ApprovalFact:
    """One line of what is asked about."""

    name: str = strawberry.field(description="名称（固定）。 A name that stays.")
    label: str = strawberry.field(description="中文名称。 What it is called in Chinese.")
    label_en: str = strawberry.field(description="英文名称。 What it is called in English.")
    value: str = strawberry.field(description="内容。 The value as people read it.")


@strawberry.type(description="提请审核的事项。 What somebody asks others to decide on.")
class Approval:
    """What somebody asks others to decide on."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    kind: approvals.ApprovalKind = strawberry.field(description="种类。 What it is about.")
    sub_kind: str | None = strawberry.field(description="细类，如门诊、住院。 Outpatient, inpatient …")
    subject_id: strawberry.ID = strawberry.field(description="业务对象标识。 The thing itself.")
    title: str = strawberry.field(description="标题。 The title in Chinese.")
    title_en: str = strawberry.field(description="英文标题。 The title in English.")
    facts: list[ApprovalFact] = strawberry.field(description="审核内容。 Exactly what is asked about.")
    content_digest: str = strawberry.field(description="内容摘要；审核须与之相符。 What a decision is bound to.")
    amount: Money | None = strawberry.field(description="金额。 The amount that chose the tier.")
    office: str | None = strawberry.field(description="经办机构；空为全部。 The office; null means every office.")
    region: str | None = strawberry.field(description="行政区划；空为全统筹区。 The region; null means the whole area.")
    asked_by: str = strawberry.field(description="提请人。 Who asked.")
    asked_at: datetime = strawberry.field(description="提请时间。 When it was asked.")
    expires_at: datetime = strawberry.field(description="失效时间。 When it lapses.")
    state: approvals.ApprovalState = strawberry.field(description="状态。 Where it stands.")
    position: int = strawberry.field(description="当前第几级。 The step that waits, or on which it ended.")
    step_count: int = strawberry.field(description="共几级。 How many steps there are.")
    reason: str | None = strawberry.field(description="不予通过或退回的理由。 Why it was rejected or sent back.")

    @classmethod
    def of(cls, question: approvals.Question, *, statement: approvals.Statement, names: Names) -> Approval:
        """Show one question."""
        return cls(
            id=encode_id("Approval", question.id),
            kind=question.kind,
            sub_kind=question.sub_kind,
            subject_id=encode_id(question.kind.value.title().replace("_", ""), question.subject_id),
            title=statement.title.zh,
            title_en=statement.title.en,
            facts=[
                ApprovalFact(name=fact.name, label=fact.label.zh, label_en=fact.label.en, value=fact.value)
                for fact in statement.facts
            ],
            content_digest=question.content_digest.hex(),
            amount=None if question.amount is None else Money(question.amount),
            office=question.office,
            region=question.region,
            asked_by=names.get(question.maker_id, ""),
            asked_at=question.asked_at,
            expires_at=question.expires_at,
            state=question.state,
            position=question.position,
            step_count=question.step_count,
            reason=question.reason,
        )


@strawberry.type(description="一级审核要求。 One step that the rule asks for.")
class ApprovalStep:
    """One step that the rule asks for."""

    position: int = strawberry.field(description="第几级。 Its place, from 1.")
    roles: list[str] = strawberry.field(description="可办理的岗位。 Any of these roles decides.")
    in_office: bool = strawberry.field(description="须为本机构人员。 Somebody of the question's own office.")
    needs_signature: bool = strawberry.field(description="须用通行密钥签名。 A passkey signs it.")
    members_min: int | None = strawberry.field(description="集体讨论最少人数。 How many discuss it at least.")
    decides: str | None = strawberry.field(description="表决规则。 What carries: majority or unanimous.")

    @classmethod
    def of(cls, step: approvals.Step) -> ApprovalStep:
        """Show one step."""
        return cls(
            position=step.position,
            roles=list(step.roles),
            in_office=step.in_office,
            needs_signature=step.needs_signature,
            members_min=step.members_min,
            decides=step.decides,
        )


@strawberry.type(description="一人的审核意见。 One person's word.")
class ApprovalDecision:
    """One person's word."""

    position: int = strawberry.field(description="第几级。 On which step.")
    decider: str = strawberry.field(description="审核人。 Who decided.")
    role: str = strawberry.field(description="岗位。 In which role.")
    outcome: approvals.Outcome = strawberry.field(description="意见。 What they said.")
    reason: str | None = strawberry.field(description="理由。 Why.")
    decided_at: datetime = strawberry.field(description="时间。 When.")
    statement: str = strawberry.field(description="审核声明（规范格式）。 The canonical statement of it.")
    is_signed: bool = strawberry.field(description="已用通行密钥签名。 Whether a passkey signed it.")

    @classmethod
    def of(cls, decision: approvals.Decision, *, names: Names) -> ApprovalDecision:
        """Show one decision."""
        return cls(
            position=decision.position,
            decider=names.get(decision.decider_id, ""),
            role=decision.as_role,
            outcome=decision.outcome,
            reason=decision.reason,
            decided_at=decision.decided_at,
            statement=decision.statement,
            is_signed=decision.signature is not None,
        )


@strawberry.type(description="移交或委托。 A step that was passed on.")
class ApprovalHandover:
    """A step that was passed on."""

    position: int = strawberry.field(description="第几级。 Which step.")
    from_: str = strawberry.field(name="from", description="移交人。 By whom.")
    to: str = strawberry.field(description="接收人。 To whom.")
    reason: str = strawberry.field(description="理由。 Why.")
    at: datetime = strawberry.field(description="时间。 When.")
    ends_at: datetime | None = strawberry.field(description="委托截止；空为长期移交。 Until when; null means for good.")

    @classmethod
    def of(cls, handover: approvals.Handover, *, names: Names) -> ApprovalHandover:
        """Show it."""
        return cls(
            position=handover.position,
            from_=names.get(handover.from_id, ""),
            to=names.get(handover.to_id, ""),
            reason=handover.reason,
            at=handover.at,
            ends_at=handover.ends_at,
        )


@strawberry.type(description="集体讨论。 A collective discussion.")
class ApprovalMeeting:
    """A collective discussion."""

    position: int = strawberry.field(description="第几级。 About which step.")
    convened_at: datetime = strawberry.field(description="登记时间。 When it was put on record.")
    members: list[str] = strawberry.field(description="到会人员。 Who was there.")
    minutes: str = strawberry.field(description="讨论记录。 What was said.")

    @classmethod
    def of(cls, meeting: approvals.Meeting, *, names: Names) -> ApprovalMeeting:
        """Show it."""
        return cls(
            position=meeting.position,
            convened_at=meeting.convened_at,
            members=sorted(names.get(member, "") for member in meeting.members),
            minutes=meeting.minutes,
        )


@strawberry.type(description="同岗位、可接收移交的人员。 A colleague who may be given the step.")
class ApprovalColleague:
    """A colleague who may be given the step."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id of the account.")
    name: str = strawberry.field(description="姓名。 The name.")
    roles: list[str] = strawberry.field(description="岗位。 The roles.")


@strawberry.type(description="一项审核的全部情况。 Everything about one question.")
class ApprovalFile:
    """Everything about one question."""

    approval: Approval = strawberry.field(description="事项。 What was asked.")
    steps: list[ApprovalStep] = strawberry.field(description="须经的各级审核。 The steps, in their order.")
    decisions: list[ApprovalDecision] = strawberry.field(description="已有意见。 What was said.")
    handovers: list[ApprovalHandover] = strawberry.field(description="移交和委托。 What was passed on.")
    meetings: list[ApprovalMeeting] = strawberry.field(description="集体讨论。 The discussions.")
    rule_key: str | None = strawberry.field(description="适用规则。 The rule that chose the steps.")
    rule_source: str | None = strawberry.field(description="规则出处。 Where it is written.")
    rules_digest: str | None = strawberry.field(description="规则集摘要。 The digest of the rule book.")
    canonical: str | None = strawberry.field(description="事项的规范声明。 The canonical statement.")
    statement_digest: str | None = strawberry.field(description="规范声明的摘要。 Its SHA-256.")
    colleagues: list[ApprovalColleague] = strawberry.field(
        description="可接收移交或参加讨论的人员。 Who may be given the step, or be a member."
    )

    @classmethod
    def of(cls, file: approvals.File, *, names: Names, colleagues: list[ApprovalColleague]) -> ApprovalFile:
        """Show it."""
        question = file.question
        return cls(
            approval=Approval.of(question, statement=file.statement, names=names),
            steps=[ApprovalStep.of(step) for step in file.steps],
            decisions=[ApprovalDecision.of(decision, names=names) for decision in file.decisions],
            handovers=[ApprovalHandover.of(handover, names=names) for handover in file.handovers],
            meetings=[ApprovalMeeting.of(meeting, names=names) for meeting in file.meetings],
            rule_key=question.rule_key,
            rule_source=question.rule_source,
            rules_digest=question.rules_digest,
            canonical=file.canonical,
            statement_digest=question.statement_digest.hex() if question.statement_digest else None,
            colleagues=colleagues,
        )


@strawberry.type(description="待签的审核声明。 The statement of a decision, to be signed.")
class ApprovalDraft:
    """The statement of a decision, to be signed."""

    statement: str = strawberry.field(description="规范声明。 The canonical statement.")
    challenge: str = strawberry.field(description="待签摘要（base64url）。 Its SHA-256, which the passkey signs.")
    options: str | None = strawberry.field(
        description="浏览器签名参数（navigator.credentials.get）；无通行密钥时为空。 What the browser signs with."
    )
    stated_at: datetime = strawberry.field(description="声明时间，提交时原样带回。 Send it back with the signature.")
    needs_signature: bool = strawberry.field(description="是否必须签名。 Whether it has to be signed.")


@strawberry.type(description="审核的结果。 What came of it.")
class ApprovalPayload:
    """What came of it."""

    approval: Approval | None = strawberry.field(description="事项。 The question.")
    errors: list[UserError] = strawberry.field(description=ERRORS)
