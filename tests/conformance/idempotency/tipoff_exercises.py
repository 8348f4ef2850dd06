"""The requests about reports of misused funds, by an investigator whose key is registered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from api.schema.scalars import decode_id, encode_id
from domain import identity, rules, tipoffs
from domain.actors import SYSTEM, Actor
from domain.approvals import ApprovalKind
from domain.identity import StaffRole
from domain.informants import RecordKind
from domain.store import rows
from domain.tipoffs import KeyPurpose, RemovalReason, Report
from tests.builders import KEYS, NOW, run
from tests.conformance.agency import an_officer
from tests.conformance.idempotency.exercise import Exercise
from tests.conformance.town import Town
from tests.domain.tipoffs.people import Desk, a_desk, staff
from tests.domain.tipoffs.test_rewards import approve, propose

Prepare = Callable[[Town], Awaitable[Exercise]]
KEEPER: Final = an_officer(StaffRole.SECURITY_ADMINISTRATOR)
BOOK: Final = rules.load_book()
_ANONYMOUS: Final = "Its token or receipt is the key; the log of commands would keep a digest of what was written."

TIPOFF_WITHOUT_KEY: Final[Mapping[str, str]] = {
    "tipoffReport": _ANONYMOUS,
    "tipoffReply": "A second message is a second message; the log of commands would keep a digest of it.",
    "tipoffRewardClaim": _ANONYMOUS,
    "tipoffLook": "Changes nothing.",
    "tipoffOpen": "Opens a file for reading: every reading goes on record by itself.",
    "tipoffRecordOpen": "Opens a record for reading: every reading goes on record by itself.",
}


async def decide(_: Town) -> Exercise:
    investigator, step = await a_case()
    asked = step | {"accept": True, "letter": "已受理"}
    effects = {"tipoff": 0, "tipoff_history": 1, "tipoff_envelope": 1, "tipoff_wrapped_key": 2}
    return Exercise(investigator, asked, {"accept": False}, effects)


async def write(_: Town) -> Exercise:
    investigator, step = await a_case()
    asked = {"id": step["id"], "text": "请补充时间", "toInformant": False}
    effects = {"tipoff_history": 1, "tipoff_envelope": 1, "tipoff_wrapped_key": 1}
    return Exercise(investigator, asked, {"toInformant": True}, effects)


async def classify(_: Town) -> Exercise:
    investigator, step = await a_case()
    return Exercise(investigator, step | {"topic": "FALSE_STAY"}, {"topic": "OTHER"}, {"tipoff_history": 1})


async def register_key(_: Town) -> Exercise:
    investigator = await staff(StaffRole.INVESTIGATOR, name="稽核")
    asked = {"purpose": "CASE", "publicKey": a_public_key().hex()}
    return Exercise(investigator, asked, {"publicKey": a_public_key().hex()}, {"investigator_key": 1})


async def confirm_key(_: Town) -> Exercise:
    _first, key = await a_key_of_an_investigator()
    _second, other = await a_key_of_an_investigator()
    return Exercise(KEEPER, {"id": key}, {"id": other}, {"investigator_key": 0})


async def link(_: Town) -> Exercise:
    investigator, step = await a_case()
    subjects = [{"kind": "INSTITUTION", "number": await a_hospital()}]
    return Exercise(investigator, step | {"subjects": subjects}, {"subjects": []}, {"tipoff_link": 1})


async def a_hospital() -> str:
    """Register a hospital's machine, and give what the hospital is called."""
    hospital = identity.ClientRegistration(
        client_id="test-hospital",
        name_zh="海岛医院",
        name_en="Island Hospital",
        authentication=identity.ClientAuthentication.PRIVATE_KEY_JWT,
        grant_types=("client_credentials",),
        scopes=frozenset(identity.INSTITUTION_SCOPES),
        public_keys={"keys": [identity.make_machine_key()[1]]},
        profile=identity.ClientProfile.FAPI2,
    )
    await run(lambda work: identity.register_client(work, client=hospital), actor=SYSTEM)
    return hospital.name_zh


async def join(_: Town) -> Exercise:
    investigator, first = await a_case()
    later = await report_again()
    asked = {"id": later, "expectedVersion": 1, "into": first["id"]}
    return Exercise(investigator, asked, {"into": later}, {"tipoff_history": 1})


async def transfer(_: Town) -> Exercise:
    investigator, step = await a_case()
    effects = {"tipoff_history": 1, "tipoff_envelope": 2, "tipoff_wrapped_key": 3}
    return Exercise(investigator, step | {"toWhom": "市公安局", "letter": "已移送"}, {"expectedVersion": 9}, effects)


async def close(_: Town) -> Exercise:
    investigator, step = await a_case()
    tipoff_id = decode_id(step["id"], "Tipoff")
    await run(
        lambda work: tipoffs.decide_intake(
            work, tipoff_id=tipoff_id, expected_version=1, accept=False, letter="不属于", book=BOOK
        ),
        actor=investigator,
    )
    asked = {"id": step["id"], "expectedVersion": 2}
    return Exercise(investigator, asked, {"expectedVersion": 9}, {"tipoff_history": 1})


