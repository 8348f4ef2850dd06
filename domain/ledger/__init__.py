"""Each fund's books: vouchers that balance, are posted once for each event, and are never changed.

An *account* (科目) is data with its official name. A *voucher* (记账凭证) has lines in whole fen, debit positive and
credit negative, that sum to nothing; its *key* names the business event, and one event has one voucher. A mistake is
undone by the exact reverse. The funds keep books on a cash basis: a voucher counts for the day on which money moved.
The database refuses a voucher that does not balance, an edited or added line, and an inexact reverse.

    await ledger.post(work, fund=ledger.RESIDENTS, key=f"payment:{order}", reason="CONTRIBUTION", day=day,
                      about=ledger.About("payment_order", order), summary="…",
                      postings=(ledger.debit(ledger.INCOME_DEPOSITS, sum), ledger.credit(ledger.CONTRIBUTIONS, sum)))
"""

from domain.ledger.chart import (
    ADVANCES,
    BENEFITS,
    BUDGET,
    CASH,
    CONTRIBUTIONS,
    EXPENDITURE_DEPOSITS,
    FISCAL_DEPOSITS,
    INCOME_DEPOSITS,
    OTHER_EXPENSES,
    RESIDENTS,
    SUSPENSE,
    load_funds,
)
from domain.ledger.errors import (
    BooksAreClosed,
    KeyMeansAnotherEventError,
    ReversalStays,
    VoucherAlreadyReversed,
    VoucherUnknown,
)
from domain.ledger.queries import (
    balance_of,
    count_journal,
    find_voucher,
    list_accounts,
    list_journal,
    list_vouchers_about,
    trial_balance,
)
from domain.ledger.service import install_chart, post, reverse
from domain.ledger.values import (
    About,
    Account,
    AccountKind,
    Balance,
    Fund,
    JournalPlace,
    Line,
    Standing,
    TrialBalance,
    Voucher,
    credit,
    debit,
)

__all__ = [
    "ADVANCES",
    "BENEFITS",
    "BUDGET",
    "CASH",
    "CONTRIBUTIONS",
    "EXPENDITURE_DEPOSITS",
    "FISCAL_DEPOSITS",
    "INCOME_DEPOSITS",
    "OTHER_EXPENSES",
    "RESIDENTS",
    "SUSPENSE",
    "About",
    "Account",
    "AccountKind",
    "Balance",
    "BooksAreClosed",
    "Fund",
    "JournalPlace",
    "KeyMeansAnotherEventError",
    "Line",
    "ReversalStays",
    "Standing",
    "TrialBalance",
    "Voucher",
    "VoucherAlreadyReversed",
    "VoucherUnknown",
    "balance_of",
    "count_journal",
    "credit",
    "debit",
    "find_voucher",
    "install_chart",
    "list_accounts",
    "list_journal",
    "list_vouchers_about",
    "load_funds",
    "post",
    "reverse",
    "trial_balance",
]
