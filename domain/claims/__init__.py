"""Hand claims (零星报销): from the resident's papers to a decided settlement.

A claim is *drafted* and *filed* for oneself or for somebody one may act for; electronic receipts are read, so that
nobody types what is printed. The desk *takes* it, says once what is missing, and *accepts* it; the reviewer *proposes*
a settlement line by line, made by the engine, and others *sign* exactly that. What was proposed is bound by a digest
to lines, rules, accumulators, papers, receipts and account: what changes must be looked at again. The clock counts
working days by the place's rule and the nation's, stands still for reasons that everybody reads, and stops with the
decision. States follow a machine that the database holds; every step stays in the history; a receipt pays once.
With the last signature every layer is settled for good in the same transaction (`onestop`), and the claim follows its
payment to the bank.
"""

from domain.claims.access import PAPERS, claims_visible_to, sees_papers
from domain.claims.calc.machine import STEPS
from domain.claims.calc.reckoning import DEDUCTIONS
from domain.claims.errors import ClaimNotFound
from domain.claims.events import ClaimDecided, ClaimFiled
from domain.claims.queries import (
    estimate,
    find_claim,
    find_file,
    find_file_of_decision,
    find_statement,
    list_claims,
    list_queue,
    read_bill,
    review_sheet,
)
from domain.claims.service.after import appeal_claim, decide_appeal, reopen_claim
from domain.claims.service.desk import (
    accept_claim,
    hand_over_claim,
    open_claim,
    pause_clock,
    resume_clock,
    return_claim,
    take_claim,
)
from domain.claims.service.doubts import confirm_field_check, order_field_check, report_field_check
from domain.claims.service.filing import (
    answer_claim,
    draft_claim,
    file_claim,
    read_receipt_in,
    update_claim,
    withdraw_claim,
)
from domain.claims.service.review import propose_refusal, propose_settlement, sign_proposal
from domain.claims.service.settling import note_payment
from domain.claims.values import (
    AppealOutcome,
    AppealRecord,
    Care,
    Cause,
    ClaimFile,
    ClaimRecord,
    ClaimState,
    Declared,
    DeclaredPaper,
    DeclaredReceipt,
    DeductionReason,
    FieldCheckRecord,
    Findings,
    HistoryEntry,
    PaperKind,
    PauseReason,
    PayeeAccount,
    PaymentState,
    Proposal,
    ReceiptStanding,
    Reckoning,
    ReturnItem,
    ReviewedLine,
    Risk,
    Settled,
    SheetLine,
    Standing,
    StepText,
    Trial,
)

__all__ = [
    "DEDUCTIONS",
    "PAPERS",
    "STEPS",
    "AppealOutcome",
    "AppealRecord",
    "Care",
    "Cause",
    "ClaimDecided",
    "ClaimFile",
    "ClaimFiled",
    "ClaimNotFound",
    "ClaimRecord",
    "ClaimState",
    "Declared",
    "DeclaredPaper",
    "DeclaredReceipt",
    "DeductionReason",
    "FieldCheckRecord",
    "Findings",
    "HistoryEntry",
    "PaperKind",
    "PauseReason",
    "PayeeAccount",
    "PaymentState",
    "Proposal",
    "ReceiptStanding",
    "Reckoning",
    "ReturnItem",
    "ReviewedLine",
    "Risk",
    "Settled",
    "SheetLine",
    "Standing",
    "StepText",
    "Trial",
    "accept_claim",
    "answer_claim",
    "appeal_claim",
    "claims_visible_to",
    "confirm_field_check",
    "decide_appeal",
    "draft_claim",
    "estimate",
    "file_claim",
    "find_claim",
    "find_file",
    "find_file_of_decision",
    "find_statement",
    "hand_over_claim",
    "list_claims",
    "list_queue",
    "note_payment",
    "open_claim",
    "order_field_check",
    "pause_clock",
    "propose_refusal",
    "propose_settlement",
    "read_bill",
    "read_receipt_in",
    "reopen_claim",
    "report_field_check",
    "resume_clock",
    "return_claim",
    "review_sheet",
    "sees_papers",
    "sign_proposal",
    "take_claim",
    "update_claim",
    "withdraw_claim",
]
