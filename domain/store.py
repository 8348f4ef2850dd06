"""The database: how it is opened, and how it becomes what the code expects.

The schema is written in SQL, in `migrations/`, because the promises of the house live in it: constraints,
exclusions, triggers. The ORM maps the tables and a test proves that both agree (docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connections
from tortoise.context import TortoiseContext
from tortoise.exceptions import TransactionManagementError

from domain.actors import Actor, ActorKind
from domain.transport import database_context

MODELS: Final = (
    "domain.beneficiaries.models",
    "domain.catalogue.models",
    "domain.hospitals.models",
    "domain.claims.models",
    "domain.approvals.models",
    "domain.bindings.models",
    "domain.clearing.models",
    "domain.collection.models",
    "domain.devices.models",
    "domain.enrollment.models",
    "domain.factors.models",
    "domain.files.models",
    "domain.identity.models",
    "domain.institutions.models",
    "domain.ledger.models",
    "domain.notices.models",
    "domain.receipt_uses.models",
    "domain.payouts.models",
    "domain.reconciliation.models",
    "domain.recovery.models",
    "domain.residents.models",
    "domain.staff.models",
)
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 7_202_611_21  # one migration at a time, whoever starts first
_HOUSE: Final = ActorKind.SYSTEM.value
_asking: ContextVar[tuple[Actor, date | None] | None] = ContextVar("asking", default=None)


class SchemaMismatchError(RuntimeError):
    """The database was made by other migrations than these: a newer release, or an edited file."""


def connect_arguments(database_url: str) -> dict[str, Any]:
    """Take a `postgres://` address apart for asyncpg; `?host=/folder` names a folder of a Unix socket.

    With `sslmode=verify-full` nobody is spoken to who does not prove that they are the host (`domain/transport.py`).
    """
    parts = urlsplit(database_url)
    query = parse_qs(parts.query)
    encrypted = database_context(database_url)
    return ({} if encrypted is None else {"ssl": encrypted}) | {
        "host": query["host"][0] if "host" in query else parts.hostname,
        "port": int(query["port"][0]) if "port" in query else parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password) if parts.password else None,
        "database": parts.path.lstrip("/") or "postgres",
    }


@asynccontextmanager
async def open_database(database_url: str, *, pool: int = 10, walled: bool = False) -> AsyncGenerator[None]:
    """Open the pool for the ORM and for `connection()`; close it at the end.

    `walled` is for processes that serve strangers: every use of a connection begins by telling the database who
    asks (`asking`), and rows of others do not exist for it. Jobs and commands of the house itself see everything.
    """
    credentials = connect_arguments(database_url) | {"minsize": 1, "maxsize": pool, "application_name": "yibao"}
    if walled:
        credentials |= {"init": _become_the_application, "setup": _tell_who_asks, "reset": _leave_as_it_is}
    else:
        credentials |= {"server_settings": {"yibao.kind": _HOUSE}}
    context = TortoiseContext()
    async with context:
        await context.init(
            config={
                "connections": {"default": {"engine": "tortoise.backends.asyncpg", "credentials": credentials}},
                "apps": {
                    "domain": {"models": [name for name in MODELS if _exists(name)], "default_connection": "default"}
                },
                "use_tz": True,
                "timezone": "UTC",
            },
            _enable_global_fallback=True,
        )
        yield


def connection() -> Any:  # noqa: ANN401 - Tortoise has no public type for pool and transaction
    """Give the connection of the running transaction, or the pool outside of one."""
    return get_connections().get("default")


async def rows(sql: str, *values: object) -> list[dict[str, Any]]:
    """Run one statement with asyncpg's `$1` places and give its rows."""
    return await connection().execute_query_dict(sql, list(values))


async def row(sql: str, *values: object) -> Mapping[str, Any] | None:
    """Run one statement and give its only row, or None."""
    found = await rows(sql, *values)
    assert len(found) <= 1, "A statement for one row gave several."
    return found[0] if found else None


