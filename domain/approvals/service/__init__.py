"""Doing: asking, deciding, passing a step on, discussing, and letting a question end without a decision."""

from domain.approvals.service.asking import ask, ask_again, expire, expire_overdue, lapse
from domain.approvals.service.deciding import decide, draft_decision, require_may_decide, send_back
from domain.approvals.service.passing_on import convene, hand_over

__all__ = [
    "ask",
    "ask_again",
    "convene",
    "decide",
    "draft_decision",
    "expire",
    "expire_overdue",
    "hand_over",
    "lapse",
    "require_may_decide",
    "send_back",
]
