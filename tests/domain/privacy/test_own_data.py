"""Everybody gets all that is held about them, and may have it put right: contact by themself, the key by two others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import yaml
from tortoise.exceptions import IntegrityError

from domain import approvals, privacy, residents
from domain.actors import SYSTEM, Actor
from domain.errors import Refused
from domain.identifiers import CertificateKind
from domain.privacy import CorrectionForm, CorrectionState
from domain.privacy.errors import (
    CorrectionIsOpenAlready,
    CorrectionNotFound,
    DocumentIsTaken,
    EffectsWereNotRead,
    RecheckPaused,
)
from domain.residents import MandateKind, Sex
from domain.residents.models import Person
from domain.store import connect_arguments, row, rows
from tests.builders import KEYS, NOW, a_child_of, a_clerk, a_mandate, a_resident, a_reviewer, acting, an_id_number, run

TODAY = NOW.date()
MAP = Path(__file__).parents[3] / "docs/data-map.yaml"
PAPERS = ("户口簿变更页", "公安机关证明")
APPROVED_BY_ITSELF = (
    "UPDATE correction SET state = 'APPROVED', taken_up_by = new_id(), decided_by = new_id(), decided_at = now()"
    " WHERE person_id = $1"
)


def personal_columns(data_map: dict[str, Any]) -> Iterator[str]:
    for table, told in data_map["tables"].items():
        for column, category in told["columns"].items():
            kind = category if isinstance(category, str) else category["category"]
            if kind in {"personal", "sensitive"}:
                yield f"{table}.{column}"


def not_handed_out(data_map: dict[str, Any]) -> list[str]:
    """List the personal columns that an export forgets."""
    handed_out = {
        f"{table}.{column}"
        for table, exported in privacy.EXPORTED.items()
        for column in (*exported.columns, *exported.sealed)
    }
    return [name for name in personal_columns(data_map) if name not in handed_out | privacy.NOT_EXPORTED.keys()]


def test_every_personal_column_is_handed_out_to_its_owner() -> None:
    data_map = yaml.safe_load(MAP.read_text("utf-8"))
    assert not_handed_out(data_map) == []
    data_map["tables"]["person"]["columns"]["blood_group"] = "personal"
    data_map["tables"]["diagnosis"] = {"columns": {"code": {"category": "sensitive"}}}
    assert not_handed_out(data_map) == ["person.blood_group", "diagnosis.code"]


async def export(actor: Actor, person: Person) -> UUID:
    return await run(lambda work: privacy.export_file(work, person_id=person.id), actor=actor)


async def test_an_export_tells_all_of_one_person_and_nothing_of_others(store: str) -> None:
    number = an_id_number()
    mother = await a_resident(name="欧阳海燕", id_number=number, phone="13957211111")
    other_number = an_id_number()
    await a_resident(name="司徒静波", id_number=other_number, phone="13957222222")
    made = await export(acting(mother, id=(account := acting(mother)).id), mother)
    file = await privacy.find_export(account, keys=KEYS, export_id=made, now=NOW)

    assert file is not None
    told = orjson.loads(file.json)
    assert set(told) == set(privacy.EXPORTED)
    assert (told["person"][0]["document"], told["person"][0]["phone"]) == (number, "13957211111")
    for secret in ("司徒静波", other_number, "13957222222"):
        assert secret not in file.json
    assert number in file.html
    assert "欧阳海燕" in file.html


async def test_an_export_is_for_who_asked_and_for_a_day(store: str) -> None:
    mother = await a_resident()
    account = acting(mother)
    made = await export(account, mother)
    stored = await row("SELECT content_sealed FROM personal_export WHERE id = $1", made)
    assert stored is not None
    assert mother.name.encode() not in bytes(stored["content_sealed"])

    assert await privacy.find_export(acting(mother), keys=KEYS, export_id=made, now=NOW) is None
    over = NOW + timedelta(days=1)
    assert await privacy.find_export(account, keys=KEYS, export_id=made, now=over) is None

    async def clear(work: Any) -> UUID:
        await privacy.clear_expired_exports(work)
        return made

    await run(clear, actor=SYSTEM, now=over)
    stored = await row("SELECT content_sealed FROM personal_export WHERE id = $1", made)
    assert stored is not None
    assert stored["content_sealed"] is None


async def test_guardians_may_have_a_wards_file_on_record_and_delegates_may_not(store: str) -> None:
    mother = await a_resident()
    child = await a_child_of(mother)
    elder = await a_resident(name="王长青")
    await a_mandate(holder=mother, subject=elder, kind=MandateKind.DELEGATE)

    await export(acting(mother), child)
    (reading,) = await rows("SELECT purpose, unmasked FROM reading WHERE person_id = $1", child.id)
    assert (reading["purpose"], reading["unmasked"]) == ("个人信息副本", True)
    for actor, person in ((acting(mother), elder), (acting(elder), mother), (a_clerk(), mother)):
        with pytest.raises(residents.PersonNotFound):
            await export(actor, person)


async def change(
    actor: Actor,
    *,
    tail: str,
    phone: str | None = None,
    code: str | None = None,
    address: str | None = None,
    now: datetime = NOW,
) -> bool:
    made = await run(
        lambda work: privacy.change_contact(work, phone=phone, phone_code=code, address=address, document_tail=tail),
        actor=actor,
        now=now,
    )
    return await privacy.passed_recheck(actor, change_id=made)


async def code_for(actor: Actor, phone: str) -> str:
    """Have a code made for a number, and give what the message says."""
    made: list[privacy.PhoneCode] = []

    async def make(work: Any) -> UUID:
        made.append(await privacy.make_phone_code(work, phone=phone))
        return made[-1].id

    await run(make, actor=actor)
    return made[-1].code


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_phone_and_address_are_changed_by_who_knows_the_document(store: str) -> None:
    number = an_id_number()
    mother = await a_resident(id_number=number)
    me = acting(mother)

    code = await code_for(me, "13957212345")
    assert await change(me, tail=number[-4:], phone="139 5721 2345", code=code, address="海天大道 99 号")
    person = await Person.get(id=mother.id)
    assert person.phone_hint == "139****2345"
    assert person.phone_proved_at == NOW
    assert await residents.find_proved_phone(KEYS, person_id=mother.id) == "13957212345"
    household = await row("SELECT address FROM household WHERE id = $1", mother.household_id)
    assert household is not None
    assert household["address"] == "海天大道 99 号"


async def test_a_wrong_document_changes_nothing_and_five_of_them_pause(store: str) -> None:
    number = an_id_number()
    mother = await a_resident(id_number=number)
    me = acting(mother)
    wrong = "0000" if number[-4:] != "0000" else "1111"
    for _ in range(5):
        assert not await change(me, tail=wrong, phone="13957212345", code="000000")
    with pytest.raises(RecheckPaused):
        await change(me, tail=number[-4:], phone="13957212345", code="000000")
    assert (await Person.get(id=mother.id)).phone_hint == mother.phone_hint


async def test_every_fault_of_a_change_of_contact_is_told_at_once(store: str) -> None:
    mother = await a_resident()
    child = await a_child_of(mother)
    with pytest.raises(Refused) as refused:
        await change(acting(child), tail="0000", phone="110", address="海")
    assert {fault.code for fault in refused.value.faults} == {
        "CONTACT_PHONE",
        "CONTACT_CODE",
        "CONTACT_ADDRESS",
        "CONTACT_ADDRESS_OF_HEAD",
    }


async def test_a_number_is_taken_with_the_code_that_was_sent_to_it_and_with_no_other(store: str) -> None:
    number = an_id_number()
    mother, other = await a_resident(id_number=number), await a_resident()
    me, tail = acting(mother), number[-4:]
    of_others = await code_for(acting(other), "13957212345")
    mine = await code_for(me, "13957212345")
    over = NOW + timedelta(minutes=5)

    assert not await change(me, tail=tail, phone="13957212345", code=another(mine))
    if of_others != mine:
        assert not await change(me, tail=tail, phone="13957212345", code=of_others)
    assert not await change(me, tail=tail, phone="13957299999", code=mine)
    assert not await change(me, tail=tail, phone="13957212345", code=mine, now=over)
    assert await residents.find_proved_phone(KEYS, person_id=mother.id) == "13957200001"
    assert await change(me, tail=tail, phone="13957212345", code=mine)


async def test_a_code_proves_a_number_once_and_an_older_one_never(store: str) -> None:
    number = an_id_number()
    me, tail = acting(await a_resident(id_number=number)), number[-4:]
    older, newer = await code_for(me, "13957212345"), await code_for(me, "13957212345")

    if older != newer:
        assert not await change(me, tail=tail, phone="13957212345", code=older)
    assert await change(me, tail=tail, phone="13957212345", code=newer)
    assert not await change(me, tail=tail, phone="13957212345", code=newer)


async def test_five_wrong_codes_pause_whoever_guesses(store: str) -> None:
    number = an_id_number()
    me, tail = acting(await a_resident(id_number=number)), number[-4:]
    code = await code_for(me, "13957212345")

    for _ in range(5):
        assert not await change(me, tail=tail, phone="13957212345", code=another(code))
    with pytest.raises(RecheckPaused):
        await change(me, tail=tail, phone="13957212345", code=code)


async def test_the_registered_number_is_proved_where_it_was_not(store: str) -> None:
    number = an_id_number()
    mother = await a_resident(id_number=number, phone_is_proved=False)
    assert await residents.find_proved_phone(KEYS, person_id=mother.id) is None

    code = await code_for(acting(mother), "13957200001")
    assert await change(acting(mother), tail=number[-4:], phone="13957200001", code=code)
    assert await residents.find_proved_phone(KEYS, person_id=mother.id) == "13957200001"


async def test_postgresql_takes_no_proof_without_a_code_that_was_given_back(store: str) -> None:
    mother = await a_resident(phone_is_proved=False)
    await code_for(acting(mother), "13957200001")
    mark = residents.phone_mark(KEYS, person_id=mother.id, phone="13957200001")

    with pytest.raises(IntegrityError, match="giving back the code"):
        await rows("UPDATE person SET phone_proved_at = $2, phone_proved_mark = $3 WHERE id = $1", mother.id, NOW, mark)
    with pytest.raises(IntegrityError, match="works once"):
        await rows("UPDATE phone_proof SET phone_mark = sha256('another') WHERE person_id = $1", mother.id)


async def asked(actor: Actor, person: Person, form: CorrectionForm) -> UUID:
    seen = await privacy.preview_correction(actor, person_id=person.id, form=form, on=TODAY)
    assert seen is not None
    return await run(
        lambda work: privacy.ask_correction(work, person_id=person.id, form=form, effects_digest=seen.digest),
        actor=actor,
    )


async def taken_up(correction_id: UUID, *, by: Actor) -> None:
    await run(lambda work: privacy.take_up_correction(work, correction_id=correction_id, expected_version=1), actor=by)


async def decided(correction_id: UUID, *, by: Actor, approve: bool = True) -> UUID:
    record = await privacy.find_correction(SYSTEM, correction_id=correction_id, on=TODAY)
    assert record is not None
    return await run(
        lambda work: privacy.decide_correction(
            work,
            correction_id=correction_id,
            expected_version=record.version,
            seen_digest=record.content_digest,
            approve=approve,
            reason=None if approve else "材料不符",
        ),
        actor=by,
    )


async def test_a_new_birth_day_moves_what_hangs_on_it_after_two_people_said_so(store: str) -> None:
    mother = await a_resident()
    child = await a_child_of(mother, born_on=date(2019, 3, 8))
    number = an_id_number(born_on=date(2019, 8, 3), sex=Sex.FEMALE)
    form = CorrectionForm(
        name="王新名",
        born_on=date(2019, 8, 3),
        document_type=CertificateKind.RESIDENT_ID,
        document_number=number,
        papers=PAPERS,
    )
    preview = await privacy.preview_correction(acting(mother), person_id=child.id, form=form, on=TODAY)
    assert {effect.code for effect in preview.effects} == {"NAME", "DOCUMENT", "CARD", "AGE", "GUARDIAN"}

    correction = await asked(acting(mother), child, form)
    assert (await Person.get(id=child.id)).name == "王乐乐"
    await taken_up(correction, by=a_clerk())
    await decided(correction, by=a_reviewer())

    person = await Person.get(id=child.id)
    assert (person.name, person.name_pinyin, person.born_on) == ("王新名", "wang xin ming", date(2019, 8, 3))
    found = await residents.find_person_by_document(
        keys=KEYS, kind=CertificateKind.RESIDENT_ID, number=number, today=TODAY
    )
    assert found == child.id
    assert person.document_sealed is not None
    (mandate,) = await rows("SELECT ends FROM mandate WHERE subject_id = $1", child.id)
    assert mandate["ends"] == date(2037, 8, 3)


async def test_nobody_decides_on_what_they_checked_and_a_rejection_changes_nothing(store: str) -> None:
    mother = await a_resident()
    clerk = a_clerk()
    correction = await asked(acting(mother), mother, CorrectionForm(name="王改名", papers=PAPERS))
    await taken_up(correction, by=clerk)
    both = Actor(**{f: getattr(a_reviewer(), f) for f in Actor.__slots__} | {"id": clerk.id})
    with pytest.raises(approvals.MakerMayNotDecide):
        await decided(correction, by=both)
    await decided(correction, by=a_reviewer(), approve=False)
    assert (await Person.get(id=mother.id)).name == mother.name
    record = await privacy.find_correction(acting(mother), correction_id=correction, on=TODAY)
    assert record is not None
    assert (record.state, record.reason) == (CorrectionState.REJECTED, "材料不符")


@pytest.mark.parametrize(
    ("form", "codes"),
    [
        (CorrectionForm(), {"CORRECTION_PAPERS_MISSING"}),
        (CorrectionForm(papers=PAPERS), {"CORRECTION_EMPTY"}),
        (CorrectionForm(name="王小丽", papers=PAPERS), {"CORRECTION_EMPTY"}),
        (CorrectionForm(name="王1", born_on=date(1990, 5, 18)), {
            "CORRECTION_NAME", "CORRECTION_BIRTH_DAY", "CORRECTION_PAPERS_MISSING",
        }),
        (CorrectionForm(document_type=CertificateKind.RESIDENT_ID, papers=PAPERS), {"CORRECTION_DOCUMENT"}),
        (
            CorrectionForm(
                document_type=CertificateKind.RESIDENT_ID,
                document_number=an_id_number(born_on=date(1991, 1, 1)),
                born_on=date(1992, 2, 2),
                papers=PAPERS,
            ),
            {"CORRECTION_BIRTH_DAY"},
        ),
    ],
)  # fmt: skip
async def test_every_fault_of_a_correction_is_told_at_once(store: str, form: CorrectionForm, codes: set[str]) -> None:
    mother = await a_resident(name="王小丽")
    with pytest.raises(Refused) as refused:
        await privacy.preview_correction(acting(mother), person_id=mother.id, form=form, on=TODAY)
    assert {fault.code for fault in refused.value.faults} == codes


async def test_a_correction_needs_effects_that_were_read_a_free_document_and_nothing_under_way(store: str) -> None:
    taken = an_id_number()
    await a_resident(name="别人", id_number=taken)
    mother = await a_resident()
    me = acting(mother)
    with pytest.raises(DocumentIsTaken):
        await asked(me, mother, CorrectionForm(
            document_type=CertificateKind.RESIDENT_ID, document_number=taken, papers=PAPERS
        ))  # fmt: skip
    form = CorrectionForm(name="王改名", papers=PAPERS)
    with pytest.raises(EffectsWereNotRead):
        await run(
            lambda work: privacy.ask_correction(work, person_id=mother.id, form=form, effects_digest=b""), actor=me
        )
    correction = await asked(me, mother, form)
    with pytest.raises(CorrectionIsOpenAlready):
        await asked(me, mother, form)
    with pytest.raises(CorrectionNotFound):
        await run(
            lambda work: privacy.withdraw_correction(work, correction_id=correction, expected_version=1),
            actor=acting(await a_resident()),
        )
    await run(lambda work: privacy.withdraw_correction(work, correction_id=correction, expected_version=1), actor=me)
    await asked(me, mother, form)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE person SET name = '改' WHERE id = $1", "person_keeps_its_key"),
        ("UPDATE person SET born_on = '2000-01-01' WHERE id = $1", "person_keeps_its_key"),
        (APPROVED_BY_ITSELF, "correction_needs_approval"),
        ("UPDATE correction SET name = '改' WHERE person_id = $1", "correction_stays_as_asked"),
        ("DELETE FROM correction WHERE person_id = $1", "correction_stays_as_asked"),
        ("DELETE FROM unmasking WHERE person_id = $1", None),
    ],
)  # fmt: skip
async def test_the_database_holds_it_against_everybody(store: str, statement: str, constraint: str | None) -> None:
    mother = await a_resident()
    await asked(acting(mother), mother, CorrectionForm(name="王改名", papers=PAPERS))
    link = await asyncpg.connect(**connect_arguments(store))
    try:
        if constraint is None:
            assert await link.execute(statement, mother.id) == "DELETE 0"
            return
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(statement, mother.id)
        assert refused.value.constraint_name == constraint
    finally:
        await link.close()
