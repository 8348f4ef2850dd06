"""Random re-checks over GraphQL, by the console's own documents: drawn, taken, opened, found, followed, counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from api import documents
from domain.actors import Actor
from domain.crypto import Keyring
from domain.identity import StaffRole
from domain.ids import new_id
from tests.api.conftest import Ask
from tests.builders import KEYS
from tests.claim_builders import staff
from tests.domain.rechecks.audit_world import an_inspector, decided, drawn

FOLDER: Final = Path(documents.__file__).parent


@pytest.fixture
def keys() -> Keyring:
    """The keys by which the builders seal."""
    return KEYS


async def test_a_claim_is_looked_at_once_more_and_opened_again(ask: Ask) -> None:
    one = await decided()
    await drawn()
    inspector, leader = await an_inspector(), await staff(StaffRole.DIVISION_LEADER)

    async def told(actor: Actor, name: str, **values: object) -> Any:
        answer = (await ask(actor, (FOLDER / f"{name}.graphql").read_text("utf-8"), values)).ok
        return next(iter(answer.values()))

    async def done(actor: Actor, name: str, **values: object) -> Any:
        return await told(actor, name, input=values)

    async def counted(actor: Actor) -> Any:
        return await told(actor, "RecheckStatistics", since="2026-11-01", until="2026-12-01")

    (edge,) = (await told(inspector, "Rechecks"))["edges"]
    recheck = edge["node"]
    assert (recheck["state"], recheck["stands"], recheck["fundTotal"]) == ("DRAWN", True, "2940.00")
    assert (await told(leader, "Rechecks"))["edges"] == [], "Nobody of the offices knows what is drawn."
    key = {"id": recheck["id"]}

    missing = await done(inspector, "RecheckOpen", **key)
    assert [error["code"] for error in missing["errors"]] == ["RECHECK_STATE"]
    had_a_hand = an_inspector_with_the_account_of(one.clerk, inspector)
    refused = await done(had_a_hand, "RecheckTake", **key, idempotencyKey=str(new_id()))
    (error,) = refused["errors"]
    assert (error["code"], error["path"]) == ("RECHECK_HAD_A_HAND", ["id"])
    assert "经办" in error["message"]
    assert "handled it" in error["messageEn"]
    await done(inspector, "RecheckTake", **key, idempotencyKey=str(new_id()))
    opened = await done(inspector, "RecheckOpen", **key)
    assert opened["errors"] == []
    assert opened["file"]["claim"]["number"] == recheck["claimNumber"]
    assert opened["file"]["proposal"]["reckoning"]["letter"]
    fault = {"fault": "NOT_PROVED", "amount": "200.00", "reason": "无用药医嘱"}
    found = await done(inspector, "RecheckFind", **key, **fault, idempotencyKey=str(new_id()))
    assert (found["recheck"]["state"], found["recheck"]["takenBy"]) == ("FAULT", inspector.name)

    (edge,) = (await told(leader, "Rechecks", states=["FAULT"]))["edges"]
    version = edge["node"]["claimVersion"]
    followed = await done(leader, "RecheckReopen", **key, expectedVersion=version, idempotencyKey=str(new_id()))
    assert followed["errors"] == []
    assert (followed["recheck"]["state"], followed["recheck"]["claimState"]) == ("REOPENED", "IN_REVIEW")
    for actor in (inspector, leader):
        (count,) = await counted(actor)
        assert (count["drawn"], count["faults"], count["reopened"], count["notProved"]) == (1, 1, 1, "200.00")
    (edge,) = (await told(inspector, "RecheckDraws"))["edges"]
    draw = edge["node"]
    assert (draw["decided"], draw["drawn"], draw["state"]) == (1, 1, "DRAWN")
    assert {one["risk"]: one["share"] for one in draw["shares"]} == {"LOW": "0.05", "MEDIUM": "0.10", "HIGH": "0.20"}


def an_inspector_with_the_account_of(actor: Actor, inspector: Actor) -> Actor:
    """Log somebody in who had a hand in the claim, and has been moved to internal audit since."""
    return replace(inspector, id=actor.id, name=actor.name)
