"""Reconciliation (对账): what banks and platforms say moved, compared with what we hold, day by day.

A *statement* is everything that moved on one day as they say; a *movement* is what we hold. Both are compared by
number, to the fen (`compare`, pure). What does not agree becomes a *difference*, which stays open until one person
proposed how it ended and another one agreed. This room knows no payouts and no orders: the rooms that moved the money
say what they hold (`Movement`), and act on what two people decided (`DifferenceClosed`).
"""

from domain.reconciliation.calc import compare
from domain.reconciliation.errors import (
    ActionDoesNotFit,
    DifferenceHasProposal,
    ReconciliationDifferenceNotFound,
    ReconciliationIsClosed,
    ReconciliationOutcomeMissing,
)
from domain.reconciliation.events import DifferenceClosed
from domain.reconciliation.queries import find_difference, find_last_day, list_differences, list_statements
from domain.reconciliation.service import decide_closing, is_known, note, propose_closing, record
from domain.reconciliation.values import (
    ClosingAction,
    Comparison,
    DifferenceFacts,
    Found,
    Match,
    MismatchKind,
    MoneyDirection,
    Movement,
    Place,
    Statement,
    StatementFacts,
    StatementLine,
    Surety,
)

__all__ = [
    "ActionDoesNotFit",
    "ClosingAction",
    "Comparison",
    "DifferenceClosed",
    "DifferenceFacts",
    "DifferenceHasProposal",
    "Found",
    "Match",
    "MismatchKind",
    "MoneyDirection",
    "Movement",
    "Place",
    "ReconciliationDifferenceNotFound",
    "ReconciliationIsClosed",
    "ReconciliationOutcomeMissing",
    "Statement",
    "StatementFacts",
    "StatementLine",
    "Surety",
    "compare",
    "decide_closing",
    "find_difference",
    "find_last_day",
    "is_known",
    "list_differences",
    "list_statements",
    "note",
    "propose_closing",
    "record",
]
