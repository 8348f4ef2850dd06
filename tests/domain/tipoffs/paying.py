"""The reward desk before a bank of its own: what a test needs to pay a reward and to let it fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2

from domain import approvals, ledger, payouts, tipoffs
from domain.actors import SYSTEM
from domain.money import Money
from domain.payouts import Payee, PayoutFacts, PayoutState
from partners import bank
from partners.reward_desk import RewardDesk
from sandbox.bank import make_customer, running
from tests.bank_world import Clock
from tests.builders import KEYS, NOW
from tests.domain.tipoffs.people import BOOK, Desk
from tests.domain.tipoffs.test_rewards import approve, propose
from tests.payout_world import a_preparer, a_releaser, decide, queue, run, the_batch, the_payout

PAYEE = Payee(name="欧阳慕白", account="6217001234567894711", bank_code="102345600018")
OTHER = Payee(name="欧阳慕白", account="6228480012345678908", bank_code="103345600026")


@dataclass
class Paying:
    """One desk, its bank, and the people around it."""

    people: Desk
    reward_desk: RewardDesk
    control: httpx2.AsyncClient
    clock: Clock

    async def behave(self, **behaviour: object) -> None:
        answer = await self.control.post("/sandbox/behaviour", json=behaviour)
        assert answer.status_code == 200, answer.text

    async def at_bank(self, number: str) -> list[dict[str, Any]]:
        """See what happened under a number as the bank does."""
        return (await self.control.get(f"/sandbox/payments/{number}")).json()["movements"]

    async def send_back(self, number: str) -> None:
        assert (await self.control.post(f"/sandbox/payments/{number}/return")).status_code == 200

    async def announced(self) -> tuple[UUID, str, UUID]:
        """Go from a report to the letter that announces its reward; gives case, receipt and reward."""
        case, receipt = await self.people.found_true()
        reward = await propose(self.people, case.id)
        await approve(self.people, approvals.ApprovalKind.TIPOFF_REWARD, reward)
        await self.people.do(
            tipoffs.announce_reward, tipoff_id=case.id, reward_id=reward, book=BOOK, second=self.people.store
        )
        return case.id, receipt, reward

    async def claim(self, receipt: str, payee: Payee = PAYEE) -> UUID | None:
        return await tipoffs.anonymously(
            lambda work: tipoffs.claim_reward(work, receipt=receipt, payee=payee, second=self.people.store),
            now=self.clock(),
            keys=KEYS,
        )

    async def released(self, reward: UUID) -> PayoutFacts:
        """Have a reward paid: asked for, agreed to if it is a repair, put in a batch, released, queued."""
        payout_id = await self.people.do(tipoffs.pay_reward, actor=self.people.head, reward_id=reward)
        if (await the_payout(payout_id)).replaces is not None:
            digest = (await the_payout(payout_id)).content_digest
            await run(
                lambda work: payouts.decide_repair(
                    work, payout_id=payout_id, seen_digest=digest, approve=True, reason=None
                ),
                actor=a_releaser(),
            )
        made = await run(lambda work: payouts.make_batch(work, fund=ledger.BUDGET, at_most=9), actor=a_preparer())
        await queue(await decide(await the_batch(made)))
        assert (await the_payout(payout_id)).state is PayoutState.QUEUED
        return await the_payout(payout_id)

    async def letters(self, receipt: str) -> list[str]:
        box = await tipoffs.look(receipt, keys=KEYS, second=self.people.store)
        return [letter.text for letter in box.letters]


@asynccontextmanager
async def paying(people: Desk, folder: Path, *, refuses_after_seconds: int | None = None) -> AsyncIterator[Paying]:
    """Open a bank at which the budget lies, fill the budget, and let the desk stand before it."""
    await ledger.install_chart()
    await fill_the_budget()
    customer = folder / "budget-bank.json"
    make_customer(customer, funds=(ledger.BUDGET,), refuses_after_seconds=refuses_after_seconds)
    clock = Clock()
    assert people.reward_key is not None
    with running(customer, data=folder / "budget-bank") as address:
        link = bank.BankLink.load(customer, base_url=address)
        patience = bank.Patience(connecting=2, reading=2, altogether=2)
        async with (
            bank.Client(link, patience=patience) as line,
            httpx2.AsyncClient(base_url=address, trust_env=False) as control,
        ):
            private = {people.reward_key.public_key().public_bytes_raw(): people.reward_key}
            desk = RewardDesk(line=line, keys=KEYS, private=private, second=people.store, book=BOOK, clock=clock)
            yield Paying(people, desk, control, clock)


async def fill_the_budget() -> None:
    """Let the treasury give the agency what rewards are paid from."""
    given = uuid4()
    await run(
        lambda work: ledger.post(
            work,
            fund=ledger.BUDGET,
            key=f"transfer:{given}",
            reason="TRANSFER",
            day=NOW.date(),
            about=ledger.About("transfer", given),
            postings=[
                ledger.debit(ledger.EXPENDITURE_DEPOSITS, Money.yuan(100_000)),
                ledger.credit("4001", Money.yuan(100_000)),
            ],
            summary="财政拨款",
        ),
        actor=SYSTEM,
    )
