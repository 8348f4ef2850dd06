"""What the bank does with instructions, and when."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.bank.documents import Instruction
from sandbox.bank.keys import Bank
from sandbox.bank.records import Movement, Store

ZONE: Final = ZoneInfo("Asia/Shanghai")
CLOSED_ACCOUNT: Final = "0404"
"""An account whose number ends so is closed: the payment is refused at once."""
GONE_ACCOUNT: Final = "0409"
"""An account whose number ends so was closed at the payee's bank: the payment is made and comes back."""
GONE_RETURN_SECONDS: Final = 5.0
SENTENCES: Final = {"AC04": "账户已销户", "AC01": "账号不存在", "BE01": "户名与账号不符", "AM04": "余额不足"}


def right_now() -> float:
    return time.time()


def day_of(moment: float) -> str:
    return datetime.fromtimestamp(moment, ZONE).date().isoformat()


@dataclass
class Business:
    """The counter of the bank over its store."""

    bank: Bank
    store: Store
    _serial: itertools.count[int] = field(default_factory=lambda: itertools.count(secrets.randbelow(10**6)))

    def pay(self, debtor: str, wish: Instruction) -> Movement:
        """Carry an instruction out, or do what the behaviour says; an idempotent bank does a number once."""
        known = [movement for movement in self.store.all_of(wish.number) if movement.is_out]
        if known and self.store.behaviour(wish.number).idempotent:
            same = known[0].terms() == (debtor, wish.account, wish.name, wish.bank_code, wish.fen)
            return known[0] if same else self._refusal(debtor, wish, "AM05", "指令号重复")
        return self.store.keep(self._decided(debtor, wish))

    def settle_due(self) -> None:
        """End what the bank worked on, and let come back what comes back."""
        now = right_now()
        for movement in list(self.store.waiting.values()):
            if movement.state == "PENDING" and movement.due_at <= now:
                self.store.change(movement, state="DONE", day=day_of(now))
            elif movement.state == "DONE" and 0 < movement.returns_at <= now:
                self.send_back(movement)

    def send_back(self, movement: Movement) -> Movement:
        """Book money that the payee's bank sent back, as a line of its own."""
        now = right_now()
        self.store.change(movement, returns_at=0)
        back = {"reference": self._reference(), "is_out": False, "day": day_of(now), "at": now, "returns_at": 0}
        return self.store.keep(Movement(**{**_plain(movement), **back, "remark": "退汇"}))  # pyright: ignore[reportArgumentType] - our own names

    def statement_lines(self, account: str, day: str) -> Iterable[Movement]:
        return self.store.on_day(account, day)

    def is_closed(self, day: str) -> bool:
        return day < day_of(right_now())

    def _decided(self, debtor: str, wish: Instruction) -> Movement:
        behaviour = self.store.behaviour(wish.number)
        if behaviour.refuse or wish.account.endswith(CLOSED_ACCOUNT):
            code = behaviour.refuse or "AC04"
            return self._refusal(debtor, wish, code, SENTENCES.get(code, "银行拒绝"))
        made = self._movement(debtor, wish)
        returns = behaviour.return_seconds or (GONE_RETURN_SECONDS if wish.account.endswith(GONE_ACCOUNT) else 0)
        changes: dict[str, object] = {"returns_at": made.at + returns if returns else 0}
        if behaviour.pending_seconds:
            changes |= {"state": "PENDING", "due_at": made.at + behaviour.pending_seconds}
        return Movement(**{**_plain(made), **changes})  # pyright: ignore[reportArgumentType] - our own names

    def _refusal(self, debtor: str, wish: Instruction, code: str, sentence: str) -> Movement:
        refused = {"state": "REFUSED", "code": code, "sentence": sentence}
        return Movement(**{**_plain(self._movement(debtor, wish)), **refused})  # pyright: ignore[reportArgumentType] - our own names

    def _movement(self, debtor: str, wish: Instruction) -> Movement:
        now = right_now()
        return Movement(
            reference=self._reference(),
            number=wish.number,
            debtor=debtor,
            account=wish.account,
            name=wish.name,
            bank_code=wish.bank_code,
            fen=wish.fen,
            remark=wish.remark,
            day=day_of(now),
            at=now,
        )

    def _reference(self) -> str:
        return f"BK{int(right_now() * 1000)}{next(self._serial) % 10**6:06d}"


def _plain(movement: Movement) -> dict[str, object]:
    return {name: getattr(movement, name) for name in Movement.__slots__}
