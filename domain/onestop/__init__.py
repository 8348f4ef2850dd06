"""One-stop settlement (一站式结算): every layer settled in one transaction, with one statement and one payment.

    decided = onestop.Decided(subject=…, proposal_id=…, done=done, payee=payee, …)
    statement = await onestop.settle(work, decided, shelf=shelf)

With the last signature on a proposal its room hands over what the engine made of it. In that transaction the year's
accumulators move, the *statement* is written with the identities of the national interface, each fund's books get
their voucher, the union and civil affairs owe what they bear, what the person owes back is set off, and one payout is
made for the rest of what the person gets. The
fund of the person's scheme advances all of it. `take_back` gives exactly back: opposite movements, reversing vouchers,
claims taken back, and the payout cancelled, or an *overpayment* that the person owes where it has been paid already.
"""

from domain.onestop.errors import PaymentIsUnderWay, SettledOnOldGroundError, StatementNotFound
from domain.onestop.queries import find_statement, list_overpayments, list_statements, used_before
from domain.onestop.service.late import settle, take_back
from domain.onestop.values import Account, Decided, Overpayment, Settled, Statement, StatementStep, Subject

__all__ = [
    "Account",
    "Decided",
    "Overpayment",
    "PaymentIsUnderWay",
    "Settled",
    "SettledOnOldGroundError",
    "Statement",
    "StatementNotFound",
    "StatementStep",
    "Subject",
    "find_statement",
    "list_overpayments",
    "list_statements",
    "settle",
    "take_back",
    "used_before",
]
