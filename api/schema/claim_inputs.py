"""What clients say about hand claims."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from api.schema.approvals import ApprovalSignatureInput
from api.schema.common import KEY
from api.schema.scalars import Money, decode_id
from api.schema.words import VERSION
from domain import claims
from domain.claims import AppealOutcome, Care, Cause, DeductionReason, PaperKind, PauseReason
from domain.money import ZERO
from domain.money import Money as MoneyValue
from domain.receipts import ReceiptKind
from domain.rules import Level, OffSite


@strawberry.input(description="一张票据。 One receipt.")
class ClaimReceiptInput:
    """One receipt."""

    kind: ReceiptKind = strawberry.field(description="种类。 Its kind.")
    code: str = strawberry.field(default="", description="票据代码；数电票没有。 Its code, if it has one.")
    number: str = strawberry.field(description="票据号码。 Its number.")
    check_code: str = strawberry.field(default="", description="校验码。 Its check code, if it has one.")
    amount: Money = strawberry.field(description="金额。 Its amount.")
    issued_on: date | None = strawberry.field(default=None, description="开票日期。 When it was issued.")

    def to_receipt(self) -> claims.DeclaredReceipt:
        """Hand it on."""
        return claims.DeclaredReceipt(
            kind=self.kind,
            code=self.code,
            number=self.number,
            check_code=self.check_code,
            amount=self.amount,
            issued_on=self.issued_on,
        )


@strawberry.input(description="一份材料。 One paper.")
class ClaimPaperInput:
    """One paper."""

    kind: PaperKind = strawberry.field(description="四种材料之一。 Which of the four.")
    file_id: strawberry.ID = strawberry.field(description="已上传的文件。 The uploaded file.")


@strawberry.input(description="收款账户。 The payee's account.")
class ClaimAccountInput:
    """The payee's account."""

    holder: str = strawberry.field(description="户名：本人或监护人、代办人。 Whose it is.")
    bank: str = strawberry.field(description="开户银行。 The bank.")
    number: str = strawberry.field(description="账号。 Its number.")

    def to_account(self) -> claims.PayeeAccount:
        """Hand it on."""
        return claims.PayeeAccount(holder=self.holder, bank=self.bank, number=self.number)


@strawberry.input(description="申报内容；未填的栏目保持原样。 What is declared; null keeps what was there.")
class ClaimFormInput:
    """What is declared."""

    care: Care | None = strawberry.field(default=None, description="就诊类型。 The kind of care.")
    med_type: str | None = strawberry.field(default=None, description="医疗类别（med_type）。 The national type.")
    cause: Cause | None = strawberry.field(default=None, description="就诊原因。 Why.")
    hospital_code: str | None = strawberry.field(default=None, description="医疗机构代码。 The hospital's code.")
    hospital_name: str | None = strawberry.field(
        default=None, description="医疗机构名称；定点机构以登记为准。 Its name; the register says a contracted one's."
    )
    level: Level | None = strawberry.field(
        default=None, description="医疗机构级别；定点机构以登记为准。 Its level; the register says a contracted one's."
    )
    off_site: OffSite | None = strawberry.field(default=None, description="异地就医情形。 Where care was given.")
    emergency: bool | None = strawberry.field(
        default=None, description="是否急诊、抢救。 Whether it was an emergency, which is paid for without a contract."
    )
    began_on: date | None = strawberry.field(default=None, description="就诊开始日期。 The first day.")
    ended_on: date | None = strawberry.field(default=None, description="就诊结束日期。 The last day.")
    diagnosis: str | None = strawberry.field(default=None, description="诊断。 The diagnosis.")
    receipt_count: int | None = strawberry.field(default=None, description="票据张数。 How many receipts.")
    total: Money | None = strawberry.field(default=None, description="申报金额。 Their sum.")
    receipts: list[ClaimReceiptInput] | None = strawberry.field(default=None, description="票据。 The receipts.")
    papers: list[ClaimPaperInput] | None = strawberry.field(default=None, description="材料。 The papers.")

    def to_declared(self) -> claims.Declared:
        """Hand the form on."""
        return claims.Declared(
            care=self.care,
            med_type=self.med_type,
            cause=self.cause,
            hospital_code=self.hospital_code,
            hospital_name=self.hospital_name,
            level=self.level,
            off_site=self.off_site,
            emergency=self.emergency,
            began_on=self.began_on,
            ended_on=self.ended_on,
            diagnosis=self.diagnosis,
            receipt_count=self.receipt_count,
            total=self.total,
            receipts=None if self.receipts is None else tuple(one.to_receipt() for one in self.receipts),
            papers=None
            if self.papers is None
            else tuple(
                claims.DeclaredPaper(one.kind, decode_id(one.file_id, "File", "papers", str(place)))
                for place, one in enumerate(self.papers)
            ),
        )


