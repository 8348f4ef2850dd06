"""Clearing (清算): what the union, the civil-affairs budget and other funds owe the fund that paid for them.

One-stop settlement pays a person everything at once. What another payer bears of it is a *receivable*, written down in
the same transaction. By quarter with the union and by month with the others they are put into a *clearing* with a
statement of exactly these rows, sent after a second person agreed, and booked when the money comes; what another fund
of ours pays stands in its books, too.

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
    DebtorFundIsShort,
    NothingToClear,
    PeriodNotOver,
    ReceivableMeansAnotherError,
)
from domain.clearing.queries import find_clearing, list_clearings, list_statement
from domain.clearing.service import claim_from, decide_clearing, make_clearing, receive_clearing, take_claim_back
from domain.clearing.values import ClearingFacts, ClearingPayer, ClearingState, Place, StatementRow, fund_payer

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
    "DebtorFundIsShort",
    "NothingToClear",
    "PeriodNotOver",
    "Place",
    "ReceivableMeansAnotherError",
    "StatementRow",
    "claim_from",
    "decide_clearing",
    "find_clearing",
    "fund_payer",
    "list_clearings",
    "list_statement",
    "make_clearing",
    "period_of",
    "receive_clearing",
    "take_claim_back",
]
