"""A claim's hospital is looked up on the first day of care: contracted, suspended, none of ours, or off-site."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import claims
from domain.actors import SYSTEM
from domain.claims import Care, ClaimRecord, Declared, Reckoning
from domain.claims.queries import read_declared
from domain.errors import Refused
from domain.identity import StaffRole
from domain.money import Money
from domain.rules import Level, OffSite
from tests.builders import KEYS, NOW
from tests.claim_builders import (
    AREA,
    BOOK,
    LAW,
    Family,
    a_declaration,
    a_draft,
    a_family,
    a_hospital,
    filed,
    findings,
    in_review,
    staff,
    step,
)

pytestmark = pytest.mark.usefixtures("store")
FIRST = "H33090000123"
OF_NOBODY = "H33090299999"
OVER = "H33090000005"
SUSPENDED = "H33090000006"
IN_HANGZHOU = "H33010000001"
IN_SHANGHAI = "H31010000001"


async def declared_by(family: Family, form: Declared) -> tuple[Declared, ClaimRecord]:
    """File a form, and give what stands declared afterwards."""
    claim_id = await filed(family, declared=form)
    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    return await read_declared(KEYS, claim_id=claim_id), record


async def refused(family: Family, form: Declared) -> list[tuple[str, tuple[str, ...]]]:
    claim_id = await a_draft(family, declared=form)
    with pytest.raises(Refused) as refusal:
        await step(family.log_in, claim_id, claims.file_claim, **LAW)
    return [(fault.code, fault.path) for fault in refusal.value.faults]


async def test_the_register_says_name_and_level_whatever_was_typed() -> None:
    family = await a_family()

    typed, _ = await declared_by(
        family,
        replace(a_declaration(), hospital_name="随便写的", level=Level.PRIMARY, hospital_code=f" {FIRST.lower()}"),
    )
    untyped, _ = await declared_by(family, replace(a_declaration(), hospital_name=None, level=None))

    assert (typed.hospital_name, typed.level) == ("海岛第一医院", Level.TERTIARY)
    assert (untyped.hospital_name, untyped.level) == ("海岛第一医院", Level.TERTIARY)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"hospital_code": OF_NOBODY}, "CLAIM_HOSPITAL_NOT_CONTRACTED", "hospital_code"),
        ({"hospital_code": OVER}, "CLAIM_HOSPITAL_NOT_CONTRACTED", "hospital_code"),
        ({"hospital_code": SUSPENDED}, "CLAIM_HOSPITAL_SUSPENDED", "hospital_code"),
        ({"hospital_code": IN_HANGZHOU}, "CLAIM_HOSPITAL_ELSEWHERE", "off_site"),
        ({"hospital_code": IN_HANGZHOU, "off_site": OffSite.NATION_FILED}, "CLAIM_HOSPITAL_ELSEWHERE", "off_site"),
        ({"hospital_code": IN_SHANGHAI, "off_site": OffSite.PROVINCE_UNFILED}, "CLAIM_HOSPITAL_ELSEWHERE", "off_site"),
        ({"off_site": OffSite.PROVINCE_FILED}, "CLAIM_HOSPITAL_HERE", "off_site"),
    ],
)
async def test_what_the_register_does_not_carry_is_refused(changes: dict[str, Any], code: str, path: str) -> None:
    family = await a_family()

    assert await refused(family, replace(a_declaration(), **changes)) == [(code, (path,))]


async def test_a_suspension_says_since_when_and_why_in_both_languages() -> None:
    family = await a_family()
    claim_id = await a_draft(family, declared=replace(a_declaration(), hospital_code=SUSPENDED))

    with pytest.raises(Refused) as refusal:
        await step(family.log_in, claim_id, claims.file_claim, **LAW)

    (fault,) = refusal.value.faults
    assert fault.message().zh == (
        "东屿示范专科医院 自 2026-07-01 起暂停医保服务（示范：协议履行中违规，暂停协议六个月），"
        "2026-10-10 的就诊不予支付。"
    )
    assert "suspended from 2026-07-01" in fault.message().en
    assert "急诊" in fault.remedy().zh
    assert fault.law == "《实施〈中华人民共和国社会保险法〉若干规定》第八条"


@pytest.mark.parametrize("code", [OF_NOBODY, OVER, SUSPENDED])
async def test_an_emergency_is_taken_wherever_it_was_met_and_looked_at_closely(code: str) -> None:
    family = await a_family()

    declared, record = await declared_by(
        family, replace(a_declaration(), hospital_code=code, level=Level.SECONDARY, emergency=True)
    )

    assert declared.level is Level.SECONDARY
    assert "NO_CONTRACT" in record.risk_reasons


async def test_an_emergency_needs_the_level_from_its_papers() -> None:
    family = await a_family()

    form = replace(a_declaration(), hospital_code=OF_NOBODY, level=None, emergency=True)

    assert await refused(family, form) == [("CLAIM_VALUE_MISSING", ("level",))]


@pytest.mark.parametrize(
    ("code", "off_site"), [(IN_HANGZHOU, OffSite.PROVINCE_FILED), (IN_SHANGHAI, OffSite.NATION_UNFILED)]
)
async def test_a_hospital_of_another_region_comes_with_the_level_of_its_papers(code: str, off_site: OffSite) -> None:
    family = await a_family()

    declared, _ = await declared_by(
        family, replace(a_declaration(), hospital_code=code, off_site=off_site, level=Level.SECONDARY)
    )

    assert (declared.level, declared.hospital_name) == (Level.SECONDARY, "海岛第一医院")


async def test_a_hospital_of_another_region_with_a_contract_here_has_the_level_of_the_register() -> None:
    family = await a_family()
    code = await a_hospital(area=AREA, region="330100", level=Level.TERTIARY)

    declared, record = await declared_by(
        family,
        replace(a_declaration(), hospital_code=code, off_site=OffSite.PROVINCE_FILED, level=Level.PRIMARY),
    )

    assert declared.level is Level.TERTIARY
    assert "NO_CONTRACT" not in record.risk_reasons


async def test_who_was_admitted_under_a_contract_is_not_hurt_by_its_end() -> None:
    family = await a_family()
    stay = {"began_on": date(2025, 12, 30), "ended_on": date(2026, 1, 5)}

    declared, _ = await declared_by(family, replace(a_declaration(), hospital_code=OVER, **stay))
    later = replace(a_declaration(), hospital_code=OVER, began_on=date(2026, 1, 1), ended_on=date(2026, 1, 5))

    assert declared.level is Level.SECONDARY
    assert await refused(family, later) == [("CLAIM_HOSPITAL_NOT_CONTRACTED", ("hospital_code",))]


async def test_a_reviewer_leaves_the_level_to_the_register_and_corrects_that_of_papers() -> None:
    family, clerk = await a_family(), await staff(StaffRole.CLERK)
    contracted = await in_review(family, clerk)
    elsewhere = await in_review(
        family,
        clerk,
        declared=replace(
            a_declaration(), hospital_code=IN_HANGZHOU, off_site=OffSite.PROVINCE_FILED, level=Level.SECONDARY
        ),
    )
    corrected = replace(findings(), level=Level.PRIMARY)

    with pytest.raises(Refused) as refusal:
        await step(clerk, contracted, claims.propose_settlement, findings=corrected, **LAW)
    await step(clerk, elsewhere, claims.propose_settlement, findings=corrected, **LAW)
    await step(clerk, contracted, claims.propose_settlement, findings=replace(findings(), level=Level.TERTIARY), **LAW)

    assert [(fault.code, fault.path) for fault in refusal.value.faults] == [("CLAIM_LEVEL_OF_REGISTER", ("level",))]


async def estimate(family: Family, person_id: UUID | None = None, **changes: Any) -> Reckoning | None:
    trial = claims.Trial(
        care=Care.INPATIENT,
        med_type=None,
        level=None,
        off_site=OffSite.HOME,
        began_on=NOW.date() - timedelta(days=10),
        ended_on=NOW.date(),
        total=Money.yuan(20_000),
        own_pay=Money(0),
        lines=(),
    )
    return await claims.estimate(
        family.log_in,
        keys=KEYS,
        book=BOOK,
        area=AREA,
        person_id=person_id or family.child.id,
        trial=replace(trial, **changes),
        on=NOW.date(),
    )


async def test_an_estimate_takes_the_level_of_the_register() -> None:
    family = await a_family()

    by_code = await estimate(family, hospital_code="H33090000002")
    typed = await estimate(family, level=Level.SECONDARY)
    other = await estimate(family, level=Level.TERTIARY)

    assert by_code is not None
    assert typed is not None
    assert other is not None
    assert by_code.amounts == typed.amounts != other.amounts


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, ["CLAIM_VALUE_MISSING"]),
        ({"hospital_code": "X"}, ["CLAIM_HOSPITAL_CODE", "CLAIM_VALUE_MISSING"]),
        ({"hospital_code": OF_NOBODY}, ["CLAIM_HOSPITAL_NOT_CONTRACTED", "CLAIM_VALUE_MISSING"]),
        ({"hospital_code": SUSPENDED, "level": Level.TERTIARY}, ["CLAIM_HOSPITAL_SUSPENDED"]),
        ({"hospital_code": IN_SHANGHAI, "level": Level.TERTIARY}, ["CLAIM_HOSPITAL_ELSEWHERE"]),
    ],
)
async def test_an_estimate_says_what_a_filing_would_be_refused_for(changes: dict[str, Any], codes: list[str]) -> None:
    family = await a_family()

    with pytest.raises(Refused) as refusal:
        await estimate(family, **changes)

    assert [fault.code for fault in refusal.value.faults] == codes
