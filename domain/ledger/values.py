"""What the books are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.money import ZERO, Money


@unique
class AccountKind(StrEnum):
    """The five elements of the funds' accounting (资产, 负债, 净资产, 收入, 支出)."""

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    NET_ASSET = "NET_ASSET"
    INCOME = "INCOME"
    EXPENSE = "EXPENSE"


@unique
class Standing(StrEnum):
    """Whether an account's code was found in a published text or waits for an accountant's word."""

    SEEN = "SEEN"
    UNVERIFIED = "UNVERIFIED"


@dataclass(frozen=True, slots=True)
class Account:
    """One account (科目) of one fund."""

    fund: str
    code: str
    kind: AccountKind
    standing: Standing
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund: an accounting entity of its own, named by its scheme (insutype)."""

    code: str
    name_zh: str
    name_en: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class About:
    """What a voucher or a line is about: `bill`, `payment_order`, `refund` … and its id."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Line:
    """One line (分录) of a voucher: debit positive, credit negative, never zero."""

    code: str
    amount: Money
    about: About | None = None

    def __post_init__(self) -> None:
        if not self.amount:
            raise ValueError(f"A line of nothing on account {self.code} says nothing.")


def debit(code: str, amount: Money, about: About | None = None) -> Line:
    """Write an amount on the debit side (借)."""
    return Line(code, _positive(amount), about)


def credit(code: str, amount: Money, about: About | None = None) -> Line:
    """Write an amount on the credit side (贷)."""
    return Line(code, -_positive(amount), about)


def _positive(amount: Money) -> Money:
    if amount <= ZERO:
        raise ValueError(f"A side of a voucher takes more than nothing, not {amount}.")
    return amount


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher (记账凭证) as it stands in the books."""

    id: UUID
    number: str
    fund: str
    reason: str
    day: date
    about: About
    summary: str
    reverses: UUID | None
    reversed_by: UUID | None
    made_by: str
    made_at: datetime
    lines: tuple[Line, ...]

    @property
    def total(self) -> Money:
        """The sum of the debit side, which is the sum of the credit side."""
        return Money(sum(line.amount.fen for line in self.lines if line.amount > ZERO))


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """A place in the journal, to go on from: vouchers are listed newest first by day and id."""

    day: date
    id: UUID


@dataclass(frozen=True, slots=True)
class Balance:
    """One account in a period: what was there, both sides of what moved, what is there at the end.

    Opening and closing are debit minus credit; `debits` and `credits` are both positive.
    """

    account: Account
    opening: Money
    debits: Money
    credits: Money

    @property
    def closing(self) -> Money:
        """The balance after the last day of the period."""
        return self.opening + self.debits - self.credits


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts of a fund that ever moved up to the end of a period (试算平衡表)."""

    fund: str
    balances: tuple[Balance, ...]

    @property
    def balanced(self) -> bool:
        """Whether opening and closing balances sum to nothing and both sides of the period are equal."""
        return (
            sum(balance.opening.fen for balance in self.balances) == 0
            and sum(balance.closing.fen for balance in self.balances) == 0
            and sum(balance.debits.fen for balance in self.balances)
            == sum(balance.credits.fen for balance in self.balances)
        )
