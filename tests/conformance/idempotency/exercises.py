"""Every mutation that takes an idempotency key, with a request that succeeds in the town, and another of that key.

A new mutation belongs in here: the walk over the schema fails until it is.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from api.schema.scalars import decode_id, encode_id
from domain import approvals, collection, files, identity, institutions, residents
from domain.actors import SYSTEM, Actor
from domain.errors import Text
from domain.identifiers import CertificateKind
from domain.identity import StaffRole
from domain.ids import new_id
from domain.residents import MandateKind
from tests.builders import NOW, a_birth_certificate_number, a_mandate, a_resident, run
from tests.conformance.agency import HERE, WECHAT, an_officer
from tests.conformance.idempotency.claim_exercises import CLAIM_EXERCISES, PrepareClaim
from tests.conformance.idempotency.exercise import Exercise
from tests.conformance.idempotency.money_out import MONEY_OUT
from tests.conformance.idempotency.privacy_exercises import PRIVACY_EXERCISES
from tests.conformance.idempotency.recheck_exercises import RECHECK_EXERCISES
from tests.conformance.idempotency.recovery_exercises import RECOVERY_EXERCISES
from tests.conformance.idempotency.staff_exercises import STAFF_EXERCISES, STAFF_WITHOUT_KEY
from tests.conformance.idempotency.tipoff_exercises import TIPOFF_EXERCISES, TIPOFF_WITHOUT_KEY
from tests.conformance.town import YEAR, Town, an_approval
from tests.domain.approvals.people import employed
from tests.domain.bindings.conftest import again, arriving, claim_of, number_of, proving

Prepare = Callable[[Town], Awaitable[Exercise]]

CLERK: Final = an_officer(StaffRole.CLERK)
REVIEWER: Final = an_officer(StaffRole.REVIEWER)
CASHIER: Final = an_officer(StaffRole.CASHIER)
ACCOUNTANT: Final = an_officer(StaffRole.ACCOUNTANT)
KEEPER: Final = an_officer(StaffRole.SYSTEM_ADMINISTRATOR)
SECOND_KEEPER: Final = an_officer(StaffRole.SECURITY_ADMINISTRATOR)
SECOND_ACCOUNTANT: Final = an_officer(StaffRole.ACCOUNTANT, name="第二会计")

WITHOUT_KEY: Final = {
    "identityUnmask": "Shows a number once: a repetition is another look, and goes on record as one.",
    "registrationOpen": "Opens a file for reading: every reading goes on record by itself.",
    "personOpen": "Opens a file for reading: every reading goes on record by itself.",
    "fileDownload": "Gives an address to read once: a second one is another reading, and each goes on record.",
    "claimOpen": "Opens a file for reading: every reading goes on record by itself.",
    "recheckOpen": "Opens a file for reading: every reading goes on record by itself.",
    "coverageCheck": "Answers yes or no: every question goes on record by itself.",
    **STAFF_WITHOUT_KEY,
    **TIPOFF_WITHOUT_KEY,
}


async def submit(town: Town) -> Exercise:
    form = a_newborn()
    return Exercise(town.family.log_in, {"form": form}, {"form": form | {"name": "王他人"}}, {"registration": 1})


async def complete(town: Town) -> Exercise:
    form = {"form": {"phone": "13957200009"}}
    return Exercise(
        town.family.log_in, _own_step(town) | form, {"form": {"phone": "13957200008"}}, {"registration_return": 0}
    )


async def withdraw(town: Town) -> Exercise:
    return Exercise(town.family.log_in, _own_step(town), {"expectedVersion": 2}, {"registration": 0})


async def take_in(town: Town) -> Exercise:
    form = a_newborn() | {"guardianId": encode_id("Person", town.family.parent.id)}
    return Exercise(CLERK, {"form": form}, {"form": form | {"name": "王他人"}}, {"registration": 1})


async def take_in_more(town: Town) -> Exercise:
    form = residents.RegistrationForm(
        name="王窗口",
        sex=residents.Sex.MALE,
        born_on=NOW.date(),
        document_type=CertificateKind.BIRTH_CERTIFICATE,
        document_number=a_birth_certificate_number(),
        guardian_id=town.family.parent.id,
        relation=residents.Relation.PARENT,
    )
    window = residents.RegistrationChannel.WINDOW
    filed = await run(lambda work: residents.submit_registration(work, form=form, channel=window), actor=CLERK)
    step = {"id": encode_id("Registration", filed), "expectedVersion": 1}
    return Exercise(CLERK, step | {"form": {"phone": "13957200009"}}, {"form": {"phone": "1395"}}, {"registration": 0})


async def send_back(town: Town) -> Exercise:
    faults = {"faults": [{"field": "NAME", "text": "与出生医学证明不一致"}]}
    other = {"faults": [{"field": "NAME", "text": "看不清"}]}
    return Exercise(CLERK, _own_step(town) | faults, other, {"registration_return": 1})


async def check(town: Town) -> Exercise:
    return Exercise(CLERK, _own_step(town), {"expectedVersion": 2}, {"approval": 1})


async def decide(town: Town) -> Exercise:
    own_id = decode_id(town.family.ids["Registration"], "Registration")
    await run(lambda work: residents.check_registration(work, registration_id=own_id, expected_version=1), actor=CLERK)
    record = await residents.find_registration(SYSTEM, registration_id=own_id)
    assert record is not None
    seen = {"contentDigest": record.content_digest.hex(), "approve": True, "expectedVersion": record.version}
    return Exercise(
        REVIEWER, _own_step(town) | seen, {"approve": False, "reason": "材料不符"}, {"person": 1, "mandate": 1}
    )


async def grant(town: Town) -> Exercise:
    holder = await a_resident(name="赵代办")
    told = {"kind": "DELEGATE", "holderNumber": holder.number, "holderName": "赵代办", "relation": "RELATIVE"}
    return Exercise(town.family.log_in, told | {"ends": "2027-01-01"}, {"ends": "2027-02-01"}, {"mandate": 1})


async def end(town: Town) -> Exercise:
    other = await a_mandate(
        holder=await a_resident(name="钱代办"), subject=town.family.parent, kind=MandateKind.DELEGATE
    )
    return Exercise(
        town.family.log_in,
        {"id": town.family.ids["Mandate"]},
        {"id": encode_id("Mandate", other.id)},
        {"mandate": 0},
    )


async def order(town: Town) -> Exercise:
    bill = town.family.ids["Bill"]
    return Exercise(
        town.family.log_in, {"billIds": [bill]}, {"billIds": [bill, bill]}, {"payment_order": 1, "payment_item": 1}
    )


async def receive(town: Town) -> Exercise:
    bill = await collection.find_bill(SYSTEM, bill_id=decode_id(town.family.ids["Bill"], "Bill"), on=NOW.date())
    assert bill is not None
    paid = {"billIds": [town.family.ids["Bill"]], "received": str(bill.due_amount), "receipt": "SJ-0001"}
    return Exercise(CASHIER, paid, {"receipt": "SJ-0002"}, {"payment_order": 1, "entry": 1, "coverage": 1})


async def start_billing(town: Town) -> Exercise:
    return Exercise(an_officer(StaffRole.CENTRE_HEAD), {"year": YEAR}, {"year": YEAR - 1}, {"billing_run": 1})


async def request_refund(town: Town) -> Exercise:
    bill = town.family.paid_bill
    return Exercise(town.family.log_in, {"billId": bill, "reason": "重复参保"}, {"reason": "别的"}, {"refund": 1})


async def take_up(town: Town) -> Exercise:
    other = town.neighbours.ids["Refund"]
    return Exercise(ACCOUNTANT, {"refundId": town.family.ids["Refund"]}, {"refundId": other}, {"approval": 1})


async def decide_refund(town: Town) -> Exercise:
    own_id = decode_id(town.family.ids["Refund"], "Refund")
    await run(lambda work: collection.take_up_refund(work, refund_id=own_id), actor=ACCOUNTANT)
    refund = await collection.find_refund(SYSTEM, refund_id=own_id)
    assert refund is not None
    seen = {"refundId": town.family.ids["Refund"], "contentDigest": refund.content_digest.hex(), "approve": True}
    return Exercise(SECOND_ACCOUNTANT, seen, {"approve": False, "reason": "不符合规定"}, {"refund": 0})


async def close(town: Town) -> Exercise:
    seen = {"differenceId": town.family.ids["PaymentDifference"], "outcome": "与平台核对一致"}
    return Exercise(ACCOUNTANT, seen, {"outcome": "别的"}, {"payment_difference": 0})


async def decide_approval(town: Town) -> Exercise:
    digest = approvals.content_digest_of(approvals.Statement(Text("资助对象名单", "List of beneficiaries"))).hex()
    seen = {"id": town.family.ids["Approval"], "contentDigest": digest, "outcome": "APPROVE"}
    return Exercise(REVIEWER, seen, {"outcome": "REJECT", "reason": "材料不符"}, {"approval_decision": 1})


async def hand_over(town: Town) -> Exercise:
    to = await employed(StaffRole.REVIEWER.value, region=HERE)
    assert to.id is not None
    asked = {"id": town.family.ids["Approval"], "to": encode_id("Account", to.id), "reason": "休假"}
    return Exercise(REVIEWER, asked, {"reason": "出差"}, {"approval_handover": 1})


async def convene(town: Town) -> Exercise:
    asked = await an_approval(new_id(), kind=approvals.ApprovalKind.CLAIM, in_doubt=True)
    members = [await employed(StaffRole.CLERK.value, region=HERE) for _ in range(3)]
    ids = [encode_id("Account", member.id) for member in members if member.id]
    told = {"id": encode_id("Approval", asked), "members": ids, "minutes": "一致同意"}
    return Exercise(CLERK, told, {"minutes": "别的"}, {"approval_meeting": 1, "approval_member": 3})


async def ask_again(town: Town) -> Exercise:
    asked = await an_approval(new_id(), now=NOW - timedelta(days=90))
    await run(approvals.expire_overdue, actor=SYSTEM)
    other = await an_approval(new_id(), now=NOW - timedelta(days=90))
    return Exercise(CLERK, {"id": encode_id("Approval", asked)}, {"id": encode_id("Approval", other)}, {"approval": 1})


def about_claims(prepare: PrepareClaim) -> Prepare:
    """Make an exercise of what the claims tell."""

    async def prepared(town: Town) -> Exercise:
        return Exercise(*await prepare(town))

    return prepared


async def open_file_ticket(town: Town) -> Exercise:
    wish = {"purpose": "CLAIM_PAPER", "name": "发票.jpg", "size": 123_456}
    return Exercise(town.family.log_in, wish, {"size": 123_457}, {"file": 1})


async def delete_file(town: Town) -> Exercise:
    own = [await a_file_of(town.family.log_in) for _ in range(2)]
    ids = [encode_id("File", file_id) for file_id in own]
    return Exercise(town.family.log_in, {"id": ids[0]}, {"id": ids[1]}, {"file": 0})


async def a_file_of(sender: Actor) -> UUID:
    wish = files.UploadWish(purpose=files.FilePurpose.CLAIM_PAPER, name="发票.jpg", size=1000)
    return await run(lambda work: files.open_ticket(work, wish=wish), actor=sender)


async def bind(town: Town) -> Exercise:
    person = await a_resident(name="慕容来安")
    phone = await arriving(f"openid of {person.id}")
    number = number_of(person)
    asked = {
        "name": person.name,
        "documentNumber": number,
        "ticket": WECHAT.make_ticket(name=person.name, document_number=number, method="FACE"),
    }
    return Exercise(phone, asked, {"name": "别人"}, {"binding": 1, "binding_attempt": 1})


async def end_a_binding(town: Town) -> Exercise:
    person = await a_resident(name="慕容去安")
    phone, other = await arriving(f"openid of {person.id}"), town.family.ids["Mandate"]
    attempt = await proving(phone, claim_of(person))
    assert attempt.binding_id is not None
    return Exercise(await again(phone), {"id": encode_id("Binding", attempt.binding_id)}, {"id": other}, {"binding": 0})


async def ask_for_key(town: Town) -> Exercise:
    _, public = identity.make_machine_key()
    asked = {"kind": "ADD_KEY", "reason": "年度更换", "publicKey": json.dumps(public)}
    return Exercise(
        KEEPER,
        {"institutionId": await _an_institution(), **asked},
        {"reason": "别的"},
        {"institution_change": 1, "approval": 1},
    )


async def decide_key(town: Town) -> Exercise:
    asked = (await ask_for_key(town)).input
    wish = institutions.Wish(
        kind=institutions.InstitutionChangeKind.ADD_KEY, reason="年度更换", public_key=asked["publicKey"]
    )
    institution_id = decode_id(asked["institutionId"], "Institution")
    change_id = await run(
        lambda work: institutions.ask_for_change(work, institution_id=institution_id, wish=wish), actor=KEEPER
    )
    change = await institutions.find_change(KEEPER, change_id=change_id)
    assert change is not None
    seen = {"id": encode_id("InstitutionChange", change_id), "contentDigest": change.content_digest.hex()}
    return Exercise(SECOND_KEEPER, {**seen, "approve": True}, {"approve": False}, {"institution_change": 0})


async def suspend(town: Town) -> Exercise:
    asked = {"institutionId": await _an_institution(), "reason": "密钥疑似泄露"}
    return Exercise(KEEPER, asked, {"reason": "别的"}, {"institution_change": 1})


EXERCISES: Final[Mapping[str, Prepare]] = {
    **MONEY_OUT,
    "registrationSubmit": submit,
    "registrationComplete": complete,
    "registrationWithdraw": withdraw,
    "registrationTakeIn": take_in,
    "registrationTakeInMore": take_in_more,
    "registrationReturn": send_back,
    "registrationCheck": check,
    "registrationDecide": decide,
    "mandateGrant": grant,
    "mandateEnd": end,
    "paymentOrderCreate": order,
    "paymentReceive": receive,
    "billingStart": start_billing,
    "refundRequest": request_refund,
    "refundTakeUp": take_up,
    "refundDecide": decide_refund,
    "paymentDifferenceClose": close,
    "approvalDecide": decide_approval,
    "approvalHandOver": hand_over,
    "approvalConvene": convene,
    "approvalAskAgain": ask_again,
    "fileUploadOpen": open_file_ticket,
    "fileDelete": delete_file,
    **{name: about_claims(prepare) for name, prepare in CLAIM_EXERCISES.items()},
    **{name: about_claims(prepare) for name, prepare in RECHECK_EXERCISES.items()},
    **{name: about_claims(prepare) for name, prepare in RECOVERY_EXERCISES.items()},
    "bindingCreate": bind,
    "bindingEnd": end_a_binding,
    "institutionChangeAsk": ask_for_key,
    "institutionChangeDecide": decide_key,
    "institutionSuspend": suspend,
    **STAFF_EXERCISES,
    **PRIVACY_EXERCISES,
    **TIPOFF_EXERCISES,
}


def a_newborn() -> dict[str, object]:
    """Fill in a form as a parent does."""
    return {
        "name": "王新生",
        "sex": "MALE",
        "bornOn": "2026-10-20",
        "documentType": "BIRTH_CERTIFICATE",
        "documentNumber": a_birth_certificate_number(),
        "relation": "PARENT",
    }


def a_key() -> str:
    """Make a fresh key, as clients do."""
    return str(uuid4())


async def _an_institution() -> str:
    """Register a bank's machine with a first key."""
    _, public = identity.make_machine_key()
    bank = identity.ClientRegistration(
        client_id="test-bank",
        name_zh="海岛银行",
        name_en="Island Bank",
        authentication=identity.ClientAuthentication.PRIVATE_KEY_JWT,
        grant_types=("client_credentials",),
        scopes=frozenset(identity.INSTITUTION_SCOPES),
        public_keys={"keys": [public]},
        profile=identity.ClientProfile.FAPI2,
    )
    return encode_id("Institution", await run(lambda work: identity.register_client(work, client=bank), actor=SYSTEM))


def _own_step(town: Town) -> dict[str, object]:
    return {"id": town.family.ids["Registration"], "expectedVersion": 1}
