"""Four eyes: one person asks on exactly this content, another one decides, once.

`ask` binds a question to a digest of the content; `decide` must name the digest that the decider saw; a content that
changes afterwards lets the question expire. Who asked never decides. The database holds all of this by itself
(`approval_maker_is_not_checker`, `approval_is_final`, `approval_one_pending`, `approval_begins_pending`); what is
said here is only kinder. One question needs one decision; tiers and collective decisions will ask several times.
"""

from domain.approvals.errors import (
    ApprovalAlreadyDecided,
    ApprovalNotFound,
    ContentChangedMeanwhile,
    MakerMayNotDecide,
    RejectionNeedsReason,
)
from domain.approvals.queries import find_pending, pending
from domain.approvals.service import ask, decide, expire
from domain.approvals.values import ApprovalKind, ApprovalState, Question

__all__ = [
    "ApprovalAlreadyDecided",
    "ApprovalKind",
    "ApprovalNotFound",
    "ApprovalState",
    "ContentChangedMeanwhile",
    "MakerMayNotDecide",
    "Question",
    "RejectionNeedsReason",
    "ask",
    "decide",
    "expire",
    "find_pending",
    "pending",
]
