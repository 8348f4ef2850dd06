"""The bank's protocols: ISO 20022 orders, reports and statements, its plain text files, and the inquiry over the line.

    async with bank.Client(bank.BankLink.load(path)) as line:
        match await line.pay(transfer, fund="390", made_at=committed_moment):
            case bank.Executed(reference=reference): ...
            case bank.Refused(code=code): ...
            case bank.Pending(): ...
            case bank.Unknown(doubt=doubt): ...          # nobody knows; only an inquiry tells

Every request and every answer is signed. An answer that is not rightly signed is no answer.
"""

from partners.bank import camt053, pain001, pain002, text_file
from partners.bank.client import Client, Patience
from partners.bank.exchange import Exchange
from partners.bank.link import BankLink
from partners.bank.values import (
    Debtor,
    Doubt,
    Executed,
    Line,
    NeverHeardOf,
    Order,
    Outcome,
    Pending,
    Refused,
    Report,
    Statement,
    Status,
    Transfer,
    Unknown,
    Unreadable,
)

__all__ = [
    "BankLink",
    "Client",
    "Debtor",
    "Doubt",
    "Exchange",
    "Executed",
    "Line",
    "NeverHeardOf",
    "Order",
    "Outcome",
    "Patience",
    "Pending",
    "Refused",
    "Report",
    "Statement",
    "Status",
    "Transfer",
    "Unknown",
    "Unreadable",
    "camt053",
    "pain001",
    "pain002",
    "text_file",
]
