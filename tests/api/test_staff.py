"""The agency's own people over GraphQL: the console's way from a request to a first password, and step-up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from api.schema.scalars import encode_id
from domain import identity
from domain.actors import Actor, LogIn
from domain.identity import StaffRole
from domain.ids import new_id
from domain.store import rows
from tests.api.conftest import Ask
from tests.conformance.agency import an_officer

REQUEST = """mutation ($input: StaffAccountRequestInput!) { staffAccountRequest(input: $input) {
  change { id contentDigest roles state } errors { code message remedy } } }"""
DECIDE = """mutation ($input: StaffChangeDecideInput!) { staffChangeDecide(input: $input) {
  change { state } firstPassword errors { code } } }"""
MY_ACCESS = """{ myAccess { login roles standsInFor methods loggedInAt passkeys { id } totpSince recoveryCodesLeft
  sessions { id label isApplication } } }"""
SUSPEND = "mutation ($input: StaffMemberInput!) { staffSuspend(input: $input) { member { state } errors { code } } }"


async def employed(role: StaffRole, login: str, *, now: datetime) -> Actor:
    actor = an_officer(role)
    await rows(
        "INSERT INTO account (id, kind, login, password_hash, display_name, roles, office, region, created_at)"
        " VALUES ($1, 'STAFF', $2, 'none', $2, $3, $4, $5, $6)",
        actor.id,
        login,
        [role.value],
        actor.office,
        actor.region,
        now,
    )
    return actor


def an_account(**changes: object) -> dict[str, object]:
    asked = {"login": "newcomer", "name": "某新人", "roles": ["CLERK"], "office": "一号窗口", "region": "330902"}
    return {"input": {**asked, "reason": "人事〔2026〕8号", "idempotencyKey": str(new_id()), **changes}}


async def test_an_account_comes_by_two_people_and_its_password_is_shown_once(ask: Ask, now: datetime) -> None:
    sysadmin = await employed(StaffRole.SYSTEM_ADMINISTRATOR, "sysadmin", now=now)
    security = await employed(StaffRole.SECURITY_ADMINISTRATOR, "security", now=now)
    asked = (await ask(sysadmin, REQUEST, an_account())).ok["staffAccountRequest"]
    assert asked["errors"] == []
    decision = {"input": {"id": asked["change"]["id"], "contentDigest": asked["change"]["contentDigest"]}}
    decision["input"]["approve"] = True

    decided = (await ask(security, DECIDE, decision)).ok["staffChangeDecide"]

    assert decided["change"]["state"] == "APPLIED"
    assert await identity.check_password(login="newcomer", password=decided["firstPassword"]) is not None
    again = (await ask(security, DECIDE, decision)).ok["staffChangeDecide"]
    assert (again["firstPassword"], again["errors"]) == (None, [{"code": "STAFF_CHANGE_NOT_FOUND"}])


async def test_every_fault_of_a_request_is_named_with_its_source(ask: Ask, now: datetime) -> None:
    sysadmin = await employed(StaffRole.SYSTEM_ADMINISTRATOR, "sysadmin", now=now)

    told = (await ask(sysadmin, REQUEST, an_account(login="a b", roles=["ACCOUNTANT", "CASHIER"], reason=" "))).ok

    errors = told["staffAccountRequest"]["errors"]
    assert [error["code"] for error in errors] == ["LOGIN_UNFIT", "POSTS_CLASH", "STAFF_REASON_MISSING"]
    assert "会计法" in errors[1]["message"]


async def test_my_access_tells_who_i_am_today(ask: Ask, now: datetime) -> None:
    clerk = await employed(StaffRole.CLERK, "clerk", now=now)

    mine = (await ask(clerk, MY_ACCESS)).ok["myAccess"]

    assert (mine["login"], mine["roles"], mine["methods"]) == ("clerk", ["CLERK"], ["mfa", "otp", "pwd"])
    assert (mine["passkeys"], mine["totpSince"], mine["sessions"]) == ([], None, [])


@pytest.mark.parametrize(
    "log_in",
    [
        None,
        LogIn(methods=frozenset({"pwd"}), at=datetime.fromisoformat("2026-11-02T09:00:00+08:00")),
        LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=datetime.fromisoformat("2026-11-02T07:59:59+08:00")),
    ],
    ids=["unknown", "a password alone", "an hour ago"],
)
async def test_what_gives_rights_asks_for_two_factors_of_the_last_hour(
    ask: Ask, now: datetime, log_in: LogIn | None
) -> None:
    sysadmin = await employed(StaffRole.SYSTEM_ADMINISTRATOR, "sysadmin", now=now)
    clerk = await employed(StaffRole.CLERK, "clerk", now=now)
    assert clerk.id is not None
    asked = {"input": {"id": encode_id("StaffMember", clerk.id), "reason": "调查", "idempotencyKey": str(new_id())}}

    refused = await ask(replace(sysadmin, log_in=log_in), SUSPEND, asked)

    assert refused.data is None
    (error,) = refused.errors
    assert error.extensions == {
        "code": "UNAUTHENTICATED",
        "scope": "staff:stop",
        "acrValues": "urn:yibao:acr:two-factors",
        "maxAge": 3600,
    }
    assert "重新登录" in error.message
    assert (await ask(sysadmin, SUSPEND, asked)).ok["staffSuspend"]["member"]["state"] == "SUSPENDED"


def test_what_moves_money_or_decides_needs_a_recent_log_in_and_reading_does_not(now: datetime) -> None:
    late = now + timedelta(hours=2)
    for role in StaffRole:
        officer = an_officer(role)
        for scope in identity.SCOPES_OF_ROLE[role]:
            must = identity.must_log_in_anew(officer, scope=scope, now=late)
            assert must == (scope in identity.SCOPES_OF_RECENT_LOG_IN), scope
            assert not identity.must_log_in_anew(officer, scope=scope, now=now)
    moves = {"receive", "refund", "decide", "run", "release", "administer", "confirm", "stop", "factors", "unmask"}
    found = {scope for scope in identity.STAFF_SCOPES if scope.value.split(":")[1] in moves}
    assert found <= identity.SCOPES_OF_RECENT_LOG_IN, found - identity.SCOPES_OF_RECENT_LOG_IN
