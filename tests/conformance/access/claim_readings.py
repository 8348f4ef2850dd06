"""Questions about hand claims that succeed for somebody whose business they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from api.schema.scalars import encode_id
from domain import claims
from domain.actors import Actor
from domain.identity import StaffRole
from domain.receipts import read_document
from tests.builders import run
from tests.claim_builders import a_declaration, a_draft, filed, staff
from tests.conformance.idempotency.claim_exercises import family_of
from tests.conformance.idempotency.recheck_exercises import taken_in
from tests.conformance.town import Town
from tests.receipt_documents import an_xml

Told = tuple[Actor, Mapping[str, Any]]


async def own(town: Town) -> Told:
    claim_id = await filed(await family_of(town))
    return town.family.log_in, {"id": encode_id("Claim", claim_id)}


async def opened(town: Town) -> Told:
    claim_id = await filed(await family_of(town))
    return await staff(StaffRole.CLERK), {"id": encode_id("Claim", claim_id), "purpose": "审核报销"}


async def sheet(town: Town) -> Told:
    family = await family_of(town)
    lines = (("DEMO-S009", "骨科内固定术", "5000", "1", "5000.00"),)
    receipt = read_document(an_xml(name=town.family.child.name, lines=lines))
    read = claims.DeclaredReceipt(
        kind=receipt.key.kind,
        code=receipt.key.code,
        number=receipt.key.number,
        check_code=receipt.key.check_code,
        amount=receipt.total,
        issued_on=receipt.issued_on,
        was_read=True,
        lines=receipt.lines,
    )
    claim_id = await filed(family, declared=a_declaration(read))
    clerk = await staff(StaffRole.CLERK)
    await run(lambda work: claims.open_claim(work, claim_id=claim_id, purpose="审核报销"), actor=clerk)
    return clerk, {"id": encode_id("Claim", claim_id)}


async def trial(town: Town) -> Told:
    await a_draft(await family_of(town))
    asked = {"personId": town.family.ids["Person"], "care": "INPATIENT", "level": "TERTIARY"}
    days = {"beganOn": "2026-10-10", "endedOn": "2026-10-20", "total": "5000.00"}
    return town.family.log_in, asked | days


async def looked_at_again(town: Town) -> Told:
    recheck, inspector = await taken_in(town)
    return inspector, {"id": encode_id("Recheck", recheck.id)}


CLAIM_READINGS: Final[Mapping[str, Callable[[Town], Awaitable[Told]]]] = {
    "claim": own,
    "claimOpen": opened,
    "claimReviewSheet": sheet,
    "claimEstimate": trial,
    "recheckOpen": looked_at_again,
}
