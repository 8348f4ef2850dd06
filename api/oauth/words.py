"""What a scope lets an application do, in words for the person who is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.actors import Scope
from domain.errors import Text

WORDS_OF_SCOPE: Final[Mapping[Scope, Text]] = {
    Scope.APPROVAL_DECIDE: Text("对经办事项作出审核决定", "decide on what colleagues have prepared"),
    Scope.APPROVAL_READ: Text("查看审核事项", "read what waits for a decision"),
    Scope.AUDIT_READ: Text("查看审计记录", "read the audit trail"),
    Scope.BILLING_RUN: Text("生成年度应缴账单", "make the bills of a year"),
    Scope.BENEFICIARY_DECIDE: Text("复核救助、优抚和工会名单", "decide on lists of beneficiaries"),
    Scope.BENEFICIARY_PROPOSE: Text("导入救助、优抚和工会名单", "bring lists of beneficiaries in"),
    Scope.BENEFICIARY_READ: Text("查看救助、优抚和工会名单", "read lists of beneficiaries"),
    Scope.BILL_PAY: Text("为本人和家人缴纳医保费", "pay contributions for you and your family"),
    Scope.CATALOGUE_DECIDE: Text("决定目录变更", "decide on changes of the catalogue"),
    Scope.CATALOGUE_PROPOSE: Text("提出目录变更", "propose changes of the catalogue"),
    Scope.CLAIM_DECIDE: Text("决定零星报销", "decide on hand claims"),
    Scope.CLAIM_FILE: Text("为本人和家人申请零星报销", "file hand claims for you and your family"),
    Scope.CLAIM_READ: Text("查看零星报销申请", "read hand claims"),
    Scope.CLAIM_REVIEW: Text("受理和审核零星报销", "take in and review hand claims"),
    Scope.CLEARING_HANDLE: Text("办理与工会、民政的清算", "bill the union and civil affairs"),
    Scope.COVERAGE_CHECK: Text("核验参保状态", "check whether somebody is covered"),
    Scope.DEV_INTROSPECT: Text("查看接口说明", "read the description of the API"),
    Scope.FILE_OWN: Text("上传和查看自己的材料", "send papers of your own and look at them"),
    Scope.FILE_READ: Text("查看有权查看的材料", "read the papers that you may see"),
    Scope.FILE_UPLOAD: Text("上传材料", "upload papers"),
    Scope.HOSPITAL_DECIDE: Text("复核定点医疗机构名单", "decide on lists of contracted hospitals"),
    Scope.HOSPITAL_PROPOSE: Text("导入定点医疗机构名单", "bring lists of contracted hospitals in"),
    Scope.IDENTITY_UNMASK: Text("凭事由查看一个完整号码，留有记录", "see one number in full for a reason, on record"),
    Scope.INSTITUTION_DECIDE: Text("决定机构密钥与接入", "decide on institutions' keys and admission"),
    Scope.INSTITUTION_MANAGE: Text("登记机构密钥、暂停机构", "ask for institutions' keys, and suspend institutions"),
    Scope.LEDGER_READ: Text("查看基金账簿", "read the fund's books"),
    Scope.MANDATE_MANAGE: Text("管理家人代办授权", "manage who may act for whom in your family"),
    Scope.PAYMENT_RECEIVE: Text("在窗口收取缴费", "receive payments at the counter"),
    Scope.PAYMENT_REFUND: Text("办理退费", "refund payments"),
    Scope.PAYOUT_PREPARE: Text("编制付款批次、更正收款账户", "make batches of payouts and repair accounts"),
    Scope.PAYOUT_READ: Text("查看付款", "read payouts"),
    Scope.PAYOUT_RELEASE: Text("放款", "release money"),
    Scope.RECHECK_HANDLE: Text("办理内部稽核抽查", "look once more at claims that were drawn"),
    Scope.RECHECK_READ: Text("查看内部稽核抽查的差错与统计", "read what re-checks found, and their counts"),
    Scope.RECONCILIATION_HANDLE: Text("办理对账差异", "handle differences with banks and platforms"),
    Scope.RECOVERY_DECIDE: Text("决定追回的分期、抵扣和核销", "decide how overpayments come back"),
    Scope.RECOVERY_HANDLE: Text("办理多付待遇的追回", "demand overpayments back"),
    Scope.RECOVERY_READ: Text("查看追回事项", "read recoveries"),
    Scope.RECOVERY_RECEIVE: Text("收取退回的款项", "receive what people give back"),
    Scope.REGISTRATION_CHECK: Text("审核参保登记材料", "check registrations"),
    Scope.REGISTRATION_DECIDE: Text("复核并决定参保登记", "decide on registrations"),
    Scope.REGISTRATION_SUBMIT: Text("提交参保登记", "submit registrations"),
    Scope.RESIDENT_READ: Text("查看参保人档案", "read residents' files"),
    Scope.SELF_BIND: Text("绑定本人身份、管理登录方式", "prove who you are and see where you are logged in"),
    Scope.SELF_CORRECT: Text("申请更正本人资料", "have your own data corrected"),
    Scope.SELF_READ: Text("查看本人和家人的参保与缴费信息", "read your own and your family's coverage and bills"),
    Scope.STAFF_ABSENCE: Text("确认同事的请假与代岗", "confirm colleagues' leave and stand-ins"),
    Scope.STAFF_ADMINISTER: Text("申请开设账号和分配岗位", "ask for accounts and posts of staff"),
    Scope.STAFF_CONFIRM: Text("确认账号和岗位，解除锁定", "confirm accounts and posts, and open locks"),
    Scope.STAFF_FACTORS: Text(
        "登记和停用您的通行密钥、动态口令", "register and retire your passkeys and one-time codes"
    ),
    Scope.STAFF_READ: Text("查看工作人员账号", "read the accounts of staff"),
    Scope.STAFF_SELF: Text("查看您的账号和登录，申请请假", "see your account and log-ins, and ask for leave"),
    Scope.STAFF_STOP: Text("停用和关闭工作人员账号", "suspend and close accounts of staff"),
    Scope.TIPOFF_HOLD_KEY: Text("登记自己的公钥", "register a public key of one's own"),
    Scope.TIPOFF_INVESTIGATE: Text("办理举报", "work on reports of misused funds"),
    Scope.TIPOFF_KEYS: Text("核对办案人员的公钥", "compare the public keys of investigators"),
    Scope.TIPOFF_OPEN: Text("开启举报人信息、发放奖励", "open informants' records and pay rewards"),
}
