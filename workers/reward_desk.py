"""The process that pays rewards: it alone can open where one goes, and speaks with the bank of the budget.

It has settings of its own (`RewardDeskSettings`), and takes no job from the queue, whose rows would tell what it does:
it looks every few seconds for payouts of the budget that others have released. Nothing that it logs names anybody.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain import informants, rules, store, tipoffs
from domain.crypto import Keyring
from domain.logs import configure_logs
from domain.settings import RewardDeskSettings
from domain.work import AGENCY_ZONE
from partners import bank, syslog
from partners.reward_desk import RewardDesk, read_keys
from workers.resources import read_clock

BEAT_SECONDS: Final = 5.0
STATEMENTS_EVERY: Final = timedelta(minutes=30)
NIGHT_HOUR: Final = 3
"""The hour, in the agency's zone, at which the desk says what was claimed on the day before."""
NIGHT_EVERY: Final = timedelta(hours=2)
log: Final = structlog.get_logger("workers.reward_desk")


@dataclass
class Rounds:
    """What the desk does, and when it did it last."""

    desk: RewardDesk
    last: dict[str, datetime] = field(default_factory=dict)

    async def go(self) -> None:
        """Do whatever is due; what fails does not keep the rest waiting, and is tried again."""
        await self._every(timedelta(), "pay", self.desk.pay)
        await self._every(STATEMENTS_EVERY, "take_statements", self.desk.take_statements)
        if self.desk.clock().astimezone(AGENCY_ZONE).hour == NIGHT_HOUR:
            await self._every(NIGHT_EVERY, "turn_the_day", self.desk.turn_the_day)

    async def _every(self, pause: timedelta, name: str, do: Callable[[], Awaitable[None]]) -> None:
        now = self.desk.clock()
        if name in self.last and now - self.last[name] < pause:
            return
        self.last[name] = now
        try:
            await do()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the next round comes
            # Without its words and its trace: an answer of the bank, or a value, could name somebody.
            log.error("round failed", round=name, fault=type(fault).__name__)  # noqa: TRY400 - see above


def main() -> None:
    """Run the desk until it is told to stop."""
    settings = RewardDeskSettings()
    configure_logs(collector=syslog.open_collector(settings.log_collector))
    asyncio.run(_run(settings))


def turn_the_day_now() -> None:
    """Do the work of a night, and end."""

    async def turn() -> None:
        async with open_desk(RewardDeskSettings()) as desk:
            await desk.turn_the_day()

    asyncio.run(turn())


async def _run(settings: RewardDeskSettings) -> None:
    async with open_desk(settings) as desk:
        known = await tipoffs.find_desk_keys(desk.private)
        print(f"reward desk ready, keys confirmed: {len(known.private)} of {len(desk.private)}", flush=True)  # noqa: T201 - the supervisor waits for this line
        await _until_told(Rounds(desk))


@asynccontextmanager
async def open_desk(settings: RewardDeskSettings) -> AsyncGenerator[RewardDesk]:
    """Open both stores and the line to the bank of the budget, with the desk's keys in its hands."""
    assert settings.database_url, "DATABASE_URL names the database of the desk."
    private = read_keys(settings.desk_key_file)
    address = settings.informants_url or settings.database_url
    key = informants.load_or_make_key(settings.informants_key_file)
    async with (
        bank.Client(bank.BankLink.load(settings.desk_bank_file)) as line,
        store.open_database(settings.database_url, pool=settings.pool),
        informants.open_store(address, key=key) as second,
    ):
        yield RewardDesk(
            line=line,
            keys=Keyring.load(settings.key_file),
            private=private,
            second=second,
            book=rules.load_book(),
            clock=read_clock,
        )


async def _until_told(rounds: Rounds) -> None:
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, told.set)
    while not told.is_set():
        await rounds.go()
        try:
            await asyncio.wait_for(told.wait(), BEAT_SECONDS)
        except TimeoutError:
            continue


if __name__ == "__main__":
    main()
