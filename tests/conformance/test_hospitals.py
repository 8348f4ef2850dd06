"""The register of hospitals over the API: public without a log-in, and kept by two people of the staff."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import pytest

from domain import hospitals
from domain.actors import ANYBODY
from domain.identity import StaffRole
from tests.claim_builders import AREA, run_system, staff
from tests.conformance.agency import Agency, Answer

LOOK: Final = (
    "query ($code: String!, $on: Date) { hospital(code: $code, on: $on) { standing term { name level reason } } }"
)
SEARCH: Final = (
    "query ($text: String!, $first: Int!, $after: String) { hospitals(text: $text, first: $first, after: $after)"
    " { edges { node { code name isSuspended standing } } pageInfo { hasNextPage endCursor } } }"
)
HEADER: Final = "code,name,level,kind,region,starts,ends,suspended,reason\n"


@pytest.fixture
async def register(agency: Agency) -> None:
    await run_system(lambda work: hospitals.install_demonstration(work, area=AREA))


async def looked_up(agency: Agency, code: str, on: str | None = None) -> dict[str, Any]:
    answer = await agency.ask(ANYBODY, LOOK, {"code": code, "on": on})
    return answer.data["hospital"]


async def test_anybody_looks_a_code_up_on_a_day(agency: Agency, register: None) -> None:
    assert await looked_up(agency, " h33090000006 ") == {
        "standing": "SUSPENDED",
        "term": {"name": "东屿示范专科医院", "level": "TERTIARY", "reason": "示范：协议履行中违规，暂停协议六个月"},
    }
    assert (await looked_up(agency, "H33090000006", "2026-06-30"))["standing"] == "CONTRACTED"
    assert await looked_up(agency, "no code") == {"standing": "UNKNOWN", "term": None}


async def test_anybody_searches_page_by_page(agency: Agency, register: None) -> None:
    first = await agency.ask(ANYBODY, SEARCH, {"text": "东屿", "first": 2})
    page = first.data["hospitals"]
    rest = await agency.ask(ANYBODY, SEARCH, {"text": "东屿", "first": 2, "after": page["pageInfo"]["endCursor"]})

    assert [edge["node"]["code"] for edge in page["edges"]] == ["H33090000001", "H33090000002"]
    assert page["pageInfo"]["hasNextPage"]
    assert [edge["node"] for edge in rest.data["hospitals"]["edges"]] == [
        {"code": "H33090000006", "name": "东屿示范专科医院", "isSuspended": True, "standing": "DEMONSTRATION"}
    ]


async def test_a_list_is_brought_in_by_one_and_decided_by_another(agency: Agency, register: None) -> None:
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)

    async def do(actor: Any, name: str, **asked: object) -> Answer:
        document = (
            f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input)"
            " { imported { id state added changed contentDigest } errors { code } } }"
        )
        return await agency.ask(actor, document, {"input": {"idempotencyKey": str(uuid4()), **asked}})

    text = HEADER + "H33090000001,东屿示范医院,3,GENERAL,330902,2020-01-01,2026-12-01,,\n"
    made = (await do(clerk, "hospitalsPropose", source="示范协议", standing="OFFICIAL", text=text)).payload()
    listed = made["imported"]
    digest = listed["contentDigest"]
    decided = await do(reviewer, "hospitalsDecide", id=listed["id"], contentDigest=digest, approve=True)
    again = await do(reviewer, "hospitalsDecide", id=listed["id"], contentDigest=digest, approve=True)

    assert (made["errors"], listed["state"], listed["added"], listed["changed"]) == ([], "PROPOSED", 0, 1)
    assert decided.payload()["imported"]["state"] == "IN_FORCE"
    assert again.payload()["errors"] == [{"code": "HOSPITAL_LIST_NOT_FOUND"}]
    assert (await looked_up(agency, "H33090000001", "2026-12-01"))["standing"] == "OVER"
