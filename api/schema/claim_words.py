"""The words of hand claims on the wire: every enum with its official term."""

from __future__ import annotations

from typing import Final

from api.schema.enums import enum
from domain import catalogue, claims, receipts
from domain.rules import Level, OffSite, Standing

PAGE_MAX: Final = 100
"""The most rows of one page."""

ClaimState = enum(
    claims.ClaimState,
    "报销申请状态。 Where a claim stands.",
    DRAFT="草稿。 A draft, seen by nobody else.",
    FILED="已提交，待受理。 Filed, waits for intake.",
    RETURNED="已一次性告知，待补正。 Sent back once with everything that is missing.",
    IN_REVIEW="审核中。 Accepted and being reviewed.",
    PROPOSED="已提出，待复核签批。 Proposed, waits for its signatures.",
    APPROVED="予以支付。 Approved.",
    REJECTED="不予支付。 Rejected, with the reason.",
    WITHDRAWN="已撤回。 Taken back.",
    SETTLED="已一站式结算，待付款。 Settled for good; the payment follows.",
    PAID="已支付。 Paid by the bank.",
)
PaymentState = enum(
    claims.PaymentState,
    "付款进度。 What becomes of the money of a settled claim.",
    NOTHING_DUE="无应付金额。 The settlement gives nothing to pay.",
    WAITING="待付款。 Waits for its batch and the bank.",
    PAID="已到账。 Paid.",
    SENT_BACK="银行退回，核对账户中。 The bank sent it back; the account is checked.",
)
Care = enum(
    claims.Care,
    "就诊类型。 The kind of care.",
    OUTPATIENT="门诊。 Outpatient.",
    INPATIENT="住院。 Inpatient.",
)
Cause = enum(
    claims.Cause,
    "就诊原因；工伤等由他方负担的不予支付。 Why care was needed.",
    ILLNESS="疾病。 Illness.",
    ACCIDENT="意外伤害（无第三人责任）。 An accident without a third party.",
    WORK_INJURY="工伤。 A work injury.",
    THIRD_PARTY="应由第三人负担。 A third party bears it.",
    PUBLIC_HEALTH="应由公共卫生负担。 Public health bears it.",
    ABROAD="境外就医。 Care abroad.",
)
PaperKind = enum(
    claims.PaperKind,
    "申报材料，仅此四种。 The four papers; nothing else may be asked for.",
    BILL="收费票据。 The bill.",
    FEE_LIST="费用清单。 The fee list.",
    DIAGNOSIS="诊断证明。 The diagnosis.",
    RECORD="病历资料。 The medical record.",
)
PauseReason = enum(
    claims.PauseReason,
    "暂停计时原因。 Why the clock stands still.",
    PAPERS="等待申请人补正。 Waits for the applicant.",
    FIELD_CHECK="实地核查。 A field check.",
    OTHER_REGION="向异地经办机构核实。 Another region is asked.",
    THIRD_PARTY="等待第三方结论。 A third party's finding is awaited.",
)
Risk = enum(
    claims.Risk,
    "风险等级。 How closely a claim is to be looked at.",
    LOW="低。 Low.",
    MEDIUM="中。 Medium.",
    HIGH="高。 High.",
)
DeductionReason = enum(
    claims.DeductionReason,
    "核减理由。 Why a line, or a part of it, is not paid on.",
    **{reason.name: f"{text.zh}。 It is {text.en}." for reason, text in claims.DEDUCTIONS.items()},
)
AppealOutcome = enum(
    claims.AppealOutcome,
    "申诉结果。 What came of an appeal.",
    UPHELD="成立，重新审核。 Upheld: reviewed again.",
    DISMISSED="不成立。 Dismissed.",
)
ReceiptKind = enum(
    receipts.ReceiptKind,
    "票据种类（elecSetlCertType）。 The kind of a receipt.",
    PAPER="纸质票据。 On paper.",
    FISCAL="财政电子票据（1）。 Electronic fiscal receipt.",
    TAX_INVOICE="税务电子发票（2）。 Electronic tax invoice.",
    DIGITAL_INVOICE="数电票（3），只有号码。 Digital invoice, a number alone.",
)
Verification = enum(
    receipts.Verification,
    "票据查验结果。 What the issuer's platform says.",
    NOT_NEEDED="纸质票据，人工核对。 Paper: compared by people.",
    WAITING="查验中。 Being asked.",
    GENUINE="查验相符。 Genuine.",
    UNKNOWN_TO_ISSUER="查无此票。 The issuer does not know it.",
    DIFFERS="金额或信息不符。 The issuer knows another amount.",
    REVERSED="已冲红。 Reversed.",
    USED_ELSEWHERE="已在他处报销。 Used elsewhere.",
)
HospitalLevel = enum(
    Level,
    "医疗机构起付线级别（dedc_hosp_lv）。 The deductible level of a hospital.",
    PRIMARY="一级及以下。 Primary.",
    SECONDARY="二级。 Secondary.",
    TERTIARY="三级。 Tertiary.",
    OTHER="其他。 Other.",
)
OffSiteKind = enum(
    OffSite,
    "异地就医情形。 Where care was given, and whether it was filed.",
    HOME="统筹区内。 At home.",
    PROVINCE_FILED="省内异地，已备案。 In the province, filed.",
    PROVINCE_UNFILED="省内异地，未备案。 In the province, not filed.",
    NATION_FILED="跨省异地，已备案。 In another province, filed.",
    NATION_UNFILED="跨省异地，未备案。 In another province, not filed.",
)
CatalogueKind = enum(
    catalogue.ItemKind,
    "目录类别（list_type）。 What an item is.",
    DRUG="西药、中成药（101）。 A drug.",
    HERB="中药饮片（102）。 A herb.",
    HOSPITAL_PREPARATION="自制剂（103）。 A hospital's own preparation.",
    ETHNIC_DRUG="民族药（104）。 An ethnic drug.",
    OTHER_DRUG="其他药品（105）。 Another drug.",
    GRANULES="配方颗粒（106）。 Granules.",
    SERVICE="医疗服务项目（201）。 A service.",
    CONSUMABLE="医用耗材（301）。 A consumable.",
)
CatalogueImportState = enum(
    catalogue.ImportState,
    "目录导入状态。 Where an import stands.",
    PROPOSED="待复核。 Waits for a second person.",
    IN_FORCE="已通过。 Approved: it holds from its first day.",
    REJECTED="未通过。 Rejected.",
    EXPIRED="已失效。 Expired.",
)
CatalogueChangeKind = enum(
    catalogue.Change,
    "目录变更。 What an import does to a code.",
    ADDED="新增。 Added.",
    CHANGED="调整。 Changed.",
    ENDED="停用。 Ended.",
)
RuleStanding = enum(
    Standing,
    "来源的可靠程度。 How far a source may be trusted.",
    OFFICIAL="官方文件。 An official document.",
    PRESS="报刊转载。 The press.",
    DEMONSTRATION="示范数据，非现行规定。 Made up for the demonstration.",
)
