"""Clearing (清算): what the union and the civil-affairs budget owe the funds that paid for them at one window.

One-stop settlement pays a person everything at once. What another payer bears of it is a *receivable*, written down in
the same transaction. By quarter with the union and by month with civil affairs they are put into a *clearing* with a
statement of exactly these rows, sent after a second person agreed, and booked when the money comes.

    await clearing.claim_from(work, payer=clearing.ClearingPayer.UNION, fund=ledger.RESIDENTS, subject_kind="claim",
                              subject_id=claim_id, amount=sum, day=day)
"""

from domain.clearing.calc import period_of
from domain.clearing.errors import (
    ClearedAlready,
    ClearingIsClosed,
    ClearingNotFound,
    ClearingNotInState,
    ClearingReceiptUnfit,
    ClearingSumDiffers,
    NothingToClear,
    PeriodNotOver,
    ReceivableMeansAnotherError,
)
from domain.clearing.queries import find_clearing, list_clearings, list_statement
from domain.clearing.service import claim_from, decide_clearing, make_clearing, receive_clearing, take_claim_back
from domain.clearing.values import ClearingFacts, ClearingPayer, ClearingState, Place, StatementRow

__all__ = [
    "ClearedAlready",
    "ClearingFacts",
    "ClearingIsClosed",
    "ClearingNotFound",
    "ClearingNotInState",
    "ClearingPayer",
    "ClearingReceiptUnfit",
    "ClearingState",
    "ClearingSumDiffers",
    "NothingToClear",
    "PeriodNotOver",
    "Place",
    "ReceivableMeansAnotherError",
    "StatementRow",
    "claim_from",
    "decide_clearing",
    "find_clearing",
    "list_clearings",
    "list_statement",
    "make_clearing",
    "period_of",
    "receive_clearing",
    "take_claim_back",
]
