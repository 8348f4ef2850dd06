"""Four eyes in steps: somebody asks on exactly this content, others decide, each once and in their order.

    approval_id = await approvals.ask(work, kind=…, subject_id=…, statement=…, amount=…, sub_kind="inpatient")
    await approvals.decide(work, approval_id=approval_id, seen_digest=…, approve=True)
    if await approvals.is_approved(approval_id):
        …  # act, in the same transaction

Which steps a question needs is a pure function of the rules of the day on which it is asked (`four_eyes`, and for
hand claims the place's `approval`), and is stored with it together with its source. A decision names the digest of
the content that the decider saw, and above an amount a passkey signs it. A step may be passed on within its role; a
doubtful matter is discussed by several people first. A content that changes lets its question expire, and so does
time. Who asked or had a hand in it never decides, nobody decides twice, no step is skipped: PostgreSQL holds all of
this by itself (migrations/0015_approvals.sql) and alone works out what the decisions come to; what is said here is
only kinder. docs/guides/approvals.md tells how tiers are written and how an export is verified.
"""

from domain.approvals.access import effective_roles, list_colleagues, name_people
from domain.approvals.calc import SIGNING_TIME, canonical, content_digest_of, moment_text
from domain.approvals.errors import (
    ApprovalAlreadyDecided,
    ApprovalHasLapsed,
    ApprovalIsDecidedInItsRoom,
    ApprovalNotFound,
    ContentChangedMeanwhile,
    DecidedBefore,
    MakerMayNotDecide,
    RejectionNeedsReason,
    SignatureMissing,
    StepIsForOthers,
    StepWasHandedOver,
)
from domain.approvals.events import ApprovalLapsed
from domain.approvals.queries import (
    file_for_export,
    find_file,
    find_pending,
    find_question,
    is_approved,
    is_pending,
    list_questions,
    pending,
    read_statements,
    state_of,
    stream_ids,
)
from domain.approvals.service import (
    ask,
    ask_again,
    convene,
    decide,
    draft_decision,
    expire,
    expire_overdue,
    hand_over,
    lapse,
    require_may_decide,
    send_back,
)
from domain.approvals.values import (
    ApprovalKind,
    ApprovalState,
    Decision,
    Draft,
    Fact,
    File,
    Filter,
    Handover,
    Meeting,
    Outcome,
    Place,
    Question,
    Signed,
    Statement,
    Step,
)

__all__ = [
    "SIGNING_TIME",
    "ApprovalAlreadyDecided",
    "ApprovalHasLapsed",
    "ApprovalIsDecidedInItsRoom",
    "ApprovalKind",
    "ApprovalLapsed",
    "ApprovalNotFound",
    "ApprovalState",
    "ContentChangedMeanwhile",
    "DecidedBefore",
    "Decision",
    "Draft",
    "Fact",
    "File",
    "Filter",
    "Handover",
    "MakerMayNotDecide",
    "Meeting",
    "Outcome",
    "Place",
    "Question",
    "RejectionNeedsReason",
    "SignatureMissing",
    "Signed",
    "Statement",
    "Step",
    "StepIsForOthers",
    "StepWasHandedOver",
    "ask",
    "ask_again",
    "canonical",
    "content_digest_of",
    "convene",
    "decide",
    "draft_decision",
    "effective_roles",
    "expire",
    "expire_overdue",
    "file_for_export",
    "find_file",
    "find_pending",
    "find_question",
    "hand_over",
    "is_approved",
    "is_pending",
    "lapse",
    "list_colleagues",
    "list_questions",
    "moment_text",
    "name_people",
    "pending",
    "read_statements",
    "require_may_decide",
    "send_back",
    "state_of",
    "stream_ids",
]
