"""The requests about one's own data: corrections, contact, and the copy of all that is held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

from api.schema.scalars import decode_id, encode_id
from domain import privacy
from domain.actors import SYSTEM, Actor
from domain.identity import StaffRole
from domain.work import Work
from tests.builders import NOW, run
from tests.conformance.agency import an_officer
from tests.conformance.idempotency.exercise import Exercise
from tests.conformance.town import Town

Prepare = Callable[[Town], Awaitable[Exercise]]
CLERK: Final = an_officer(StaffRole.CLERK)
REVIEWER: Final = an_officer(StaffRole.REVIEWER)


async def ask_correction(town: Town) -> Exercise:
    asked = await a_correction_form(town)
    return Exercise(town.family.log_in, asked, {"effectsDigest": "00"}, {"correction": 1})


async def withdraw_correction(town: Town) -> Exercise:
    step = await a_correction(town)
    return Exercise(town.family.log_in, step, {"expectedVersion": 2}, {"correction": 0})


async def take_up_correction(town: Town) -> Exercise:
    return Exercise(CLERK, await a_correction(town), {"expectedVersion": 2}, {"approval": 1, "reading": 1})


async def decide_correction(town: Town) -> Exercise:
    step = await a_correction(town)
    correction_id = decode_id(step["id"], "Correction")
    await run(
        lambda work: privacy.take_up_correction(work, correction_id=correction_id, expected_version=1), actor=CLERK
    )
    record = await privacy.find_correction(SYSTEM, correction_id=correction_id, on=NOW.date())
    assert record is not None
    seen = {"expectedVersion": record.version, "contentDigest": record.content_digest.hex(), "approve": True}
    return Exercise(REVIEWER, step | seen, {"approve": False, "reason": "材料不符"}, {"correction": 0, "reading": 1})


async def change_contact(town: Town) -> Exercise:
    tail = (town.family.parent.document_hint or "")[-4:]
    code = await a_code(lambda work: privacy.make_phone_code(work, phone="13957299999"), actor=town.family.log_in)
    asked = {"phone": "13957299999", "phoneCode": code, "documentTail": tail}
    return Exercise(town.family.log_in, asked, {"phone": "13957288888"}, {"contact_change": 1})


async def send_phone_code(town: Town) -> Exercise:
    return Exercise(town.family.log_in, {"phone": "13957299999"}, {"phone": "13957288888"}, {"phone_proof": 1})


async def send_phone_code_from_window(town: Town) -> Exercise:
    parent, other = (encode_id("Person", family.parent.id) for family in (town.family, town.neighbours))
    return Exercise(CLERK, {"personId": parent}, {"personId": other}, {"phone_proof": 1})


async def prove_phone(town: Town) -> Exercise:
    parent = town.family.parent.id
    code = await a_code(lambda work: privacy.make_code_for_registered_phone(work, person_id=parent), actor=CLERK)
    step = {"personId": encode_id("Person", parent), "code": code}
    return Exercise(CLERK, step, {"code": "none"}, {"contact_change": 1})


async def a_code(make: Callable[[Work], Awaitable[privacy.PhoneCode]], *, actor: Actor) -> str:
    """Have a code made, and give what its message says."""
    made: list[privacy.PhoneCode] = []

    async def do(work: Work) -> UUID:
        made.append(await make(work))
        return made[-1].id

    await run(do, actor=actor)
    return made[-1].code


async def export(town: Town) -> Exercise:
    child, parent = town.family.ids["Person"], encode_id("Person", town.family.parent.id)
    return Exercise(town.family.log_in, {"personId": child}, {"personId": parent}, {"personal_export": 1})


async def a_correction_form(town: Town) -> dict[str, Any]:
    """Let the child of the family be called something else, with the effects read."""
    form = privacy.CorrectionForm(name="欧阳新名", papers=("户口簿变更页",))
    child = town.family.child.id
    seen = await privacy.preview_correction(town.family.log_in, person_id=child, form=form, on=NOW.date())
    assert seen is not None
    told = {"name": form.name, "papers": list(form.papers)}
    return {"personId": town.family.ids["Person"], "form": told, "effectsDigest": seen.digest.hex()}


async def a_correction(town: Town) -> dict[str, Any]:
    """Let the family ask for that correction, and give the step that follows."""
    form = privacy.CorrectionForm(name="欧阳新名", papers=("户口簿变更页",))
    child = town.family.child.id
    seen = await privacy.preview_correction(town.family.log_in, person_id=child, form=form, on=NOW.date())
    asked = await run(
        lambda work: privacy.ask_correction(work, person_id=child, form=form, effects_digest=seen.digest),
        actor=town.family.log_in,
    )
    return {"id": encode_id("Correction", asked), "expectedVersion": 1}


PRIVACY_EXERCISES: Final[Mapping[str, Prepare]] = {
    "correctionAsk": ask_correction,
    "correctionWithdraw": withdraw_correction,
    "correctionTakeUp": take_up_correction,
    "correctionDecide": decide_correction,
    "contactChange": change_contact,
    "phoneCodeSend": send_phone_code,
    "counterPhoneCodeSend": send_phone_code_from_window,
    "counterPhoneProve": prove_phone,
    "ownFileExport": export,
}
