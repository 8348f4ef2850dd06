"""Recipients, envelopes and steps: what every part of the service needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from domain import store
from domain.tipoffs import access, errors
from domain.tipoffs.calc import machine, sealing
from domain.tipoffs.values import EnvelopeKind, KeyPurpose, Sealed, TipoffState, place_of
from domain.work import Work

MAILBOX: Final = "MAILBOX"
Row = Mapping[str, Any]


async def keys_in_use(*purposes: KeyPurpose) -> Sequence[Row]:
    """List the keys that somebody has confirmed and nobody has retired, with their active holders."""
    return await store.rows(
        "SELECT investigator_key.id, holder_id, purpose, public_key, display_name, office FROM investigator_key"
        " JOIN account ON account.id = holder_id AND account.kind = 'STAFF' AND account.state = 'ACTIVE'"
        " WHERE purpose = ANY($1::text[]) AND confirmed_on IS NOT NULL AND retired_on IS NULL"
        " ORDER BY investigator_key.id",
        [purpose.value for purpose in purposes],
    )


async def recipients_of(tipoff_id: UUID) -> dict[str, bytes]:
    """Give the public keys of a case's readers, by their ids."""
    readers = await store.rows("SELECT account_id FROM tipoff_reader WHERE tipoff_id = $1", tipoff_id)
    may = {row["account_id"] for row in readers}
    keys = await keys_in_use(KeyPurpose.CASE, KeyPurpose.ESCALATION)
    return {str(row["id"]): bytes(row["public_key"]) for row in keys if row["holder_id"] in may}


async def recipients_together() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Give the public keys of the first and of the second half; raises `TipoffsCannotBeReceived` without either."""
    keys = await keys_in_use(KeyPurpose.IDENTITY_FIRST, KeyPurpose.IDENTITY_SECOND)
    halves: dict[str, dict[str, bytes]] = {KeyPurpose.IDENTITY_FIRST: {}, KeyPurpose.IDENTITY_SECOND: {}}
    for row in keys:
        halves[row["purpose"]][str(row["id"])] = bytes(row["public_key"])
    first, second = halves[KeyPurpose.IDENTITY_FIRST], halves[KeyPurpose.IDENTITY_SECOND]
    if not first or not second:
        raise errors.TipoffsCannotBeReceived(path=("named",))
    return first, second


async def recipients_at_the_desk() -> dict[str, bytes]:
    """Give the public keys of the reward desk; raises `RewardsCannotBePaid` while there is none in use."""
    found = {str(row["id"]): bytes(row["public_key"]) for row in await keys_in_use(KeyPurpose.REWARD_DESK)}
    if not found:
        raise errors.RewardsCannotBePaid(path=("receipt",))
    return found


async def keep_envelope(
    work: Work,
    *,
    tipoff_id: UUID,
    kind: EnvelopeKind,
    plain: bytes,
    recipients: Mapping[str, bytes],
    author_id: UUID | None,
) -> UUID:
    """Seal a text and keep it; nothing of it stays in the clear."""
    envelope_id = uuid4()
    sealed = sealing.seal(plain, recipients=recipients, place=place_of(tipoff_id, envelope_id, kind))
    await insert_envelope(
        work, envelope_id=envelope_id, tipoff_id=tipoff_id, kind=kind, sealed=sealed, author_id=author_id
    )
    return envelope_id


async def insert_envelope(
    work: Work,
    *,
    envelope_id: UUID,
    tipoff_id: UUID,
    kind: EnvelopeKind,
    sealed: Sealed,
    author_id: UUID | None,
    object_name: str | None = None,
) -> None:
    """Write a sealed content down with its wrapped keys; `object_name` says that its bytes lie on the shelf."""
    await store.rows(
        "INSERT INTO tipoff_envelope (id, tipoff_id, kind, day, author_id, content, object_name)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        envelope_id,
        tipoff_id,
        kind.value,
        work.today,
        author_id,
        None if object_name else sealed.content,
        object_name,
    )
    await store.rows(
        "INSERT INTO tipoff_wrapped_key (envelope_id, recipient, wrapped)"
        " SELECT $1, given.recipient, given.wrapped FROM unnest($2::text[], $3::bytea[]) AS given (recipient, wrapped)"
        " RETURNING recipient",
        envelope_id,
        list(sealed.wrapped),
        list(sealed.wrapped.values()),
    )


async def lock_case(work: Work, tipoff_id: UUID, *, version: int | None = None) -> Row:
    """Lock a case that the investigator may see; one they may not see does not exist."""
    reader = access.require_investigator(work.actor)
    found = await store.row(
        "SELECT tipoff.* FROM tipoff JOIN tipoff_reader ON tipoff_id = tipoff.id AND account_id = $2"
        " WHERE tipoff.id = $1 FOR NO KEY UPDATE OF tipoff",
        tipoff_id,
        reader,
    )
    if found is None or found["state"] == TipoffState.ERASED:
        raise errors.TipoffNotFound(path=("id",))
    if version is not None and version != found["version"]:
        raise errors.TipoffChangedMeanwhile(current=found["version"], path=("expected_version",))
    return found


_COLUMNS: Final = frozenset(
    {"topic", "decided_on", "tell_by", "told_on", "joined_into", "holder_id", "closed_on", "keep_until"}
)


async def move(work: Work, case: Row, *, action: str, to: TipoffState | None = None, **columns: object) -> UUID:
    """Move a locked case on, or only change something about it, and write that down."""
    before = TipoffState(case["state"])
    after = to or before
    if to is not None:
        machine.require_step(before, to=to)
    assert columns.keys() <= _COLUMNS, "Only what moves is changed."
    changes = "".join(f", {name} = ${place}" for place, name in enumerate(columns, start=3))
    await store.rows(
        f"UPDATE tipoff SET state = $2, version = version + 1{changes} WHERE id = $1 RETURNING id",  # noqa: S608 - names from the list above
        case["id"],
        after.value,
        *columns.values(),
    )
    actor_id = work.actor.id
    await store.rows(
        "INSERT INTO tipoff_history (tipoff_id, day, action, before, after, actor_id)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        case["id"],
        work.today,
        action,
        before.value,
        after.value,
        actor_id,
    )
    await work.audit(f"tipoff.{action}", kind="tipoff", id=case["id"], before=before.value, after=after.value)
    return case["id"]


async def require_readers(tipoff_id: UUID, people: Collection[UUID], *, least: int) -> None:
    """Refuse fewer different people than it needs, and anybody who may not see the case."""
    found = await store.rows(
        "SELECT account_id FROM tipoff_reader WHERE tipoff_id = $1 AND account_id = ANY($2::uuid[])",
        tipoff_id,
        list(people),
    )
    if len(set(people)) < least or len(found) != len(set(people)):
        raise errors.CheckByTwo(least=least, path=("members",))


async def decision(kind: str, subject_id: UUID) -> Row | None:
    """Give the last answer to a question about something: how it stands, and who decided."""
    return await store.row(
        "SELECT state, checker_id FROM approval WHERE kind = $1 AND subject_id = $2 ORDER BY asked_at DESC LIMIT 1",
        kind,
        subject_id,
    )
