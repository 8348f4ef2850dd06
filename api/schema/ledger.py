"""The books, for those who keep and audit them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.asking import as_request_error, ask
from api.context import Info
from api.schema.common import After, First
from api.schema.enums import enum
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.refusals import PeriodIsEmpty
from api.schema.scalars import Money, encode_id, id_of
from api.scopes import needs
from domain import ledger
from domain.actors import Scope
from domain.period import Period

AccountKind = enum(
    ledger.AccountKind,
    "会计要素。 The element that an account belongs to.",
    ASSET="资产。 Assets.",
    LIABILITY="负债。 Liabilities.",
    NET_ASSET="净资产。 Net assets.",
    INCOME="收入。 Income.",
    EXPENSE="支出。 Expenses.",
)


@strawberry.type(description="会计科目。 One account of a fund's books.")
class LedgerAccount:
    """One account of a fund's books."""

    code: str = strawberry.field(description="科目编码。 The code.")
    name: str = strawberry.field(description="科目名称。 The official name.")
    name_en: str = strawberry.field(description="科目英文名。 The name in English.")
    kind: ledger.AccountKind = strawberry.field(description="会计要素。 The element.")
    confirmed: bool = strawberry.field(
        description="编码是否见于公开制度；否则待会计确认。 Whether the code was seen in a published text."
    )

    @classmethod
    def of(cls, account: ledger.Account) -> LedgerAccount:
        """Show one account."""
        return cls(
            code=account.code,
            name=account.name_zh,
            name_en=account.name_en,
            kind=account.kind,
            confirmed=account.standing is ledger.Standing.SEEN,
        )


@strawberry.type(description="科目余额：期初、借方、贷方、期末。 One account in a period.")
class AccountBalance:
    """One account in a period."""

    account: LedgerAccount = strawberry.field(description="科目。 The account.")
    opening: Money = strawberry.field(description="期初余额，借正贷负。 Before the period, debit positive.")
    debits: Money = strawberry.field(description="本期借方。 The debit side of the period.")
    credits: Money = strawberry.field(description="本期贷方。 The credit side of the period.")
    closing: Money = strawberry.field(description="期末余额，借正贷负。 After the period, debit positive.")


@strawberry.type(description="试算平衡表。 All accounts of a fund, and whether they balance.")
class TrialBalance:
    """All accounts of a fund in a period."""

    fund: str = strawberry.field(description="基金代码（insutype）。 The fund.")
    balanced: bool = strawberry.field(description="是否平衡。 Whether everything sums to nothing.")
    accounts: list[AccountBalance] = strawberry.field(description="各科目。 The accounts that ever moved.")


@strawberry.type(description="分录：一个科目的借或贷。 One line of a voucher.")
class VoucherLine:
    """One line of a voucher."""

    code: str = strawberry.field(description="科目编码。 The account.")
    debit: Money | None = strawberry.field(description="借方金额。 The amount, on the debit side.")
    credit: Money | None = strawberry.field(description="贷方金额。 The amount, on the credit side.")
    about: strawberry.ID | None = strawberry.field(description="关联业务的标识。 What this line is about.")


