"""The mutations of hand claims, the catalogue and notices: who asks, what, what differs, and the rows of one effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from api.schema.scalars import encode_id
from domain import beneficiaries, catalogue, claims, hospitals, notices
from domain.actors import SYSTEM, Actor
from domain.beneficiaries import ListKind
from domain.claims import ClaimState, PauseReason
from domain.identity import StaffRole
from domain.rules import Standing
from tests.builders import NOW, run
from tests.claim_builders import (
    AREA,
    LAW,
    LINES,
    Family,
    a_draft,
    a_sent_bill,
    digest_of,
    filed,
    in_review,
    papers,
    proposed,
    run_system,
    sign,
    staff,
    step,
    uploaded,
)
from tests.conformance.town import Town
from tests.receipt_documents import an_xml

Told = tuple[Actor, Mapping[str, Any], Mapping[str, Any], Mapping[str, int]]
PrepareClaim = Callable[[Town], Awaitable[Told]]
CSV: Final = (
    "code,name,kind,grade,first_paid,special,price_limit,unit,limit_note,limit_care,limit_age_from,limit_age_below\n"
    "DEMO-N001,新增项目,201,01,,,9,次,,,,\n"
)


async def family_of(town: Town) -> Family:
    """Give the family of the town, with catalogue and hospitals in force."""
    await run_system(lambda work: catalogue.install_demonstration(work, region=AREA))
    await run_system(lambda work: hospitals.install_demonstration(work, area=AREA))
    return Family(town.family.parent, town.family.child, town.family.log_in)


async def at(claim_id: UUID) -> dict[str, object]:
    """Name a claim as it stands."""
    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    return {"id": encode_id("Claim", claim_id), "expectedVersion": record.version}


STALE: Final = {"expectedVersion": 99}


async def draft(town: Town) -> Told:
    await family_of(town)
    asked = {"personId": town.family.ids["Person"], "form": {"care": "INPATIENT"}}
    return town.family.log_in, asked, {"form": {"care": "OUTPATIENT"}}, {"claim": 1}


async def update(town: Town) -> Told:
    claim_id = await a_draft(await family_of(town))
    return town.family.log_in, await at(claim_id) | {"form": {"diagnosis": "骨折"}}, STALE, {"claim_history": 1}


async def read_receipt(town: Town) -> Told:
    claim_id = await a_draft(await family_of(town), declared=claims.Declared())
    assert town.shelf is not None
    bill = await a_sent_bill(town.family.log_in, an_xml(name=town.family.child.name), shelf=town.shelf)
    return town.family.log_in, await at(claim_id) | {"fileId": encode_id("File", bill)}, STALE, {"claim_history": 1}


async def file(town: Town) -> Told:
    claim_id = await a_draft(await family_of(town))
    return town.family.log_in, await at(claim_id), STALE, {"receipt_use": 1, "claim_clock": 1}


async def answer(town: Town) -> Told:
    family = await family_of(town)
    clerk, claim_id = await staff(StaffRole.CLERK), await filed(family)
    await step(clerk, claim_id, claims.take_claim)
    await step(clerk, claim_id, claims.return_claim, items=[claims.ReturnItem(None, "请补充")], **LAW)
    form = {
        "papers": [
            {"kind": one.kind.value, "fileId": encode_id("File", one.file_id)}
            for one in await uploaded(town.family.log_in, papers())
        ]
    }
    return town.family.log_in, await at(claim_id) | {"form": form}, STALE, {"claim_clock": 1}


async def withdraw(town: Town) -> Told:
    claim_id = await filed(await family_of(town))
    return town.family.log_in, await at(claim_id), STALE, {"claim_history": 1, "claim_clock": 1}


async def take(town: Town) -> Told:
    claim_id = await filed(await family_of(town))
    return await staff(StaffRole.CLERK), await at(claim_id), STALE, {"claim_history": 1}


async def held(town: Town) -> tuple[Actor, UUID]:
    """Let a clerk hold a claim that was filed."""
    claim_id, clerk = await filed(await family_of(town)), await staff(StaffRole.CLERK)
    await step(clerk, claim_id, claims.take_claim)
    return clerk, claim_id


async def hand_over(town: Town) -> Told:
    clerk, claim_id = await held(town)
    return clerk, await at(claim_id) | {"reason": "下班"}, {"reason": "休假"}, {"claim_history": 1}


async def send_back(town: Town) -> Told:
    clerk, claim_id = await held(town)
    items = {"items": [{"paper": "RECORD", "text": "病历不全"}]}
    return clerk, await at(claim_id) | items, STALE, {"claim_return": 1, "claim_clock": 1}


async def accept(town: Town) -> Told:
    clerk, claim_id = await held(town)
    return clerk, await at(claim_id) | {"counted": 1, "summed": "5000.00"}, {"counted": 2}, {"claim_history": 1}


async def reviewing(town: Town) -> tuple[Actor, UUID]:
    """Let a clerk review a claim."""
    clerk = await staff(StaffRole.CLERK)
    return clerk, await in_review(await family_of(town), clerk)


async def pause(town: Town) -> Told:
    clerk, claim_id = await reviewing(town)
    asked = {"reason": "OTHER_REGION", "note": "向异地核实"}
    return clerk, await at(claim_id) | asked, {"note": "别的"}, {"claim_clock": 1}


async def resume(town: Town) -> Told:
    clerk, claim_id = await reviewing(town)
    await step(clerk, claim_id, claims.pause_clock, reason=PauseReason.OTHER_REGION, note="核实", **LAW)
    return clerk, await at(claim_id), STALE, {"claim_clock": 1}


async def propose(town: Town) -> Told:
    clerk, claim_id = await reviewing(town)
    lines = [
        {"code": code, "name": name, "price": price, "count": pieces, "amount": amount}
        for code, name, price, pieces, amount in LINES
    ]
    return clerk, await at(claim_id) | {"lines": lines}, STALE, {"claim_proposal": 1, "approval": 1}


async def propose_refusal(town: Town) -> Told:
    clerk, claim_id = await reviewing(town)
    return clerk, await at(claim_id) | {"reason": "不符"}, {"reason": "别的"}, {"claim_proposal": 1, "approval": 1}


async def sign_it(town: Town) -> Told:
    claim_id = await proposed(await family_of(town), await staff(StaffRole.CLERK))
    seen = {"contentDigest": (await digest_of(claim_id)).hex(), "approve": True}
    return await staff(StaffRole.REVIEWER), await at(claim_id) | seen, STALE, {"approval_decision": 1}


async def order_check(town: Town) -> Told:
    clerk, claim_id = await reviewing(town)
    members = [encode_id("Account", (await staff(StaffRole.REVIEWER)).id or UUID(int=0)) for _ in range(2)]
    asked = {"doubt": "单据疑点", "members": members}
    return clerk, await at(claim_id) | asked, {"doubt": "别的"}, {"claim_field_check": 1, "claim_clock": 1}


async def checking(town: Town) -> tuple[UUID, Actor, Actor]:
    """Send two people out."""
    clerk, claim_id = await reviewing(town)
    one, two = await staff(StaffRole.REVIEWER), await staff(StaffRole.REVIEWER)
    await step(clerk, claim_id, claims.order_field_check, doubt="疑点", members=[one.id, two.id], **LAW)
    return claim_id, one, two


async def report(town: Town) -> Told:
    claim_id, one, _ = await checking(town)
    return one, await at(claim_id) | {"report": "核实无误"}, {"report": "别的"}, {"claim_history": 1}


async def confirm(town: Town) -> Told:
    claim_id, one, two = await checking(town)
    await step(one, claim_id, claims.report_field_check, report="核实无误")
    return two, await at(claim_id), STALE, {"claim_history": 1, "claim_clock": 1}


async def decided(town: Town) -> UUID:
    """Approve a claim, proposed by one reviewer and signed by another."""
    claim_id = await proposed(await family_of(town), await staff(StaffRole.REVIEWER))
    record = await sign(await staff(StaffRole.REVIEWER), claim_id)
    assert record.state is ClaimState.SETTLED
    return claim_id


async def appeal(town: Town) -> Told:
    claim_id = await decided(town)
    return town.family.log_in, await at(claim_id) | {"grounds": "起付线有误"}, {"grounds": "别的"}, {"claim_appeal": 1}


async def decide_appeal(town: Town) -> Told:
    claim_id = await decided(town)
    await step(town.family.log_in, claim_id, claims.appeal_claim, grounds="起付线有误")
    asked = {"outcome": "UPHELD", "reason": "成立"}
    return await staff(StaffRole.CENTRE_HEAD), await at(claim_id) | asked, {"reason": "别的"}, {"claim_clock": 1}


async def reopen(town: Town) -> Told:
    claim_id = await decided(town)
    asked = {"reason": "内审发现差错"}
    return await staff(StaffRole.CENTRE_HEAD), await at(claim_id) | asked, {"reason": "别的"}, {"claim_clock": 1}


async def read_notice(town: Town) -> Told:
    await filed(await family_of(town))
    (notice,) = await notices.list_notices(town.family.log_in, first=2)
    other = encode_id("Notice", UUID(int=7))
    return town.family.log_in, {"id": encode_id("Notice", notice.id)}, {"id": other}, {"notice": 0}


async def set_texts(town: Town) -> Told:
    return town.family.log_in, {"texts": False}, {"texts": True}, {"notice_wish": 1}


def a_catalogue_file() -> dict[str, object]:
    """Propose one more item from next month on."""
    starts = (NOW.date() + timedelta(days=30)).isoformat()
    return {"starts": starts, "source": "示范", "standing": "DEMONSTRATION", "isWhole": False, "text": CSV}


async def propose_list(town: Town) -> Told:
    clerk = replace(await staff(StaffRole.CLERK), region=AREA)
    return clerk, a_list(), {"source": "别的"}, {"beneficiary_import": 1, "beneficiary_entry": 1, "approval": 1}


def a_list() -> dict[str, object]:
    """Name somebody whom nobody here knows."""
    text = "document,name,category,starts,ends\n11010519491231002X,外地人,2303,2026-01-01,\n"
    return {"list": "CIVIL_AFFAIRS", "day": NOW.date().isoformat(), "source": "示范", "text": text}


async def decide_list(town: Town) -> Told:
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    told = a_list()
    import_id = await run(
        lambda work: beneficiaries.propose_list(
            work,
            region=AREA,
            kind=ListKind.CIVIL_AFFAIRS,
            day=NOW.date(),
            source="示范",
            text=str(told["text"]),
        ),
        actor=clerk,
    )
    record = await beneficiaries.find_import(SYSTEM, import_id=import_id)
    assert record is not None
    seen = {"contentDigest": record.content_digest.hex(), "approve": True}
    asked = {"id": encode_id("BeneficiaryImport", import_id)} | seen
    return reviewer, asked, {"approve": False, "reason": "有误"}, {"approval_decision": 1}


async def propose_catalogue(town: Town) -> Told:
    await family_of(town)
    clerk = replace(await staff(StaffRole.CLERK), region=AREA)
    return clerk, a_catalogue_file(), {"source": "别的"}, {"catalogue_import": 1, "catalogue_change": 1, "approval": 1}


async def decide_catalogue(town: Town) -> Told:
    await family_of(town)
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    import_id = await run(
        lambda work: catalogue.propose_import(
            work,
            region=AREA,
            starts=NOW.date() + timedelta(days=30),
            source="示范",
            standing=Standing.DEMONSTRATION,
            is_whole=False,
            text=CSV,
        ),
        actor=clerk,
    )
    record = await catalogue.find_import(SYSTEM, import_id=import_id)
    assert record is not None
    seen = {"contentDigest": record.content_digest.hex(), "approve": True}
    asked = {"id": encode_id("CatalogueImport", import_id)} | seen
    return reviewer, asked, {"approve": False, "reason": "有误"}, {"approval_decision": 1}


HOSPITALS: Final = (
    "code,name,level,kind,region,starts,ends,suspended,reason\n"
    "H33090000199,新增示范医院,2,GENERAL,330902,2026-01-01,,,\n"
)


async def propose_hospitals(town: Town) -> Told:
    clerk = replace(await staff(StaffRole.CLERK), region=AREA)
    asked = {"source": "示范", "standing": "DEMONSTRATION", "text": HOSPITALS}
    return clerk, asked, {"source": "别的"}, {"hospital_import": 1, "hospital_change": 1, "approval": 1}


async def decide_hospitals(town: Town) -> Told:
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    import_id = await run(
        lambda work: hospitals.propose_list(
            work, area=AREA, source="示范", standing=Standing.DEMONSTRATION, text=HOSPITALS
        ),
        actor=clerk,
    )
    record = await hospitals.find_import(SYSTEM, import_id=import_id)
    assert record is not None
    seen = {"contentDigest": record.content_digest.hex(), "approve": True}
    asked = {"id": encode_id("HospitalList", import_id)} | seen
    return reviewer, asked, {"approve": False, "reason": "有误"}, {"approval_decision": 1, "hospital_term": 1}


CLAIM_EXERCISES: Final[Mapping[str, PrepareClaim]] = {
    "claimDraft": draft,
    "claimUpdate": update,
    "claimReceiptRead": read_receipt,
    "claimFile": file,
    "claimAnswer": answer,
    "claimWithdraw": withdraw,
    "claimTake": take,
    "claimHandOver": hand_over,
    "claimReturn": send_back,
    "claimAccept": accept,
    "claimPause": pause,
    "claimResume": resume,
    "claimPropose": propose,
    "claimProposeRefusal": propose_refusal,
    "claimSign": sign_it,
    "claimFieldCheckOrder": order_check,
    "claimFieldCheckReport": report,
    "claimFieldCheckConfirm": confirm,
    "claimAppeal": appeal,
    "claimAppealDecide": decide_appeal,
    "claimReopen": reopen,
    "noticeRead": read_notice,
    "noticeTextsSet": set_texts,
    "beneficiaryPropose": propose_list,
    "beneficiaryDecide": decide_list,
    "cataloguePropose": propose_catalogue,
    "catalogueDecide": decide_catalogue,
    "hospitalsPropose": propose_hospitals,
    "hospitalsDecide": decide_hospitals,
}