@strawberry.input(description="起草报销申请。 Begin a claim.")
class ClaimDraftInput:
    """Begin a claim."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    person_id: strawberry.ID = strawberry.field(description="参保人：本人或有权代办的人。 Whose care it was.")
    form: ClaimFormInput = strawberry.field(description="申报内容。 What is declared so far.")
    account: ClaimAccountInput | None = strawberry.field(default=None, description="收款账户。 The account.")


@strawberry.input(description="办理一步。 Take a claim one step on.")
class ClaimStepInput:
    """One step of a claim."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="申请。 The claim.")
    expected_version: int = strawberry.field(description=VERSION)


@strawberry.input(description="修改草稿或一次补正。 Change a draft, or answer a return.")
class ClaimUpdateInput(ClaimStepInput):
    """Change a draft, or answer a return."""

    form: ClaimFormInput = strawberry.field(description="改动的栏目。 What changes.")
    account: ClaimAccountInput | None = strawberry.field(default=None, description="收款账户。 The account.")


@strawberry.input(description="读取电子票据。 Read an electronic receipt in.")
class ClaimReceiptReadInput(ClaimStepInput):
    """Read an electronic receipt in."""

    file_id: strawberry.ID = strawberry.field(
        description="以 ELECTRONIC_BILL 用途上传的 XML、OFD 或 PDF 文件。 The file, sent as an ELECTRONIC_BILL."
    )


@strawberry.input(description="移交。 Hand over.")
class ClaimHandOverInput(ClaimStepInput):
    """Hand over."""

    to: strawberry.ID | None = strawberry.field(default=None, description="同事；空为退回队列。 Null: into the queue.")
    reason: str = strawberry.field(description="理由。 Why.")


@strawberry.input(description="查阅报销档案。 Open a claim on record.")
class ClaimOpenInput:
    """Open a claim on record."""

    id: strawberry.ID = strawberry.field(description="申请。 The claim.")
    purpose: str = strawberry.field(description="查阅事由，本人可见。 What for; the person sees it.")


@strawberry.input(description="需补正的一项。 One thing to complete.")
class ClaimReturnItemInput:
    """One thing to complete."""

    paper: PaperKind | None = strawberry.field(default=None, description="涉及的材料。 The paper, if it is one.")
    text: str = strawberry.field(description="说明，申请人将看到。 What is missing; the applicant reads it.")


@strawberry.input(description="一次性告知。 Say once everything that is missing.")
class ClaimReturnInput(ClaimStepInput):
    """Say once everything that is missing."""

    items: list[ClaimReturnItemInput] = strawberry.field(description="全部内容。 All of it.")


@strawberry.input(description="清点受理。 Accept after counting.")
class ClaimAcceptInput(ClaimStepInput):
    """Accept after counting."""

    counted: int = strawberry.field(description="清点的票据张数。 The receipts at hand.")
    summed: Money = strawberry.field(description="清点的金额合计。 Their sum.")


@strawberry.input(description="暂停计时。 Halt the clock.")
class ClaimPauseInput(ClaimStepInput):
    """Halt the clock."""

    reason: PauseReason = strawberry.field(description="原因。 Why.")
    note: str = strawberry.field(description="说明，申请人将看到。 In words; the applicant reads it.")


@strawberry.input(description="一行明细。 One line.")
class ClaimLineInput:
    """One line."""

    code: str = strawberry.field(default="", description="目录代码；目录外留空。 The code; empty outside of it.")
    name: str = strawberry.field(description="名称。 Its name.")
    price: str = strawberry.field(description="单价（元，至多六位小数）。 The price in yuan.")
    count: str = strawberry.field(description="数量（至多四位小数）。 How many.")
    amount: Money = strawberry.field(description="金额。 The amount.")
    within_limits: bool = strawberry.field(default=True, description="符合限定支付范围。 The limits in words are met.")
    deducted: Money = strawberry.field(default=ZERO, description="核减金额。 How much is not paid on.")
    reason: DeductionReason | None = strawberry.field(default=None, description="核减理由。 Why.")
    note: str = strawberry.field(default="", description="说明。 In words.")

    def to_line(self) -> claims.ReviewedLine:
        """Hand it on."""
        return claims.ReviewedLine(
            code=self.code.strip(),
            name=self.name,
            price=self.price,
            count=self.count,
            amount=self.amount,
            within_limits=self.within_limits,
            deducted=MoneyValue(self.deducted.fen),
            reason=self.reason,
            note=self.note,
        )


