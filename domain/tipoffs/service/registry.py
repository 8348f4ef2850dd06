"""The registry of public keys: registered by the holder, confirmed by another, retired when somebody leaves."""

from __future__ import annotations

from uuid import UUID, uuid4

from domain import store
from domain.tipoffs import access, errors
from domain.tipoffs.values import KeyPurpose
from domain.work import Work

_BYTES = 32
_WRAPPED_BYTES = 80
"""An HPKE message: a public key, and a content's key with its tag."""
_OF_CASES = frozenset({KeyPurpose.CASE, KeyPurpose.ESCALATION})


async def register_key(work: Work, *, purpose: KeyPurpose, public_key: bytes) -> UUID:
    """Register one's own public key. It seals nothing before somebody else has compared its fingerprint."""
    holder = access.require_holder(work.actor)
    halves = (KeyPurpose.IDENTITY_FIRST.value, KeyPurpose.IDENTITY_SECOND.value)
    clashes = await store.rows(
        "SELECT 1 FROM investigator_key WHERE public_key = $1"
        " OR ($3 = ANY ($4::text[]) AND holder_id = $2 AND purpose = ANY ($4::text[]) AND purpose <> $3)",
        public_key,
        holder,
        purpose.value,
        list(halves),
    )
    if clashes or len(public_key) != _BYTES or not any(public_key):
        raise errors.KeyUnfit(path=("public_key",))
    key_id = uuid4()
    await store.rows(
        "INSERT INTO investigator_key (id, holder_id, purpose, public_key, registered_on) VALUES ($1, $2, $3, $4, $5)"
        " RETURNING id",
        key_id,
        holder,
        purpose.value,
        public_key,
        work.today,
    )
    await work.audit("tipoff.register_key", kind="investigator_key", id=key_id, purpose=purpose.value)
    return key_id


async def confirm_key(work: Work, *, key_id: UUID) -> UUID:
    """Confirm a key after comparing its fingerprint with its holder: whoever could slip a key in could read."""
    keeper = access.require_key_keeper(work.actor)
    key = await _lock(key_id)
    if key["holder_id"] == keeper:
        raise errors.ByAnother(path=("id",))
    if key["confirmed_on"] is not None or key["retired_on"] is not None:
        raise errors.KeyUnfit(path=("id",))
    await store.rows(
        "UPDATE investigator_key SET confirmed_by = $2, confirmed_on = $3 WHERE id = $1 RETURNING id",
        key_id,
        keeper,
        work.today,
    )
    await work.audit("tipoff.confirm_key", kind="investigator_key", id=key_id, holder=str(key["holder_id"]))
    return key_id


async def retire_key(work: Work, *, key_id: UUID) -> UUID:
    """Retire a key, one's own or that of somebody who leaves: nothing new is sealed to it. The last one stays."""
    key = await _lock(key_id)
    keeper = work.actor.id if work.actor.id == key["holder_id"] else access.require_key_keeper(work.actor)
    others = await store.rows(
        "SELECT 1 FROM investigator_key WHERE purpose = $1 AND id <> $2 AND confirmed_on IS NOT NULL"
        " AND retired_on IS NULL LIMIT 1",
        key["purpose"],
        key_id,
    )
    if key["confirmed_on"] is not None and not others:
        raise errors.LastKeyStays(path=("id",))
    if key["retired_on"] is None:
        await store.rows(
            "UPDATE investigator_key SET retired_by = $2, retired_on = $3 WHERE id = $1 RETURNING id",
            key_id,
            keeper,
            work.today,
        )
        await work.audit("tipoff.retire_key", kind="investigator_key", id=key_id, holder=str(key["holder_id"]))
    return key_id


async def share_case(work: Work, *, tipoff_id: UUID, with_key: UUID, wrapped: dict[UUID, bytes]) -> UUID:
    """Let another key open a case: a reader has unwrapped its contents' keys at home and wrapped them anew.

    `wrapped` names each envelope. So a new investigator comes into old cases, and a rotated key keeps them.
    """
    reader = access.require_investigator(work.actor)
    key = await _lock(with_key)
    envelopes = await store.rows(
        "SELECT tipoff_envelope.id FROM tipoff_envelope JOIN tipoff_reader USING (tipoff_id)"
        " WHERE tipoff_id = $1 AND account_id = $2",
        tipoff_id,
        reader,
    )
    known = {row["id"] for row in envelopes}
    is_in_use = key["confirmed_on"] is not None and key["retired_on"] is None
    if not known or not is_in_use or key["purpose"] not in _OF_CASES or not wrapped.keys() <= known:
        raise errors.TipoffNotFound(path=("id",))
    if any(len(each) != _WRAPPED_BYTES for each in wrapped.values()):
        raise errors.KeyUnfit(path=("envelopes",))
    await store.rows(
        "INSERT INTO tipoff_reader (tipoff_id, account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING account_id",
        tipoff_id,
        key["holder_id"],
    )
    await store.rows(
        "INSERT INTO tipoff_wrapped_key (envelope_id, recipient, wrapped)"
        " SELECT given.id, $1, given.wrapped FROM unnest($2::uuid[], $3::bytea[]) AS given (id, wrapped)"
        " ON CONFLICT DO NOTHING RETURNING envelope_id",
        str(with_key),
        list(wrapped),
        list(wrapped.values()),
    )
    await work.audit("tipoff.share", kind="tipoff", id=tipoff_id, key=str(with_key), envelopes=len(wrapped))
    return tipoff_id


async def _lock(key_id: UUID) -> dict[str, object]:
    key = await store.row("SELECT * FROM investigator_key WHERE id = $1 FOR UPDATE", key_id)
    if key is None:
        raise errors.TipoffNotFound(path=("id",))
    return dict(key)
