"""The requests about the agency's own people: each hires whom it needs, as accounts that really are there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from api.schema.scalars import encode_id
from domain import factors, identity, staff
from domain.actors import SYSTEM, Actor, ActorKind
from domain.identity import NewAccount, StaffRole
from domain.ids import new_id
from domain.staff import Post
from domain.store import rows
from domain.work import Work
from tests.builders import NOW, run
from tests.conformance.agency import HERE, an_officer
from tests.conformance.idempotency.exercise import Exercise
from tests.conformance.town import Town

Prepare = Callable[[Town], Awaitable[Exercise]]
REASON: Final = "人事〔2026〕8号"
TODAY: Final = NOW.date()


async def hired(role: StaffRole, login: str) -> Actor:
    """Employ somebody who is logged in."""
    actor = an_officer(role)
    await rows(
        "INSERT INTO account (id, kind, login, password_hash, display_name, roles, office, region, created_at)"
        " VALUES ($1, 'STAFF', $2, 'none', $2, $3, $4, $5, $6)",
        actor.id,
        login,
        [role.value],
        actor.office,
        HERE,
        NOW,
    )
    return actor


async def administrator(town: Town) -> Actor:
    return await hired(StaffRole.SYSTEM_ADMINISTRATOR, "sysadmin")


async def member(role: StaffRole = StaffRole.CLERK, login: str = "hired") -> dict[str, Any]:
    employed = await hired(role, login)
    assert employed.id is not None
    return {"id": encode_id("StaffMember", employed.id), "reason": REASON}


async def request_account(town: Town) -> Exercise:
    asked = {"login": "newcomer", "name": "某新人", "roles": ["CLERK"], "office": "一号窗口", "region": HERE}
    effects = {"staff_change": 1, "approval": 1}
    return Exercise(await administrator(town), asked | {"reason": REASON}, {"login": "other"}, effects)


async def request_roles(town: Town) -> Exercise:
    asked = await member() | {"roles": ["REVIEWER"]}
    return Exercise(await administrator(town), asked, {"roles": ["INSPECTOR"]}, {"staff_change": 1, "approval": 1})


async def request_reset(town: Town) -> Exercise:
    return Exercise(await administrator(town), await member(), {"reason": "别的"}, {"staff_change": 1, "approval": 1})


async def suspend(town: Town) -> Exercise:
    return Exercise(await administrator(town), await member(), {"reason": "别的"}, {"account": 0})


async def close(town: Town) -> Exercise:
    return Exercise(await administrator(town), await member(), {"reason": "别的"}, {"account": 0})


async def unlock(town: Town) -> Exercise:
    asked = await member()
    (clerk,) = await rows("SELECT id FROM account WHERE login = 'hired'")

    async def fail(work: Work) -> UUID:
        await factors.remember_failure(work, account_id=clerk["id"], source="192.0.2.1", wrong_code=False)
        return clerk["id"]

    await run(fail, actor=SYSTEM)
    security = await hired(StaffRole.SECURITY_ADMINISTRATOR, "security")
    return Exercise(security, asked, {"reason": "别的"}, {"login_lock": 0})


async def request_absence(town: Town) -> Exercise:
    stand_in = (await member(StaffRole.CLERK, "colleague"))["id"]
    days = {"starts": str(TODAY), "ends": str(TODAY + timedelta(days=5)), "standInId": stand_in}
    clerk = await hired(StaffRole.CLERK, "hired")
    return Exercise(clerk, days | {"reason": "年休假"}, {"reason": "病假"}, {"absence": 1})


async def an_absence() -> tuple[Actor, str]:
    clerk = await hired(StaffRole.CLERK, "hired")
    ends = TODAY + timedelta(days=5)
    absence_id: UUID = await run(
        lambda work: staff.ask_for_absence(work, starts=TODAY, ends=ends, stand_in_id=None, reason="年休假"),
        actor=clerk,
    )
    return clerk, encode_id("Absence", absence_id)


async def decide_absence(town: Town) -> Exercise:
    _, absence = await an_absence()
    head = await hired(StaffRole.CENTRE_HEAD, "head")
    return Exercise(head, {"id": absence, "confirm": True}, {"confirm": False}, {"absence": 0})


async def end_absence(town: Town) -> Exercise:
    clerk, absence = await an_absence()
    return Exercise(clerk, {"id": absence}, {"id": encode_id("Absence", new_id())}, {"absence": 0})


async def a_session(clerk: Actor) -> UUID:
    assert clerk.id is not None
    account = await identity.find_account(id=clerk.id)
    assert account is not None

    async def start(work: Work) -> UUID:
        await identity.start_login_session(work, account=account, device="Firefox · Linux")
        return account.id

    await run(start, actor=clerk)
    (found,) = await rows("SELECT id FROM login_session ORDER BY id DESC LIMIT 1")
    return found["id"]


async def end_session(town: Town) -> Exercise:
    clerk = await hired(StaffRole.CLERK, "hired")
    ids = [encode_id("LogInSession", await a_session(clerk)) for _ in range(2)]
    return Exercise(clerk, {"id": ids[0]}, {"id": ids[1]}, {"login_session": 0})


async def a_logged_in_resident() -> tuple[Actor, str]:
    account = NewAccount(id=new_id(), kind=ActorKind.RESIDENT, login="my-session", display_name="测试家长")

    async def make(work: Work) -> UUID:
        return await identity.create_account(work, account=account, password="correct horse battery")

    await run(make, actor=SYSTEM)
    actor = Actor(
        kind=ActorKind.RESIDENT,
        id=account.id,
        scopes=frozenset(identity.RESIDENT_SCOPES),
        client_id="resident-web",
        name=account.display_name,
    )
    return actor, encode_id("LogInSession", await a_session(actor))


async def end_my_session(_town: Town) -> Exercise:
    resident, first = await a_logged_in_resident()
    second = encode_id("LogInSession", await a_session(resident))
    return Exercise(resident, {"id": first}, {"id": second}, {"login_session": 0})


async def retire_passkey(town: Town) -> Exercise:
    clerk = await hired(StaffRole.CLERK, "hired")
    ids = [new_id() for _ in range(3)]
    for number, passkey_id in enumerate(ids):
        await rows(
            "INSERT INTO passkey (id, account_id, name, credential_digest, credential_id, public_key, rp_id, origin,"
            " sign_count, made_at) VALUES ($1, $2, '钥匙', repeat($3, 64), $3, 'key', 'localhost', 'x', 0, $4)",
            passkey_id,
            clerk.id,
            str(number),
            NOW,
        )
    first, second, _ = (encode_id("Passkey", passkey_id) for passkey_id in ids)
    return Exercise(clerk, {"id": first}, {"id": second}, {"passkey": 0})


async def decide_change(town: Town) -> Exercise:
    sysadmin = await administrator(town)
    post = Post("newcomer", "某新人", frozenset({"CLERK"}), "一号窗口", HERE)
    change_id = await run(lambda work: staff.ask_for_account(work, post=post, reason=REASON), actor=sysadmin)
    security = await hired(StaffRole.SECURITY_ADMINISTRATOR, "security")
    change = await staff.find_change(security, change_id=change_id)
    assert change is not None
    seen = {"id": encode_id("StaffChange", change_id), "contentDigest": change.content_digest.hex(), "approve": True}
    return Exercise(security, seen, {}, {})


async def read_events(town: Town) -> Exercise:
    clerk = await hired(StaffRole.CLERK, "hired")
    await a_session(clerk)
    audit = await hired(StaffRole.AUDIT_ADMINISTRATOR, "audit")
    assert clerk.id is not None
    return Exercise(audit, {"id": encode_id("StaffMember", clerk.id)}, {}, {})


async def read_sessions(town: Town) -> Exercise:
    events = await read_events(town)
    return Exercise(await hired(StaffRole.SECURITY_ADMINISTRATOR, "security"), events.input, {}, {})


STAFF_EXERCISES: Final[Mapping[str, Prepare]] = {
    "staffAccountRequest": request_account,
    "staffRolesRequest": request_roles,
    "staffResetRequest": request_reset,
    "staffSuspend": suspend,
    "staffClose": close,
    "staffUnlock": unlock,
    "absenceRequest": request_absence,
    "absenceDecide": decide_absence,
    "absenceEnd": end_absence,
    "sessionEnd": end_session,
    "mySessionEnd": end_my_session,
    "passkeyRetire": retire_passkey,
}
STAFF_WITHOUT_KEY: Final[Mapping[str, str]] = {
    "staffChangeDecide": "A question is decided once by itself, and its first password is shown once.",
    "passkeyBegin": "Asks for an offer; each has its own challenge and ends by itself.",
    "passkeyRegister": "A challenge is answered once by itself.",
    "totpBegin": "Shows a secret once; only the newest counts.",
    "totpConfirm": "A code works once by itself.",
    "mySessionsEnd": "Ends whatever is there; again, it ends what came since.",
    "recoveryCodesMake": "Shows codes once; only the newest count.",
}
STAFF_READINGS: Final[Mapping[str, Prepare]] = {
    "staffChangeDecide": decide_change,
    "staffEvents": read_events,
    "staffSessions": read_sessions,
}
