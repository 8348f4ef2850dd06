"""The application's role may do its work and has no right to touch history, whatever the triggers do."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from domain import residents
from domain import store as database
from domain.rules import load_book
from domain.settings import Settings
from domain.store import connect_arguments, open_database
from tests.builders import (
    KEYS,
    NOW,
    a_clerk,
    a_form,
    a_registration,
    a_resident,
    a_reviewer,
    acting,
    run,
)
from tests.domain.audit.trail import look, seal, seal_everything, write
from workers.main import drain
from workers.resources import Resources


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    link = await asyncpg.connect(**connect_arguments(database_url))
    yield link
    await link.close()


async def list_append_only(link: asyncpg.Connection) -> list[str]:
    found = await link.fetch(
        "SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'append_only' ORDER BY 1"
    )
    return [row["name"] for row in found]


async def test_the_role_has_no_right_to_change_history(owner: asyncpg.Connection) -> None:
    tables = await list_append_only(owner)
    assert {"audit", "reading", "audit_block", "entry", "posting", "channel_message"} <= set(tables)
    await owner.execute("SET ROLE yibao_app")
    for table in tables:
        column = await owner.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 1 AND attidentity = ''"
            " ORDER BY attnum LIMIT 1",
            table,
        )
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await owner.execute(statement)


async def test_the_rights_stand_without_the_triggers(owner: asyncpg.Connection) -> None:
    """The negative control: with the triggers off, the owner can do it and the role still cannot."""
    await owner.execute(
        "INSERT INTO audit (at, actor_kind, action, subject_kind) VALUES (now(), 'SYSTEM', 'test', 'test')"
    )
    await owner.execute("ALTER TABLE audit DISABLE TRIGGER USER")
    await owner.execute("SET ROLE yibao_app")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute("DELETE FROM audit")
    await owner.execute("RESET ROLE")
    assert await owner.execute("DELETE FROM audit") == "DELETE 1"


@pytest.mark.parametrize(
    "statement", ["DROP TABLE audit", "ALTER TABLE audit DISABLE TRIGGER USER", "CREATE TABLE x ()"]
)
async def test_the_role_cannot_take_the_guards_away(owner: asyncpg.Connection, statement: str) -> None:
    await owner.execute("SET ROLE yibao_app")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(statement)


@pytest.mark.parametrize(("column", "value"), [("transaction_id", "'5'"), ("id", "5")])
async def test_the_role_cannot_write_a_row_into_the_past(owner: asyncpg.Connection, column: str, value: str) -> None:
    sql = (
        f"INSERT INTO audit (at, actor_kind, action, subject_kind, {column}) OVERRIDING SYSTEM VALUE"
        f" VALUES (now(), 'SYSTEM', 'test', 'test', {value})"
    )
    await owner.execute("SET ROLE yibao_app")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(sql)
    await owner.execute("RESET ROLE")
    await owner.execute(sql)  # the negative control: the owner can, and the verifier finds it


async def test_nobody_but_the_queue_deletes_anything(owner: asyncpg.Connection) -> None:
    found = await owner.fetch(
        "SELECT table_name FROM information_schema.role_table_grants"
        " WHERE grantee = 'yibao_app' AND privilege_type IN ('DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES')"
    )
    assert {row["table_name"] for row in found} <= {
        "pgqueuer",
        "pgqueuer_log",
        "pgqueuer_schedules",
        "pgqueuer_statistics",
    }


async def test_tables_of_later_migrations_get_the_same_rights(owner: asyncpg.Connection) -> None:
    await owner.execute("CREATE TABLE later (id int); CREATE TABLE later_history (id int)")
    await owner.execute("SELECT make_append_only('later_history')")
    await owner.execute("SET ROLE yibao_app")
    await owner.execute("INSERT INTO later VALUES (1); UPDATE later SET id = 2; INSERT INTO later_history VALUES (1)")
    for statement in ("UPDATE later_history SET id = 2", "DELETE FROM later", "TRUNCATE later_history"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(statement)


@pytest.fixture
async def application_url(database_url: str, server_url: str) -> AsyncIterator[str]:
    """The address of the test's database for a log-in that is a member of the role, as in production."""
    name, password = f"yibao_test_{secrets.token_hex(6)}", secrets.token_hex(16)
    owner = await asyncpg.connect(**connect_arguments(server_url))
    await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE yibao_app")
    parts = urlsplit(database_url)
    host = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"{name}:{password}@{host}").geturl()
    await owner.execute(f"DROP ROLE {name}")
    await owner.close()


async def test_the_house_does_its_work_as_the_role(application_url: str, database_url: str) -> None:
    """A registration through four eyes, the job that follows, a file that is opened, and the seal over it all."""
    async with open_database(application_url, pool=3):
        who = await database.row("SELECT current_user AS name, pg_has_role('yibao_app', 'MEMBER') AS is_member")
        assert who is not None
        assert who["name"].startswith("yibao_test_")
        assert who["is_member"]
        parent = await a_resident()
        clerk, reviewer = a_clerk(), a_reviewer()
        registration = await a_registration(acting(parent), form=a_form())
        await run(
            lambda work: residents.check_registration(work, registration_id=registration, expected_version=1),
            actor=clerk,
        )
        digest = await database.row("SELECT content_digest, version FROM registration WHERE id = $1", registration)
        assert digest is not None
        await run(
            lambda work: residents.decide_registration(
                work,
                registration_id=registration,
                expected_version=digest["version"],
                seen_digest=bytes(digest["content_digest"]),
                approve=True,
            ),
            actor=reviewer,
        )
        resources = Resources(settings=Settings(), keys=KEYS, book=load_book(), wechatpay=None, clock=lambda: NOW)
        await drain(application_url, resources)
        joined = await database.row("SELECT count(*) AS participations FROM participation")
        assert joined is not None
        assert joined["participations"] == 1
        await write(1, readings=1)
        assert await seal_everything(KEYS, now=NOW) > 4
        assert await seal() is None
        with pytest.raises(Exception, match="permission denied"):
            await database.rows("DELETE FROM audit")
    report = await look(database_url)
    assert report.findings == []
    assert report.rows > 4
