"""Requests about payouts, differences and clearings that succeed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from api.schema.scalars import encode_id
from domain import clearing, reconciliation
from domain.actors import SYSTEM
from domain.identity import StaffRole
from domain.ids import new_id
from domain.money import Money
from domain.reconciliation import ClosingAction, Found, MismatchKind, MoneyDirection
from tests.builders import NOW, run
from tests.conformance.agency import an_officer
from tests.conformance.idempotency.exercise import Exercise
from tests.conformance.town import Town
from tests.payout_world import FUND, batched, decide, open_books, owed, queue, refused, repaired, sending, the_payout

Prepare = Callable[[Town], Awaitable[Exercise]]
CASHIER: Final = an_officer(StaffRole.CASHIER)
ACCOUNTANT: Final = an_officer(StaffRole.ACCOUNTANT)
HEAD: Final = an_officer(StaffRole.CENTRE_HEAD)
PAYEE: Final = {"name": "王小丽", "account": "6217001234567890122", "bankCode": "102345000012"}


async def make_batch(_: Town) -> Exercise:
    await open_books()
    await owed()
    await owed()
    made = {"payout_batch": 1, "payout_batch_item": 1, "approval": 1}
    return Exercise(CASHIER, {"fund": FUND, "atMost": 1}, {"atMost": 2}, made)


async def decide_batch(_: Town) -> Exercise:
    await open_books()
    await owed()
    batch = await batched(actor=CASHIER)
    seen = {"batchId": encode_id("PayoutBatch", batch.id), "contentDigest": batch.content_digest.hex(), "approve": True}
    return Exercise(ACCOUNTANT, seen, {"approve": False, "reason": "金额有误"}, {"payout_batch": 0})


async def request_repair(_: Town) -> Exercise:
    payout_id = await a_refused_payout()
    asked = {"payoutId": encode_id("Payout", payout_id), "payee": PAYEE, "reason": "电话核实"}
    return Exercise(CASHIER, asked, {"reason": "别的"}, {"payout": 1, "approval": 1})


async def decide_repair(_: Town) -> Exercise:
    new = await repaired(await the_payout(await a_refused_payout()), actor=CASHIER)
    seen = {"payoutId": encode_id("Payout", new.id), "contentDigest": new.content_digest.hex(), "approve": True}
    return Exercise(ACCOUNTANT, seen, {"approve": False, "reason": "未核实"}, {"payout": 0})


async def propose(_: Town) -> Exercise:
    asked = {"differenceId": encode_id("ReconciliationDifference", await a_difference()), "action": "NOTHING"}
    return Exercise(CASHIER, asked | {"outcome": "次日已到"}, {"outcome": "别的"}, {"approval": 1})


async def decide_difference(_: Town) -> Exercise:
    difference_id = await a_difference()
    await run(
        lambda work: reconciliation.propose_closing(
            work, difference_id=difference_id, action=ClosingAction.NOTHING, outcome="次日已到"
        ),
        actor=CASHIER,
    )
    found = await reconciliation.find_difference(SYSTEM, difference_id=difference_id)
    assert found is not None
    assert found.content_digest is not None
    asked = {
        "differenceId": encode_id("ReconciliationDifference", difference_id),
        "contentDigest": found.content_digest.hex(),
        "approve": True,
    }
    return Exercise(ACCOUNTANT, asked, {"approve": False, "reason": "未核实"}, {"reconciliation_difference": 0})


async def make_clearing(_: Town) -> Exercise:
    await a_claim()
    asked = {"payer": "CIVIL_AFFAIRS", "fund": FUND, "day": "2026-10-15"}
    return Exercise(ACCOUNTANT, asked, {"day": "2026-09-15"}, {"clearing_batch": 1, "approval": 1})


async def decide_clearing(_: Town) -> Exercise:
    found = await a_clearing()
    seen = {"clearingId": encode_id("Clearing", found.id), "contentDigest": found.content_digest.hex(), "approve": True}
    return Exercise(HEAD, seen, {"approve": False, "reason": "金额有误"}, {"clearing_batch": 0})


async def receive_clearing(_: Town) -> Exercise:
    found = await a_clearing()
    await run(
        lambda work: clearing.decide_clearing(
            work, clearing_id=found.id, seen_digest=found.content_digest, approve=True, reason=None
        ),
        actor=HEAD,
    )
    asked = {"clearingId": encode_id("Clearing", found.id), "received": "5.00", "receipt": "YH1", "on": "2026-11-02"}
    return Exercise(ACCOUNTANT, asked, {"receipt": "YH2"}, {"entry": 1})


MONEY_OUT: Final[Mapping[str, Prepare]] = {
    "payoutBatchMake": make_batch,
    "payoutBatchDecide": decide_batch,
    "payoutRepairRequest": request_repair,
    "payoutRepairDecide": decide_repair,
    "reconciliationPropose": propose,
    "reconciliationDecide": decide_difference,
    "clearingMake": make_clearing,
    "clearingDecide": decide_clearing,
    "clearingReceive": receive_clearing,
}


async def a_refused_payout():
    await open_books()
    payout = await owed()
    await queue(await decide(await batched()))
    return (await refused(await sending(payout))).id


async def a_difference():
    found = Found(
        kind=MismatchKind.MISSING_HERE,
        direction=MoneyDirection.OUT,
        number="Z1",
        reference="BK1",
        their_amount=Money(5),
    )
    return await run(lambda work: reconciliation.note(work, source="BANK:390", found=found), actor=SYSTEM)


async def a_claim():
    return await run(
        lambda work: clearing.claim_from(
            work,
            payer=clearing.ClearingPayer.CIVIL_AFFAIRS,
            fund=FUND,
            subject_kind="claim",
            subject_id=new_id(),
            amount=Money(500),
            day=NOW.date().replace(month=10),
        ),
        actor=SYSTEM,
    )


async def a_clearing():
    await a_claim()
    day = NOW.date().replace(month=10)
    payer = clearing.ClearingPayer.CIVIL_AFFAIRS
    made = await run(lambda work: clearing.make_clearing(work, payer=payer, fund=FUND, day=day), actor=ACCOUNTANT)
    found = await clearing.find_clearing(SYSTEM, clearing_id=made)
    assert found is not None
    return found
