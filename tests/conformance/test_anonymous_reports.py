"""A report over GraphQL, as the mini-program sends it: without a log-in, and without a trace of who or what."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain import tipoffs
from domain.actors import ANYBODY
from domain.identity import StaffRole
from domain.store import rows
from domain.tipoffs import KeyPurpose
from tests.builders import KEYS, run
from tests.conformance.agency import Agency, an_officer
from tests.conformance.idempotency.tipoff_exercises import a_public_key
from tests.domain.tipoffs.people import staff
from tests.domain.tipoffs.test_stolen import canaries_in, dump

REPORT = """mutation ($input: TipoffReportInput!) { tipoffReport(input: $input) {
  receipt { receipt } errors { code path message remedy } } }"""
LOOK = """mutation ($input: TipoffLookInput!) { tipoffLook(input: $input) {
  mailbox { found state receivedOn letters { day text } padding } errors { code } } }"""
REPLY = """mutation ($input: TipoffReplyInput!) { tipoffReply(input: $input) {
  mailbox { found state receivedOn letters { day text } padding } errors { code } } }"""
WHAT, ANSWER, NAME = "护士长把出院日期改到了月底", "改动的病历在档案室第七排", "端木清扬"


async def keys_for_everybody() -> None:
    keeper = an_officer(StaffRole.SECURITY_ADMINISTRATOR)
    for role, purpose in (
        (StaffRole.INVESTIGATOR, KeyPurpose.CASE),
        (StaffRole.CENTRE_HEAD, KeyPurpose.IDENTITY_FIRST),
        (StaffRole.DIVISION_LEADER, KeyPurpose.IDENTITY_SECOND),
    ):
        holder, public = await staff(role, name=f"持钥{role}"), a_public_key()
        key = await run(
            lambda work, purpose=purpose, public=public: tipoffs.register_key(work, purpose=purpose, public_key=public),
            actor=holder,
        )
        await run(lambda work, key=key: tipoffs.confirm_key(work, key_id=key), actor=keeper)


async def test_anybody_reports_and_comes_back_with_the_receipt(
    agency: Agency, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await keys_for_everybody()
    asked = {"token": str(uuid4()), "what": WHAT, "who": "某医院", "name": NAME, "phone": "13957288214"}

    sent = [(await agency.ask(ANYBODY, REPORT, {"input": asked})).payload() for _ in range(2)]
    assert sent[0] == sent[1], "Sent twice is reported once."
    assert sent[0]["errors"] == []
    receipt = sent[0]["receipt"]["receipt"]
    replied = (await agency.ask(ANYBODY, REPLY, {"input": {"receipt": receipt, "text": ANSWER}})).payload()
    assert replied["mailbox"]["state"] == "RECEIVED"

    assert await rows("SELECT count(*)::int AS n FROM tipoff") == [{"n": 1}]
    left = await dump(database_url) + "".join(capfd.readouterr()).encode()
    canaries = (WHAT, ANSWER, NAME, "13957288214", receipt, receipt.replace("-", ""), asked["token"])
    assert canaries_in(left, canaries=canaries) == []
    assert await rows("SELECT 1 FROM command_log WHERE command LIKE 'tipoff%'") == []


async def test_every_receipt_is_answered_in_the_same_number_of_bytes(agency: Agency) -> None:
    await keys_for_everybody()
    asked = {"token": str(uuid4()), "what": WHAT, "who": "某医院"}
    valid = (await agency.ask(ANYBODY, REPORT, {"input": asked})).payload()["receipt"]["receipt"]
    unknown = tipoffs.receipt_for(uuid4(), KEYS)

    for document, more in ((LOOK, {}), (REPLY, {"text": ANSWER})):
        sizes, statuses = set(), set()
        for receipt in (valid, unknown):
            body = {"query": document, "variables": {"input": {"receipt": receipt, **more}}}
            answer = await agency.http.post("/graphql", json=body)
            statuses.add(answer.status_code)
            sizes.add(len(answer.content))
            assert "set-cookie" not in answer.headers
        assert statuses == {200}
        assert max(sizes) - min(sizes) < 64, "state and day, which are short, are all that differs"


async def test_a_refusal_says_every_fault_and_repeats_nothing(agency: Agency) -> None:
    await keys_for_everybody()
    asked = {"token": str(uuid4()), "what": "字" * 2001, "who": " "}

    refused = (await agency.ask(ANYBODY, REPORT, {"input": asked})).payload()

    assert [fault["code"] for fault in refused["errors"]] == ["TIPOFF_INCOMPLETE", "TIPOFF_TEXT_TOO_LONG"]
    assert "字字字" not in str(refused)
