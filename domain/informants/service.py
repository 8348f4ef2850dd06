"""Keeping and finding sealed records, on a connection of their own."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from domain.informants.values import Record, RecordKind
from domain.store import connect_arguments

_KEY_BYTES: Final = 32


class OneOfEach(Exception):
    """The case has a record of this kind already."""


class InformantStore:
    """The second store, open."""

    def __init__(self, pool: asyncpg.Pool, *, key: bytes) -> None:
        self._pool = pool
        self._key = key

    async def keep(
        self, case_id: UUID, *, kind: RecordKind, record_id: UUID, content: bytes, wrapped: Mapping[str, bytes]
    ) -> None:
        """Keep one sealed record; raises `OneOfEach` when the case has one of this kind."""
        async with self._pool.acquire() as link, link.transaction():
            try:
                await link.execute(
                    "INSERT INTO informants.record (id, case_token, kind, content) VALUES ($1, $2, $3, $4)",
                    record_id,
                    self._token(case_id),
                    kind.value,
                    content,
                )
            except asyncpg.UniqueViolationError:
                raise OneOfEach from None
            await link.executemany(
                "INSERT INTO informants.wrapped_key (record_id, recipient, wrapped) VALUES ($1, $2, $3)",
                [(record_id, recipient, key) for recipient, key in wrapped.items()],
            )

    async def find(self, case_id: UUID, *, kind: RecordKind) -> Record | None:
        """Find a case's sealed record of one kind."""
        async with self._pool.acquire() as link:
            found = await link.fetchrow(
                "SELECT id, content FROM informants.record WHERE case_token = $1 AND kind = $2",
                self._token(case_id),
                kind.value,
            )
            if found is None:
                return None
            keys = await link.fetch(
                "SELECT recipient, wrapped FROM informants.wrapped_key WHERE record_id = $1", found["id"]
            )
        wrapped = {row["recipient"]: bytes(row["wrapped"]) for row in keys}
        return Record(found["id"], kind, bytes(found["content"]), wrapped)

    async def has(self, case_id: UUID, *, kind: RecordKind) -> bool:
        """Tell whether a case has a record of one kind."""
        return await self.find(case_id, kind=kind) is not None

    async def erase(self, case_id: UUID) -> None:
        """Destroy all that is kept of a case: contents and keys."""
        async with self._pool.acquire() as link:
            await link.execute("DELETE FROM informants.record WHERE case_token = $1", self._token(case_id))

    def _token(self, case_id: UUID) -> bytes:
        return hmac.digest(self._key, case_id.bytes, "sha256")


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