@strawberry.input(description="提出结算。 Propose a settlement.")
class ClaimProposeInput(ClaimStepInput):
    """Propose a settlement."""

    lines: list[ClaimLineInput] = strawberry.field(description="全部明细。 Every line.")
    level: Level | None = strawberry.field(default=None, description="核实的医疗机构级别。 The level as found.")
    off_site: OffSite | None = strawberry.field(default=None, description="核实的异地情形。 The place as found.")
    med_type: str | None = strawberry.field(default=None, description="核实的医疗类别。 The type as found.")
    person_type: str = strawberry.field(default="", description="人员类别（psn_type）。 The national person type.")
    groups: list[str] = strawberry.field(default_factory=list, description="人员分组。 The place's groups.")
    bank_code: str = strawberry.field(default="", description="开户行联行号，由行名查不到时填写。 The bank's number.")
    in_doubt: bool = strawberry.field(default=False, description="有疑义，先集体讨论。 Discussed by several first.")

    def to_findings(self) -> claims.Findings:
        """Hand it on."""
        return claims.Findings(
            lines=tuple(line.to_line() for line in self.lines),
            level=self.level,
            off_site=self.off_site,
            med_type=self.med_type,
            person_type=self.person_type,
            groups=tuple(self.groups),
            bank_code=self.bank_code.strip(),
        )


@strawberry.input(description="说明理由的一步。 A step with its reason.")
class ClaimReasonInput(ClaimStepInput):
    """A step with its reason."""

    reason: str = strawberry.field(description="理由，申请人将看到。 Why; the applicant reads it.")


@strawberry.input(description="签批。 Sign a proposal, or send it back.")
class ClaimSignInput(ClaimStepInput):
    """Sign a proposal, or send it back."""

    content_digest: str = strawberry.field(description="所见内容的摘要。 Names the content that was read.")
    approve: bool = strawberry.field(description="是否同意。 Whether to sign.")
    reason: str | None = strawberry.field(default=None, description="意见；退回必填。 Why; a must to send back.")
    signature: ApprovalSignatureInput | None = strawberry.field(
        default=None,
        description="通行密钥签名，声明取自 approvalDraft；大额必需。 A must from an amount on.",
    )


@strawberry.input(description="派出实地核查。 Order a field check.")
class ClaimFieldCheckInput(ClaimStepInput):
    """Order a field check."""

    doubt: str = strawberry.field(description="疑点。 The doubt.")
    members: list[strawberry.ID] = strawberry.field(description="核查人员，至少两名。 Who goes, two at least.")


@strawberry.input(description="提交核查报告。 Report a field check.")
class ClaimReportInput(ClaimStepInput):
    """Report a field check."""

    report: str = strawberry.field(description="核查情况。 What was found.")


@strawberry.input(description="申诉。 Appeal against a decision.")
class ClaimAppealInput(ClaimStepInput):
    """Appeal against a decision."""

    grounds: str = strawberry.field(description="理由。 The grounds.")


@strawberry.input(description="处理申诉。 Decide on an appeal.")
class ClaimAppealDecideInput(ClaimReasonInput):
    """Decide on an appeal."""

    outcome: AppealOutcome = strawberry.field(description="结果。 What comes of it.")


@strawberry.input(description="试算。 What would be paid, before filing.")
class ClaimEstimateInput:
    """What would be paid."""

    person_id: strawberry.ID = strawberry.field(description="参保人。 Whose care it is.")
    care: Care = strawberry.field(description="就诊类型。 The kind of care.")
    med_type: str | None = strawberry.field(default=None, description="医疗类别。 The national type.")
    hospital_code: str | None = strawberry.field(
        default=None,
        description="医疗机构代码；定点机构的级别按登记。 Its code; the register says a contracted one's level.",
    )
    level: Level | None = strawberry.field(
        default=None,
        description="医疗机构级别；非定点机构必填。 Its level; a must without a contracted hospital's code.",
    )
    emergency: bool = strawberry.field(default=False, description="是否急诊、抢救。 Whether it is an emergency.")
    off_site: OffSite = strawberry.field(default=OffSite.HOME, description="异地情形。 Where care is given.")
    began_on: date = strawberry.field(description="就诊开始日期。 The first day.")
    ended_on: date = strawberry.field(description="就诊结束日期。 The last day.")
    total: Money = strawberry.field(description="总费用。 The whole bill.")
    own_pay: Money = strawberry.field(default=ZERO, description="其中目录外自费；有明细时不填。 Outside the catalogue.")
    lines: list[ClaimLineInput] = strawberry.field(default_factory=list, description="明细，可不填。 Lines, if known.")

    def to_trial(self) -> claims.Trial:
        """Hand it on."""
        return claims.Trial(
            care=self.care,
            med_type=self.med_type,
            level=self.level,
            off_site=self.off_site,
            began_on=self.began_on,
            ended_on=self.ended_on,
            total=self.total,
            own_pay=self.own_pay,
            hospital_code=self.hospital_code,
            emergency=self.emergency,
            lines=tuple(line.to_line() for line in self.lines),
        )
