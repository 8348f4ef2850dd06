"""Writing the audit trail, always inside the transaction that it tells of. Called through `Work`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor, ActorKind


async def record_change(
    actor: Actor,
    *,
    at: datetime,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    detail: Mapping[str, object],
    request_id: str | None,
) -> None:
    """Write one change. `detail` holds ids, states and amounts, never personal data."""
    await store.rows(
        "INSERT INTO audit (at, actor_kind, actor_id, client_id, action, subject_kind, subject_id, detail, request_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)",
        at,
        actor.kind.value,
        actor.id,
        actor.client_id,
        action,
        subject_kind,
        subject_id,
        orjson.dumps(detail, default=str).decode(),
        request_id,
    )


async def record_reading(
    actor: Actor,
    *,
    at: datetime,
    person_id: UUID,
    purpose: str,
    what: Sequence[str],
    unmasked: bool,
    request_id: str | None,
) -> None:
    """Write one reading of a person's file; reading one's own is nobody's business and leaves no row."""
    if actor.person_id == person_id:
        return
    await store.rows(
        "INSERT INTO reading (at, person_id, reader_kind, reader_id, reader_label, purpose, what, unmasked, request_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        at,
        person_id,
        actor.kind.value,
        actor.id,
        _label(actor),
        purpose,
        list(what),
        unmasked,
        request_id,
    )


def _label(actor: Actor) -> str:
    """Name the reader for the person: an office and its clerk, a family member, an institution."""
    if actor.kind is ActorKind.STAFF:
        return f"{actor.office} · {actor.name}"
    return actor.name or actor.client_id or actor.kind.value
