"""Requests about re-checks that succeed: a claim of the town's child was decided, and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.schema.scalars import encode_id
from domain.actors import Actor
from domain.identity import StaffRole
from domain.rechecks import Recheck
from tests.claim_builders import staff
from tests.conformance.idempotency.claim_exercises import STALE, PrepareClaim, Told, family_of
from tests.conformance.town import Town
from tests.domain.rechecks.audit_world import an_inspector, decided, drawn, found, taken, the_recheck


async def take(town: Town) -> Told:
    other = {"id": encode_id("Recheck", town.family.child.id)}
    return await an_inspector(), named(await looked_for(town)), other, {"recheck": 0}


async def give_back(town: Town) -> Told:
    recheck, inspector = await taken_in(town)
    return inspector, named(recheck) | {"reason": "休假"}, {"reason": "别的"}, {"recheck": 0}


async def find(town: Town) -> Told:
    recheck, inspector = await taken_in(town)
    asked = named(recheck) | {"fault": "PAID_TOO_MUCH", "amount": "140.00", "reason": "床位费超标准"}
    return inspector, asked, {"reason": "别的"}, {"recheck": 0}


async def reopen(town: Town) -> Told:
    recheck, inspector = await taken_in(town)
    recheck = await found(recheck, inspector)
    asked = named(recheck) | {"expectedVersion": recheck.claim_version}
    return await staff(StaffRole.DIVISION_LEADER), asked, STALE, {"claim_history": 1, "claim_clock": 1}


async def looked_for(town: Town) -> Recheck:
    await decided(await family_of(town))
    await drawn()
    return await the_recheck()


async def taken_in(town: Town) -> tuple[Recheck, Actor]:
    inspector = await an_inspector()
    return await taken(await looked_for(town), inspector), inspector


def named(recheck: Recheck) -> dict[str, object]:
    return {"id": encode_id("Recheck", recheck.id)}


RECHECK_EXERCISES: Final[Mapping[str, PrepareClaim]] = {
    "recheckTake": take,
    "recheckGiveBack": give_back,
    "recheckFind": find,
    "recheckReopen": reopen,
}
