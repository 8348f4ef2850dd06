"""Electronic bills are read from files that were sent, and whoever handles a claim opens its papers, on record."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.schema.scalars import decode_id, encode_id
from domain import approvals, claims
from domain.actors import SYSTEM, Actor
from domain.claims import DeclaredPaper, PaperKind
from domain.identity import StaffRole
from domain.store import rows
from tests import made_files
from tests.api.uploads.conftest import Post, Ticket
from tests.builders import KEYS, NOW
from tests.claim_builders import (
    LAW,
    Family,
    a_declaration,
    a_draft,
    a_family,
    digest_of,
    filed,
    findings,
    in_review,
    papers,
    proposed,
    staff,
    step,
    uploaded,
)
from tests.domain.approvals.signing import a_passkey_of
from tests.receipt_documents import a_pdf, an_ofd, an_xml

READ = """mutation ($input: ClaimReceiptReadInput!) { claimReceiptRead(input: $input) {
    claim { id version total } errors { code path } } }"""
CLAIM = """query ($id: ID!) { claim(id: $id) { claim { state } hospital hospitalCode level offSite emergency diagnosis
    receipts { number amount fileId } } }"""
FILE_IT = """mutation ($input: ClaimStepInput!) { claimFile(input: $input) { claim { state } errors { code path } } }"""
SIGN = """mutation ($input: ClaimSignInput!) { claimSign(input: $input) { claim { state } errors { code path } } }"""
DRAFT = """query ($id: ID!) { approvalDraft(id: $id, outcome: APPROVE) { challenge statedAt } }"""


async def a_family_at(post: Post) -> Family:
    """Let a family file at this post office."""
    family = await a_family()
    post.sender = family.log_in
    return family


async def read_in(post: Post, claim_id: UUID, ticket: Ticket, *, version: int = 1) -> Mapping[str, Any]:
    asked = {"id": encode_id("Claim", claim_id), "expectedVersion": version, "fileId": ticket.id}
    answer = await post.agency.ask(post.sender, READ, {"input": asked | {"idempotencyKey": str(uuid4())}})
    return answer.payload()


@pytest.mark.parametrize("packed", [lambda xml: xml, an_ofd, a_pdf], ids=["XML", "OFD", "PDF"])
async def test_what_a_bill_prints_is_filled_in_from_its_file(post: Post, packed: Callable[[bytes], bytes]) -> None:
    family = await a_family_at(post)
    claim_id = await a_draft(family, declared=claims.Declared())
    ticket, answer = await post.send(packed(an_xml(name=family.child.name)), purpose="ELECTRONIC_BILL")
    assert answer.status_code == 201, answer.text

    payload = await read_in(post, claim_id, ticket)

    assert payload["errors"] == []
    assert payload["claim"]["total"] == "5000.00"
    shown = (await post.agency.ask(post.sender, CLAIM, {"id": encode_id("Claim", claim_id)})).data["claim"]
    assert (shown["hospital"], shown["diagnosis"]) == ("海岛第一医院", "右桡骨骨折")
    assert [shown[name] for name in ("hospitalCode", "level", "offSite", "emergency")] == [
        "H33090000123",
        None,
        None,
        False,
    ]
    assert [receipt["fileId"] for receipt in shown["receipts"]] == [ticket.id]


async def test_a_bill_is_handed_in_with_the_claim_that_was_filled_in_from_it(post: Post) -> None:
    family = await a_family_at(post)
    draft = replace(a_declaration(), receipts=None, receipt_count=None, total=None)
    claim_id = await a_draft(family, declared=draft)
    ticket, _ = await post.send(an_xml(name=family.child.name), purpose="ELECTRONIC_BILL")
    await read_in(post, claim_id, ticket)

    asked = {"id": encode_id("Claim", claim_id), "expectedVersion": 2, "idempotencyKey": str(uuid4())}
    payload = (await post.agency.ask(post.sender, FILE_IT, {"input": asked})).payload()

    assert payload == {"claim": {"state": "FILED"}, "errors": []}
    attached = {row["file_id"] for row in await rows("SELECT file_id FROM attachment WHERE subject_id = $1", claim_id)}
    assert decode_id(ticket.id, "File") in attached
    assert len(attached) == 1 + len(draft.papers or ())


async def test_what_cannot_be_read_as_a_bill_is_refused_with_the_reason(post: Post) -> None:
    family = await a_family_at(post)
    claim_id = await a_draft(family, declared=claims.Declared())
    photo, _ = await post.send(made_files.a_jpeg())
    printed, _ = await post.send(a_pdf(None), purpose="ELECTRONIC_BILL")
    begun = await post.open(1000, purpose="ELECTRONIC_BILL")
    refused = [await read_in(post, claim_id, ticket) for ticket in (photo, printed, begun)]
    stranger = replace(family.log_in, id=uuid4())
    theirs, _ = await replace_sender(post, stranger).send(an_xml(name=family.child.name), purpose="ELECTRONIC_BILL")
    refused.append(await read_in(post, claim_id, theirs))

    assert [[(one["code"], *one["path"]) for one in payload["errors"]] for payload in refused] == [
        [("CLAIM_FILE_NO_BILL", "fileId")],
        [("RECEIPT_UNREADABLE", "fileId")],
        [("FILE_NOT_READY", "fileId")],
        [("FILE_NOT_FOUND", "fileId")],
    ]
    assert await rows("SELECT 1 FROM claim_history WHERE claim_id = $1", claim_id) == []


def replace_sender(post: Post, sender: Actor) -> Post:
    """Let somebody else send from the same post office."""
    return Post(post.agency, sender, post.folder)


async def a_claim_with_a_photograph(post: Post, family: Family) -> tuple[UUID, Ticket]:
    """File a claim one of whose papers is a photograph that was really sent."""
    ticket, answer = await post.send(made_files.a_jpeg())
    assert answer.status_code == 201
    others = await uploaded(family.log_in, papers(PaperKind.FEE_LIST, PaperKind.DIAGNOSIS, PaperKind.RECORD))
    photo = DeclaredPaper(PaperKind.BILL, decode_id(ticket.id, "File"))
    return await filed(family, declared=replace(a_declaration(), papers=(photo, *others))), ticket


async def test_who_handles_a_claim_opens_its_papers_on_record_and_nobody_else(post: Post) -> None:
    family = await a_family_at(post)
    claim_id, ticket = await a_claim_with_a_photograph(post, family)
    clerk, other, elsewhere = (
        await staff(StaffRole.CLERK),
        await staff(StaffRole.CLERK),
        await staff(StaffRole.REVIEWER, region="330921"),
    )
    assert await post.show(ticket, as_=clerk) is None, "it lies in the queue and nobody handles it"
    await step(clerk, claim_id, claims.take_claim)

    assert [await post.show(ticket, as_=someone) is None for someone in (clerk, other, elsewhere)] == [
        False,
        True,
        True,
    ]
    silent = await post.download(ticket, as_=clerk)
    assert [error["code"] for error in silent["errors"]] == ["FILE_READING_PURPOSE"]
    payload = await post.download(ticket, as_=clerk, purpose="审核报销")
    assert payload["errors"] == []
    assert (await post.read(payload["path"], as_=clerk)).status_code == 200
    assert (await post.read(payload["path"], as_=clerk)).status_code == 404, "once"
    readings = await rows("SELECT person_id, reader_id, purpose FROM reading WHERE person_id = $1", family.child.id)
    assert [(row["reader_id"], row["purpose"]) for row in readings] == [(clerk.id, "审核报销")]


async def test_signers_open_the_papers_once_there_is_something_to_sign(post: Post) -> None:
    family = await a_family_at(post)
    form = a_declaration()
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    photographs = [Ticket(encode_id("File", paper.file_id), "", {}, 0) for paper in form.papers or ()]
    claim_id = await in_review(family, clerk, declared=form)

    before = [await post.show(photograph, as_=reviewer) is not None for photograph in photographs]
    await step(clerk, claim_id, claims.propose_settlement, findings=findings(), **LAW)
    after = [await post.show(photograph, as_=reviewer) is not None for photograph in photographs]

    assert before == [False] * 4
    assert after == [True] * 4


async def test_a_signature_with_a_passkey_stands_in_the_decision(post: Post) -> None:
    family = await a_family_at(post)
    claim_id = await proposed(family, await staff(StaffRole.CLERK))
    reviewer = await staff(StaffRole.REVIEWER)
    key = await a_passkey_of(reviewer)
    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    assert record.proposal_id is not None
    question = await approvals.find_pending(kind=approvals.ApprovalKind.CLAIM, subject_id=record.proposal_id)
    assert question is not None
    draft = (await post.agency.ask(reviewer, DRAFT, {"id": encode_id("Approval", question.id)})).data["approvalDraft"]
    signature = {"statedAt": draft["statedAt"], "response": key.sign(urlsafe_b64decode(draft["challenge"] + "=="))}
    asked = {
        "id": encode_id("Claim", claim_id),
        "expectedVersion": record.version,
        "contentDigest": (await digest_of(claim_id)).hex(),
        "approve": True,
        "signature": signature,
    }

    forged = await _sign(post, reviewer, asked | {"signature": signature | {"response": key.sign(b"another")}})
    done = await _sign(post, reviewer, asked)

    assert [error["code"] for error in forged["errors"]] == ["PASSKEY_SIGNATURE_UNFIT"]
    assert done["errors"] == []
    file = await approvals.find_file(SYSTEM, keys=KEYS, approval_id=question.id)
    assert file is not None
    assert [decision.factor_id is not None for decision in file.decisions] == [True]


async def _sign(post: Post, reviewer: Actor, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = await post.agency.ask(reviewer, SIGN, {"input": dict(asked) | {"idempotencyKey": str(uuid4())}})
    return answer.payload()
