"""Hand claims as clients see them: where one stands, what was declared, what was proposed and why."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from api.schema.claim_reckonings import ClaimReckoning, ClaimStatement
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import Money, Ratio, encode_id
from domain import claims
from domain.claims import (
    AppealOutcome,
    Care,
    ClaimState,
    DeductionReason,
    PaperKind,
    PauseReason,
    PaymentState,
    Risk,
)
from domain.money import Money as MoneyValue
from domain.receipts import ReceiptKind, Verification
from domain.rules import Level, OffSite


def money_of(amount: MoneyValue | None) -> Money | None:
    """Show an amount, or nothing."""
    return None if amount is None else Money(amount)


@strawberry.type(description="需补正的一项。 One thing to complete.")
class ClaimReturnItem:
    """One thing to complete."""

    paper: PaperKind | None = strawberry.field(description="涉及的材料。 The paper, if it is one.")
    text: str = strawberry.field(description="说明。 What is missing.")


@strawberry.type(description="零星报销申请的办理进度。 Where a hand claim stands.")
class Claim:
    """Where a hand claim stands."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="申请编号。 The number to read out.")
    person_id: strawberry.ID = strawberry.field(description="参保人。 Whose care it was.")
    person_name: str = strawberry.field(description="参保人姓名。 The person's name.")
    state: ClaimState = strawberry.field(description="状态。 Where it stands.")
    care: Care | None = strawberry.field(description="就诊类型。 The kind of care.")
    total: Money | None = strawberry.field(description="申报金额。 The declared total.")
    ended_on: date | None = strawberry.field(description="就诊结束日期。 The last day of care.")
    account: str | None = strawberry.field(description="收款账号（脱敏）。 The payee's account, masked.")
    filed_at: datetime | None = strawberry.field(description="提交时间。 When it was filed.")
    due_on: date | None = strawberry.field(description="本地办理期限；暂停时为空。 Due here; null while paused.")
    national_due_on: date | None = strawberry.field(description="国家规定期限。 Due by national law.")
    due_is_provisional: bool = strawberry.field(description="期限待放假安排公布后确定。 May move by a holiday.")
    risk: Risk | None = strawberry.field(description="风险等级，仅工作人员可见。 The risk; for staff alone.")
    risk_reasons: list[str] = strawberry.field(description="风险原因。 Why.")
    holder: str | None = strawberry.field(description="经办人。 Who holds it.")
    holder_office: str | None = strawberry.field(description="经办机构。 The office of who holds it.")
    return_items: list[ClaimReturnItem] = strawberry.field(description="待补正的全部内容。 All that is missing.")
    decided_at: datetime | None = strawberry.field(description="决定时间。 When it was decided.")
    reason: str | None = strawberry.field(description="不予支付的理由。 Why it was rejected.")
    payment: PaymentState | None = strawberry.field(description="付款进度；结算前为空。 What becomes of the money.")
    paid_on: date | None = strawberry.field(description="支付日期。 The day on which the bank paid.")
    version: int = strawberry.field(description="版本。 The version, for the next step.")

    @classmethod
    def of(cls, record: claims.ClaimRecord, *, to_staff: bool) -> Claim:
        """Show one claim."""
        return cls(
            id=encode_id("Claim", record.id),
            number=record.number,
            person_id=encode_id("Person", record.person_id),
            person_name=record.person_name,
            state=record.state,
            care=record.care,
            total=money_of(record.total),
            ended_on=record.ended_on,
            account=record.account_hint,
            filed_at=record.filed_at,
            due_on=record.due_on,
            national_due_on=record.national_due_on,
            due_is_provisional=record.due_is_provisional,
            risk=record.risk if to_staff else None,
            risk_reasons=list(record.risk_reasons) if to_staff else [],
            holder=record.holder_name,
            holder_office=record.holder_office,
            return_items=[ClaimReturnItem(paper=item.paper, text=item.text) for item in record.return_items],
            decided_at=record.decided_at,
            reason=record.reason,
            payment=record.payment,
            paid_on=record.paid_on,
            version=record.version,
        )


@strawberry.type(description="办理时限。 What the clock says.")
class ClaimClock:
    """What the clock says."""

    working_days_used: int = strawberry.field(description="已用工作日。 Working days used.")
    working_days_left: int = strawberry.field(description="剩余工作日；负数为超期。 Left; negative: overdue.")
    due_on: date | None = strawberry.field(description="期限。 The last day in time.")
    paused_for: PauseReason | None = strawberry.field(description="暂停原因。 Why it stands still.")

    @classmethod
    def of(cls, standing: claims.Standing) -> ClaimClock:
        """Show a clock."""
        return cls(
            working_days_used=standing.used,
            working_days_left=standing.left,
            due_on=standing.due_on,
            paused_for=standing.paused_for,
        )


