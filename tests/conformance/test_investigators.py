"""Investigators' work over GraphQL: who is kept out, how keys come and go, and every way that a report may end."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest

from api.schema.scalars import decode_id, encode_id
from domain import tipoffs
from domain.actors import LogIn
from domain.store import rows
from tests.builders import NOW
from tests.conformance.agency import Agency, a_log_in
from tests.conformance.idempotency.tipoff_exercises import a_hospital
from tests.made_files import a_jpeg
from tests.tipoff_clients import Client, Everybody, everybody_with_keys


@pytest.fixture
async def everybody(agency: Agency) -> Everybody:
    return await everybody_with_keys(agency)


async def share(giver: Client, key: Any) -> None:
    """Unwrap the keys of a case at home and wrap them for a colleague's public key."""
    file = await giver.file()
    public = bytes.fromhex(key["publicKey"])
    wrapped = [
        {
            "envelopeId": one["id"],
            "wrapped": base64.b64encode(tipoffs.wrap(giver.content_key(one), public, one["place"])).decode(),
        }
        for one in file["envelopes"]
    ]
    await giver.keyed("TipoffShare", id=file["tipoff"]["id"], withKey=key["id"], envelopes=wrapped)


async def key_of(somebody: Client) -> Any:
    """Give the newest of one's keys, as the registry shows it."""
    mine = [key for key in await somebody.ask("InvestigatorKeys") if key["id"] in somebody.private]
    return next(key for key in mine if key["id"] == list(somebody.private)[-1])


async def test_whoever_is_close_to_whom_a_report_names_comes_in_only_when_it_is_shared(everybody: Everybody) -> None:
    first, second = everybody.first, everybody.second
    await second.keyed("InvestigatorRelationDeclare", subject="某康复医院")
    assert [one["subject"] for one in await second.ask("InvestigatorRelations")] == ["某康复医院"]
    assert await first.ask("InvestigatorRelations") == []
    receipt = (await everybody.informant.report())["receipt"]
    files = [("files", ("IMG_0042.jpg", a_jpeg(), "image/jpeg"))]
    await everybody.informant.agency.http.post("/tipoffs/evidence", data={"receipt": receipt}, files=files)

    case = await first.case()
    assert await second.cases() == []
    path = (await first.envelopes("EVIDENCE_CLEAN"))[0]["evidencePath"]
    assert await fetched(second, path) == 404
    assert await second.refused("TipoffWrite", id=case["id"], text="？", toInformant=True) == ["TIPOFF_NOT_FOUND"]

    await share(first, await key_of(second))
    assert [told["who"] for told in await second.read("REPORT")] == ["某康复医院"]
    assert await fetched(second, path) == 200
    left = await second.keyed("TipoffStepBack", id=case["id"])
    assert left == {"id": case["id"]}
    assert await second.cases() == []
    assert await fetched(second, path) == 404
    assert await first.refused("TipoffStepBack", id=case["id"]) == ["TIPOFF_LAST_KEY"], "Somebody remains."


async def fetched(somebody: Client, path: str) -> int:
    return (await somebody.agency.http.get(path, headers=await somebody.agency.headers(somebody.actor))).status_code


async def test_evidence_is_fetched_by_a_fresh_log_in_and_each_time_on_record(everybody: Everybody) -> None:
    receipt = (await everybody.informant.report())["receipt"]
    files = [("files", ("IMG_0042.jpg", a_jpeg(), "image/jpeg"))]
    await everybody.informant.agency.http.post("/tipoffs/evidence", data={"receipt": receipt}, files=files)
    (envelope,) = await everybody.first.envelopes("EVIDENCE_ORIGINAL")
    (text,) = await everybody.first.envelopes("REPORT")
    path, agency = envelope["evidencePath"], everybody.first.agency
    assert text["evidencePath"] is None

    stale = LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=NOW - timedelta(hours=9))
    assert await fetched(Client(agency, replace(everybody.first.actor, log_in=stale)), path) == 401
    assert await fetched(Client(agency, a_log_in(uuid4())), path) == 404
    assert await fetched(everybody.head, path) == 404
    assert await fetched(everybody.first, f"/files/tipoffs/{text['id']}") == 404
    assert await fetched(everybody.first, "/files/tipoffs/nonsense") == 404
    assert [await fetched(everybody.first, path) for _ in range(2)] == [200, 200]
    trail = await rows("SELECT actor_id, subject_id FROM audit WHERE action = 'tipoff.open_evidence'")
    case_id = decode_id((await everybody.first.case())["id"], "Tipoff")
    assert [(row["actor_id"], row["subject_id"]) for row in trail] == [(everybody.first.actor.id, case_id)] * 2


