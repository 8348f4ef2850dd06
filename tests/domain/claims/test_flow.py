"""A claim goes from the resident's papers to a decided settlement, one known step after another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain import approvals, claims, notices, receipts
from domain.actors import SYSTEM
from domain.claims import ClaimState, DeductionReason, PaperKind, ReturnItem
from domain.errors import Refused
from domain.identity import StaffRole
from domain.money import Money
from domain.store import rows
from tests.builders import KEYS, NOW, a_resident
from tests.claim_builders import (
    AREA,
    BOOK,
    LAW,
    a_declaration,
    a_draft,
    a_family,
    a_receipt,
    digest_of,
    filed,
    findings,
    in_review,
    papers,
    proposed,
    sign,
    staff,
    step,
    uploaded,
    who_files,
)

pytestmark = pytest.mark.usefixtures("store")


async def test_a_claim_is_filed_returned_once_answered_accepted_proposed_and_signed() -> None:
    family = await a_family()
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    claim_id = await filed(family)

    await step(clerk, claim_id, claims.take_claim)
    missing = [ReturnItem(PaperKind.DIAGNOSIS, "诊断证明缺少医师签名"), ReturnItem(None, "请核对银行名称")]
    returned = await step(clerk, claim_id, claims.return_claim, items=missing, **LAW)
    answer = claims.Declared(papers=await uploaded(family.log_in, papers()))
    answered = await step(family.log_in, claim_id, claims.answer_claim, form=answer, account=None, **LAW)
    accepted = await step(clerk, claim_id, claims.accept_claim, counted=1, summed=Money.parse("5000.00"), **LAW)
    waiting = await step(clerk, claim_id, claims.propose_settlement, findings=findings(), **LAW)
    decided = await sign(reviewer, claim_id)

    assert [returned.state, answered.state, accepted.state, waiting.state] == [
        ClaimState.RETURNED, ClaimState.FILED, ClaimState.IN_REVIEW, ClaimState.PROPOSED,
    ]  # fmt: skip
    assert returned.due_on is None
    assert answered.return_items == ()
    assert decided.state is ClaimState.PROPOSED  # a clerk proposed: two reviewers sign
    approved = await sign(await staff(StaffRole.REVIEWER), claim_id)
    assert approved.state is ClaimState.SETTLED
    assert approved.holder_id is None
    told = await notices.list_notices(family.log_in, first=20)
    assert {"claim.filed", "claim.returned", "claim.accepted"} <= {one.kind for one in told}


async def test_the_decision_has_the_amounts_of_the_engine_and_a_letter() -> None:
    family, clerk = await a_family(), await staff(StaffRole.CLERK)
    claim_id = await proposed(family, clerk)

    await _open(clerk, claim_id)
    file = await claims.find_file(clerk, keys=KEYS, book=BOOK, area=AREA, claim_id=claim_id, on=NOW.date())

    assert file is not None
    assert file.proposal is not None
    # 5,000 yuan wholly in scope, deductible 800 at a tertiary hospital in 2026, 70 %: (5,000 - 800) x 70 %.
    assert (file.proposal.fund_total, file.proposal.person_total) == (Money.parse("2940.00"), Money.parse("2060.00"))
    assert file.proposal.reckoning is not None
    assert file.proposal.reckoning.amounts["hifp_pay"] == Money.parse("2940.00")
    assert "2,940.00" in file.proposal.reckoning.letter
    assert all(line.is_known and line.grade == "01" for line in file.proposal.sheet)


async def test_what_is_deducted_stays_on_the_bill_as_own_money() -> None:
    family, clerk = await a_family(), await staff(StaffRole.CLERK)
    claim_id = await in_review(family, clerk)
    found = findings(deducted="100.00", reason=DeductionReason.NOT_PROVED)

    await step(clerk, claim_id, claims.propose_settlement, findings=found, **LAW)

    (row,) = await rows("SELECT total, fund_total, person_total, deducted FROM claim_proposal")
    # (5,000 - 100 - 800) x 70 % = 2,870.
    assert dict(row) == {"total": 500_000, "fund_total": 287_000, "person_total": 213_000, "deducted": 10_000}


async def test_every_fault_of_a_filing_comes_at_once_with_its_path() -> None:
    family = await a_family()
    bad = replace(
        a_declaration(),
        care=None,
        ended_on=NOW.date() + timedelta(days=1),
        diagnosis=None,
        hospital_code="12",
        receipt_count=3,
        total=Money.parse("1.00"),
        cause=claims.Cause.WORK_INJURY,
        papers=papers(PaperKind.BILL),
    )
    claim_id = await a_draft(family, declared=bad)

    with pytest.raises(Refused) as refused:
        await step(family.log_in, claim_id, claims.file_claim, **LAW)

    assert {(fault.code, *fault.path[:1]) for fault in refused.value.faults} == {
        ("CLAIM_VALUE_MISSING", "care"),
        ("CLAIM_VALUE_MISSING", "diagnosis"),
        ("CLAIM_DAY_AHEAD", "ended_on"),
        ("CLAIM_HOSPITAL_CODE", "hospital_code"),
        ("CLAIM_RECEIPT_COUNT", "receipt_count"),
        ("CLAIM_RECEIPT_SUM", "total"),
        ("CLAIM_CAUSE_NOT_PAID", "cause"),
        ("CLAIM_PAPER_MISSING", "papers"),
    }
    assert await rows("SELECT 1 FROM receipt_use") == []


async def test_the_same_receipt_again_is_refused_by_the_number_of_the_first_claim() -> None:
    family = await a_family()
    receipt = a_receipt()
    first = await filed(family, declared=a_declaration(receipt))
    record = await claims.find_claim(SYSTEM, claim_id=first, on=NOW.date())
    assert record is not None

    second = await a_draft(family, declared=a_declaration(receipt))
    with pytest.raises(Refused) as refused:
        await step(family.log_in, second, claims.file_claim, **LAW)

    (fault,) = refused.value.faults
    assert isinstance(fault, receipts.ReceiptIsUsed)
    assert fault.used_by == record.number
    assert record.number in fault.message().zh


async def test_papers_that_nobody_sent_or_somebody_else_are_refused() -> None:
    family = await a_family()
    theirs = await uploaded(who_files(await a_resident(name="邻居")), papers(PaperKind.BILL))
    claim_id = await a_draft(family)
    for photos in (papers(), (*theirs, *await uploaded(family.log_in, papers(*list(PaperKind)[1:])))):
        await step(family.log_in, claim_id, claims.update_claim, form=claims.Declared(papers=photos))
        with pytest.raises(Refused) as refused:
            await step(family.log_in, claim_id, claims.file_claim, **LAW)
        assert {fault.code for fault in refused.value.faults} == {"FILE_NOT_FOUND"}


async def test_withdrawing_frees_the_receipt() -> None:
    family = await a_family()
    receipt = a_receipt()
    first = await filed(family, declared=a_declaration(receipt))

    await step(family.log_in, first, claims.withdraw_claim, **LAW)
    second = await filed(family, declared=a_declaration(receipt))

    record = await claims.find_claim(SYSTEM, claim_id=second, on=NOW.date())
    assert record is not None
    assert record.state is ClaimState.FILED


async def test_what_is_missing_is_said_once() -> None:
    family, clerk = await a_family(), await staff(StaffRole.CLERK)
    claim_id = await filed(family)
    await step(clerk, claim_id, claims.take_claim)
    item = [ReturnItem(PaperKind.RECORD, "病历不全")]
    await step(clerk, claim_id, claims.return_claim, items=item, **LAW)
    await step(
        family.log_in,
        claim_id,
        claims.answer_claim,
        form=claims.Declared(papers=await uploaded(family.log_in, papers())),
        account=None,
        **LAW,
    )

    with pytest.raises(claims_errors().ClaimReturnedBefore):
        await step(clerk, claim_id, claims.return_claim, items=item, **LAW)


async def test_who_proposed_does_not_sign_and_a_changed_account_must_be_looked_at_again() -> None:
    family = await a_family()
    both = await staff(StaffRole.CLERK, StaffRole.REVIEWER)
    reviewer = await staff(StaffRole.REVIEWER)
    claim_id = await proposed(family, both)

    with pytest.raises(approvals.MakerMayNotDecide):
        await sign(both, claim_id)
    await rows(
        "INSERT INTO beneficiary (id, person_id, category, starts, source)"
        " VALUES (gen_random_uuid(), $1, '2303', '2020-01-01', '民政')",
        family.child.id,
    )
    back = await sign(reviewer, claim_id)
    assert back.state is ClaimState.IN_REVIEW
    assert await rows("SELECT 1 FROM statement") == []
    (word,) = await rows("SELECT note FROM claim_history WHERE action = 'outdated'")
    assert "参保人信息已变更" in word["note"]

    again = await step(both, claim_id, claims.propose_settlement, findings=findings(), **LAW)
    assert again.state is ClaimState.PROPOSED


async def test_a_neighbour_sees_nothing_and_staff_see_the_content_only_on_record() -> None:
    family, clerk = await a_family(), await staff(StaffRole.CLERK)
    elsewhere = await staff(StaffRole.CLERK, region="330921")
    claim_id = await filed(family)
    neighbour = who_files(await a_resident(name="邻居"))

    assert await claims.find_claim(neighbour, claim_id=claim_id, on=NOW.date()) is None
    assert await claims.find_claim(elsewhere, claim_id=claim_id, on=NOW.date()) is None
    assert await claims.find_claim(clerk, claim_id=claim_id, on=NOW.date()) is not None
    asked = {"keys": KEYS, "book": BOOK, "area": AREA, "claim_id": claim_id, "on": NOW.date()}
    assert await claims.find_file(clerk, **asked) is None
    await _open(clerk, claim_id)
    assert await claims.find_file(clerk, **asked) is not None
    (reading,) = await rows("SELECT person_id, what FROM reading")
    assert reading["person_id"] == family.child.id


async def test_a_refusal_is_signed_too_and_frees_the_receipt() -> None:
    family, clerk, reviewer = await a_family(), await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    claim_id = await in_review(family, clerk)

    await step(clerk, claim_id, claims.propose_refusal, reason="费用与病历不符", **LAW)
    assert await digest_of(claim_id)
    await sign(reviewer, claim_id)
    done = await sign(await staff(StaffRole.REVIEWER), claim_id)

    assert done.state is ClaimState.REJECTED
    assert done.reason == "费用与病历不符"
    assert await rows("SELECT 1 FROM receipt_use WHERE released_at IS NULL") == []


async def test_who_signs_sees_the_papers_and_who_judges_an_appeal_after_it_still_does() -> None:
    family, clerk, reviewer = await a_family(), await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    claim_id = await in_review(family, clerk)

    async def papers_seen() -> int:
        seen = claims.sees_papers(reviewer, on=NOW, after=0)
        (counted,) = await rows(f"SELECT count(*) AS seen FROM attachment WHERE {seen.sql}", *seen.values)
        return int(counted["seen"])

    assert await papers_seen() == 0
    await step(clerk, claim_id, claims.propose_settlement, findings=findings(), **LAW)
    assert await papers_seen() == 4
    await sign(reviewer, claim_id)
    settled = await sign(await staff(StaffRole.REVIEWER), claim_id)
    assert settled.state is ClaimState.SETTLED
    assert await papers_seen() == 4


async def _open(actor: object, claim_id: object) -> None:
    from tests.builders import run

    await run(lambda work: claims.open_claim(work, claim_id=claim_id, purpose="审核报销"), actor=actor)  # type: ignore[arg-type]


def claims_errors():  # type: ignore[no-untyped-def] # the room's own refusals
    from domain.claims import errors

    return errors
