"""Asking about cases and keys: what investigators may list, and what they take home to open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind, Scope
from domain.tipoffs import access
from domain.tipoffs.calc import sealing
from domain.tipoffs.queries.second_store import list_openings_of
from domain.tipoffs.values import (
    Case,
    CaseFile,
    CaseLink,
    CaseStep,
    Check,
    Envelope,
    EnvelopeKind,
    FindingRecord,
    KeyPurpose,
    LinkKind,
    PublicKey,
    Reader,
    TipoffState,
    Topic,
)

_CASE: Final = """
    SELECT tipoff.id, code, state, region, named, insider, topic, received_on, decide_by, tell_by, told_on,
           joined_into, joined_into IS NULL AS is_first, holder_id, closed_on, keep_until, version
    FROM tipoff JOIN tipoff_reader ON tipoff_id = tipoff.id AND account_id = $1
"""
_LISTED: Final = (
    f"{_CASE} WHERE state = ANY($2::text[]) AND ($3::text IS NULL OR topic = $3) AND state <> 'ERASED'"  # noqa: S608 - constants
    " AND ($4::text IS NULL OR (decide_by, code) > (SELECT decide_by, code FROM tipoff AS last WHERE code = $4))"
    " ORDER BY decide_by, code LIMIT $5"
)
_LINKED: Final = (
    f"{_CASE} WHERE tipoff.id IN (SELECT tipoff_id FROM tipoff_link WHERE kind = $2 AND subject_id = $3)"  # noqa: S608 - constants
    " ORDER BY decide_by, code"
)
_CHECK: Final = """
    SELECT tipoff_check.id, tipoff_check.tipoff_id, ordered_by, ordered_on, members, reported_by, confirmed_by
    FROM tipoff_check JOIN tipoff_reader ON tipoff_reader.tipoff_id = tipoff_check.tipoff_id AND account_id = $1