async def test_a_key_is_rotated_and_that_of_one_who_leaves_is_retired(everybody: Everybody) -> None:
    first, second = everybody.first, everybody.second
    await everybody.informant.report()
    case = await first.case()
    old = await key_of(first)
    await first.make_key("CASE", everybody.keeper)
    await share(second, await key_of(first))
    assert (await first.keyed("InvestigatorKeyRetire", id=old["id"]))["retired"]
    await first.keyed("TipoffWrite", id=case["id"], text="换了新钥", toInformant=False)

    del first.private[old["id"]]
    new = list(first.private)
    notes = [one for one in await first.envelopes("NOTE") if one["recipient"] in new]
    assert len(notes) == 1
    assert not [one for one in await first.envelopes("NOTE") if one["recipient"] == old["id"]]
    reports = [one for one in await first.envelopes("REPORT") if one["recipient"] in new]
    assert orjson.loads(first.unseal(reports[0], base64.b64decode(reports[0]["content"])))["who"] == "某康复医院"

    hers = await key_of(second)
    assert await first.refused("InvestigatorKeyRetire", id=hers["id"]) == ["TIPOFF_NOT_FOUND"], "It is not one's own."
    await everybody.keeper.keyed("InvestigatorKeyRetire", id=hers["id"])
    assert await everybody.keeper.refused("InvestigatorKeyRetire", id=new[0]) == ["TIPOFF_LAST_KEY"]
    assert await everybody.keeper.refused("InvestigatorKeyConfirm", id=hers["id"]) == ["TIPOFF_KEY"]


async def test_a_key_that_is_not_for_cases_and_a_wrapping_that_is_none_are_refused(everybody: Everybody) -> None:
    await everybody.informant.report()
    (envelope,) = (await everybody.first.file())["envelopes"]
    asked = {"id": (await everybody.first.case())["id"], "envelopes": []}
    of_identities = (await key_of(everybody.head))["id"]
    assert await everybody.first.refused("TipoffShare", withKey=of_identities, **asked) == ["TIPOFF_NOT_FOUND"]

    poor = {"envelopes": [{"envelopeId": envelope["id"], "wrapped": "AAAA"}]}
    to = (await key_of(everybody.second))["id"]
    assert await everybody.first.refused("TipoffShare", withKey=to, **(asked | poor)) == ["TIPOFF_KEY"]


async def test_reports_of_one_fact_are_joined_to_the_first_and_links_find_it(everybody: Everybody) -> None:
    first = everybody.first
    await everybody.informant.report()
    earlier = await first.case()
    receipt = (await everybody.informant.report(howKnown="护工"))["receipt"]
    (later,) = [case for case in await first.cases() if case["id"] != earlier["id"]]

    wrong = {"id": earlier["id"], "expectedVersion": 1, "into": later["id"]}
    assert await first.refused("TipoffJoin", **wrong) == ["TIPOFF_JOIN_ORDER"]
    joined = await first.keyed("TipoffJoin", id=later["id"], expectedVersion=1, into=earlier["id"])
    assert (joined["state"], joined["joinedInto"], joined["isFirst"]) == ("JOINED", earlier["id"], False)
    assert (await everybody.informant.do("TipoffLook", receipt=receipt))["state"] == "JOINED"

    hospital = await a_hospital()
    unknown = [{"kind": "CLAIM", "number": "BX0"}, {"kind": "SETTLEMENT", "number": "JS0"}]
    asked = {"id": earlier["id"], "expectedVersion": 1}
    assert await first.refused("TipoffLink", subjects=unknown, **asked) == ["TIPOFF_LINK"] * 2
    assert await first.refused("TipoffLink", subjects=[], **asked) == ["TIPOFF_INCOMPLETE"]
    await first.keyed("TipoffLink", subjects=[{"kind": "INSTITUTION", "number": hospital}], **asked)
    (found,) = await first.ask("TipoffsLinked", kind="INSTITUTION", number=hospital)
    assert found["id"] == earlier["id"]
    assert await first.ask("TipoffsLinked", kind="INSTITUTION", number="别的医院") == []
    links = (await first.do("TipoffOpen", id=earlier["id"]))["links"]
    assert links == [{"kind": "INSTITUTION", "number": hospital, "linkedOn": "2026-11-02"}]


