"""Masks, digests and faults of payouts: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from domain.errors import DomainError
from domain.identifiers import mask
from domain.money import Money
from domain.payouts.errors import PayeeAccountUnfit, PayeeBankUnfit, PayeeNameUnfit
from domain.payouts.values import Payee, Subject

NAME_MAX: Final = 70
REMARK_MAX: Final = 60
UNNAMED: Final = "仅奖励发放台可见"
"""What people read where a payee would stand whom only the reward desk knows."""
FIRST_PAUSE: Final = timedelta(seconds=20)
LONGEST_PAUSE: Final = timedelta(hours=1)
_ACCOUNT: Final = re.compile(r"[0-9]{8,32}")
_BANK_CODE: Final = re.compile(r"[0-9]{12}")
# Signs that part the fields of a bank's text file, and what no printed name holds.
_UNFIT_IN_TEXT: Final = re.compile(r"[|\r\n\t\x00-\x1f]")


def tidy_payee(payee: Payee) -> Payee:
    """Take the spaces out of numbers and from around the name, as people copy them."""
    return Payee(
        name=payee.name.strip(),
        account=re.sub(r"[\s-]", "", payee.account),
        bank_code=re.sub(r"\s", "", payee.bank_code),
    )


def payee_faults(payee: Payee) -> Iterator[DomainError]:
    """Name everything that no bank would take, before it is sent there."""
    if not 0 < len(payee.name) <= NAME_MAX or _UNFIT_IN_TEXT.search(payee.name):
        yield PayeeNameUnfit(longest=NAME_MAX, path=("payee", "name"))
    if not _ACCOUNT.fullmatch(payee.account):
        yield PayeeAccountUnfit(path=("payee", "account"))
    if not _BANK_CODE.fullmatch(payee.bank_code):
        yield PayeeBankUnfit(path=("payee", "bank_code"))


def is_fit_remark(remark: str) -> bool:
    """Tell whether a remark can stand on a bank statement."""
    return 0 < len(remark) <= REMARK_MAX and not _UNFIT_IN_TEXT.search(remark)


def name_hint(name: str) -> str:
    """Mask a name as counters do: the family name stays."""
    return name[0] + "*" * (len(name) - 1)


def account_hint(account: str) -> str:
    """Mask an account number."""
    return mask(account)


def payout_digest(
    *,
    number: str,
    subject: Subject,
    fund: str,
    amount: Money,
    account_index: bytes,
    bank_code: str,
    name_index: bytes,
    remark: str,
) -> bytes:
    """Fingerprint what a payout pays to whom. Name and account enter as keyed indexes, so it gives neither away."""
    parts = (
        number,
        subject.kind,
        str(subject.id),
        subject.purpose,
        fund,
        str(amount.fen),
        account_index.hex(),
        bank_code,
        name_index.hex(),
        remark,
    )
    return sha256("\n".join(parts).encode()).digest()


def batch_digest(*, number: str, fund: str, channel: str, payouts: Sequence[tuple[UUID, bytes]], total: Money) -> bytes:
    """Fingerprint a batch: its head, and each payout in it, in the order of their ids."""
    hashed = sha256("\n".join((number, fund, channel, str(len(payouts)), str(total.fen))).encode())
    for payout_id, digest in sorted(payouts):
        hashed.update(payout_id.bytes + digest)
    return hashed.digest()


def next_inquiry(*, since: datetime, inquiries: int) -> datetime:
    """Say when the bank is asked again: soon at first, then with pauses that double up to an hour."""
    return since + min(FIRST_PAUSE * 2 ** min(inquiries, 10), LONGEST_PAUSE)
