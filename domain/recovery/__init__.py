"""Recovery (追回): what a person was paid too much comes back to the fund, or is written off by decision.

A *case* is opened with every overpayment, in the transaction that finds it. When the same thing is settled anew, what
was paid before counts first (set-off, 抵扣); what is left is *demanded*, with the article and a day. It is paid at
once or by instalments, at the counter or by bank; it is set off against later benefits of the same person with their
consent, or by law when two people said so; or it is written off, again by two. Everything that makes the debt smaller
is an *entry* with a voucher, and the database never lets more be recovered than is owed.

    await recovery.open_case(work, recovery.Overpaid(statement_id=…, person_id=…, fund="390", amount=sum, …))
    offsets = await recovery.plan_set_off(person_id=…, fund="390", subject=(kind, id), at_most=payable)
    await recovery.set_off(work, offsets, statement_id=statement, subject=(kind, id))
"""

from domain.recovery.errors import (
    InstalmentsUnfit,
    RecoveryAmountUnfit,
    RecoveryIsClosed,
    RecoveryNotFound,
    RecoveryNotInState,
    RecoveryProposalWaits,
    RecoveryReasonMissing,
    RecoveryReferenceUnfit,
)
from domain.recovery.queries import find_case, find_case_of_proposal, list_cases
from domain.recovery.service.money import open_case, plan_set_off, receive, set_off, undo_set_off
from domain.recovery.service.steps import consent_to_set_off, decide, demand, propose
from domain.recovery.values import (
    Entry,
    Instalment,
    Offset,
    Overpaid,
    Place,
    Proposal,
    RecoveryCase,
    RecoveryEntryKind,
    RecoveryMeans,
    RecoveryMeasure,
    RecoveryProposalState,
    RecoverySetOffGround,
    RecoveryState,
    Wish,
)

__all__ = [
    "Entry",
    "Instalment",
    "InstalmentsUnfit",
    "Offset",
    "Overpaid",
    "Place",
    "Proposal",
    "RecoveryAmountUnfit",
    "RecoveryCase",
    "RecoveryEntryKind",
    "RecoveryIsClosed",
    "RecoveryMeans",
    "RecoveryMeasure",
    "RecoveryNotFound",
    "RecoveryNotInState",
    "RecoveryProposalState",
    "RecoveryProposalWaits",
    "RecoveryReasonMissing",
    "RecoveryReferenceUnfit",
    "RecoverySetOffGround",
    "RecoveryState",
    "Wish",
    "consent_to_set_off",
    "decide",
    "demand",
    "find_case",
    "find_case_of_proposal",
    "list_cases",
    "open_case",
    "plan_set_off",
    "propose",
    "receive",
    "set_off",
    "undo_set_off",
]
