"""Whom the money of a claim goes to: the bank's number from its name, or from the reviewer who looked it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain import payouts, settlement
from domain.claims import errors
from domain.claims.values import Findings, PayeeAccount
from domain.errors import DomainError
from domain.payouts import Payee

# Head offices by the numbers that they have in interbank payments (联行号). The last is made up, for demonstrations.
BANKS: Final = {
    "中国工商银行": "102100099996",
    "中国农业银行": "103100000026",
    "中国银行": "104100000004",
    "中国建设银行": "105100000017",
    "交通银行": "301290000007",
    "中国邮政储蓄银行": "403100000004",
    "海岛农商银行": "402342000018",
}


def payee_of(account: PayeeAccount, findings: Findings) -> Payee:
    """Make the payee; what the reviewer looked up goes before what the bank's name says, and may be missing."""
    code = findings.bank_code.strip() or BANKS.get(account.bank.strip(), "")
    return Payee(name=account.holder, account=account.number, bank_code=code)


def check_payee(account: PayeeAccount, findings: Findings, *, payable: int) -> Iterator[DomainError]:
    """Name everything for which no bank would take the payment, while the reviewer can still put it right."""
    if not payable:
        return
    payee = payee_of(account, findings)
    if not payee.bank_code:
        yield errors.BankNotKnown(bank=account.bank, path=("findings", "bank_code"))
        return
    yield from payouts.payee_faults(payee)


def payable_of(done: settlement.Settlement) -> int:
    """Give what the person would get, in fen: everybody's shares without what was paid elsewhere before."""
    given = done.case.episode.given
    shares = sum(pays for layer, pays in done.paid if layer not in given)
    return shares + (0 if "union" in given else done.fen.union)
