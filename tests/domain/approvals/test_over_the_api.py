"""What waits for somebody, over real HTTP: listed, read, signed, decided, and acted upon in the same transaction."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.schema.approval_rooms import FOLLOWED_LATER, IN_THEIR_ROOMS
from api.schema.scalars import encode_id
from domain import approvals, residents
from domain.actors import Actor
from domain.approvals import ApprovalKind
from domain.errors import Text
from domain.identity import StaffRole
from domain.money import Money
from tests.builders import NOW, a_registration, a_resident, acting, run
from tests.conformance.agency import HERE, Agency, an_officer, running_agency
from tests.domain.approvals.people import state_of
from tests.domain.approvals.signing import a_signer

LIST = """query ($only: ApprovalFilter, $first: Int!, $after: String) {
  approvals(only: $only, first: $first, after: $after) {
    edges { node { id kind title facts { name value } contentDigest amount state position stepCount } }
    pageInfo { hasNextPage endCursor } } }"""
FILE = """query ($id: ID!) { approval(id: $id) {
    approval { id state } ruleSource canonical
    steps { position roles needsSignature } decisions { decider role outcome reason isSigned }
    handovers { from to reason } meetings { members minutes } colleagues { id name } } }"""
DRAFT = """query ($id: ID!, $outcome: Outcome!, $reason: String) {
  approvalDraft(id: $id, outcome: $outcome, reason: $reason) { challenge options statedAt needsSignature } }"""
DECIDE = """mutation ($input: ApprovalDecideInput!) {
  approvalDecide(input: $input) { approval { id state position reason } errors { code path message } } }"""


@pytest.fixture
async def agency(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Agency]:
    async with running_agency(database_url, redis_url, tmp_path) as running:
        yield running


async def decide(agency: Agency, who: Actor, node: dict[str, Any], outcome: str = "APPROVE", **more: Any) -> Any:
    asked = {"id": node["id"], "contentDigest": node["contentDigest"], "outcome": outcome, **more}
    answer = await agency.ask(who, DECIDE, {"input": {**asked, "idempotencyKey": str(uuid4())}})
    return answer.payload()


async def listed(agency: Agency, who: Actor, **only: Any) -> list[dict[str, Any]]:
    found = (await agency.ask(who, LIST, {"only": only, "first": 10})).data["approvals"]
    return [edge["node"] for edge in found["edges"]]


async def test_a_registration_in_the_list_is_decided_from_there_and_makes_the_resident(agency: Agency) -> None:
    registration_id = await a_registration(acting(await a_resident()))
    clerk, reviewer = an_officer(StaffRole.CLERK), an_officer(StaffRole.REVIEWER)
    await run(
        lambda work: residents.check_registration(work, registration_id=registration_id, expected_version=1),
        actor=clerk,
    )
    assert await listed(agency, clerk) == []
    (node,) = await listed(agency, reviewer, kinds=["REGISTRATION"])
    assert node["title"].startswith("参保登记 ")
    assert [fact["name"] for fact in node["facts"]] == ["scheme", "takes_part_from", "region"]
    returned = await decide(agency, reviewer, node, "RETURN", reason="重做")
    assert [error["code"] for error in returned["errors"]] == ["APPROVAL_DECIDED_ELSEWHERE"]

    done = await decide(agency, reviewer, node)

    assert (done["errors"], done["approval"]["state"]) == ([], "APPROVED")
    record = await residents.find_registration(reviewer, registration_id=registration_id)
    assert record is not None
    assert record.person_id is not None, "The room acted in the same transaction."
    assert await listed(agency, reviewer) == []


async def ask(kind: ApprovalKind, *, yuan: int, minutes: int = 0) -> Any:
    statement = approvals.Statement(Text("举报奖励 T1", "Reward T1"))
    return await run(
        lambda work: approvals.ask(
            work, kind=kind, subject_id=uuid4(), statement=statement, amount=Money.yuan(yuan), region=HERE
        ),
        actor=an_officer(StaffRole.CLERK),
        now=NOW - timedelta(minutes=minutes),
    )


async def test_a_large_reward_is_signed_with_what_the_draft_gives(agency: Agency) -> None:
    asked = await ask(ApprovalKind.TIPOFF_REWARD, yuan=20_000)
    signer = await a_signer("CENTRE_HEAD")
    head = an_officer(StaffRole.CENTRE_HEAD)
    head = type(head)(**{name: getattr(head, name) for name in head.__dataclass_fields__} | {"id": signer.actor.id})
    (node,) = await listed(agency, head)
    unsigned = await decide(agency, head, node)
    assert [error["code"] for error in unsigned["errors"]] == ["APPROVAL_SIGNATURE_MISSING"]

    draft = (await agency.ask(head, DRAFT, {"id": node["id"], "outcome": "APPROVE"})).data["approvalDraft"]
    assert draft["needsSignature"]
    response = signer.key.sign(urlsafe_b64decode(draft["challenge"] + "=="))
    signature = {"statedAt": draft["statedAt"], "response": response}
    done = await decide(agency, head, node, signature=signature)

    assert done["errors"] == []
    assert (done["approval"]["state"], done["approval"]["position"]) == ("PENDING", 2)
    auditor = an_officer(StaffRole.AUDITOR)
    file = (await agency.ask(auditor, FILE, {"id": node["id"]})).data["approval"]
    assert file["decisions"] == [
        {"decider": signer.actor.name, "role": "CENTRE_HEAD", "outcome": "APPROVE", "reason": None, "isSigned": True}
    ]
    assert [step["roles"] for step in file["steps"]] == [["CENTRE_HEAD"], ["DIVISION_LEADER"]]
    assert "社会保险经办条例" in file["ruleSource"]
    assert await state_of(asked) == "PENDING"


async def test_a_matter_is_sent_back_with_a_reason(agency: Agency) -> None:
    await ask(ApprovalKind.TIPOFF_REWARD, yuan=100)
    head = an_officer(StaffRole.CENTRE_HEAD)
    (node,) = await listed(agency, head)
    silent = await decide(agency, head, node, "RETURN")
    assert [error["code"] for error in silent["errors"]] == ["APPROVAL_REASON_MISSING"]
    done = await decide(agency, head, node, "RETURN", reason="请补证据")
    assert (done["approval"]["state"], done["approval"]["reason"]) == ("RETURNED", "请补证据")


async def test_what_its_room_decides_is_not_decided_here(agency: Agency) -> None:
    await ask(ApprovalKind.PAYOUT_BATCH, yuan=100)
    accountant = an_officer(StaffRole.ACCOUNTANT)
    (node,) = await listed(agency, accountant)
    done = await decide(agency, accountant, node)
    assert [error["code"] for error in done["errors"]] == ["APPROVAL_DECIDED_ELSEWHERE"]
    assert not IN_THEIR_ROOMS.keys() & FOLLOWED_LATER


async def test_the_list_is_turned_page_by_page(agency: Agency) -> None:
    for minutes in (3, 2, 1):
        await ask(ApprovalKind.TIPOFF_REWARD, yuan=100 + minutes, minutes=minutes)
    head, amounts, after = an_officer(StaffRole.CENTRE_HEAD), [], None
    for _ in range(3):
        page = (await agency.ask(head, LIST, {"first": 1, "after": after})).data["approvals"]
        amounts += [edge["node"]["amount"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert amounts == ["103.00", "102.00", "101.00"]
    assert not page["pageInfo"]["hasNextPage"]
    assert [node["amount"] for node in await listed(agency, head, amountFrom="102.00")] == ["103.00", "102.00"]
    assert await listed(agency, head, subKind="inpatient") == []


async def test_a_foreign_id_names_nothing(agency: Agency) -> None:
    head = an_officer(StaffRole.CENTRE_HEAD)
    for kind in ("Approval", "Bill"):
        named = encode_id(kind, uuid4())
        assert (await agency.ask(head, FILE, {"id": named})).data["approval"] is None
        assert (await agency.ask(head, DRAFT, {"id": named, "outcome": "APPROVE"})).data["approvalDraft"] is None