@strawberry.type(description="票据与查验结果。 A receipt, and what its issuer says.")
class ClaimReceipt:
    """A receipt of a claim."""

    kind: ReceiptKind = strawberry.field(description="种类。 Its kind.")
    code: str = strawberry.field(description="票据代码。 Its code.")
    number: str = strawberry.field(description="票据号码。 Its number.")
    amount: Money = strawberry.field(description="金额。 Its amount.")
    file_id: strawberry.ID | None = strawberry.field(description="所据电子票据文件。 The file it was read from.")
    verification: Verification | None = strawberry.field(description="查验结果。 What its issuer says.")


@strawberry.type(description="材料。 A paper.")
class ClaimPaper:
    """A paper."""

    kind: PaperKind = strawberry.field(description="种类。 Which of the four.")
    file_id: strawberry.ID = strawberry.field(description="文件。 The file.")


@strawberry.type(description="办理记录。 One step of a claim.")
class ClaimHistoryEntry:
    """One step of a claim."""

    at: datetime = strawberry.field(description="时间。 When.")
    action: str = strawberry.field(description="步骤。 What was done.")
    state: ClaimState = strawberry.field(description="之后的状态。 The state afterwards.")
    actor: str = strawberry.field(description="办理人。 Who did it.")
    note: str | None = strawberry.field(description="说明。 What they said about it.")


@strawberry.type(description="明细与目录对照。 A line beside the catalogue.")
class ClaimSheetLine:
    """A line beside the catalogue."""

    code: str = strawberry.field(description="目录代码。 The catalogue's code.")
    name: str = strawberry.field(description="名称。 Its name.")
    price: str = strawberry.field(description="单价（元）。 The price in yuan.")
    count: str = strawberry.field(description="数量。 How many.")
    amount: Money = strawberry.field(description="金额。 The amount.")
    grade: str = strawberry.field(description="甲 01、乙 02、丙 03。 The grade.")
    first_paid: Ratio | None = strawberry.field(
        description="先行自付比例；空为按地方规定。 The item's own first share."
    )
    price_limit: str | None = strawberry.field(description="限价（元）。 The limit price in yuan.")
    within_limits: bool = strawberry.field(
        description="可自动判断的限定支付条件是否满足。 The checkable limits are met."
    )
    limit_note: str = strawberry.field(description="限定支付范围。 The limits of use in words.")
    is_known: bool = strawberry.field(description="目录内有此代码。 The catalogue knows the code.")

    @classmethod
    def of(cls, line: claims.SheetLine) -> ClaimSheetLine:
        """Show a line."""
        return cls(
            code=line.code,
            name=line.name,
            price=line.price,
            count=line.count,
            amount=Money(line.amount),
            grade=line.grade,
            first_paid=None if line.first_paid is None else Ratio(line.first_paid),
            price_limit=line.price_limit,
            within_limits=line.within_limits,
            limit_note=line.limit_note,
            is_known=line.is_known,
        )


@strawberry.type(description="核减。 A deduction.")
class ClaimDeduction:
    """A deduction."""

    name: str = strawberry.field(description="项目。 The line.")
    amount: Money = strawberry.field(description="核减金额。 How much of it.")
    reason: DeductionReason = strawberry.field(description="理由。 Why.")
    note: str = strawberry.field(description="说明。 In words.")


@strawberry.type(description="拟定的结算或不予支付的意见。 A proposed settlement or refusal.")
class ClaimProposal:
    """A proposed settlement or refusal."""

    content_digest: str = strawberry.field(description="内容摘要，签批时回传。 Names this content in a signature.")
    pays: bool = strawberry.field(description="是否支付。 Whether anything is paid.")
    made_at: datetime = strawberry.field(description="提出时间。 When it was proposed.")
    fund_total: Money = strawberry.field(description="基金支付合计。 What all funds pay.")
    person_total: Money = strawberry.field(description="个人负担。 What the person bears.")
    deducted: Money = strawberry.field(description="核减合计。 All deductions.")
    deductions: list[ClaimDeduction] = strawberry.field(description="核减明细。 Each deduction with its reason.")
    lines: list[ClaimSheetLine] = strawberry.field(description="明细。 Every line with its class.")
    reckoning: ClaimReckoning | None = strawberry.field(description="核算。 Who pays what, and why.")
    reason: str = strawberry.field(description="不予支付的理由。 Why nothing is paid.")

    @classmethod
    def of(cls, proposal: claims.Proposal) -> ClaimProposal:
        """Show a proposal."""
        deductions = [
            ClaimDeduction(name=line.name, amount=Money(line.deducted), reason=line.reason, note=line.note)
            for line in proposal.findings.lines
            if line.reason is not None
        ]
        return cls(
            content_digest=proposal.digest.hex(),
            pays=proposal.pays,
            made_at=proposal.made_at,
            fund_total=Money(proposal.fund_total),
            person_total=Money(proposal.person_total),
            deducted=Money(proposal.deducted),
            deductions=deductions,
            lines=[ClaimSheetLine.of(line) for line in proposal.sheet],
            reckoning=ClaimReckoning.of(proposal.reckoning) if proposal.reckoning else None,
            reason=proposal.reason,
        )


