"""Accounts, their passwords, and what the tables promise whatever a program does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError

from domain import identity, store
from domain.actors import SYSTEM, ActorKind
from domain.crypto import Keyring
from domain.errors import Refused
from domain.identity import ClientRegistration, EndReason, LoginTaken, NewAccount
from domain.ids import new_id
from domain.store import connect_arguments
from domain.work import Work, perform

PASSWORD = "correct horse battery"

Run = Callable[[Callable[[Work], Awaitable[UUID | None]]], Awaitable[object]]


@pytest.fixture
def run(store: str, now: datetime) -> Run:
    keys = Keyring.make()

    async def running(do: Callable[[Work], Awaitable[UUID | None]]) -> object:
        return await perform(do, actor=SYSTEM, now=now, keys=keys)

    return running


def a_clerk(**changes: object) -> NewAccount:
    values: dict[str, object] = {
        "id": new_id(),
        "kind": ActorKind.STAFF,
        "login": "clerk",
        "display_name": "某经办",
        "roles": frozenset({"CLERK"}),
        "office": "一号窗口",
        "region": "330902",
    }
    return NewAccount(**{**values, **changes})  # type: ignore[arg-type] # the test names fields


async def test_the_right_password_gives_the_account(run: Run) -> None:
    account = a_clerk()
    await run(lambda work: identity.create_account(work, account=account, password=PASSWORD))

    found = await identity.check_password(login=" Clerk ", password=PASSWORD)

    assert found is not None
    assert found.id == account.id
    assert found.roles == {"CLERK"}


@pytest.mark.parametrize(("login", "password"), [("clerk", "wrong"), ("nobody", PASSWORD), ("clerk", "")])
async def test_anything_else_gives_nobody(run: Run, login: str, password: str) -> None:
    await run(lambda work: identity.create_account(work, account=a_clerk(), password=PASSWORD))

    assert await identity.check_password(login=login, password=password) is None


async def test_a_suspended_account_is_nobody(run: Run) -> None:
    account = a_clerk()
    await run(lambda work: identity.create_account(work, account=account, password=PASSWORD))
    await run(lambda work: identity.suspend_account(work, account_id=account.id))

    assert await identity.check_password(login="clerk", password=PASSWORD) is None


async def test_the_same_letters_from_another_keyboard_are_the_same_password(run: Run) -> None:
    await run(lambda work: identity.create_account(work, account=a_clerk(), password="Cafe\u0301 au lait"))

    assert await identity.check_password(login="clerk", password="Caf\u00e9 au lait") is not None


def test_a_hash_names_its_parameters_and_never_repeats() -> None:
    first, second = identity.hash_password(PASSWORD), identity.hash_password(PASSWORD)

    assert first.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert first != second


async def test_every_fault_of_an_account_is_named_at_once(run: Run) -> None:
    unfit = a_clerk(login="a b", roles=frozenset({"CLERK", "EMPEROR"}), office=None)

    with pytest.raises(Refused) as refused:
        await run(lambda work: identity.create_account(work, account=unfit, password="short"))

    codes = [fault.code for fault in refused.value.faults]
    assert codes == ["LOGIN_UNFIT", "PASSWORD_UNFIT", "ROLE_UNKNOWN", "PLACE_OF_WORK_MISSING"]
    assert all(fault.message().zh and fault.message().en and fault.remedy().zh for fault in refused.value.faults)


async def test_a_resident_with_a_role_is_refused(run: Run) -> None:
    odd = a_clerk(kind=ActorKind.RESIDENT, office=None, region=None)

    with pytest.raises(Refused):
        await run(lambda work: identity.create_account(work, account=odd, password=PASSWORD))


async def test_a_name_is_given_once_in_whatever_letters(run: Run) -> None:
    await run(lambda work: identity.create_account(work, account=a_clerk(), password=PASSWORD))

    with pytest.raises(LoginTaken):
        await run(lambda work: identity.create_account(work, account=a_clerk(login="CLERK"), password=PASSWORD))


async def test_a_city_copies_its_accounts_in_one_go(store: str, now: datetime) -> None:
    residents = [
        NewAccount(id=new_id(), kind=ActorKind.RESIDENT, login=f"r{n:03}", display_name="某人") for n in range(200)
    ]
    rows = identity.account_rows(residents, password_hash=identity.hash_password(PASSWORD), now=now)
    link = await asyncpg.connect(**connect_arguments(store))

    await link.copy_records_to_table("account", records=rows, columns=list(identity.ACCOUNT_COLUMNS))

    await link.close()
    found = await identity.check_password(login="r137", password=PASSWORD)
    assert found is not None
    assert found.id == residents[137].id


async def test_a_client_is_registered_once_and_can_move(run: Run) -> None:
    for origin in ("http://127.0.0.1:8000", "http://127.0.0.1:9000"):
        (web,) = (client for client in identity.demo_clients(origin) if client.client_id == "resident-web")
        await run(lambda work, web=web: identity.register_client(work, client=web))

    found = await identity.find_client(client_id="resident-web")

    assert found is not None
    assert found.redirect_uris == ("http://127.0.0.1:9000/resident/callback",)


async def test_a_private_key_is_refused_by_the_house_and_by_postgresql(run: Run) -> None:
    private, public = identity.make_machine_key()
    with pytest.raises(Refused):
        await run(lambda work: identity.register_client(work, client=a_hospital(private)))
    await run(lambda work: identity.register_client(work, client=a_hospital(public)))

    with pytest.raises(IntegrityError, match="oauth_client"):
        await store.rows("UPDATE oauth_client SET public_keys = $1::jsonb", json.dumps({"keys": [private]}))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("authentication = 'none', public_keys = NULL", "fapi_client_proves_itself_by_its_key"),
        ("profile = 'OAUTH21'", "machine_follows_fapi"),
        ("profile = 'DEMONSTRATION'", "machine_follows_fapi"),
        ("profile = 'FAPI3'", "profile_is_known"),
    ],
)
async def test_postgresql_refuses_a_machine_outside_of_its_profile(run: Run, change: str, constraint: str) -> None:
    _, public = identity.make_machine_key()
    await run(lambda work: identity.register_client(work, client=a_hospital(public)))

    if "machine" not in constraint:
        change += ", grant_types = '{authorization_code}', redirect_uris = '{x}'"
    with pytest.raises(IntegrityError, match=constraint):
        await store.rows(f"UPDATE oauth_client SET {change}")


async def test_postgresql_refuses_a_second_use_of_a_pushed_request_and_one_that_lasts(run: Run, now: datetime) -> None:
    _, public = identity.make_machine_key()
    await run(lambda work: identity.register_client(work, client=a_hospital(public)))
    client = await identity.find_client(client_id="demo-hospital")
    assert client is not None
    await run(lambda work: identity.push_request(work, client=client, parameters={}))
    await store.rows("UPDATE oauth_pushed_request SET used_at = $1", now)

    with pytest.raises(IntegrityError, match="is used once"):
        await store.rows("UPDATE oauth_pushed_request SET used_at = NULL")
    with pytest.raises(IntegrityError, match="pushed_request_lives_for_less_than_ten_minutes"):
        await store.rows(
            "INSERT INTO oauth_pushed_request (digest, client_id, parameters, created_at, expires_at)"
            " VALUES (repeat('0', 64), $1, '{}', $2, $2::timestamptz + interval '600 seconds')",
            client.id,
            now,
        )


def a_hospital(key: dict[str, object]) -> ClientRegistration:
    return identity.demo_clients("https://yibao.example.org", hospital_key=key)[-1]


async def test_postgresql_refuses_to_revive_a_family_that_has_ended(run: Run, now: datetime) -> None:
    account = a_clerk()
    await run(lambda work: identity.create_account(work, account=account, password=PASSWORD))
    for client in identity.demo_clients("https://yibao.example.org"):
        await run(lambda work, client=client: identity.register_client(work, client=client))
    grant = await store.row(
        "INSERT INTO oauth_grant (id, client_id, account_id, scopes, authenticated_at, started_at, expires_at,"
        " methods) SELECT $1, id, $2, '{self:read}', $3, $3, $3::timestamptz + interval '1 day', '{pwd,otp,mfa}'"
        " FROM oauth_client LIMIT 1 RETURNING id",
        new_id(),
        account.id,
        now,
    )
    assert grant is not None
    await run(lambda work: identity.end_grant(work, grant_id=grant["id"], reason=EndReason.REVOKED))

    with pytest.raises(IntegrityError, match="has ended"):
        await store.rows("UPDATE oauth_grant SET ended_at = NULL, end_reason = NULL WHERE id = $1", grant["id"])


async def test_postgresql_refuses_a_code_that_lives_longer_than_a_minute(run: Run, now: datetime) -> None:
    account = a_clerk()
    await run(lambda work: identity.create_account(work, account=account, password=PASSWORD))
    for client in identity.demo_clients("https://yibao.example.org"):
        await run(lambda work, client=client: identity.register_client(work, client=client))

    with pytest.raises(IntegrityError, match="oauth_code"):
        await store.rows(
            "INSERT INTO oauth_code (digest, client_id, account_id, redirect_uri, scopes, challenge, authenticated_at,"
            " created_at, expires_at, methods) SELECT repeat('0', 64), id, $1, 'x', '{self:read}', repeat('A', 43),"
            " $2, $2, $2::timestamptz + interval '61 seconds', '{pwd,otp,mfa}' FROM oauth_client LIMIT 1",
            account.id,
            now,
        )
