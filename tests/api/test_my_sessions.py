"""Residents see and end their own log-ins by GraphQL, and a refusal stands in the log by its code."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from structlog.testing import capture_logs

from api.schema.scalars import encode_id
from domain import identity
from domain.actors import SYSTEM, Actor, ActorKind, LogIn
from domain.crypto import Keyring
from domain.identity import NewAccount
from domain.ids import new_id
from domain.store import rows
from domain.work import Work, perform
from tests.api.conftest import Ask

SESSIONS = "{ mySessions { id isApplication label labelEn scopes startedAt seenAt expiresAt } }"
END = """mutation ($input: SessionEndInput!) { mySessionEnd(input: $input) { done { id } errors { code path } } }"""
END_ALL = """mutation ($input: MySessionsEndInput!) { mySessionsEnd(input: $input) { done { id } errors { code } } }"""


async def logged_in(login: str, *, now: datetime, keys: Keyring) -> Actor:
    """Make a resident with one browser and one application."""
    account = NewAccount(id=new_id(), kind=ActorKind.RESIDENT, login=login, display_name="测试家长")

    async def do(work: Work) -> UUID:
        for client in identity.demo_clients("http://127.0.0.1:8000"):
            await identity.register_client(work, client=client)
        await identity.create_account(work, account=account, password="correct horse battery")
        found = await identity.find_account(id=account.id)
        client = await identity.find_client(client_id="resident-web")
        assert found is not None
        assert client is not None
        await identity.start_login_session(work, account=found, device="Firefox · Linux")
        await identity.start_grant(
            work,
            account=found,
            client_id=client.id,
            scopes=["self:read"],
            authenticated_at=now,
            methods={"pwd", "sms", "mfa"},
        )
        return account.id

    await perform(do, actor=SYSTEM, now=now, keys=keys)
    log_in = LogIn(methods=frozenset({"pwd", "sms", "mfa"}), at=now)
    return Actor(kind=ActorKind.RESIDENT, id=account.id, scopes=frozenset(identity.RESIDENT_SCOPES), log_in=log_in)


async def seen(ask: Ask, actor: Actor) -> list[dict[str, Any]]:
    return (await ask(actor, SESSIONS)).ok["mySessions"]


async def test_a_resident_sees_and_ends_their_own_and_nobody_elses(ask: Ask, now: datetime, keys: Keyring) -> None:
    me, neighbour = [await logged_in(login, now=now, keys=keys) for login in ("me-myself", "neighbour")]
    browser, application = sorted(await seen(ask, me), key=lambda session: session["isApplication"])
    assert (browser["label"], browser["scopes"]) == ("Firefox · Linux", [])
    assert (application["label"], application["labelEn"]) == ("居民医保服务", "Residents' service")
    assert application["scopes"] == ["self:read"]

    def wanted(session: dict[str, Any]) -> dict[str, Any]:
        return {"input": {"id": session["id"], "idempotencyKey": str(uuid4())}}

    for session in await seen(ask, neighbour):
        answer = (await ask(me, END, wanted(session))).ok["mySessionEnd"]
        assert answer == {"done": None, "errors": [{"code": "SESSION_NOT_FOUND", "path": ["id"]}]}
    assert (await ask(me, END, wanted(application))).ok["mySessionEnd"]["done"] == {"id": application["id"]}
    assert [session["id"] for session in await seen(ask, me)] == [browser["id"]]
    assert len(await seen(ask, neighbour)) == 2

    (ended,) = await rows("SELECT end_reason, account_id FROM oauth_grant WHERE ended_at IS NOT NULL")
    assert (ended["end_reason"], ended["account_id"]) == ("REVOKED", me.id)
    (audited,) = await rows("SELECT actor_id FROM audit WHERE action = 'GrantEnded'")
    assert audited["actor_id"] == me.id


async def test_a_resident_ends_everything_at_once(ask: Ask, now: datetime, keys: Keyring) -> None:
    me, neighbour = [await logged_in(login, now=now, keys=keys) for login in ("me-myself", "neighbour")]

    unsure = (await ask(me, END_ALL, {"input": {"confirm": False}})).ok["mySessionsEnd"]
    assert [fault["code"] for fault in unsure["errors"]] == ["SESSION_NOT_FOUND"]
    assert len(await seen(ask, me)) == 2

    assert (await ask(me, END_ALL, {"input": {"confirm": True}})).ok["mySessionsEnd"]["errors"] == []
    assert await seen(ask, me) == []
    assert len(await seen(ask, neighbour)) == 2


async def test_a_command_that_is_refused_is_logged_by_its_codes(
    ask: Ask, now: datetime, keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A logger that was used before keeps its processors; this one is made anew.
    monkeypatch.setattr("api.perform.log", structlog.stdlib.get_logger("test"))
    me = await logged_in("me-myself", now=now, keys=keys)
    unknown = {"input": {"id": encode_id("LogInSession", new_id()), "idempotencyKey": str(uuid4())}}

    with capture_logs() as log:
        await ask(me, END, unknown)

    (line,) = [line for line in log if line["event"] == "command_refused"]
    assert (line["command"], line["codes"]) == ("mySessionEnd", ["SESSION_NOT_FOUND"])
    assert set(line) == {"event", "log_level", "command", "codes"}
