"""Asking about institutions and their changes. Only staff ask; the scope says which of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor, ActorKind
from domain.institutions.values import (
    ChangeRecord,
    InstitutionChangeKind,
    InstitutionChangeState,
    InstitutionKey,
    InstitutionRecord,
)

_INSTITUTION: Final = """
    SELECT id, client_id, name_zh, name_en, state, suspended_at, public_keys FROM oauth_client
    WHERE 'client_credentials' = ANY (grant_types)
"""
_CHANGE: Final = """
    SELECT change.id, change.client_id AS institution_id, oauth_client.client_id, kind, change.state, kid, reason,
           content_digest, asked_by, asked_at, decided_at
    FROM institution_change AS change JOIN oauth_client ON oauth_client.id = change.client_id
"""


async def list_institutions(actor: Actor) -> list[InstitutionRecord]:
    """List the institutions by name; at most a thousand."""
    if actor.kind is not ActorKind.STAFF:
        return []
    return [_institution(row) for row in await store.rows(f"{_INSTITUTION} ORDER BY client_id LIMIT 1000")]


async def find_institution(actor: Actor, *, institution_id: UUID) -> InstitutionRecord | None:
    """Find one institution."""
    found = await store.row(f"{_INSTITUTION} AND id = $1", institution_id) if actor.kind is ActorKind.STAFF else None
    return _institution(found) if found else None


async def list_names() -> list[str]:
    """List what the institutions are called, for anybody: which there are is published."""
    found = await store.rows(
        "SELECT DISTINCT name_zh FROM oauth_client WHERE 'client_credentials' = ANY (grant_types) ORDER BY name_zh"
    )
    return [row["name_zh"] for row in found]


async def list_changes(actor: Actor) -> list[ChangeRecord]:
    """List the last two hundred changes, the newest first."""
    if actor.kind is not ActorKind.STAFF:
        return []
    return [_change(row) for row in await store.rows(f"{_CHANGE} ORDER BY asked_at DESC, change.id LIMIT 200")]


async def find_change(actor: Actor, *, change_id: UUID) -> ChangeRecord | None:
    """Find one change."""
    found = await store.row(f"{_CHANGE} WHERE change.id = $1", change_id) if actor.kind is ActorKind.STAFF else None
    return _change(found) if found else None


async def lock_institution(*, institution_id: UUID) -> Mapping[str, Any] | None:
    """Find and hold an institution's client: its name, its state and its keys."""
    found = await store.row(f"{_INSTITUTION} AND id = $1 FOR UPDATE", institution_id)
    return {**found, "keys": keys_of(found["public_keys"])} if found else None


def keys_of(stored: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - text, or a dict where a codec is set
    """Read the keys of a client."""
    return list((orjson.loads(stored) if isinstance(stored, str | bytes) else stored)["keys"])


def _institution(row: Mapping[str, Any]) -> InstitutionRecord:
    keys = (
        InstitutionKey(
            kid=key["kid"],
            kind=key.get("crv", key["kty"]),
            ends_at=datetime.fromtimestamp(key["exp"], UTC) if "exp" in key else None,
        )
        for key in keys_of(row["public_keys"])
    )
    return InstitutionRecord(
        id=row["id"],
        client_id=row["client_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        is_suspended=row["state"] == "SUSPENDED",
        suspended_at=row["suspended_at"],
        keys=tuple(keys),
    )


def _change(row: Mapping[str, Any]) -> ChangeRecord:
    values: dict[str, Any] = {
        **row,
        "kind": InstitutionChangeKind(row["kind"]),
        "state": InstitutionChangeState(row["state"]),
        "content_digest": bytes(row["content_digest"]),
    }
    return ChangeRecord(**values)
