"""The reward desk: it pays rewards to people whom nobody else of the house can name.

It takes the released payouts of the budget, opens their accounts with a key of its own, and sends them over a line of
its own to the bank at which the budget lies. The rest of the house learns whether the bank has paid, refused or not
said, and never to whom. Sending, doubt and inquiry are the bank desk's: `SENDING` is committed first, the number is
fixed, and nothing is repeated before the bank was asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import ledger, payouts, reconciliation, rules, tipoffs
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.informants import InformantStore
from domain.work import Work, day_of, perform
from partners import bank
from partners.bank_desk import BankDesk

AT_MOST: Final = 200
DAYS_AT_FIRST: Final = 7
_A_DAY: Final = timedelta(days=1)
log: Final = structlog.get_logger("partners.reward_desk")


@dataclass(frozen=True)
class RewardDesk:
    """The desk with its keys in its hands. Two of them at once do nothing twice."""

    line: bank.Client
    keys: Keyring
    private: Mapping[bytes, X25519PrivateKey] = field(repr=False)
    second: InformantStore
    book: rules.Book
    clock: Callable[[], datetime]

    async def pay(self) -> None:
        """Send what was released, ask about what is undecided, and forget the accounts of what has ended."""
        desk = await tipoffs.find_desk_keys(self.private)
        bank_desk = self._bank_desk(desk)
        for payout in await payouts.list_unnamed_payouts(SYSTEM, first=AT_MOST):
            with _let_others_go_on(payout):
                await bank_desk.send_payout(payout.id)
        due = await payouts.list_payouts_to_inquire(SYSTEM, now=self.clock(), first=AT_MOST, unnamed=True)
        for payout in due:
            with _let_others_go_on(payout):
                await bank_desk.inquire(payout)
        await tipoffs.settle_accounts(desk=desk, second=self.second, today=day_of(self.clock()), book=self.book)

    async def turn_the_day(self) -> None:
        """Note what was claimed, let lapse what nobody claimed in time, and leave no order in the second store.

        Once a night and for all of them together: the hour at which somebody claimed stays unknown.
        """
        desk, now = await tipoffs.find_desk_keys(self.private), self.clock()
        found = await tipoffs.look_through_notices(desk=desk, second=self.second, today=day_of(now))
        for reward_id in found.claimed:
            await self._run(partial(tipoffs.note_claimed, reward_id=reward_id))
        for reward_id, notice in found.over:
            await self._run(partial(tipoffs.lapse_reward, reward_id=reward_id))
            await self.second.drop(notice)
        for notice in found.served:
            await self.second.drop(notice)
        await self.second.shuffle()

    async def _run(self, do: Callable[[Work], Awaitable[UUID | None]]) -> None:
        await perform(do, actor=SYSTEM, now=self.clock(), keys=self.keys)

    async def take_statements(self) -> None:
        """Compare the budget's account with the bank's statement of each day that is over."""
        last = await reconciliation.find_last_day(source=payouts.source_of(ledger.BUDGET))
        today = day_of(self.clock())
        day = last + _A_DAY if last else today - DAYS_AT_FIRST * _A_DAY
        while day < today and await self.take_statement(day):
            day += _A_DAY

    async def take_statement(self, day: date) -> bool:
        """Compare one day; False when the bank has not closed it yet."""
        desk = self._bank_desk(await tipoffs.find_desk_keys(self.private))
        return await desk.take_statement(fund=ledger.BUDGET, day=day)

    def _bank_desk(self, desk: tipoffs.DeskKeys) -> BankDesk:
        async def payee_of(payout: payouts.PayoutFacts) -> payouts.Payee | None:
            return await tipoffs.take_account(payout, desk=desk, second=self.second)

        return BankDesk(line=self.line, keys=self.keys, clock=self.clock, payee_of=payee_of)


def read_keys(file: Path) -> dict[bytes, X25519PrivateKey]:
    """Read the desk's private keys, one hexadecimal line each, the newest last; by their public halves."""
    return _by_public(X25519PrivateKey.from_private_bytes(bytes.fromhex(line)) for line in file.read_text().split())


def add_key(file: Path) -> bytes:
    """Make another private key for the desk, keep it in its file, and give the public half for the registry."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=True)
    private = X25519PrivateKey.generate()
    with file.open("a") as kept:
        kept.write(private.private_bytes_raw().hex() + "\n")
    return private.public_key().public_bytes_raw()


@contextmanager
def _let_others_go_on(payout: payouts.PayoutFacts) -> Generator[None]:
    """Say in the log that a payout failed, by what kind of fault: its words could hold a name."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001 - whatever it is, the others are paid
        log.error("reward failed", payout=payout.number, fault=type(fault).__name__)  # noqa: TRY400 - no trace, see above


def _by_public(keys: Iterable[X25519PrivateKey]) -> dict[bytes, X25519PrivateKey]:
    return {key.public_key().public_bytes_raw(): key for key in keys}