@strawberry.type(description="申诉。 An appeal.")
class ClaimAppeal:
    """An appeal."""

    filed_at: datetime = strawberry.field(description="提出时间。 When.")
    grounds: str = strawberry.field(description="理由。 The grounds.")
    outcome: AppealOutcome | None = strawberry.field(description="结果。 What came of it.")
    reason: str | None = strawberry.field(description="处理意见。 The reason.")


@strawberry.type(description="实地核查。 A field check.")
class ClaimFieldCheck:
    """A field check."""

    doubt: str = strawberry.field(description="疑点。 The doubt.")
    members: list[strawberry.ID] = strawberry.field(description="核查人员。 Who goes.")
    report: str | None = strawberry.field(description="核查报告。 What was found.")
    is_confirmed: bool = strawberry.field(description="报告已由另一人确认。 Another confirmed the report.")


@strawberry.type(description="报销档案：进度、申报内容、时限、决定。 A claim with everything in it.")
class ClaimFile:
    """A claim with everything in it."""

    claim: Claim = strawberry.field(description="进度。 Where it stands.")
    hospital: str | None = strawberry.field(description="医疗机构。 The hospital.")
    hospital_code: str | None = strawberry.field(description="医疗机构代码。 The hospital's code.")
    level: Level | None = strawberry.field(description="医疗机构级别。 The hospital's level.")
    off_site: OffSite | None = strawberry.field(description="异地就医情形。 Where care was given.")
    emergency: bool = strawberry.field(description="申报为急诊、抢救。 Whether an emergency is declared.")
    diagnosis: str | None = strawberry.field(description="诊断。 The diagnosis.")
    began_on: date | None = strawberry.field(description="就诊开始日期。 The first day of care.")
    receipts: list[ClaimReceipt] = strawberry.field(description="票据。 The receipts.")
    papers: list[ClaimPaper] = strawberry.field(description="材料。 The papers.")
    clock: ClaimClock | None = strawberry.field(description="本地办理时限。 The clock here.")
    national_clock: ClaimClock | None = strawberry.field(description="国家规定时限。 The clock of national law.")
    history: list[ClaimHistoryEntry] = strawberry.field(description="办理记录。 Every step.")
    proposal: ClaimProposal | None = strawberry.field(description="决定书内容；决定前仅工作人员可见。 The decision.")
    statement: ClaimStatement | None = strawberry.field(description="结算单；结算前为空。 Null until it is settled.")
    appeals: list[ClaimAppeal] = strawberry.field(description="申诉。 Appeals.")
    field_checks: list[ClaimFieldCheck] = strawberry.field(description="实地核查，仅工作人员可见。 For staff alone.")

    @classmethod
    def of(cls, file: claims.ClaimFile, *, to_staff: bool) -> ClaimFile:
        """Show one file."""
        verdicts = {(use.kind, use.code, use.number): use.verification for use in file.uses}
        declared = file.declared
        return cls(
            claim=Claim.of(file.record, to_staff=to_staff),
            hospital=declared.hospital_name,
            hospital_code=declared.hospital_code,
            level=declared.level,
            off_site=declared.off_site,
            emergency=bool(declared.emergency),
            diagnosis=declared.diagnosis,
            began_on=declared.began_on,
            receipts=[
                ClaimReceipt(
                    kind=one.kind,
                    code=one.code,
                    number=one.number,
                    amount=Money(one.amount),
                    file_id=encode_id("File", one.file_id) if one.file_id else None,
                    verification=verdicts.get((one.kind, one.code, one.number)),
                )
                for one in declared.receipts or ()
            ],
            papers=[ClaimPaper(kind=one.kind, file_id=encode_id("File", one.file_id)) for one in declared.papers or ()],
            clock=ClaimClock.of(file.clock) if file.clock else None,
            national_clock=ClaimClock.of(file.national_clock) if file.national_clock else None,
            history=[
                ClaimHistoryEntry(at=one.at, action=one.action, state=one.after, actor=one.actor, note=one.note)
                for one in file.history
            ],
            proposal=ClaimProposal.of(file.proposal) if file.proposal else None,
            statement=ClaimStatement.of(file.statement) if file.statement else None,
            appeals=[
                ClaimAppeal(filed_at=one.filed_at, grounds=one.grounds, outcome=one.outcome, reason=one.reason)
                for one in file.appeals
            ],
            field_checks=[
                ClaimFieldCheck(
                    doubt=one.doubt,
                    members=[encode_id("Account", member) for member in one.members],
                    report=one.report,
                    is_confirmed=one.confirmed_at is not None,
                )
                for one in file.field_checks
            ],
        )


@strawberry.type(description="办理结果。 What came of a step, or every refusal at once.")
class ClaimPayload:
    """What came of a step."""

    claim: Claim | None = strawberry.field(description="办理后的申请。 The claim afterwards.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="打开的报销档案。 The opened file, or every refusal.")
class ClaimOpenPayload:
    """The opened file."""

    file: ClaimFile | None = strawberry.field(description="档案。 The file.")
    errors: list[UserError] = strawberry.field(description=ERRORS)
