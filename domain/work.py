"""One command, one transaction, one log row: the only place where the house writes.

`perform` is the single door for everything that changes something. It begins a transaction, remembers the
idempotency key, hands out a `Work`, and commits. A repeated key gives the first answer again; the same key with
other content is refused; only successes are remembered. Inside, nothing may run concurrently: a transaction is one
connection (tortoise-orm issues 1855, 1861).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction  # noqa: TID251 - this is the one file that opens transactions

from domain import audit, store
from domain.actors import Actor
from domain.business_numbers import NumberKind
from domain.crypto import Keyring
from domain.errors import DomainError, Text

AGENCY_ZONE: Final = ZoneInfo("Asia/Shanghai")
_TRIES_MAX: Final = 4


class Event(Protocol):
    """A fact in the past tense with ids only; its name is the name of the job that follows from it."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked, so that a repetition is recognised: the caller's key, the name and a digest of the content."""

    key: UUID
    name: str
    digest: bytes


@dataclass(eq=False)
class IdempotencyKeyReused(DomainError):
    """The key was used before for something else."""

    code = "IDEMPOTENCY_KEY_REUSED"
    command: str

    def message(self) -> Text:
        """Say that the key belongs to another request."""
        return Text(
            f"这个请求标识已经用于另一内容的“{self.command}”请求。",
            f"This idempotency key was already used for another {self.command} request.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请为新的内容使用新的请求标识。", "Use a new key for new content.")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind: the id of its result, and whether this is a repeated answer."""

    result: UUID | None
    replayed: bool


@dataclass
class Work:
    """One running command: who, when, and what it may do besides writing rows."""

    actor: Actor
    now: datetime
    keys: Keyring
    request_id: str | None = None
    after_commit: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def new_number(self, kind: NumberKind) -> str:
        """Give out the next number of a kind, with its check digits."""
        found = await store.row("SELECT new_number($1, $2) AS number", kind.value, self.today.year)
        assert found is not None
        return str(found["number"])

    @property
    def today(self) -> date:
        """The day in the agency's time zone; the law counts days there."""
        return day_of(self.now)

    @property
    def acting_for(self) -> list[str]:
        """The absent colleagues whose posts the actor holds, as the audit trail names them."""
        return sorted(str(colleague) for colleague in self.actor.stands_in_for)

    async def audit(self, action: str, *, kind: str, id: UUID | None, **detail: object) -> None:
        """Write down this change, in the same transaction."""
        await audit.record_change(
            self.actor,
            at=self.now,
            action=action,
            subject_kind=kind,
            subject_id=id,
            # A change by somebody who holds colleagues' posts says so: the posts cannot be told apart afterwards.
            detail=detail | ({"acting_for": self.acting_for} if self.actor.stands_in_for else {}),
            request_id=self.request_id,
        )

    async def record_reading(
        self, *, person_id: UUID, purpose: str, what: Sequence[str], unmasked: bool = False
    ) -> None:
        """Write down that somebody's file was read."""
        await audit.record_reading(
            self.actor,
            at=self.now,
            person_id=person_id,
            purpose=purpose,
            what=what,
            unmasked=unmasked,
            request_id=self.request_id,
        )

    async def emit(self, event: Event, *, delay: timedelta | None = None) -> None:
        """Let the world follow from this, if and only if this transaction commits."""
        await enqueue(type(event).__name__, asdict(event), delay=delay)


async def enqueue(name: str, payload: Mapping[str, object], *, delay: timedelta | None = None) -> None:
    """Put a job into the queue on the transaction's own connection. The one place that knows the queue."""
    driver = AsyncpgDriver(store.connection()._connection)  # noqa: SLF001 - the ORM shows its connection nowhere else
    await Queries(driver).enqueue(name, orjson.dumps(payload, default=str), execute_after=delay)


def day_of(moment: datetime) -> date:
    """Give the day of a moment in the agency's time zone."""
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone has no day.")
    return moment.astimezone(AGENCY_ZONE).date()


async def perform(
    do: Callable[[Work], Awaitable[UUID | None]],
    *,
    actor: Actor,
    now: datetime,
    keys: Keyring,
    command: Command | None = None,
    request_id: str | None = None,
) -> Done:
    """Run one command in one transaction; try again when the database asks for it (deadlock, serialisation)."""
    for attempt in range(1, _TRIES_MAX + 1):
        work = Work(actor=actor, now=now, keys=keys, request_id=request_id)
        try:
            with store.asking(actor, on=work.today):
                done = await _perform_once(do, work, command)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, OperationalError) as error:
            if attempt == _TRIES_MAX or not _worth_repeating(error):
                raise
            await asyncio.sleep(0.02 * attempt)
            continue
        for follow in work.after_commit:
            await follow()
        return done
    raise AssertionError("The loop above returns or raises.")


async def _perform_once(do: Callable[[Work], Awaitable[UUID | None]], work: Work, command: Command | None) -> Done:
    async with in_transaction():
        if command is not None and (earlier := await _claim(work, command)):
            return earlier
        result = await do(work)
        if command is not None and result is not None:
            await store.rows(
                "UPDATE command_log SET result = $3 WHERE actor = $1 AND key = $2", work.actor.key, command.key, result
            )
        return Done(result=result, replayed=False)


async def _claim(work: Work, command: Command) -> Done | None:
    """Take the key, waiting for whoever holds it now; give the earlier answer when there is one."""
    taken = await store.rows(
        "INSERT INTO command_log (actor, key, command, digest, at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING RETURNING key",
        work.actor.key,
        command.key,
        command.name,
        command.digest,
        work.now,
    )
    if taken:
        return None
    earlier = await store.row(
        "SELECT command, digest, result FROM command_log WHERE actor = $1 AND key = $2", work.actor.key, command.key
    )
    assert earlier is not None, "A key that conflicts is there."
    if (earlier["command"], bytes(earlier["digest"])) != (command.name, command.digest):
        raise IdempotencyKeyReused(command=earlier["command"], path=("idempotencyKey",))
    return Done(result=earlier["result"], replayed=True)


def _worth_repeating(error: BaseException) -> bool:
    root = error.__cause__ or error
    return isinstance(root, asyncpg.DeadlockDetectedError | asyncpg.SerializationError)
