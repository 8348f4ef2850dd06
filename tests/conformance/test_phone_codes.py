"""From a number that nobody proved to one that log-in codes may go to: through the API, with true messages."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from api.schema.scalars import encode_id
from domain import residents, store
from domain.actors import Actor
from domain.identity import StaffRole
from sandbox.sms.behaviour import Behaviour
from tests.builders import KEYS
from tests.conformance.agency import ELSEWHERE, SMS, Agency, Answer, an_officer
from tests.conformance.town import Town

NEW: Final = "13957299998"
CLERK: Final = an_officer(StaffRole.CLERK)


async def sent(agency: Agency, actor: Actor, **asked: Any) -> Answer:
    name = "phoneCodeSend" if "phone" in asked else "counterPhoneCodeSend"
    return await mutated(agency, actor, name, "code { expiresAt }", **asked)


async def mutated(agency: Agency, actor: Actor, name: str, shown: str, **asked: Any) -> Answer:
    document = (
        f"mutation ($input: {name[0].upper()}{name[1:]}Input!)"
        f" {{ {name}(input: $input) {{ {shown} errors {{ code path }} }} }}"
    )
    return await agency.ask(actor, document, {"input": {"idempotencyKey": str(uuid4()), **asked}})


def refusals(answer: Answer) -> list[str]:
    return [error["code"] for error in answer.payload()["errors"]]


async def test_a_resident_proves_a_new_number_by_the_message_that_it_got(agency: Agency, town: Town) -> None:
    me, parent = town.family.log_in, town.family.parent
    assert refusals(await sent(agency, me, phone=NEW)) == []
    message = SMS.messages[-1]
    assert message.phone == NEW

    tail = (parent.document_hint or "")[-4:]
    changed = await mutated(
        agency, me, "contactChange", "contact { phoneHint }", phone=NEW, phoneCode=message.code, documentTail=tail
    )

    assert changed.payload() == {"contact": {"phoneHint": "139****9998"}, "errors": []}
    assert await residents.find_proved_phone(KEYS, person_id=parent.id) == NEW


async def test_a_second_message_within_a_minute_is_not_sent(agency: Agency, town: Town) -> None:
    assert refusals(await sent(agency, town.family.log_in, phone=NEW)) == []
    before = len(SMS.messages)

    assert refusals(await sent(agency, town.family.log_in, phone=NEW)) == ["MESSAGES_PAUSED"]
    assert len(SMS.messages) == before


async def test_a_code_that_the_platform_does_not_take_is_good_for_nothing(agency: Agency, town: Town) -> None:
    SMS.behaviour = Behaviour(code="isv.AMOUNT_NOT_ENOUGH")
    try:
        answer = await sent(agency, town.family.log_in, phone=NEW)
    finally:
        SMS.behaviour = Behaviour()

    assert refusals(answer) == ["MESSAGE_NOT_SENT"]
    assert await store.rows("SELECT FROM phone_proof WHERE retired_at IS NULL") == []


async def test_a_clerk_proves_the_registered_number_and_sees_neither_it_nor_the_code(
    agency: Agency, town: Town
) -> None:
    parent = town.family.parent
    await store.rows("UPDATE person SET phone_proved_at = NULL, phone_proved_mark = NULL WHERE id = $1", parent.id)
    whom = encode_id("Person", parent.id)
    answer = await sent(agency, CLERK, personId=whom)
    assert refusals(answer) == []
    code = SMS.messages[-1].code
    assert code not in str(answer.body)

    wrong = f"{(int(code) + 1) % 10**6:06}"
    shown = "phone { phoneHint }"
    refused = await mutated(agency, CLERK, "counterPhoneProve", shown, personId=whom, code=wrong)
    assert refusals(refused) == ["RECHECK_FAILED"]
    assert await residents.find_proved_phone(KEYS, person_id=parent.id) is None
    proved = await mutated(agency, CLERK, "counterPhoneProve", shown, personId=whom, code=code)
    assert proved.payload() == {"phone": {"phoneHint": parent.phone_hint}, "errors": []}
    assert await residents.find_proved_phone(KEYS, person_id=parent.id) == SMS.messages[-1].phone


async def test_a_clerk_of_another_district_finds_nobody(agency: Agency, town: Town) -> None:
    before = len(SMS.messages)
    answer = await sent(
        agency, an_officer(StaffRole.CLERK, region=ELSEWHERE), personId=encode_id("Person", town.family.parent.id)
    )

    assert refusals(answer) == ["PERSON_NOT_FOUND"]
    assert len(SMS.messages) == before