"""
_SUBJECTS: Final[Mapping[LinkKind, str]] = {
    LinkKind.CLAIM: "SELECT id FROM claim WHERE number = $1",
    LinkKind.SETTLEMENT: "SELECT id FROM statement WHERE number = $1",
    LinkKind.INSTITUTION: "SELECT id FROM oauth_client WHERE name_zh = $1"
    " AND 'client_credentials' = ANY (grant_types) ORDER BY id LIMIT 1",
}


async def list_cases(
    actor: Actor, *, states: Sequence[TipoffState], topic: Topic | None = None, first: int, after: str | None = None
) -> list[Case]:
    """List the cases that are for this investigator, those due first; `after` is the code of the last one shown."""
    if not access.investigates(actor):
        return []
    found = await store.rows(
        _LISTED,
        actor.id,
        [state.value for state in states],
        topic.value if topic else None,
        after,
        first,
    )
    return [_case(row) for row in found]


async def find_case(actor: Actor, *, tipoff_id: UUID) -> Case | None:
    """Find one case that is for this investigator."""
    if not access.investigates(actor):
        return None
    found = await store.row(f"{_CASE} WHERE tipoff.id = $2 AND state <> 'ERASED'", actor.id, tipoff_id)
    return _case(found) if found else None


async def find_file(actor: Actor, *, tipoff_id: UUID) -> CaseFile | None:
    """Give what stands in the clear of a case that is for this investigator.

    The caller has opened the case on record (`open_case`).
    """
    if await find_case(actor, tipoff_id=tipoff_id) is None:
        return None
    readers = await store.rows(
        "SELECT account_id, display_name AS name FROM tipoff_reader JOIN account ON account.id = account_id"
        " WHERE tipoff_id = $1 ORDER BY display_name, account_id",
        tipoff_id,
    )
    checks = await store.rows(
        f"{_CHECK} WHERE tipoff_check.tipoff_id = $2 ORDER BY ordered_on, tipoff_check.id", actor.id, tipoff_id
    )
    links = await store.rows(
        "SELECT tipoff_link.kind, linked_on, coalesce(claim.number, statement.number, name_zh) AS number"
        " FROM tipoff_link LEFT JOIN claim ON tipoff_link.kind = 'CLAIM' AND claim.id = tipoff_link.subject_id"
        " LEFT JOIN statement ON tipoff_link.kind = 'SETTLEMENT' AND statement.id = tipoff_link.subject_id"
        " LEFT JOIN oauth_client ON tipoff_link.kind = 'INSTITUTION' AND oauth_client.id = tipoff_link.subject_id"
        " WHERE tipoff_id = $1 ORDER BY linked_on, tipoff_link.kind, tipoff_link.subject_id",
        tipoff_id,
    )
    steps = await store.rows(
        "SELECT day, action, before, after, display_name AS actor FROM tipoff_history"
        " LEFT JOIN account ON account.id = actor_id WHERE tipoff_id = $1 ORDER BY tipoff_history.id",
        tipoff_id,
    )
    finding = await store.row(
        "SELECT is_true, offence, made_by, made_on, confirmed_by FROM tipoff_finding WHERE tipoff_id = $1", tipoff_id
    )
    return CaseFile(
        readers=tuple(Reader(**row) for row in readers),
        checks=tuple(_check(row) for row in checks),
        links=tuple(CaseLink(LinkKind(row["kind"]), row["number"], row["linked_on"]) for row in links),
        steps=tuple(
            CaseStep(row["day"], row["action"], TipoffState(row["before"]), TipoffState(row["after"]), row["actor"])
            for row in steps
        ),
        finding=FindingRecord(**finding) if finding else None,
        openings=tuple(await list_openings_of(tipoff_id)),
    )


async def find_check(actor: Actor, *, check_id: UUID) -> Check | None:
    """Find a visit of a case that is for this investigator."""
    if not access.investigates(actor):
        return None
    found = await store.row(f"{_CHECK} WHERE tipoff_check.id = $2", actor.id, check_id)
    return _check(found) if found else None


async def list_relations(actor: Actor) -> list[tuple[str, date]]:
    """List the units and people whom this investigator is close to, with the day on which each was declared."""
    if not access.investigates(actor):
        return []
    found = await store.rows(
        "SELECT subject, declared_on FROM investigator_relation WHERE account_id = $1 ORDER BY declared_on, subject",
        actor.id,
    )
    return [(row["subject"], row["declared_on"]) for row in found]


async def find_evidence(actor: Actor, *, envelope_id: UUID) -> str | None:
    """Say where the sealed bytes of a file lie, for a reader of its case; None for others, and for texts.

    The caller has opened it on record (`open_evidence`).
    """
    if not access.investigates(actor):
        return None
    found = await store.row(
        "SELECT object_name FROM tipoff_envelope JOIN tipoff_reader USING (tipoff_id)"
        " WHERE tipoff_envelope.id = $1 AND account_id = $2",
        envelope_id,
        actor.id,
    )
    return found["object_name"] if found else None


async def find_subject(actor: Actor, *, kind: LinkKind, number: str) -> UUID | None:
    """Find a claim or a settlement by its number, or a provider by its name, for who may see it and investigates."""
    found = await store.row(_SUBJECTS[kind], number) if access.investigates(actor) else None
    return found["id"] if found else None


async def list_linked(actor: Actor, *, kind: LinkKind, subject_id: UUID) -> list[Case]:
    """List the cases of this investigator that touch an institution, a claim or a settlement."""
    if not access.investigates(actor):
        return []
    found = await store.rows(
        _LINKED,
        actor.id,
        kind.value,
        subject_id,
    )
    return [_case(row) for row in found]


async def list_envelopes(actor: Actor, *, tipoff_id: UUID) -> list[Envelope]:
    """Give what a reader takes home to open: each envelope with the key wrapped for a key of theirs.

    The caller has opened the case on record (`open_case`).
    """
    if not access.investigates(actor):
        return []
    found = await store.rows(
        "SELECT tipoff_envelope.id, tipoff_envelope.tipoff_id, kind, day, content, object_name, wrapped, recipient"
        " FROM tipoff_envelope JOIN tipoff_wrapped_key ON envelope_id = tipoff_envelope.id"
        " JOIN investigator_key ON investigator_key.id::text = recipient AND holder_id = $2"
        " JOIN tipoff_reader ON tipoff_reader.tipoff_id = tipoff_envelope.tipoff_id AND account_id = $2"
        " WHERE tipoff_envelope.tipoff_id = $1 ORDER BY position, recipient",
        tipoff_id,
        actor.id,
    )
    return [_envelope(row) for row in found]


async def list_keys(actor: Actor) -> list[PublicKey]:
    """List the registered keys, for those who hold one and those who look after them."""
    if actor.kind is not ActorKind.STAFF or Scope.TIPOFF_HOLD_KEY not in actor.scopes:
        return []
    found = await store.rows(
        "SELECT investigator_key.id, holder_id, purpose, public_key, registered_on, confirmed_on, retired_on,"
        " display_name FROM investigator_key LEFT JOIN account ON account.id = holder_id"
        " ORDER BY registered_on, investigator_key.id"
    )
    return [
        PublicKey(
            id=row["id"],
            holder_id=row["holder_id"],
            purpose=KeyPurpose(row["purpose"]),
            key=bytes(row["public_key"]),
            fingerprint=sealing.fingerprint(bytes(row["public_key"])),
            registered_on=row["registered_on"],
            confirmed=row["confirmed_on"] is not None,
            retired=row["retired_on"] is not None,
            holder=row["display_name"] or "",
        )
        for row in found
    ]


async def list_due_for_erasure(*, on: date, first: int) -> list[UUID]:
    """List the cases whose time of keeping is over; for the house itself."""
    found = await store.rows(
        "SELECT id FROM tipoff WHERE state = 'CLOSED' AND keep_until <= $1 ORDER BY keep_until LIMIT $2", on, first
    )
    return [row["id"] for row in found]


def _check(row: Mapping[str, Any]) -> Check:
    read: dict[str, Any] = {"members": tuple(row["members"])}
    return Check(**{**row, **read})


def _case(row: Mapping[str, Any]) -> Case:
    read: dict[str, Any] = {
        "state": TipoffState(row["state"]),
        "topic": Topic(row["topic"]) if row["topic"] else None,
    }
    return Case(**{**row, **read})


def _envelope(row: Mapping[str, Any]) -> Envelope:
    read: dict[str, Any] = {
        "kind": EnvelopeKind(row["kind"]),
        "content": bytes(row["content"] or b""),
        "wrapped": bytes(row["wrapped"]),
    }
    return Envelope(**{**row, **read})