@strawberry.type(description="记账凭证：只增不改，错则冲正。 A voucher: never edited, only reversed.")
class Voucher:
    """A voucher as it stands in the books."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="凭证号。 The number to read out.")
    fund: str = strawberry.field(description="基金代码。 The fund.")
    reason: str = strawberry.field(description="事由代码。 Why, as a code.")
    day: date = strawberry.field(description="记账日期。 The day that it counts for.")
    summary: str = strawberry.field(description="摘要。 Why, in words.")
    total: Money = strawberry.field(description="借方合计（等于贷方合计）。 The sum of either side.")
    lines: list[VoucherLine] = strawberry.field(description="分录。 The lines.")
    reverses: strawberry.ID | None = strawberry.field(description="所冲正的凭证。 The voucher that this one undoes.")
    reversed_by: strawberry.ID | None = strawberry.field(description="冲正本凭证的凭证。 The voucher that undid it.")
    made_by: str = strawberry.field(description="制单。 Who made it.")
    made_at: datetime = strawberry.field(description="制单时间。 When it was made.")

    @classmethod
    def of(cls, voucher: ledger.Voucher) -> Voucher:
        """Show one voucher."""
        return cls(
            id=encode_id("Voucher", voucher.id),
            number=voucher.number,
            fund=voucher.fund,
            reason=voucher.reason,
            day=voucher.day,
            summary=voucher.summary,
            total=Money(voucher.total),
            lines=[_line(line) for line in voucher.lines],
            reverses=encode_id("Voucher", voucher.reverses) if voucher.reverses else None,
            reversed_by=encode_id("Voucher", voucher.reversed_by) if voucher.reversed_by else None,
            made_by=voucher.made_by,
            made_at=voucher.made_at,
        )


def _line(line: ledger.Line) -> VoucherLine:
    debit = Money(line.amount) if line.amount.fen > 0 else None
    credit = Money(-line.amount) if line.amount.fen < 0 else None
    about = encode_id(_ABOUT.get(line.about.kind, line.about.kind), line.about.id) if line.about else None
    return VoucherLine(code=line.code, debit=debit, credit=credit, about=about)


_ABOUT = {"bill": "Bill", "payment_order": "PaymentOrder", "refund": "Refund", "difference": "PaymentDifference"}

Fund = Annotated[str, strawberry.argument(description="基金代码，390 为城乡居民基本医保。 The fund; 390 by default.")]
From = Annotated[date | None, strawberry.argument(description="首日，默认全部。 The first day; all by default.")]
Until = Annotated[date | None, strawberry.argument(description="终止日（不含）。 The first day out.")]


@strawberry.type
class LedgerQuery:
    """Asking the books."""

    @strawberry.field(
        extensions=[needs(Scope.LEDGER_READ)], description="试算平衡表。 The trial balance of a fund for a period."
    )
    async def trial_balance(
        self, info: Info, fund: Fund = "390", starts: From = None, ends: Until = None
    ) -> TrialBalance | None:
        """Draw up the trial balance."""
        first_day = starts or date(2000, 1, 1)
        if ends is not None and ends <= first_day:
            raise as_request_error(PeriodIsEmpty(path=("ends",)))
        period = Period(first_day, ends)
        drawn = await ask(ledger.trial_balance(info.context.actor, fund=fund, period=period))
        return TrialBalance(
            fund=drawn.fund,
            balanced=drawn.balanced,
            accounts=[
                AccountBalance(
                    account=LedgerAccount.of(balance.account),
                    opening=Money(balance.opening),
                    debits=Money(balance.debits),
                    credits=Money(balance.credits),
                    closing=Money(balance.closing),
                )
                for balance in drawn.balances
            ],
        )

    @strawberry.field(
        extensions=[needs(Scope.LEDGER_READ)], description="序时账，新的在前。 The journal of a fund, newest first."
    )
    async def journal(
        self, info: Info, fund: Fund = "390", first: First = 20, after: After = None
    ) -> Connection[Voucher] | None:
        """List the journal."""
        place = decode_cursor(after, kinds=(date.fromisoformat, UUID))
        found = await ask(
            ledger.list_journal(
                info.context.actor,
                fund=fund,
                first=first + 1,
                after=ledger.JournalPlace(day=place[0], id=place[1]) if place else None,
            )
        )
        return page_of(found, first=first, node=Voucher.of, key=lambda voucher: (voucher.day, voucher.id))

    @strawberry.field(extensions=[needs(Scope.LEDGER_READ)], description="一张记账凭证。 One voucher.")
    async def voucher(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="凭证标识。 The voucher's id.")],
    ) -> Voucher | None:
        """Find one voucher."""
        entry_id = id_of(id, "Voucher")
        found = entry_id and await ask(ledger.find_voucher(info.context.actor, entry_id=entry_id))
        return Voucher.of(found) if found else None
