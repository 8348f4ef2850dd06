"""The requests about reports of misused funds, by an investigator whose key is registered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from api.schema.scalars import decode_id, encode_id
from domain import rules, tipoffs
from domain.actors import Actor
from domain.identity import StaffRole
from domain.tipoffs import KeyPurpose, Report
from tests.builders import KEYS, NOW, run
from tests.conformance.agency import an_officer
from tests.conformance.idempotency.exercise import Exercise
from tests.conformance.town import Town
from tests.domain.tipoffs.people import staff

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
    _, key = await a_key_of_an_investigator()
    _, other = await a_key_of_an_investigator()
    return Exercise(KEEPER, {"id": key}, {"id": other}, {"investigator_key": 0})


async def a_case() -> tuple[Actor, dict[str, Any]]:
    """Let somebody report something, and give an investigator who can read it with the step that follows."""
    investigator, key = await a_key_of_an_investigator()
    await run(lambda work: tipoffs.confirm_key(work, key_id=decode_id(key, "InvestigatorKey")), actor=KEEPER)
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
    return investigator, {"id": encode_id("Tipoff", case), "expectedVersion": 1}


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
    "investigatorKeyRegister": register_key,
    "investigatorKeyConfirm": confirm_key,
}