async def test_a_report_is_handed_over_with_a_letter_and_closed(everybody: Everybody) -> None:
    receipt = (await everybody.informant.report())["receipt"]
    case = await everybody.first.case()
    letter = {"toWhom": "市公安局经侦支队", "letter": "已移送有权处理的部门"}

    moved = await everybody.first.keyed("TipoffTransfer", id=case["id"], expectedVersion=1, **letter)

    box = await everybody.informant.do("TipoffLook", receipt=receipt)
    assert (box["state"], [one["text"] for one in box["letters"]]) == ("TRANSFERRED", ["已移送有权处理的部门"])
    assert await everybody.second.read("NOTE") == [{"text": "市公安局经侦支队"}]
    closed = await everybody.second.keyed("TipoffClose", id=case["id"], expectedVersion=moved["version"])
    assert (closed["state"], closed["closedOn"], closed["keepUntil"]) == ("CLOSED", "2026-11-02", "2028-12-01")
    assert not (await everybody.informant.do("TipoffLook", receipt=receipt))["found"]
    steps = (await everybody.first.file())["steps"]
    assert [(step["action"], step["actor"]) for step in steps] == [
        ("receive", None), ("transfer", "稽核甲"), ("close", "稽核乙"),
    ]  # fmt: skip


async def test_what_was_not_taken_up_is_looked_at_again_by_somebody_else(everybody: Everybody) -> None:
    first, second = everybody.first, everybody.second
    receipt = (await everybody.informant.report())["receipt"]
    case = await first.case()
    no = {"expectedVersion": 1, "accept": False, "letter": "不属于医保基金"}
    await first.keyed("TipoffDecide", id=case["id"], **no)
    await everybody.informant.do("TipoffReply", receipt=receipt, text="确属医保基金", asksForAnotherLook=True)

    appealed = await first.case()
    assert appealed["state"] == "APPEALED"
    step = {"id": case["id"], "expectedVersion": appealed["version"]}
    assert await first.refused("TipoffDecide", accept=True, **step) == ["TIPOFF_OWN_WORD"]
    assert await first.refused("TipoffClose", **step) == ["TIPOFF_OWN_WORD"]
    taken = await second.keyed("TipoffDecide", accept=True, letter="已受理", **step)
    assert taken["state"] == "ACCEPTED"


async def test_what_is_not_found_true_is_said_by_two(everybody: Everybody) -> None:
    first, second = everybody.first, everybody.second
    receipt = (await everybody.informant.report())["receipt"]
    case = await first.case()
    await first.keyed("TipoffDecide", id=case["id"], expectedVersion=1, accept=True, letter="已受理")
    members = [encode_id("Account", first.actor.id)]  # type: ignore[arg-type] # staff have accounts
    assert await first.refused("TipoffCheckOrder", id=case["id"], members=members) == ["TIPOFF_CHECK_PEOPLE"]
    negative = {"offence": "provider_fraud", "amount": "-1.00", "text": "多报"}
    step = {"id": case["id"], "expectedVersion": 2}
    assert await first.refused("TipoffFindTrue", **step, **negative) == ["TIPOFF_INCOMPLETE"]
    unknown = {"offence": "jaywalking", "amount": "1.00", "text": "不在其列"}
    assert await first.refused("TipoffFindTrue", **step, **unknown) == ["TIPOFF_OFFENCE"]
    await first.keyed("TipoffFindUnfounded", id=case["id"], expectedVersion=2, text="床位与病人相符")

    confirm = {"id": case["id"], "expectedVersion": 3, "letter": "未查实"}
    assert await first.refused("TipoffFindingConfirm", **confirm) == ["TIPOFF_OWN_WORD"]
    found = await second.keyed("TipoffFindingConfirm", **confirm)
    assert found["state"] == "UNFOUNDED"
    finding = (await first.file())["finding"]
    assert (finding["isTrue"], finding["offence"]) == (False, None)
    assert (await everybody.informant.do("TipoffLook", receipt=receipt))["letters"][0]["text"] == "未查实"


async def test_published_counts_are_those_of_the_quarter_before(everybody: Everybody) -> None:
    await everybody.informant.report()

    told = await everybody.informant.agency.http.post(
        "/graphql", json={"query": "{ tipoffStatistics(year: 2026) { stoodOn cellLeast counts { count } } }"}
    )

    shown = told.json()["data"]["tipoffStatistics"]
    assert (shown["stoodOn"], shown["cellLeast"]) == ("2026-10-01", 5)
    assert {cell["count"] for cell in shown["counts"]} == {0}, "What came in this quarter is published in the next."
