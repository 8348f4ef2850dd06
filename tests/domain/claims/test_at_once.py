"""Sixteen clerks take two hundred claims, and reviewers sign at once: nothing is taken or decided twice."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from domain import approvals, claims
from domain.actors import Actor
from domain.claims import ClaimState
from domain.claims.errors import ClaimChangedMeanwhile, ClaimIsHeld, ClaimStepNotAllowed
from domain.errors import DomainError, Refused
from domain.identity import StaffRole
from domain.receipts import ReceiptIsUsed
from domain.store import rows
from tests.builders import NOW
from tests.claim_builders import (
    LAW,
    a_declaration,
    a_draft,
    a_family,
    a_receipt,
    digest_of,
    filed,
    proposed,
    staff,
    step,
)

pytestmark = [pytest.mark.usefixtures("store"), pytest.mark.timeout(240)]
CLERKS = 16
CLAIMS = 200


async def test_sixteen_clerks_take_every_claim_once() -> None:
    family = await a_family()
    for _ in range(CLAIMS):
        await filed(family)
    clerks = [await staff(StaffRole.CLERK) for _ in range(CLERKS)]
    held: Counter[object] = Counter()

    async def work(clerk: Actor) -> None:
        while waiting := await claims.list_queue(clerk, on=NOW.date(), states=[ClaimState.FILED], unheld=True, first=5):
            for record in waiting:
                try:
                    await step(clerk, record.id, claims.take_claim)
                    held[record.id] += 1
                except (ClaimIsHeld, ClaimChangedMeanwhile):
                    continue

    await asyncio.gather(*(work(clerk) for clerk in clerks))

    assert len(held) == CLAIMS
    assert set(held.values()) == {1}
    (counted,) = await rows(
        "SELECT count(*) AS takes, count(DISTINCT claim_id) AS claims FROM claim_history WHERE action = 'take'"
    )
    assert (counted["takes"], counted["claims"]) == (CLAIMS, CLAIMS)


async def test_reviewers_who_sign_at_once_decide_once() -> None:
    family = await a_family()
    asker = await staff(StaffRole.REVIEWER)
    claim_id = await proposed(family, asker)
    digest = await digest_of(claim_id)
    reviewers = [await staff(StaffRole.REVIEWER) for _ in range(6)]
    told = {"seen_digest": digest, "approve": True, "reason": None, **LAW}

    ends = await asyncio.gather(
        *(step(reviewer, claim_id, claims.sign_proposal, **told) for reviewer in reviewers), return_exceptions=True
    )

    assert sum(not isinstance(end, BaseException) for end in ends) == 1
    refusals = [end for end in ends if isinstance(end, BaseException)]
    known = (ClaimChangedMeanwhile, ClaimStepNotAllowed, approvals.ApprovalAlreadyDecided, approvals.ApprovalNotFound)
    assert all(isinstance(end, known) for end in refusals), refusals
    assert len(await rows("SELECT 1 FROM claim_history WHERE action = 'approve'")) == 1


async def test_one_receipt_filed_in_eight_claims_at_once_is_used_by_one() -> None:
    family = await a_family()
    receipt = a_receipt()
    drafts = [await a_draft(family, declared=a_declaration(receipt)) for _ in range(8)]

    ends = await asyncio.gather(
        *(step(family.log_in, draft, claims.file_claim, **LAW) for draft in drafts), return_exceptions=True
    )

    assert sum(not isinstance(end, BaseException) for end in ends) == 1
    faults = [fault for end in ends if isinstance(end, Refused) for fault in end.faults]
    assert len(faults) == 7
    assert all(isinstance(fault, ReceiptIsUsed) and fault.used_by != "—" for fault in faults)
    assert not [end for end in ends if isinstance(end, DomainError)]
    assert len(await rows("SELECT 1 FROM receipt_use WHERE released_at IS NULL")) == 1
