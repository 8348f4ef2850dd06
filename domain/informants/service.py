"""Keeping and finding sealed records, on a connection of their own."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg

from domain.informants.values import Record, RecordKind
from domain.store import connect_arguments

_KEY_BYTES: Final = 32
_Link: TypeAlias = "asyncpg.Connection | asyncpg.pool.PoolConnectionProxy"


class OneOfEach(Exception):
    """The case has a record of this kind already."""


class InformantStore:
    """The second store, open."""

    def __init__(self, pool: asyncpg.Pool, *, key: bytes) -> None:
        self._pool = pool
        self._key = key

    async def keep(
        self,
        case_id: UUID,
        *,
        kind: RecordKind,
        record_id: UUID,
        content: bytes,
        wrapped: Mapping[str, bytes],
        mark: bytes | None = None,
        instead_of: UUID | None = None,
    ) -> None:
        """Keep one sealed record, in place of another if that is named.

        Raises `OneOfEach` when the case has one of this kind, or no longer has the one that is to be replaced.
        """
        made = Record(record_id, kind, content, wrapped, self._token(case_id), mark)
        async with self._pool.acquire() as link, link.transaction():
            if instead_of is not None and await _delete(link, instead_of) == 0:
                raise OneOfEach
            try:
                await _insert(link, made)
            except asyncpg.UniqueViolationError:
                raise OneOfEach from None

    async def keep_instead(self, made: Record) -> None:
        """Keep a record in place of whatever its case has of its kind; the old one is destroyed."""
        async with self._pool.acquire() as link, link.transaction():
            await link.execute(
                "DELETE FROM informants.record WHERE case_token = $1 AND kind = $2", made.case_token, made.kind.value
            )
            await _insert(link, made)

    async def reseal(self, record: Record, *, content: bytes, wrapped: Mapping[str, bytes]) -> bool:
        """Put another content into a record; False when somebody else has destroyed it meanwhile."""
        async with self._pool.acquire() as link, link.transaction():
            if await _delete(link, record.id) == 0:
                return False
            await _insert(link, replace(record, content=content, wrapped=wrapped))
            return True

    async def find(self, case_id: UUID, *, kind: RecordKind) -> Record | None:
        """Find a case's sealed record of one kind."""
        found = await self._records("case_token = $1 AND kind = $2", self._token(case_id), kind.value)
        return found[0] if found else None

    async def list_wrapped_for(self, recipient: str, *, kind: RecordKind) -> list[Record]:
        """List the records of one kind whose key is wrapped for a recipient, in no order that tells anything."""
        return await self._records(
            "kind = $2 AND id IN (SELECT record_id FROM informants.wrapped_key WHERE recipient = $1)",
            recipient,
            kind.value,
        )

    async def has(self, case_id: UUID, *, kind: RecordKind) -> bool:
        """Tell whether a case has a record of one kind."""
        return await self.find(case_id, kind=kind) is not None

    async def erase(self, case_id: UUID) -> None:
        """Destroy all that is kept of a case: contents and keys."""
        async with self._pool.acquire() as link:
            await link.execute("DELETE FROM informants.record WHERE case_token = $1", self._token(case_id))

    async def drop(self, record_id: UUID) -> None:
        """Destroy one record with its keys."""
        async with self._pool.acquire() as link:
            await _delete(link, record_id)

    async def shuffle(self) -> None:
        """Write all records anew, in one transaction and in no order: their places then tell nothing of when.

        Otherwise the third record in the table would be of the third reward in the books.
        """
        async with self._pool.acquire() as link, link.transaction():
            await link.execute("LOCK TABLE informants.record IN EXCLUSIVE MODE")
            for record in sorted(await _read(link, "true"), key=lambda _: secrets.randbits(64)):
                await _delete(link, record.id)
                await _insert(link, record)

    async def _records(self, condition: str, *values: object) -> list[Record]:
        async with self._pool.acquire() as link:
            return await _read(link, condition, *values)

    def _token(self, case_id: UUID) -> bytes:
        return hmac.digest(self._key, case_id.bytes, "sha256")


async def _read(link: _Link, condition: str, *values: object) -> list[Record]:
    found = await link.fetch(
        f"SELECT id, case_token, kind, content, mark FROM informants.record WHERE {condition}",  # noqa: S608 - our own words
        *values,
    )
    keys = await link.fetch(
        "SELECT record_id, recipient, wrapped FROM informants.wrapped_key WHERE record_id = ANY($1::uuid[])",
        [row["id"] for row in found],
    )
    wrapped: dict[UUID, dict[str, bytes]] = {row["id"]: {} for row in found}
    for row in keys:
        wrapped[row["record_id"]][row["recipient"]] = bytes(row["wrapped"])
    return [
        Record(
            id=row["id"],
            kind=RecordKind(row["kind"]),
            content=bytes(row["content"]),
            wrapped=wrapped[row["id"]],
            case_token=bytes(row["case_token"]),
            mark=row["mark"],
        )
        for row in found
    ]


async def _delete(link: _Link, record_id: UUID) -> int:
    """Destroy a record with its keys; gives whether there was one."""
    return int((await link.execute("DELETE FROM informants.record WHERE id = $1", record_id)).removeprefix("DELETE "))


async def _insert(link: _Link, made: Record) -> None:
    await link.execute(
        "INSERT INTO informants.record (id, case_token, kind, content, mark) VALUES ($1, $2, $3, $4, $5)",
        made.id,
        made.case_token,
        made.kind.value,
        made.content,
        made.mark,
    )
    await link.executemany(
        "INSERT INTO informants.wrapped_key (record_id, recipient, wrapped) VALUES ($1, $2, $3)",
        [(made.id, recipient, key) for recipient, key in made.wrapped.items()],
    )


@asynccontextmanager
async def open_store(database_url: str, *, key: bytes, pool: int = 2) -> AsyncGenerator[InformantStore]:
    """Open the second store with its own role, and close it at the end."""
    opened = await asyncpg.create_pool(
        **connect_arguments(database_url), min_size=0, max_size=pool, init=_become_the_keeper
    )
    try:
        yield InformantStore(opened, key=key)
    finally:
        await opened.close()


def load_or_make_key(path: Path) -> bytes:
    """Read the store's own key, and make it when the store is new. It does not lie in the house's key file."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        key = bytes.fromhex(path.read_text())
        if len(key) != _KEY_BYTES:
            raise ValueError(f"{path} holds no key.") from None
        return key
    key = secrets.token_bytes(_KEY_BYTES)
    path.write_text(key.hex())
    return key


async def _become_the_keeper(link: asyncpg.Connection) -> None:
    if await link.fetchval("SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = 'yibao_informants'"):
        await link.execute("SET ROLE yibao_informants")
