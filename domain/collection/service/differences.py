"""What a channel says: written down once; and where it differs from us: opened by the system, closed by people."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from domain import store
from domain.collection.access import differences_visible_to, require_refunder
from domain.collection.errors import DifferenceNotFound, OutcomeMissing
from domain.collection.models import PaymentDifference
from domain.collection.values import Channel, DifferenceKind, Message
from domain.errors import DomainError, refuse
from domain.ids import new_id
from domain.money import Money
from domain.work import Work

_OUTCOME_MAX: Final = 500


async def write_down(work: Work, *, channel: Channel, message: Message, about: str) -> None:
    """Write a message of a channel into the inbox, once; whoever brings it again at the same time waits here."""
    await store.rows(
        "INSERT INTO channel_message (channel, message_id, kind, about, body_digest, received_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        channel.value,
        message.id,
        message.kind,
        about,
        message.body_digest,
        work.now,
    )


async def note_difference(
    work: Work,
    *,
    kind: DifferenceKind,
    channel: Channel,
    reference: str,
    number: str,
    order_id: UUID | None,
    amount: Money,
) -> UUID:
    """Open a difference for one reference of a channel, or give the one that was opened before."""
    made = await store.row(
        "INSERT INTO payment_difference (id, channel, channel_reference, order_number, order_id, kind, amount,"
        " found_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (channel, channel_reference, kind) DO NOTHING RETURNING id",
        new_id(),
        channel.value,
        reference,
        number,
        order_id,
        kind.value,
        amount.fen,
        work.now,
    )
    if made is None:
        earlier = await store.row(
            "SELECT id FROM payment_difference WHERE channel = $1 AND channel_reference = $2 AND kind = $3",
            channel.value,
            reference,
            kind.value,
        )
        assert earlier is not None, "The difference that conflicted is there."
        return earlier["id"]
    await work.audit("difference.open", kind="payment_difference", id=made["id"], why=kind.value, amount=amount.fen)
    return made["id"]


async def close_difference(work: Work, *, difference_id: UUID, outcome: str) -> UUID:
    """Close a difference with words that say how it ended."""
    require_refunder(work.actor)
    seen = differences_visible_to(work.actor, after=1)
    found = await store.row(
        "SELECT payment_difference.id FROM payment_difference"  # noqa: S608 - our own condition
        " LEFT JOIN payment_order ON payment_order.id = payment_difference.order_id"
        f" WHERE payment_difference.id = $1 AND closed_at IS NULL AND {seen.sql} FOR UPDATE OF payment_difference",
        difference_id,
        *seen.values,
    )
    difference = await PaymentDifference.get(id=difference_id) if found else None
    faults: list[DomainError] = []
    if difference is None:
        faults.append(DifferenceNotFound(path=("difference_id",)))
    if not 0 < len(outcome.strip()) <= _OUTCOME_MAX:
        faults.append(OutcomeMissing(path=("outcome",)))
    refuse(faults)
    assert difference is not None
    difference.closed_at, difference.closed_by, difference.outcome = work.now, work.actor.id, outcome.strip()
    await difference.save(update_fields=["closed_at", "closed_by", "outcome"])
    await work.audit("difference.close", kind="payment_difference", id=difference_id)
    return difference_id
