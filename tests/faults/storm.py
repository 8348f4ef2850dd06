"""Payments in a storm: created, batched over HTTP, released and sent while everything of ours is killed at random."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import httpx2
from tortoise.exceptions import DBConnectionError, OperationalError

from api.oauth.tokens import AccessTokens
from domain import ledger, payouts, reconciliation, store
from domain.actors import SYSTEM, Actor, LogIn
from domain.identity import StaffRole
from domain.ids import new_id
from domain.money import Money
from domain.payouts import Payee, PayoutState, Subject
from domain.reconciliation import ClosingAction
from domain.work import Work, day_of, perform
from partners import bank
from partners.bank_desk import BankDesk
from tests.builders import KEYS
from tests.conformance.agency import an_officer
from tests.faults.house import ORIGIN, House
from tests.payout_world import BANK_CODE, FUND

BATCH: Final = 100
CLOSED_EVERY: Final = 50
BLOWS: Final = ("worker",) * 6 + ("api",) * 2 + ("session",) + ("database",)
CASHIER: Final = an_officer(StaffRole.CASHIER)
ACCOUNTANT: Final = an_officer(StaffRole.ACCOUNTANT)
ENDED: Final = (PayoutState.CONFIRMED, PayoutState.REJECTED)
_OUR_OWN: Final = (OSError, DBConnectionError, OperationalError)


def right_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - real processes live by the real clock


@dataclass
class Storm:
    """What is to be paid, and what came of it."""

    house: House
    bank_address: str
    customer_file: Path
    payments: int
    chance: Random
    subjects: dict[UUID, int] = field(default_factory=dict)
    tokens: AccessTokens = field(default_factory=lambda: AccessTokens(origin=ORIGIN, keys=KEYS))
    blows_left: int = 0
    seconds: float = 0

    @property
    def whole(self) -> int:
        """The fen of everything whose account is open."""
        return sum(fen for place, fen in enumerate(self.subjects.values()) if not is_closed(place))

    async def rage(self, *, kills: int) -> None:
        """Create, batch and release everything while blows fall, then wait until nothing is under way any more."""
        began = time.monotonic()
        self.subjects = {uuid4(): self.chance.randrange(1, 5_000_000) for _ in range(self.payments)}
        self.blows_left = kills
        self.house.see_to_children()
        await asyncio.gather(self._create(), self._release(), self._strike())
        await self.until_quiet()
        self.seconds = time.monotonic() - began

    async def until_quiet(self, *, patience: float = 120) -> None:
        """Wait until nothing waits to be sent, and nothing that the bank could speak of is undecided.

        Fails when nothing has moved for as long as `patience`, in seconds: how long all of it takes is the machine's.
        """
        seen: dict[str, int] = {}
        end = time.monotonic() + patience
        while True:
            self.house.see_to_children()
            counts = await self.counts()
            moving = sum(counts.get(state.value, 0) for state in payouts.UNDER_WAY if state is not PayoutState.UNKNOWN)
            if not moving and not await self._undecided_that_the_bank_knows():
                return
            if counts != seen:
                seen, end = counts, time.monotonic() + patience
            assert time.monotonic() < end, f"Still under way: {counts}"
            await asyncio.sleep(0.3)

    async def counts(self) -> dict[str, int]:
        found = await self.patiently(
            lambda: store.rows("SELECT state, count(*)::int AS payouts FROM payout GROUP BY state")
        )
        return {row["state"]: row["payouts"] for row in found}

    async def at_bank(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Give how often each number was paid, and how much."""
        async with httpx2.AsyncClient(base_url=self.bank_address, trust_env=False, timeout=30) as http:
            told = (await http.get("/sandbox/counts")).json()
        return told["times"], told["fen"]

    async def reconcile(self, days: Sequence[date]) -> None:
        """Compare the bank's statements."""
        link = bank.BankLink.load(self.customer_file, base_url=self.bank_address)
        async with bank.Client(link) as line:
            desk = BankDesk(line=line, keys=KEYS, clock=right_now)
            for day in days:
                assert await desk.take_statement(fund=FUND, day=day)

    async def close_all(self, action: ClosingAction) -> int:
        """Let two people close every open difference."""
        found = await reconciliation.list_differences(SYSTEM, only_open=True, first=100_000)
        for difference in found:
            await self._close(difference.id, action)
        return len(found)

    async def patiently(self, do: Callable[[], Awaitable[Any]]) -> Any:
        """Do something that may be done twice until the database lets us.

        Each try is a task of its own, as requests and jobs are: the ORM leaves a broken transaction in the context of
        the task in which the database went away.
        """
        end = time.monotonic() + 90
        while True:
            try:
                return await asyncio.create_task(_asked(do))
            except _OUR_OWN:
                assert time.monotonic() < end, "The database does not come back."
            except Exception as failure:
                if type(failure).__module__.split(".")[0] != "asyncpg":
                    raise
                assert time.monotonic() < end, "The database does not come back."
            await asyncio.sleep(0.1)

    async def _close(self, difference_id: UUID, action: ClosingAction) -> None:
        async def propose(work: Work) -> UUID:
            return await reconciliation.propose_closing(
                work, difference_id=difference_id, action=action, outcome="与银行核实未付"
            )

        await perform(propose, actor=CASHIER, now=right_now(), keys=KEYS)
        found = await reconciliation.find_difference(SYSTEM, difference_id=difference_id)
        assert found is not None
        digest = found.content_digest
        assert digest is not None

        async def decide(work: Work) -> UUID:
            return await reconciliation.decide_closing(
                work, difference_id=difference_id, seen_digest=digest, approve=True, reason=None
            )

        await perform(decide, actor=ACCOUNTANT, now=right_now(), keys=KEYS)

    async def _create(self) -> None:
        """Owe everything, as the rooms do; who is not sure that it was written down does it again."""
        for place, (subject, fen) in enumerate(self.subjects.items()):
            payee = Payee("王小丽", f"621700{place:08d}{'0404' if is_closed(place) else '0001'}", BANK_CODE)

            async def owe(work: Work, subject: UUID = subject, fen: int = fen, payee: Payee = payee) -> UUID:
                return await payouts.create(
                    work,
                    subject=Subject("claim", subject, "BENEFIT"),
                    fund=FUND,
                    amount=Money(fen),
                    payee=payee,
                    remark="零星报销",
                    expense=ledger.BENEFITS,
                )

            await self.patiently(lambda owe=owe: perform(owe, actor=SYSTEM, now=right_now(), keys=KEYS))

    async def _release(self) -> None:
        """Make and release batches through the API until everything has left, repeating each request until answered."""
        async with httpx2.AsyncClient(base_url=self.house.address, trust_env=False, timeout=5) as http:
            while sum((await self.counts()).values()) < self.payments or (await self.counts()).get("DRAFT", 0):
                made = await self._ask(http, CASHIER, "PayoutBatchMake", {"fund": FUND, "atMost": BATCH})
                if made["batch"] is None:
                    assert [fault["code"] for fault in made["errors"]] == ["PAYOUT_BATCH_EMPTY"], made
                    await asyncio.sleep(0.2)
                    continue
                seen = {"batchId": made["batch"]["id"], "contentDigest": made["batch"]["contentDigest"]}
                released = await self._ask(http, ACCOUNTANT, "PayoutBatchDecide", {**seen, "approve": True})
                assert released["errors"] == [], released

    async def _ask(self, http: httpx2.AsyncClient, actor: Actor, name: str, asked: Mapping[str, Any]) -> Any:
        """Send one request with one key, again and again until it is answered."""
        body = {"operationName": name, "variables": {"input": {**asked, "idempotencyKey": str(new_id())}}}
        end, told = time.monotonic() + 90, None
        while True:
            assert time.monotonic() < end, f"{name} is not answered: {told}"
            try:
                token = await self.patiently(lambda: self.tokens.sign(logged_in(actor), now=right_now()))
                answer = await http.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})
                told = answer.json()
                if answer.status_code == 200 and told.get("data"):
                    return next(iter(told["data"].values()))
            except (httpx2.HTTPError, ValueError) as failure:
                told = failure
            self.house.see_to_children()
            await asyncio.sleep(0.2)

    async def _strike(self) -> None:
        """Let blows fall at random moments as long as there is something to hit."""
        while self.blows_left:
            await asyncio.sleep(self.chance.uniform(0.3, 2.5))
            self.blows_left -= 1
            await asyncio.to_thread(self.house.strike, self.chance.choice(BLOWS))

    async def _undecided_that_the_bank_knows(self) -> bool:
        times, _ = await self.at_bank()
        unknown = await self.patiently(lambda: store.rows("SELECT number FROM payout WHERE state = 'UNKNOWN'"))
        return any(row["number"] in times for row in unknown)


async def _asked(do: Callable[[], Awaitable[Any]]) -> Any:
    return await do()


def logged_in(actor: Actor) -> Actor:
    """Let somebody have logged in a moment ago, by two factors."""
    return replace(actor, log_in=LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=right_now()))


def is_closed(place: int) -> bool:
    """Tell whether the account of the payment at a place is closed, so that the bank refuses it."""
    return place % CLOSED_EVERY == CLOSED_EVERY - 1


def days_of(began: datetime) -> list[date]:
    """Give the days of a storm, and the one after it."""
    first, last = day_of(began), day_of(right_now()) + timedelta(days=1)
    return [first + timedelta(days=passed) for passed in range((last - first).days + 1)]
