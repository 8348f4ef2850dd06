"""What was made for minutes is forgotten an hour after its end, however often the job runs, and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from domain import identity, store
from domain.actors import SYSTEM, ActorKind
from domain.identity import NewAccount
from domain.ids import new_id
from domain.rules import load_book
from domain.settings import Settings
from domain.store import connect_arguments, open_database
from domain.work import Work
from tests.builders import KEYS, NOW, a_resident, run
from workers.jobs import forget_what_ran_out
from workers.resources import Resources
from workers.schedule import SCHEDULE

HOUR = timedelta(hours=1)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    async with open_database(database_url, pool=4):
        yield database_url


def at(moment: datetime) -> Resources:
    return Resources(settings=Settings(), keys=KEYS, book=load_book(), wechatpay=None, clock=lambda: moment)


async def leave_behind(*, ends: datetime) -> None:
    """Make a challenge and a pushed request that end then."""
    account_id, made = new_id(), ends - timedelta(minutes=5)
    account = NewAccount(
        id=account_id,
        kind=ActorKind.STAFF,
        login=f"a{account_id.hex[:12]}",
        display_name="某人",
        roles=frozenset({"CLERK"}),
        office="一号窗口",
        region="330902",
    )

    async def make(work: Work) -> UUID:
        return await identity.create_account(work, account=account, password="correct horse battery")

    await run(make, actor=SYSTEM)
    await store.rows(
        "INSERT INTO passkey_challenge (id, account_id, purpose, challenge, rp_id, origin, made_at, expires_at)"
        " VALUES ($1, $2, 'LOG_IN', $3, 'localhost', 'http://localhost', $4, $5)",
        new_id(), account_id, "a" * 43, made, ends,
    )  # fmt: skip
    session_id, person = new_id(), await a_resident()
    await store.rows(
        "INSERT INTO login_session (id, digest, account_id, methods, started_at, expires_at)"
        " VALUES ($1, $2, $3, '{pwd}', $4, $5)",
        session_id, account_id.hex * 2, account_id, made, ends + HOUR,
    )  # fmt: skip
    await store.rows(
        "INSERT INTO text_code (id, session_id, account_id, digest, made_at, expires_at)"
        " VALUES (gen_random_uuid(), $1, $2, sha256('code'), $3, $4)",
        session_id, account_id, made, ends,
    )  # fmt: skip
    await store.rows(
        "INSERT INTO phone_proof (id, person_id, asked_by, phone_mark, digest, made_at, expires_at)"
        " VALUES (gen_random_uuid(), $1, $2, sha256('phone'), sha256('code'), $3, $4)",
        person.id, account_id, made, ends,
    )  # fmt: skip
    client = await store.row("SELECT id FROM oauth_client LIMIT 1") or await _a_client()
    await store.rows(
        "INSERT INTO oauth_pushed_request (digest, client_id, parameters, created_at, expires_at, used_at)"
        " VALUES ($1, $2, '{}', $3, $4, $3)",
        (account_id.hex * 2)[:64], client["id"], made, ends,
    )  # fmt: skip


async def _a_client() -> dict[str, object]:
    explorer = next(one for one in identity.demo_clients("http://localhost") if one.client_id == "explorer")

    async def register(work: Work) -> UUID:
        return await identity.register_client(work, client=explorer)

    return {"id": await run(register, actor=SYSTEM)}


async def left() -> set[int]:
    """Say how many there are of each kind, which is the same number."""
    found = await store.row(
        "SELECT (SELECT count(*) FROM passkey_challenge) AS challenges,"
        " (SELECT count(*) FROM oauth_pushed_request) AS requests,"
        " (SELECT count(*) FROM text_code) AS codes, (SELECT count(*) FROM phone_proof) AS proofs"
    )
    assert found is not None
    return set(dict(found).values())


async def test_what_ran_out_an_hour_ago_is_forgotten_once_and_the_rest_stays(database: str) -> None:
    for ends in (NOW - 2 * HOUR, NOW - HOUR, NOW - HOUR + timedelta(seconds=1), NOW + timedelta(minutes=1)):
        await leave_behind(ends=ends)
    assert await left() == {4}

    await asyncio.gather(*(forget_what_ran_out.run(at(NOW)) for _ in range(4)))
    assert await left() == {2}
    await forget_what_ran_out.run(at(NOW))
    assert await left() == {2}
    await forget_what_ran_out.run(at(NOW + 2 * HOUR))
    assert await left() == {0}


async def test_the_role_of_the_application_forgets_by_these_functions_and_by_no_others(database: str) -> None:
    await leave_behind(ends=NOW - 2 * HOUR)
    link = await asyncpg.connect(**connect_arguments(database))
    try:
        await link.execute("SET ROLE yibao_app")
        for table in ("passkey_challenge", "oauth_pushed_request", "text_code", "phone_proof"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await link.execute(f"DELETE FROM {table}")
        assert await link.fetchval("SELECT forget_passkey_challenges($1)", NOW) == 1
        assert await link.fetchval("SELECT forget_pushed_requests($1)", NOW) == 1
        assert await link.fetchval("SELECT forget_text_codes($1)", NOW) == 2
    finally:
        await link.close()


def test_the_worker_forgets_every_hour() -> None:
    assert SCHEDULE["forget_what_ran_out"] == ("23 * * * *", forget_what_ran_out.run)
