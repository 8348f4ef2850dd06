"""Table by table, what an export holds. A new personal column fails a test until it stands in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domain.errors import Text


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """What of a table goes into an export: for whom its rows are, and which columns."""

    called: Text
    rows: str
    """The condition, with the person as `$1`."""
    columns: tuple[str, ...]
    sealed: tuple[str, ...] = ()
    """Sealed columns that are opened for their owner."""


_OF_PERSON: Final = "person_id = $1"

EXPORTED: Final[Mapping[str, ExportedTable]] = MappingProxyType(
    {
        "person": ExportedTable(
            Text("基本信息", "What you are known by"),
            "id = $1",
            (
                "id",
                "number",
                "name",
                "name_pinyin",
                "sex",
                "born_on",
                "died_on",
                "left_on",
                "document_type",
                "document_hint",
                "phone_hint",
                "phone_proved_at",
                "household_role",
                "community_code",
                "school_id",
                "registered_at",
            ),
            (
                "document_sealed",
                "phone_sealed",
            ),
        ),
        "household": ExportedTable(
            Text("户", "Household"),
            "id = (SELECT household_id FROM person WHERE id = $1)",
            ("number", "community_code", "address"),
        ),
        "mandate": ExportedTable(
            Text("代办关系", "Mandates"),
            "$1 IN (holder_id, subject_id)",
            ("id", "kind", "holder_id", "subject_id", "relation", "starts", "ends", "evidence", "granted_at"),
        ),
        "beneficiary": ExportedTable(
            Text("资助身份", "Lists of beneficiaries"), _OF_PERSON, ("category", "starts", "ends", "source")
        ),
        "registration": ExportedTable(
            Text("参保登记", "Registrations"),
            "$1 IN (person_id, guardian_id)",
            (
                "id",
                "number",
                "channel",
                "state",
                "subject_name",
                "scheme",
                "takes_part_from",
                "submitted_at",
                "due_on",
                "faults",
                "decided_at",
                "reason",
            ),
            ("content_sealed",),
        ),
        "participation": ExportedTable(
            Text("参保关系", "Taking part"), _OF_PERSON, ("scheme", "starts", "ends", "reason")
        ),
        "coverage": ExportedTable(
            Text("待遇享受期", "Coverage"),
            _OF_PERSON,
            (
                "scheme",
                "year",
                "starts",
                "ends",
                "wait_months",
                "paid_on",
                "explanation",
                "cancelled_at",
                "cancel_reason",
            ),
        ),
        "repaired_year": ExportedTable(
            Text("补缴年度", "Years paid afterwards"), _OF_PERSON, ("scheme", "year", "paid_on")
        ),
        "bill": ExportedTable(
            Text("缴费单", "Bills"),
            _OF_PERSON,
            (
                "id",
                "number",
                "scheme",
                "year",
                "contributor_group",
                "grade",
                "relief_category",
                "own_amount",
                "relief_amount",
                "due_amount",
                "subsidy_amount",
                "state",
                "settled_on",
                "cancel_reason",
                "made_at",
            ),
        ),
        "payment_order": ExportedTable(
            Text("支付订单", "Payments"),
            "payer_id = $1",
            ("id", "number", "payer_ip", "channel", "amount", "state", "created_at", "paid_at", "paid_amount"),
        ),
        "payment_item": ExportedTable(
            Text("支付明细", "What the payments were for"),
            "order_id IN (SELECT id FROM payment_order WHERE payer_id = $1)"
            " OR bill_id IN (SELECT id FROM bill WHERE person_id = $1)",
            ("order_id", "bill_id", "amount", "settles"),
        ),
        "refund": ExportedTable(
            Text("退费", "Refunds"),
            "bill_id IN (SELECT id FROM bill WHERE person_id = $1)"
            " OR bill_id IS NULL AND order_id IN (SELECT id FROM payment_order WHERE payer_id = $1)",
            ("number", "order_id", "bill_id", "amount", "reason", "state", "requested_at", "done_at"),
        ),
        "reading": ExportedTable(
            Text("查阅记录", "Who read your file"),
            _OF_PERSON,
            ("at", "reader_kind", "reader_label", "purpose", "what", "unmasked"),
        ),
        "correction": ExportedTable(
            Text("关键信息变更", "Corrections"),
            _OF_PERSON,
            (
                "asked_at",
                "state",
                "name",
                "born_on",
                "document_type",
                "document_hint",
                "papers",
                "effects",
                "decided_at",
                "reason",
            ),
            ("document_sealed",),
        ),
        "claim": ExportedTable(
            Text("零星报销", "Hand claims"),
            _OF_PERSON,
            (
                "id",
                "number",
                "state",
                "care",
                "total",
                "ended_on",
                "scheme",
                "account_hint",
                "filed_at",
                "due_on",
                "return_items",
                "decided_at",
                "reason",
                "payment",
                "paid_on",
            ),
            ("content_sealed", "account_sealed"),
        ),
        "claim_proposal": ExportedTable(
            Text("报销结算", "Proposed settlements"),
            "claim_id IN (SELECT id FROM claim WHERE person_id = $1)",
            ("id", "claim_id", "made_at", "pays", "total", "fund_total", "person_total", "deducted"),
            ("content_sealed",),
        ),
        "statement": ExportedTable(
            Text("结算单", "Statements of settlements"),
            _OF_PERSON,
            (
                *("number", "settled_at", "scheme", "year", "day", "total", "own_pay"),
                *("over_limit", "first_paid", "in_scope", "deductible", "basic", "large", "critical"),
                *("civil_servant", "enterprise", "veteran", "assistance", "tilt", "backstop", "fund_total"),
                *("hospital", "person_total", "account", "cash", "union_aid", "commercial", "paid_elsewhere"),
                *("payable", "set_off", "paid_out"),
            ),
            ("content_sealed",),
        ),
        "accumulator": ExportedTable(
            Text("年度累计", "What was used up in a year"), _OF_PERSON, ("year", "scheme", "purses")
        ),
        "accumulator_movement": ExportedTable(
            Text("年度累计变动", "Movements of what was used up"),
            _OF_PERSON,
            ("year", "scheme", "purse", "change", "moved_at"),
        ),
        "overpayment": ExportedTable(
            Text("应退回的待遇", "Benefits to give back"), _OF_PERSON, ("fund", "amount", "reason", "found_at")
        ),
        "recovery_case": ExportedTable(
            Text("追回", "Recoveries"),
            _OF_PERSON,
            (
                *("number", "subject_number", "fund", "amount", "settled", "state", "reason", "found_at"),
                *("ground", "demanded_at", "due_on", "set_off"),
            ),
        ),
        "recovery_entry": ExportedTable(
            Text("追回明细", "What came back"),
            "case_id IN (SELECT id FROM recovery_case WHERE person_id = $1)",
            ("kind", "amount", "day", "means", "reference"),
        ),
        "recovery_proposal": ExportedTable(
            Text("追回方案", "Plans of recovery"),
            "case_id IN (SELECT id FROM recovery_case WHERE person_id = $1)",
            ("measure", "amount", "reason", "state", "proposed_at", "decided_at", "decision_reason"),
        ),
        "recovery_instalment": ExportedTable(
            Text("分期退回", "Instalments"),
            "proposal_id IN (SELECT recovery_proposal.id FROM recovery_proposal JOIN recovery_case"
            " ON recovery_case.id = case_id WHERE person_id = $1)",
            ("place", "due_on", "amount"),
        ),
        "beneficiary_entry": ExportedTable(
            Text("名单变更", "Changes of lists"),
            _OF_PERSON,
            ("change", "category", "document_hint", "starts", "ends"),
            ("document_sealed",),
        ),
        "claim_appeal": ExportedTable(
            Text("申诉", "Appeals"),
            "claim_id IN (SELECT id FROM claim WHERE person_id = $1)",
            ("id", "claim_id", "filed_at", "outcome", "decided_at", "reason"),
            ("grounds_sealed",),
        ),
        "payout": ExportedTable(
            Text("付款", "Money paid out"),
            "subject_kind = 'claim' AND subject_id IN (SELECT id FROM claim WHERE person_id = $1)",
            ("id", "number", "amount", "state", "name_hint", "account_hint", "remark", "made_at", "settled_on"),
            ("name_sealed", "account_sealed"),
        ),
        "file": ExportedTable(
            Text("上传的材料", "Papers"),
            "id IN (SELECT file_id FROM attachment WHERE person_id = $1)",
            ("id", "purpose", "kind", "size", "received_at"),
            ("name_sealed",),
        ),
        "notice": ExportedTable(
            Text("通知", "Notices"), _OF_PERSON, ("at", "kind", "subject_number", "title", "body", "read_at")
        ),
        "notice_wish": ExportedTable(
            Text("短信提醒设置", "Whether texts are wanted"), _OF_PERSON, ("texts", "changed_at")
        ),
        "outside_identity": ExportedTable(
            Text("绑定的外部账号", "Log-ins of other platforms"),
            "id IN (SELECT identity_id FROM binding WHERE person_id = $1)",
            ("id", "channel", "first_seen_at"),
            ("subject_sealed",),
        ),
        "login_session": ExportedTable(
            Text("登录的浏览器", "Browsers"),
            "account_id IN (SELECT id FROM account WHERE person_id = $1)",
            ("started_at", "ended_at", "device"),
        ),
        "passkey": ExportedTable(
            Text("通行密钥", "Passkeys"),
            "account_id IN (SELECT id FROM account WHERE person_id = $1)",
            ("name", "made_at", "used_at"),
        ),
        "login_lock": ExportedTable(
            Text("登录失败", "Failed log-ins"),
            "account_id IN (SELECT id FROM account WHERE person_id = $1)",
            ("failures", "failed_at", "locked_at", "ended_at"),
        ),
        "account": ExportedTable(
            Text("登录账号", "Log-in"), _OF_PERSON, ("login", "display_name", "state", "created_at")
        ),
    }
)
"""Table by table, everything about a person. A test holds it against docs/data-map.yaml, column by column."""

NOT_EXPORTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "registration.warnings": "For the clerk: resident numbers of other people of the same name.",
        "claim_field_check.doubt_sealed": "What the agency doubts; the decision tells its reasons.",
        "claim_field_check.report_sealed": "What a visit found; the decision tells what follows from it.",
        "recheck.finding_sealed": "What internal audit found; a claim that is opened again tells the reason.",
        "approval.statement_sealed": "For those who decide; what is decided about stands in its own table.",
        "approval_meeting.minutes_sealed": "What colleagues said before they decided; the decision tells its reasons.",
        "absence.starts": "Of the agency's own people, who see it in their own room.",
        "absence.ends": "Of the agency's own people, who see it in their own room.",
        "absence.reason": "Of the agency's own people, who see it in their own room.",
        "staff_change.login": "Of the agency's own people, who see it in their own room.",
        "staff_change.display_name": "Of the agency's own people, who see it in their own room.",
        "investigator_relation.subject": "Of the agency's own people, who declare it themselves.",
        "tipoff_envelope.content": "Sealed to people; the house itself cannot read it, nor whom it is about.",
        "personal_export.content_sealed": "It is the export itself.",
    }
)
"""Personal columns that are no part of an export, and why."""
