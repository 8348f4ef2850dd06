"""Requests about recoveries that succeed: a stay of the town's child was paid, and opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.schema.scalars import encode_id
from domain.identity import StaffRole
from domain.money import Money
from domain.recovery import RecoveryCase, RecoveryMeasure, Wish
from tests.claim_builders import staff
from tests.conformance.idempotency.claim_exercises import PrepareClaim, Told, family_of
from tests.conformance.town import Town
from tests.domain.recovery.test_recovery import demanded, overpaid, proposed


async def demand(town: Town) -> Told:
    first, second = await found(town), {"id": encode_id("Recovery", town.family.child.id)}
    return await staff(StaffRole.CLERK), named(first), second, {"recovery_case": 0}


async def propose(town: Town) -> Told:
    case = await demanded(await found(town))
    asked = named(case) | {"measure": "WRITE_OFF", "reason": "本人死亡，无遗产"}
    return await staff(StaffRole.CLERK), asked, {"reason": "别的"}, {"recovery_proposal": 1, "approval": 1}


async def decide(town: Town) -> Told:
    case = await proposed(await demanded(await found(town)), Wish(RecoveryMeasure.WRITE_OFF, "本人死亡，无遗产"))
    (waits,) = case.proposals
    seen = {"proposalId": encode_id("RecoveryProposal", waits.id), "contentDigest": waits.content_digest.hex()}
    asked = seen | {"approve": True}
    return await staff(StaffRole.CENTRE_HEAD), asked, {"approve": False, "reason": "有误"}, {"recovery_entry": 1}


async def receive(town: Town) -> Told:
    case = await found(town)
    asked = named(case) | {"amount": str(Money(1000)), "means": "COUNTER", "reference": "SJ1", "on": "2026-11-02"}
    return await staff(StaffRole.CASHIER), asked, {"reference": "SJ2"}, {"recovery_entry": 1, "entry": 1}


async def consent(town: Town) -> Told:
    case = await found(town)
    other = {"id": encode_id("Recovery", town.family.child.id)}
    return town.family.log_in, named(case), other, {"recovery_case": 0}


async def found(town: Town) -> RecoveryCase:
    _, case = await overpaid(await family_of(town))
    return case


def named(case: RecoveryCase) -> dict[str, object]:
    return {"id": encode_id("Recovery", case.id)}


RECOVERY_EXERCISES: Final[Mapping[str, PrepareClaim]] = {
    "recoveryDemand": demand,
    "recoveryPropose": propose,
    "recoveryDecide": decide,
    "recoveryReceive": receive,
    "recoveryConsent": consent,
}
