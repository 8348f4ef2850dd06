"""Payouts that wait in a new city, so that there is something to pay: three people, and a bank with three answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from cli.steps import address_of
from domain import ledger, payouts, store
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.money import Money
from domain.settings import Settings
from domain.work import Work, perform

_BANK_CODE: Final = "102345000012"
_TRANSFER: Final = uuid5(NAMESPACE_URL, "yibao:demo:transfer")
_WAITING: Final = (
    # The sandbox bank pays the first, holds the second account for closed, and gets the third payment back.
    ("林小舟", "6217001234560001", Money.parse("1834.50")),
    ("岳长青", "6217001234560404", Money.parse("620.00")),
    ("高平安", "6217001234560409", Money.parse("2750.80")),
)


def owe_something(settings: Settings) -> None:
    """Fill the expenditure account and owe three people money; what is there already stays as it is."""
    asyncio.run(_owe_something(settings))


async def _owe_something(settings: Settings) -> None:
    keys = Keyring.load(settings.key_file)
    now = datetime.now(UTC)  # noqa: TID251 - the border of the house
    async with store.open_database(address_of(settings), pool=1):
        await perform(_fill_and_owe, actor=SYSTEM, now=now, keys=keys)


async def _fill_and_owe(work: Work) -> UUID | None:
    await ledger.post(
        work,
        fund=ledger.RESIDENTS,
        key="transfer:demo",
        reason="TRANSFER",
        day=work.today,
        about=ledger.About("transfer", _TRANSFER),
        postings=[
            ledger.debit(ledger.EXPENDITURE_DEPOSITS, Money.yuan(1_000_000)),
            ledger.credit(ledger.FISCAL_DEPOSITS, Money.yuan(1_000_000)),
        ],
        summary="用款计划拨入支出户",
    )
    for name, account, amount in _WAITING:
        await payouts.create(
            work,
            subject=payouts.Subject("demo_claim", uuid5(NAMESPACE_URL, f"yibao:demo:{account}"), "BENEFIT"),
            fund=ledger.RESIDENTS,
            amount=amount,
            payee=payouts.Payee(name, account, _BANK_CODE),
            remark="零星报销",
            expense=ledger.BENEFITS,
        )
    return None