async def order_check(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    first, second, third = (encode_id("Account", who) for who in ids_of(desk))
    asked = {"id": encode_id("Tipoff", case), "members": [first, second]}
    return Exercise(desk.first, asked, {"members": [first, third]}, {"tipoff_check": 1, "tipoff_history": 1})


async def report_check(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    check, other = [await an_ordered_check(desk, case) for _ in range(2)]
    effects = {"tipoff_envelope": 1, "tipoff_wrapped_key": 3, "tipoff_history": 1}
    return Exercise(desk.first, {"id": check, "text": "现场核对床位"}, {"id": other}, effects)


async def confirm_check(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    check, other = [await an_ordered_check(desk, case) for _ in range(2)]
    await desk.do(tipoffs.report_check, check_id=decode_id(check, "TipoffCheck"), text="现场核对床位")
    return Exercise(desk.second, {"id": check}, {"id": other}, {"tipoff_history": 1})


async def find_true(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    asked = {
        "id": encode_id("Tipoff", case),
        "expectedVersion": 2,
        "offence": "provider_fraud",
        "amount": "380000.00",
        "text": "虚假住院",
    }
    effects = {"tipoff_finding": 1, "tipoff_envelope": 1, "tipoff_wrapped_key": 3, "tipoff_history": 1}
    return Exercise(desk.first, asked, {"offence": "person_fraud"}, effects)


async def find_unfounded(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    asked = {"id": encode_id("Tipoff", case), "expectedVersion": 2, "text": "未发现"}
    effects = {"tipoff_finding": 1, "tipoff_envelope": 1, "tipoff_wrapped_key": 3, "tipoff_history": 1}
    return Exercise(desk.first, asked, {"expectedVersion": 9}, effects)


async def confirm_finding(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    await desk.do(tipoffs.find_unfounded, tipoff_id=case, expected_version=2, text="未发现")
    asked = {"id": encode_id("Tipoff", case), "expectedVersion": 3, "letter": "未查实"}
    effects = {"tipoff_finding": 0, "tipoff_envelope": 1, "tipoff_wrapped_key": 4, "tipoff_history": 1}
    return Exercise(desk.second, asked, {"expectedVersion": 9}, effects)


async def declare_relation(_: Town) -> Exercise:
    investigator, _key = await a_key_of_an_investigator()
    return Exercise(investigator, {"subject": "某康复医院"}, {"subject": "某诊所"}, {"investigator_relation": 1})


async def step_back(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    asked = {"id": encode_id("Tipoff", case)}
    effects = {"tipoff_reader": -1, "tipoff_history": 1}
    return Exercise(desk.third, asked, {"id": encode_id("Tipoff", uuid4())}, effects)


async def share(_: Town) -> Exercise:
    investigator, step = await a_case()
    _other, key = await a_key_of_an_investigator()
    await run(lambda work: tipoffs.confirm_key(work, key_id=decode_id(key, "InvestigatorKey")), actor=KEEPER)
    (envelope,) = await rows("SELECT id FROM tipoff_envelope")
    # The house cannot tell a wrapping from any other eighty bytes.
    wrapped = {"envelopeId": encode_id("TipoffEnvelope", envelope["id"]), "wrapped": "A" * 106 + "g="}
    asked = {"id": step["id"], "withKey": key, "envelopes": [wrapped]}
    return Exercise(investigator, asked, {"envelopes": []}, {"tipoff_reader": 1, "tipoff_wrapped_key": 1})


async def retire_key(_: Town) -> Exercise:
    investigator, key = await a_key_of_an_investigator()
    return Exercise(investigator, {"id": key}, {"id": encode_id("InvestigatorKey", uuid4())}, {"investigator_key": 0})


async def ask_opening(_: Town) -> Exercise:
    investigator, step = await a_case()
    asked = {"id": step["id"], "what": "IDENTITY", "reason": "TELL_DECISION"}
    return Exercise(investigator, asked, {"reason": "COURT_ORDER"}, {"tipoff_opening": 1, "approval": 1})


async def ask_removal(_: Town) -> Exercise:
    investigator, step = await a_case()
    asked = {"id": step["id"], "what": "IDENTITY", "reason": "OWN_REQUEST"}
    return Exercise(investigator, asked, {"reason": "COURT_ORDER"}, {"tipoff_opening": 1, "approval": 1})


async def remove_record(town: Town) -> Exercise:
    desk, case = await an_accepted_case(town)
    wish: Mapping[str, Any] = {"what": RecordKind.IDENTITY, "reason": RemovalReason.OWN_REQUEST}
    removal = await desk.do(tipoffs.ask_removal, tipoff_id=case, **wish)
    await approve(desk, ApprovalKind.TIPOFF_OPENING, removal)
    asked = {"id": encode_id("TipoffOpening", removal)}
    return Exercise(desk.leader, asked, {"id": encode_id("TipoffOpening", uuid4())}, {"tipoff_opening": 0})


async def propose_reward(town: Town) -> Exercise:
    desk = await the_desk(town)
    case, _receipt = await desk.found_true()
    (finding,) = await desk.texts(desk.first, case.id, tipoffs.EnvelopeKind.FINDING)
    asked = {"id": encode_id("Tipoff", case.id), "verified": "380000.00", "secret": finding["secret"]}
    asked |= {"grade": "3", "accused": "UNIT"}
    return Exercise(desk.first, asked, {"grade": "2"}, {"tipoff_reward": 1, "approval": 1})


async def announce_reward(town: Town) -> Exercise:
    desk, case, reward = await an_approved_reward(town)
    asked = {"id": encode_id("Tipoff", case), "rewardId": encode_id("TipoffReward", reward)}
    effects = {"tipoff_envelope": 1, "tipoff_wrapped_key": 4, "tipoff_history": 1}
    return Exercise(desk.first, asked, {"id": encode_id("Tipoff", uuid4())}, effects)


async def pay_reward(town: Town) -> Exercise:
    desk, _case, reward = await an_approved_reward(town)
    asked = {"id": encode_id("TipoffReward", reward)}
    return Exercise(desk.leader, asked, {"id": encode_id("TipoffReward", uuid4())}, {"payout": 1})


async def an_approved_reward(town: Town) -> tuple[Desk, UUID, UUID]:
    """Take a case to a reward that was approved."""
    async with a_desk(town.database_url, Path()) as desk:
        case, _receipt = await desk.found_true()
        reward = await propose(desk, case.id)
        await approve(desk, ApprovalKind.TIPOFF_REWARD, reward)
        return desk, case.id, reward


async def an_accepted_case(town: Town) -> tuple[Desk, UUID]:
    """Let a report be taken up by one of three investigators."""
    desk = await the_desk(town)
    await desk.report(Report(what="挂床住院", who="某医院"))
    case = await desk.case()
    await desk.do(tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=True, letter="已受理", book=BOOK)
    return desk, case.id


async def an_ordered_check(desk: Desk, case: UUID) -> str:
    check = await desk.do(tipoffs.order_check, tipoff_id=case, members=ids_of(desk)[:2], book=BOOK)
    return encode_id("TipoffCheck", check)


async def the_desk(town: Town) -> Desk:
    """Give three investigators with keys, and those who hold the halves; the second store is the agency's own."""
    async with a_desk(town.database_url, Path()) as desk:
        return desk


def ids_of(desk: Desk) -> list[UUID]:
    found = [desk.first.id, desk.second.id, desk.third.id]
    return [each for each in found if each is not None]


async def a_case() -> tuple[Actor, dict[str, Any]]:
    """Let somebody report something, and give an investigator who can read it with the step that follows."""
    investigator, key = await a_key_of_an_investigator()
    await run(lambda work: tipoffs.confirm_key(work, key_id=decode_id(key, "InvestigatorKey")), actor=KEEPER)
    return investigator, {"id": encode_id("Tipoff", await _reported()), "expectedVersion": 1}


async def _reported() -> UUID:
    nothing_of_theirs: Any = None  # nobody is named and no file is sent
    case = await tipoffs.anonymously(
        lambda work: tipoffs.receive(
            work,
            report=Report(what="挂床住院", who="某医院"),
            token=uuid4(),
            region="330900",
            book=BOOK,
            second=nothing_of_theirs,
            shelf=nothing_of_theirs,
        ),
        now=NOW,
        keys=KEYS,
    )
    assert case is not None
    return case


async def report_again() -> str:
    """Let somebody else report the same, and give the id of that."""
    return encode_id("Tipoff", await _reported())


async def a_key_of_an_investigator() -> tuple[Actor, str]:
    """Let an investigator register a key, and give its id."""
    investigator = await staff(StaffRole.INVESTIGATOR, name="稽核")
    public = a_public_key()
    key = await run(
        lambda work: tipoffs.register_key(work, purpose=KeyPurpose.CASE, public_key=public), actor=investigator
    )
    return investigator, encode_id("InvestigatorKey", key)


def a_public_key() -> bytes:
    return X25519PrivateKey.generate().public_key().public_bytes_raw()


TIPOFF_EXERCISES: Final[Mapping[str, Prepare]] = {
    "tipoffDecide": decide,
    "tipoffWrite": write,
    "tipoffClassify": classify,
    "tipoffLink": link,
    "tipoffJoin": join,
    "tipoffTransfer": transfer,
    "tipoffClose": close,
    "tipoffCheckOrder": order_check,
    "tipoffCheckReport": report_check,
    "tipoffCheckConfirm": confirm_check,
    "tipoffFindTrue": find_true,
    "tipoffFindUnfounded": find_unfounded,
    "tipoffFindingConfirm": confirm_finding,
    "investigatorRelationDeclare": declare_relation,
    "tipoffStepBack": step_back,
    "tipoffShare": share,
    "tipoffOpeningAsk": ask_opening,
    "tipoffRemovalAsk": ask_removal,
    "tipoffRecordRemove": remove_record,
    "tipoffRewardPropose": propose_reward,
    "tipoffRewardAnnounce": announce_reward,
    "tipoffRewardPay": pay_reward,
    "investigatorKeyRetire": retire_key,
    "investigatorKeyRegister": register_key,
    "investigatorKeyConfirm": confirm_key,
}