@contextmanager
def asking(actor: Actor, *, on: date | None = None) -> Generator[None]:
    """Let the database know who asks while this lasts, and on which day their mandates must hold.

    It is kept for this task and those that it starts. Where nobody ever said who asks, it is the house itself: a
    server therefore begins every request as `ANYBODY`.
    """
    token = _asking.set((actor, on))
    try:
        yield
    finally:
        _asking.reset(token)


def ask_from_here_on(actor: Actor, *, on: date) -> None:
    """Say who asks once it is known, inside of an outer `asking` that takes it back."""
    _asking.set((actor, on))


@asynccontextmanager
async def beyond_the_wall(why: str) -> AsyncGenerator[None]:
    """Look at all rows for a moment, because a rule needs it and the answer tells nothing of them.

    `why` is for readers of the code; a test lists every use with its reason.
    """
    assert why
    asked = _asking.get()
    if asked is None or asked[0].kind is ActorKind.SYSTEM:
        yield
    elif not isinstance(connection(), TransactionalDBClient):
        with asking(Actor(kind=ActorKind.SYSTEM)):
            yield
    else:
        before = await row(
            "SELECT current_setting('yibao.kind', true) AS kind, set_config('yibao.kind', $1, true)", _HOUSE
        )
        assert before is not None
        try:
            yield
        finally:
            # A statement that failed has ended the transaction, and what was set for it is gone with it.
            with suppress(TransactionManagementError):
                await rows("SELECT set_config('yibao.kind', $1, true)", before["kind"] or "")


async def ping() -> None:
    """Ask the database for a sign of life; raises when it gives none."""
    await rows("SELECT 1 AS alive")


async def _become_the_application(link: asyncpg.Connection) -> None:
    """Put off every right but the application's, when the log-in has more (an owner, on one's own machine)."""
    if await link.fetchval("SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = 'yibao_app'"):
        await link.execute("SET ROLE yibao_app")


async def _tell_who_asks(link: asyncpg.pool.PoolConnectionProxy) -> None:
    """Begin the use of a connection; whatever the last user told is overwritten as a whole."""
    actor, on = _asking.get() or (Actor(kind=ActorKind.SYSTEM), None)
    await link.fetchval(
        "SELECT enter_as($1, $2, $3, $4, $5)", actor.kind.value, actor.id, actor.person_id, actor.region, on
    )


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Send nothing at the end of a use: the next one begins with `_tell_who_asks`, and nobody sets anything else.

    The driver has rolled back by itself what was not committed.
    """


async def migrate(database_url: str) -> list[str]:
    """Bring the database to this release, one file and one transaction after another; give the names applied."""
    link = await asyncpg.connect(**connect_arguments(database_url))
    try:
        await link.execute("SELECT pg_advisory_lock($1)", _LOCK)
        return await _apply_all(link)
    finally:
        await link.close()


async def _apply_all(link: asyncpg.Connection) -> list[str]:
    await link.execute(
        "CREATE TABLE IF NOT EXISTS migration"
        " (name text PRIMARY KEY, digest text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
    )
    done = {row["name"]: row["digest"] for row in await link.fetch("SELECT name, digest FROM migration")}
    files = sorted(_MIGRATIONS.glob("*.sql"))
    if strangers := done.keys() - {file.stem for file in files} - {"queue"}:
        raise SchemaMismatchError(f"The database knows migrations that this release does not: {sorted(strangers)}.")
    applied: list[str] = []
    if "queue" not in done:
        async with link.transaction():
            await Queries(AsyncpgDriver(link)).install()
            await link.execute("INSERT INTO migration (name, digest) VALUES ('queue', 'pgqueuer')")
        applied.append("queue")
    for file in files:
        sql = file.read_text()
        digest = sha256(sql.encode()).hexdigest()
        if file.stem in done:
            if done[file.stem] != digest:
                raise SchemaMismatchError(f"Migration {file.stem} was edited after it had been applied.")
            continue
        async with link.transaction():
            await link.execute(sql)
            await link.execute("INSERT INTO migration (name, digest) VALUES ($1, $2)", file.stem, digest)
        applied.append(file.stem)
    return applied


def _exists(module: str) -> bool:
    return Path(__file__).parent.parent.joinpath(*module.split(".")).with_suffix(".py").exists()
